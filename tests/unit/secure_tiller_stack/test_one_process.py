"""The refusal of a second process of the plugin within one run of the engine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from secure_tiller import ConfigurationError
from secure_tiller_stack import one_process
from secure_tiller_stack.one_process import require_the_only_one

ENGINE = "127.0.0.1:40001"
HOLD = """
import sys
from pathlib import Path
from secure_tiller_stack.one_process import require_the_only_one
require_the_only_one(sys.argv[1], Path(sys.argv[2]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another(engine: str, folder: Path) -> "Iterator[subprocess.Popen[str]]":
    """Let another process make Tillers for an engine meanwhile."""
    command = [sys.executable, "-c", HOLD, engine, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.communicate("")


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_process, "PATIENCE", 0.0)


def test_a_second_process_of_one_engine_is_refused(tmp_path: Path) -> None:
    with another(ENGINE, tmp_path), pytest.raises(ConfigurationError) as refused:
        require_the_only_one(ENGINE, tmp_path)
    (problem,) = refused.value.problems
    assert "another process of this plugin" in problem.why


def test_control_the_same_process_and_that_of_another_engine_are_not(tmp_path: Path) -> None:
    with another("127.0.0.1:40002", tmp_path):
        require_the_only_one(ENGINE, tmp_path)
        require_the_only_one(ENGINE, tmp_path)


def test_a_process_that_has_ended_is_in_nobodys_way(tmp_path: Path) -> None:
    with another(ENGINE, tmp_path):
        pass
    require_the_only_one(ENGINE, tmp_path)


def test_a_process_that_is_ending_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_process, "PATIENCE", 60.0)
    with another(ENGINE, tmp_path) as process:
        monkeypatch.setattr(one_process, "sleep", lambda _: process.communicate())
        require_the_only_one(ENGINE, tmp_path)


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_a_file_that_somebody_else_has_put_there_is_refused(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"secure-tiller-{os.getuid()}.lock"
    if kind == "link":
        file.symlink_to(tmp_path / "elsewhere")
    else:
        file.mkdir()
    with pytest.raises(ConfigurationError, match="set TMPDIR to a folder of your own"):
        require_the_only_one(ENGINE, tmp_path)
    assert not (tmp_path / "elsewhere").exists()

"""The refusal of a second process of the plugin within one run of the engine."""

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from secure_tiller import ConfigurationError
from secure_tiller_stack import one_process
from secure_tiller_stack.one_process import require_the_only_one

ENGINE, OTHER = "127.0.0.1:40001", "127.0.0.1:40002"
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


def test_a_second_process_of_one_engine_is_refused_until_the_first_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with another(ENGINE, tmp_path) as process:
        monkeypatch.setattr(one_process, "PATIENCE", 0.0)
        with pytest.raises(ConfigurationError) as refused:
            require_the_only_one(ENGINE, tmp_path)
        (problem,) = refused.value.problems
        assert "another process of this plugin" in problem.why

        for _ in range(2):  # the control: the process of another engine, and this process itself
            require_the_only_one(OTHER, tmp_path)

        monkeypatch.setattr(one_process, "PATIENCE", 60.0)
        monkeypatch.setattr(one_process, "sleep", lambda _: process.communicate())
        require_the_only_one(ENGINE, tmp_path)


def test_a_file_that_was_removed_meanwhile_is_locked_anew_and_a_second_process_is_then_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_the_only_one(ENGINE, tmp_path)
    (tmp_path / f"secure-tiller-{os.getuid()}.lock").unlink()
    with another(ENGINE, tmp_path):
        monkeypatch.setattr(one_process, "PATIENCE", 0.0)
        with pytest.raises(ConfigurationError, match="another process of this plugin"):
            require_the_only_one(ENGINE, tmp_path)
    require_the_only_one(ENGINE, tmp_path)  # the control


def test_a_file_of_long_ago_counts_as_used_today_because_old_files_are_cleaned_away(tmp_path: Path) -> None:
    file = tmp_path / f"secure-tiller-{os.getuid()}.lock"
    file.touch(mode=0o600)
    os.utime(file, (0, 0))
    require_the_only_one(ENGINE, tmp_path)
    assert file.stat().st_mtime > 0


PUT: dict[str, Callable[[Path], object]] = {
    "link": lambda file: file.symlink_to(file.parent / "elsewhere"),
    "folder": lambda file: file.mkdir(),
    "pipe": lambda file: os.mkfifo(file),
}


@pytest.mark.parametrize("kind", PUT)
def test_a_file_that_somebody_else_has_put_there_is_refused(tmp_path: Path, kind: str) -> None:
    PUT[kind](tmp_path / f"secure-tiller-{os.getuid()}.lock")
    with pytest.raises(ConfigurationError, match="set TMPDIR to a folder of your own"):
        require_the_only_one(ENGINE, tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(ConfigurationError, match="it is no file of yours"):
        require_the_only_one(ENGINE, tmp_path)


def test_without_a_folder_for_temporary_files_it_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(ConfigurationError, match="No usable temporary directory"):
        require_the_only_one(ENGINE)

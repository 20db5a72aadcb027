"""The language host's own tests, in Go."""

import shutil
import subprocess
from pathlib import Path

import pytest

from testbed.toolchain.go import MODULES


@pytest.mark.parametrize("command", [["vet"], ["test"]], ids=["vet", "test"])
@pytest.mark.timeout(600)  # with an empty build cache it compiles Pulumi's SDK
def test_go_finds_nothing_wrong(tmp_path: Path, command: list[str]) -> None:
    source = tmp_path / "pulumi-language-python"
    shutil.copytree(MODULES / "pulumi-language-python", source)  # Go may add to go.sum
    done = subprocess.run(["go", *command, "-mod=mod", "./..."], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

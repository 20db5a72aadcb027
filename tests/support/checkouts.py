"""Copies of the checkout, so that tests leave nothing in ours."""

import shutil
import subprocess
from pathlib import Path

from testbed.pulumi_stack import PROJECT

FOLDERS = (".github/scripts", "components", "docs")
FILES = ("LICENSE", "README.md", "pyproject.toml", "requirements.txt")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "images")


def copied(folder: Path) -> Path:
    """Copy what the package is built and installed from into a folder, and return the folder."""
    for name in FOLDERS:
        shutil.copytree(PROJECT / name, folder / name, ignore=LEFT_OUT)
    for name in FILES:
        shutil.copyfile(PROJECT / name, folder / name)
    return folder


def files(*below: str) -> list[str]:
    """Return the names of the repository's files as they are now, all or those below some folders."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *below]
    names = subprocess.run(listed, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in names if (PROJECT / name).is_file()]


def cloned(folder: Path) -> Path:
    """Copy what `git clone` gives into a folder, and return the folder."""
    for name in files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    return folder

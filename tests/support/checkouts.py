"""A copy of what a checkout has of the package, so that building it leaves nothing in ours."""

import shutil
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

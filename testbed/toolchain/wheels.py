"""The wheels of the locked packages, for the tests that install them several times.

To choose a package, pip reads everything that the index has of it. That takes longer than to install it.
"""

import subprocess
import sys
from pathlib import Path

from testbed.toolchain.cache import key_of
from testbed.toolchain.errors import ToolchainError

_PROJECT = Path(__file__).parents[2]
LOCK, CONSTRAINTS = _PROJECT / "requirements.txt", _PROJECT / "constraints.txt"
INSTALLERS = ("pip", "setuptools", "wheel")
"""Pulumi's language host brings these up to date in a new virtualenv (pulumi/sdk 3.274.1, python/toolchain/pip.go)."""


def key() -> str:
    """The cache key: the lock, the installers at their versions, and the version of Python."""
    return key_of(LOCK.read_text(), CONSTRAINTS.read_text(), INSTALLERS, sys.version_info[:2])


def download(into: Path, log: Path) -> None:
    """Download the wheels into an empty folder: those of the lock by its hashes, and the installers.

    Raises:
        ToolchainError: naming the command that failed and the log.
    """
    installers = ("--constraint", str(CONSTRAINTS), *INSTALLERS)
    for wanted in (("--require-hashes", "--requirement", str(LOCK)), installers):
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
        command += ["--only-binary=:all:", f"--dest={into}"]
        with log.open("a") as output:
            done = subprocess.run([*command, *wanted], stdout=output, stderr=output, check=False)
        if done.returncode:
            raise ToolchainError(
                f"wheels: {' '.join([*command, *wanted])} failed (exit {done.returncode}); see {log}\n"
                "Run the same again."
            )

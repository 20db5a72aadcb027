"""The wheels of the locked packages, for the tests that install them several times.

To choose a package, pip reads everything that the index has of it. That takes longer than to install it.
"""

import subprocess
import sys
from pathlib import Path

from testbed.toolchain.cache import key_of
from testbed.toolchain.errors import ToolchainError

LOCK = Path(__file__).parents[2] / "requirements.txt"
INSTALLERS = ("pip", "setuptools", "wheel")
"""What Pulumi's language host brings up to date in a new virtualenv (pulumi/sdk 3.274.1, python/toolchain/pip.go)."""


def key() -> str:
    """The cache key: the lock, and the Python that they are for."""
    return key_of(LOCK.read_text(), sys.version_info[:2], INSTALLERS)


def download(into: Path, log: Path) -> None:
    """Download the wheels into an empty folder; each must have the hash that the lock has.

    Raises:
        ToolchainError: naming the command that failed and the log.
    """
    for wanted in (("--require-hashes", "--requirement", str(LOCK)), INSTALLERS):
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--dest", str(into)]
        with log.open("a") as output:
            done = subprocess.run([*command, *wanted], stdout=output, stderr=output, check=False)
        if done.returncode:
            raise ToolchainError(
                f"wheels: {' '.join([*command, *wanted])} failed (exit {done.returncode}); see {log}\n"
                "Run the same again."
            )

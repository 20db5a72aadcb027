"""Output and error handling shared by the testbed's commands."""

import subprocess
import sys
from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from testbed.cluster.errors import ClusterError
from testbed.pulumi_stack import PulumiError
from testbed.toolchain.errors import ToolchainError

TABLE_WIDTH = 120  # where there is no terminal to tell a width


def output() -> Console:
    """Standard output."""
    return Console(width=None if sys.stdout.isatty() else TABLE_WIDTH, highlight=False)


def complain(error: object) -> None:
    """Say on standard error what is wrong, as it stands."""
    Console(stderr=True, soft_wrap=True).print(Text(str(error)))


def guarded(action: Callable[[], int]) -> int:
    """Run an action; what a user can correct is reported without a traceback, and the exit code is then 1."""
    try:
        return action()
    except (ClusterError, ToolchainError, PulumiError) as error:
        complain(error)
    except subprocess.TimeoutExpired as error:
        complain(f"{' '.join(map(str, error.cmd))}: no end within {error.timeout:.0f} s")
    except OSError as error:
        complain(f"{error.filename or 'the system'}: {error.strerror or error}\nCorrect that and run the same again.")
    return 1

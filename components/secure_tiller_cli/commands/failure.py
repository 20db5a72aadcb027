"""How the command ends when it fails. Imported only then: whoever asks for help does not wait for it."""

import os
import sys
from typing import NoReturn

from secure_tiller.problems import Problem, RefusedError
from secure_tiller_cli.exit_codes import PROBLEM
from secure_tiller_cli.output import complain

STANDARD_OUTPUT = "standard output"


def closed_output() -> NoReturn:
    """End because there is nothing to write on."""
    complain([Problem("", STANDARD_OUTPUT, "", "is closed", "give one that can be written: a file, or a pipe")])
    sys.exit(PROBLEM)


def end(error: Exception) -> NoReturn:
    """End with one line for each problem; an error that nobody foresaw keeps its traceback."""
    if isinstance(error, RefusedError):
        complain(error.problems)
        sys.exit(PROBLEM)
    if not isinstance(error, OSError):
        raise error
    # Of no file: of standard output.
    where, why = str(error.filename or STANDARD_OUTPUT), f"cannot be used: {error.strerror or error}"
    complain([Problem("", where, "", why, "see that it is there, that you may use it, and that its disk has space")])
    os._exit(PROBLEM)  # at a usual end Python would try once more, and complain of its own

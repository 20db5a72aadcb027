"""A program on a terminal of its own."""

import os
import pty
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress


def on_terminal(command: Sequence[str], environment: Mapping[str, str], columns: int = 80) -> str:
    """Run a program whose outputs are a terminal, and return what it wrote there, control characters included."""
    ours, theirs = pty.openpty()
    written = bytearray()
    settings = {"TERM": "xterm", "COLUMNS": str(columns), "LINES": "50", **environment}
    with subprocess.Popen(command, env=settings, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        with suppress(OSError):  # as Linux ends a terminal that nobody else holds open
            while piece := os.read(ours, 2**16):
                written += piece
        process.wait(60)
    os.close(ours)
    return written.decode()

"""Python's garbage collector, in a process that ends soon."""

import atexit
import gc

_ALLOCATIONS = 100_000
"""Objects that must be new before the collector looks for garbage. Python 3.11 itself: 700."""


def collect_rarely() -> None:
    """Let the collector run rarely, and not at the end of this process.

    What is imported stays until the process ends, and most of the rest is freed by its last reference. Looking through
    all of it took an eighth of the CPU time of a preview, most of that when the process had nothing left to do.
    """
    gc.set_threshold(_ALLOCATIONS)
    atexit.register(gc.freeze)

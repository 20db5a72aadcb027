"""Waits for conditions, never for time."""

import time
from collections.abc import Callable


def until(
    condition: Callable[[], bool],
    what: str,
    seconds: float = 60,
    *,
    error: type[Exception] = TimeoutError,
    alive: Callable[[], object] = lambda: None,
) -> None:
    """Wait until a condition holds.

    Args:
        condition: looked at ten times a second.
        what: the condition in words, for the error.
        seconds: how long at the most.
        error: raised when it did not hold in time.
        alive: called before each look; raises when there is no use in waiting on.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        alive()
        if time.monotonic() > deadline:
            raise error(f"waited {seconds:.0f} s until {what}")
        time.sleep(0.1)

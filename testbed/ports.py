"""Finds free ports of this machine for programs that a test starts."""

import random
import socket
from contextlib import ExitStack

EVERYWHERE = ""
PORTS = range(20_000, 30_000)
"""Below the ports that Linux gives to outgoing connections (32768 and more), which come and go between the choice of a
port and the start of its program; and below the ports of a cluster's nodes (30000 to 32767)."""


def free_ports(count: int) -> tuple[int, ...]:
    """Return ports at which nobody listens and no connection is open.

    Args:
        count: of ports; all are different.
    """
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < count:
            port = random.choice(PORTS)  # noqa: S311
            one = held.enter_context(socket.socket())
            try:
                one.bind((EVERYWHERE, port))
            except OSError:
                continue
            found.append(port)
        return tuple(found)

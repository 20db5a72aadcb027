import random
import socket
from pathlib import Path

import pytest

from testbed.ports import PORTS, free_ports


def test_ports_found_together_differ() -> None:
    assert len(set(free_ports(50))) == 50


def test_a_port_that_is_taken_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, free = free_ports(2)
    offered = iter([taken, free])
    monkeypatch.setattr(random, "choice", lambda _: next(offered))
    with socket.create_server(("127.0.0.1", taken)):
        assert free_ports(1) == (free,)


def test_no_outgoing_connection_gets_a_port_that_is_found() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert PORTS.stop <= first

"""HTTP/2 without TLS, on a local port."""

import contextlib
import socket

from tiller_facts.identity import LOOPBACK

SECONDS = 5.0
"""How long a step of a connection may take."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""The beginning of a connection of HTTP/2 (RFC 9113, 3.4), with empty SETTINGS."""
_SETTINGS = 4
"""The type of the frame with which a server answers that, in the fourth byte (RFC 9113, 4.1 and 6.5)."""


def speaks_plaintext(port: int) -> bool:
    """Return whether a local port speaks HTTP/2 without TLS."""
    with contextlib.suppress(OSError):
        return are_settings(answer(port))
    return False


def answer(port: int) -> bytes:
    """Return the first bytes that a local port answers to the beginning of a connection; empty: it closed it."""
    with socket.create_connection((LOOPBACK, port), timeout=SECONDS) as plain, contextlib.suppress(ConnectionError):
        plain.sendall(PREFACE)
        return plain.recv(64)
    return b""


def are_settings(first: bytes) -> bool:
    """Return whether an answer begins as one of HTTP/2."""
    return len(first) > 3 and first[3] == _SETTINGS

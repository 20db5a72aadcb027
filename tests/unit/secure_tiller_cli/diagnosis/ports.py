"""Ports of this machine that serve one connection after the other."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Give the number of a port whose connections are served."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    serve(connection)
                except OSError:
                    continue

    threading.Thread(target=run, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def plaintext(connection: socket.socket) -> None:
    """Answer with the empty SETTINGS of HTTP/2."""
    connection.recv(64)
    connection.sendall(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")


def closing(connection: socket.socket) -> None:
    """Answer nothing."""
    connection.getpeername()

"""Starts the real Tiller as a container of the table describes it, and observes how it runs.

The container's command line runs as a process of this machine. The paths of its programs and files lead into a folder,
and its two ports are others, so that several can run. What it calls a launcher is a script that starts what it
is given. The rest is real: the shell, the environment that Kubernetes would make, the program.
"""

import os
import re
import shlex
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from testbed.ports import free_ports
from testbed.waiting import until
from tests.support import pki
from tests.support.cluster_objects import Object
from tests.support.kubelet import environment, words
from tests.support.row import Setting

PORT, PROBE_PORT = 44134, 44135

FOLDERS = {"/etc/certs": "certs", "/etc/clients": "clients", "": "here"}
"""Where a container finds the files of its TLS, each with a CA of its own; without a path: where it starts."""

LAUNCHERS = {
    "dumb-init": 'exec "$@"',
    "gosu": 'shift; exec "$@"',
    "su-exec": 'shift; exec "$@"',
    "tini": 'test "$1" != -- || shift; exec "$@"',
}

KUBECONFIG = """
clusters: [{name: none, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: none, context: {cluster: none}}]
current-context: none
"""
"""A cluster that is not there: Tiller asks for nothing before a client asks Tiller."""

IN_THE_FOLDER = re.compile(r"(?<![\w./-])/(?=(tiller|bin/tiller|etc)\b)")
"""The slash of a path that leads into the folder."""

STORAGES = {"Secret": "secret", "ConfigMap": "configmap", "Memory": "memory"}
"""By the name of a storage driver in Tiller's log, the word of the flag."""

PROBES = "Probes listening on "
"""Begins the line that Tiller logs where it is to serve probes."""

LAST = "Max history per release is "
"""Begins the last line that Tiller logs about its settings."""

PANIC = "grpc.(*Server).GetServiceInfo"
"""Where Tiller 2.17 panics in about one of a thousand starts.

Of its two goroutines (cmd/tiller/tiller.go, `start`), one reads the server's services for its metrics before it serves
probes, while the other registers a service.
"""

ON_ALL_INTERFACES = "127.0.0.2"
"""An address of this machine, at which nobody answers who listens on 127.0.0.1 alone."""

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""The beginning of a connection of HTTP/2, with an empty SETTINGS frame (RFC 9113, 3.4)."""


class Room:
    """The folder in which Tillers start: programs, certificates, clients."""

    def __init__(self, folder: Path, tiller: Path) -> None:
        """Fill a folder.

        Args:
            folder: an empty one.
            tiller: the real program.
        """
        self.folder = folder
        self._tiller = tiller
        (folder / "bin").mkdir()
        for name, script in LAUNCHERS.items():
            _write_program(folder / "bin" / name, script)
        (folder / "kubeconfig").write_text(KUBECONFIG)
        self.servers = {inside: self._server(inside) for inside in FOLDERS}
        self.clients = {inside: self._client(inside) for inside in FOLDERS}

    @contextmanager
    def started(self, container: Object) -> Iterator["Running"]:
        """Start a container, wait until its Tiller serves, and end it with everything it started."""
        with ExitStack() as until_used:
            while True:
                try:
                    tiller = until_used.enter_context(self._tried(container))
                except PanickedError:
                    continue  # so does the kubelet
                break
            yield tiller

    @contextmanager
    def _tried(self, container: Object) -> Iterator["Running"]:
        ports = dict(zip((PORT, PROBE_PORT), free_ports(2), strict=True))
        self._write_tiller(*ports.values())
        log = self.folder / "log"
        process = self._start(container, ports, log)
        try:
            until(
                lambda: LAST in log.read_text() and _serves_probes(log.read_text(), ports[PROBE_PORT]),
                "Tiller serves",
                alive=lambda: _alive(process, log),
            )
            yield Running(self, log.read_text(), *ports.values())
        finally:
            with suppress(ProcessLookupError):  # all of it has ended by itself
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, container: Object, ports: Mapping[int, int], log: Path) -> "subprocess.Popen[bytes]":
        variables = environment(container)

        def local(text: str) -> str:
            for port, other in ports.items():
                text = text.replace(str(port), str(other))
            return IN_THE_FOLDER.sub(f"{self.folder}/", text)

        with log.open("wb") as output:
            return subprocess.Popen(
                [local(word) for word in words(container, variables)],
                cwd=self.folder,
                env={**self._environment(), **{name: local(value) for name, value in variables.items()}},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _write_tiller(self, port: int, probe_port: int) -> None:
        """Write the program that the container starts: Tiller with other ports, where it is given none."""
        # A flag that the container gives comes later, and so it wins.
        script = f'exec {shlex.quote(str(self._tiller))} -listen=:{port} -probe-listen=:{probe_port} "$@"'
        for path in ("tiller", "bin/tiller"):
            _write_program(self.folder / path, script)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "KUBECONFIG": str(self.folder / "kubeconfig"),
        }

    def _server(self, inside: str) -> bytes:
        """Write the files of a server, and return its certificate."""
        folder = self.folder / inside.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        own = pki.server(pki.authority(f"servers of {FOLDERS[inside]}"))
        for name, text in {"tls.crt": own.pem, "tls.key": own.key_pem}.items():
            (folder / name).write_text(text)
        return ssl.PEM_cert_to_DER_cert(own.pem)

    def _client(self, inside: str) -> Path:
        """Write a CA of clients, and return the file with a client's certificate and key."""
        authority = pki.authority(f"clients of {FOLDERS[inside]}")
        (self.folder / inside.lstrip("/") / "ca.crt").write_text(authority.pem)
        client = pki.client(authority, "alice")
        file = self.folder / f"client-of-{FOLDERS[inside]}.pem"
        file.write_text(client.pem + client.key_pem)
        return file


@dataclass(frozen=True)
class Running:
    """A Tiller that listens.

    Attributes:
        room: where it was started.
        log: its lines about its settings.
        port: stands in place of 44134.
        probe_port: stands in place of 44135.
    """

    room: Room
    log: str
    port: int
    probe_port: int

    @property
    def settings(self) -> dict[str, Setting]:
        """How it runs, as far as that shows, under the names of the table."""
        seen: dict[str, Setting] = {
            "tls": self.tls,
            "verifies": self.tls and self.shown_to(None) is None,
            "storage": STORAGES[self._logged("Storage driver is ")],
            "listen": self._logged("GRPC listening on ").replace(str(self.port), str(PORT)),
            "probe_listen": self._logged(PROBES).replace(str(self.probe_port), str(PROBE_PORT)),
            "history_max": max(0, int(self._logged(LAST))),
        }
        if seen["verifies"]:
            seen["client_cas"] = next((_file(inside, "ca.crt") for inside in FOLDERS if self._lets_in(inside)), "")
        if (shown := self._certificate) is not None:
            seen["certificate"] = next(
                _file(inside, "tls.crt") for inside in FOLDERS if self.room.servers[inside] == shown
            )
        return seen

    @cached_property
    def tls(self) -> bool:
        """True if it does not answer in plaintext."""
        with socket.create_connection((pki.LOOPBACK, self.port), timeout=10) as connection:
            connection.sendall(PREFACE)
            try:
                frame = connection.recv(9)
            except ConnectionError:
                return True
        return frame[3:4] != b"\x04"  # its own SETTINGS

    @property
    def is_everywhere(self) -> bool:
        """True if it listens on all interfaces."""
        try:
            socket.create_connection((ON_ALL_INTERFACES, self.port), timeout=10).close()
        except ConnectionRefusedError:
            return False
        return True

    def _lets_in(self, inside: str) -> bool:
        return self.shown_to(self.room.clients[inside]) is not None

    @cached_property
    def _certificate(self) -> bytes | None:
        """Its certificate, as it shows it to whomever it lets in."""
        if not self.tls:
            return None
        shown = (self.shown_to(client) for client in (None, *self.room.clients.values()))
        return next((one for one in shown if one is not None), None)

    def shown_to(self, client: Path | None) -> bytes | None:
        """Return the certificate that it shows to a client; None: it does not let that client in."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        # Of a later version, a client hears that it is refused only when it asks for something.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["h2"])
        if client:
            context.load_cert_chain(client)
        try:
            with (
                socket.create_connection((pki.LOOPBACK, self.port), timeout=10) as connection,
                context.wrap_socket(connection) as secured,
            ):
                return secured.getpeercert(binary_form=True)
        except (ssl.SSLError, ConnectionError):
            return None

    def _logged(self, words: str) -> str:
        found = re.search(rf"{re.escape(words)}(\S*)", self.log)
        return found[1] if found else ""


class PanickedError(Exception):
    """Tiller ended in a panic that comes by chance, and is to be started again."""


def _serves_probes(log: str, port: int) -> bool:
    """Return whether it serves probes, or is to serve none; either way it cannot panic any more."""
    if PROBES not in log:
        return True
    try:
        socket.create_connection((pki.LOOPBACK, port), timeout=10).close()
    except ConnectionRefusedError:
        return False
    return True


def _alive(process: "subprocess.Popen[bytes]", log: Path) -> None:
    if process.poll() is not None:
        if PANIC in log.read_text():
            raise PanickedError
        raise AssertionError(f"it ended with {process.returncode}: {log.read_text()}")


def _file(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _write_program(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)

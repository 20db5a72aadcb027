"""The login program of a kubeconfig's user (`exec`), run as kubectl runs it.

Kubernetes documentation, Authenticating, client-go credential plugins.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from secure_tiller.problems import shown
from secure_tiller_stack.cluster.entries import Entries, Entry, EntryError
from secure_tiller_stack.foreign_data import json_value

LONGEST_SECONDS = 300.0
"""Until the program ends: somebody may have to log in in a browser."""
VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_CONFIG = "client.authentication.k8s.io/exec"
"""The extension of a cluster that is meant for the program."""
_NOT_FOR_IT = ("extensions", "certificate-authority")


@dataclass(frozen=True)
class Login:
    """The answer of a login program."""

    token: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    """PEM."""
    key: str = field(default="", repr=False)
    until: datetime | None = None
    """When it ends; None: it is valid until the API server refuses it."""

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.until is not None and self.until <= datetime.now(UTC)


_logins: dict[str, Login] = {}
_lock = threading.Lock()


def login(entries: Entries) -> Login:
    """Return the credentials of the user's program, which runs once while they are valid.

    Raises:
        EntryError: the program cannot be run, fails or gives no credentials.
    """
    with _lock:
        key = _key(entries)
        if key not in _logins or _logins[key].over:
            _logins[key] = _run(entries)
        return _logins[key]


def forget(entries: Entries) -> None:
    """Let the program run the next time: the API server has refused its credentials."""
    with _lock:
        _logins.pop(_key(entries), None)


def _key(entries: Entries) -> str:
    return json.dumps([entries.user.get("exec"), entries.cluster, str(entries.folder.absolute())], default=str)


def _run(entries: Entries) -> Login:
    program: Entry = entries.user["exec"]
    command, version, mode = (program.get(key) or "" for key in ("command", "apiVersion", "interactiveMode"))
    if not isinstance(command, str) or not command:
        raise EntryError("exec.command", "must be text: the program to run")
    if version not in VERSIONS:
        raise EntryError("exec.apiVersion", f"must be {VERSIONS[0]}, or v1beta1", "renew the entry with its program")
    if mode not in ("Never", "IfAvailable", "Always") and (mode or version == VERSIONS[0]):
        raise EntryError("exec.interactiveMode", "must be Never, IfAvailable or Always", "write one of them")
    terminal = sys.stdin is not None and sys.stdin.isatty()
    if mode == "Always" and not terminal:
        remedy = "log in on a terminal, or use an account that needs none"
        raise EntryError("exec.interactiveMode", "its program needs a terminal, and there is none", remedy)
    interactive = mode != "Never" and terminal
    environment = {**os.environ, **_environment(program), "KUBERNETES_EXEC_INFO": _about(entries, interactive)}
    # A name without a folder is looked up on PATH.
    path = str((entries.folder / command).absolute()) if "/" in command else command
    output = _output([path, *_arguments(program)], environment, interactive, program.get("installHint"))
    return _credentials(output, version, PurePath(command).name)


def _arguments(program: Entry) -> list[str]:
    arguments = program.get("args") or []
    if not isinstance(arguments, list) or not all(isinstance(each, str) for each in arguments):
        raise EntryError("exec.args", "must be a list of texts")
    return arguments


def _environment(program: Entry) -> Mapping[str, str]:
    try:
        found = {each["name"]: each["value"] for each in program.get("env") or ()}
    except (TypeError, KeyError) as error:
        raise EntryError("exec.env", "must be a list of maps with `name` and `value`") from error
    if not all(isinstance(each, str) for pair in found.items() for each in pair):
        raise EntryError("exec.env", "must hold texts")
    return found


def _about(entries: Entries, interactive: bool) -> str:
    """Return what the program learns about the call, as JSON."""
    program: Entry = entries.user["exec"]
    spec: dict[str, Any] = {"interactive": interactive}
    if program.get("provideClusterInfo"):
        spec["cluster"] = {key: value for key, value in entries.cluster.items() if key not in _NOT_FOR_IT}
        if authority := entries.file(entries.cluster, "certificate-authority"):
            spec["cluster"]["certificate-authority-data"] = base64.b64encode(authority.read_bytes()).decode()
        for each in entries.cluster.get("extensions") or ():
            if each["name"] == _CONFIG:
                spec["cluster"]["config"] = each["extension"]
    return json.dumps({"apiVersion": program["apiVersion"], "kind": "ExecCredential", "spec": spec}, default=str)


def _output(command: list[str], environment: Mapping[str, str], interactive: bool, hint: object) -> bytes:
    name = PurePath(command[0]).name
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if interactive else subprocess.DEVNULL,
            # In a session of its own it has no terminal, and ends with all that it started.
            start_new_session=not interactive,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        remedy = f"install it; its hint: {shown(hint)}" if hint else "install it, and put it on PATH"
        raise EntryError("exec", f"its login program {name} cannot be run: {reason}", remedy) from error
    with process:
        try:
            output, _ = process.communicate(timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired as error:
            why = f"its login program {name} did not end within {LONGEST_SECONDS:g} s"
            raise EntryError("exec", why, _by_hand()) from error
        finally:
            _end(process, interactive)
    if process.returncode:
        raise EntryError("exec", f"its login program {name} failed with exit code {process.returncode}", _by_hand())
    return output


def _end(process: "subprocess.Popen[bytes]", interactive: bool) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if process.returncode is None:
            process.kill() if interactive else os.killpg(process.pid, signal.SIGKILL)


def _by_hand() -> str:
    return "log in again in this context; to see why it fails: kubectl auth whoami"


def _credentials(output: bytes, version: str, name: str) -> Login:
    try:
        answer = json_value(output)
        status = answer["status"]
        if (answer["kind"], answer["apiVersion"]) != ("ExecCredential", version):
            raise ValueError("another form")
        texts = [status.get(key) or "" for key in ("token", "clientCertificateData", "clientKeyData")]
        ends = status.get("expirationTimestamp")
        until = datetime.fromisoformat(ends) if ends else None
        if until and until.tzinfo is None:
            raise ValueError("no time zone")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        why = f"its login program {name} gave no ExecCredential of {version}"
        raise EntryError("exec", why, _by_hand()) from error
    token, certificate, key = texts
    if not all(isinstance(each, str) for each in texts) or bool(certificate) != bool(key) or not (token or key):
        raise EntryError("exec", f"its login program {name} gave neither a token nor a certificate", _by_hand())
    return Login(token, certificate, key, until)

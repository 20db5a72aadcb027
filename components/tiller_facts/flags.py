"""How a container runs Tiller: by its command line, and where that is silent by its environment.

Sources: Helm 2.17, cmd/tiller/tiller.go, and Go's package flag, by which Tiller reads its command line. A variable is
the default of its flag, and TLS is on when it holds any text, `false` too. So whatever leaves out the variable or
empties it starts a Tiller that answers everybody.
"""

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from tiller_facts.commands import SCRIPT, Command, Environment, command_line, commands, unmarked
from tiller_facts.identity import GRPC_PORT, PROBE_PORT, PROGRAM
from tiller_facts.shell import SCRIPTED, UNREADABLE
from tiller_facts.values import UNKNOWN, Hidden, NotKnown, NotKnownError, Value, at, is_known, maybe

ENTRY_POINT = Hidden("a program of the image decides it")

TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
"""Texts that Go's strconv.ParseBool takes for true."""

SWITCHES = frozenset(
    (
        *("tls", "tls-verify", "probe", "trace", "experimental-release", "version"),
        *("logtostderr", "alsologtostderr", "add_dir_header", "skip_headers", "skip_log_headers"),  # of klog
    )
)
"""Flags that take no word after them."""

STORAGES = ("configmap", "secret", "sql")
"""Where Tiller can keep releases outside of its memory."""

_IMAGE = re.compile(rf"(.+[-_.])?{PROGRAM}([-_](linux[-_])?(386|amd64|arm|arm64|arm64v8|ppc64le|s390x))?")
_CLIENTS = frozenset(("helm", "helm2", "helm3", "kubectl"))
_START_NOTHING = frozenset(
    (
        *("[", "cat", "cd", "chmod", "chown", "cp", "curl", "cut", "diff", "dig", "du", "echo", "export", "file"),
        *("grep", "head", "helmfile", "host", "install", "kill", "killall", "ln", "ls", "md5sum", "mkdir"),
        *("mv", "nc", "ncat", "nslookup", "oc", "pgrep", "pidof", "ping", "pkill", "printf", "readlink", "rm", "rsync"),
        *("sed", "sha256sum", "sort", "stat", "stern", "tail", "tar", "tee", "telnet", "test", "touch", "wc", "wget"),
        *("which", "zip"),
    )
)
"""Programs to which Tiller is only a file, a host or a text."""
_WAITING = re.compile(r"wait([-_]?(for|until))?[-\w]*(\.sh)?")
"""Scripts that wait for a host, and then start what follows `--`: `wait-for-it.sh`."""
_STARTERS = frozenset(
    (
        *("capsh", "chpst", "chroot", "doas", "env", "runuser", "setpriv", "start-stop-daemon", "stdbuf", "strace"),
        *("su", "sudo", "systemd-run", "unshare"),
    )
)
"""Programs that start another one, and change something of it."""
_NAMING = ("-g", "-u", "su")
"""Words before the name of a user or group."""
_DATA = ("/backup/", "/etc/", "/proc/", "/var/")
"""Folders without programs."""
_MEDDLING = frozenset(
    (
        *(UNREADABLE, ".", "alias", "bind", "builtin", "command", "coproc", "enable", "eval", "fc", "hash", "set"),
        *("shopt", "source", "trap", "xargs"),
    )
)
"""Commands of a script that may change Tiller's environment, or its words."""
_ASSIGNING = frozenset(
    (
        *("declare", "export", "getopts", "let", "local", "mapfile", "printf", "read", "readarray", "readonly"),
        *("typeset", "unset", "wait"),
    )
)
"""Commands of a script that change the environment as their words say."""


@dataclass(frozen=True)
class Flags:
    """How a Tiller runs.

    Attributes:
        tls: whether it speaks TLS.
        verifies: whether it asks its clients for a certificate.
        explicit: whether a flag decides `verifies`, and not the environment.
        storage: `configmap`, `secret`, `memory` or `sql`.
        namespace: where it stores releases; empty: in its own.
        listen: host and port of its gRPC endpoint.
        probe_listen: host and port of its probes and metrics; empty: it has none.
        history_max: revisions kept of a release; 0: all.
        certificate: path of its certificate.
        client_cas: path of the CAs that it trusts; empty: those of the operating system.
    """

    tls: Value[bool]
    verifies: Value[bool]
    explicit: Value[bool]
    storage: Value[str]
    namespace: Value[str]
    listen: Value[str]
    probe_listen: Value[str]
    history_max: Value[int]
    certificate: Value[str]
    client_cas: Value[str]


def read(container: Any) -> Flags:
    """Return how a container runs Tiller."""
    call = _call(container)
    if isinstance(call, NotKnown):
        return _not_known(call)
    given = _given(call.words[1:])
    if isinstance(given, NotKnown):
        return _not_known(given)
    environment = Environment(container)

    def variable(name: str) -> Value[str]:
        return unmarked(call.variables[name]) if name in call.variables else environment(name)

    enabled = _switch(given, "tls", variable("TILLER_TLS_ENABLE"))
    verifies = _switch(given, "tls-verify", variable("TILLER_TLS_VERIFY"))
    folder = variable("TILLER_TLS_CERTS")
    own = environment.own_namespace and "TILLER_NAMESPACE" not in call.variables
    probes = _switch(given, "probe", "1")
    return Flags(
        tls=_either(enabled, verifies),
        verifies=verifies,
        explicit="tls-verify" in given,
        storage=_storage(given.get("storage", "configmap")),
        namespace="" if own else variable("TILLER_NAMESPACE"),
        listen=given.get("listen", f":{GRPC_PORT}"),
        probe_listen="" if probes is False else given.get("probe-listen", f":{PROBE_PORT}"),
        history_max=_number(given["history-max"], base=0)
        if "history-max" in given
        else _number(variable("TILLER_HISTORY_MAX")),
        certificate=given.get("tls-cert", _inside(folder, "tls.crt")),
        client_cas=given.get("tls-ca-cert", _inside(folder, "ca.crt")),
    )


def _not_known(value: NotKnown) -> Flags:
    every: Mapping[str, Any] = {field.name: value for field in fields(Flags)}
    return Flags(**every)


def runs(container: Any) -> bool:
    """Return whether a container runs Tiller: it is so started, or its image is called so (`helm-tiller` too)."""
    try:
        started = commands(container)
    except NotKnownError:
        started = ()
    if any(one.program == PROGRAM or _mentions(one) for one in started):
        return True
    # The image of Tiller holds the Helm client too.
    return has_image(container) and not any(one.program in _CLIENTS for one in started)


def has_image(container: Any) -> bool:
    """Return whether a container's image is called Tiller: the last part of its name, without tag and digest."""
    name = posixpath.basename(str(maybe(container, "image") or "").partition("@")[0]).partition(":")[0]
    return _IMAGE.fullmatch(name) is not None


def _mentions(command: Command) -> bool:
    """Return whether a program that is not known is given Tiller to start: `/entrypoint.sh tiller`, `run /tiller`."""
    program = command.program
    if program in _CLIENTS | _START_NOTHING or not command.words:
        return False
    name, *words = command.words
    if _WAITING.fullmatch(program):
        return any(before == "--" and posixpath.basename(word) == PROGRAM for before, word in pairwise(words))
    if words and words[0] == PROGRAM and ("/" in name or name.endswith(".sh")) and program not in _STARTERS:
        return True
    return any(
        _is_path(word) or (program in _STARTERS and word == PROGRAM and posixpath.basename(before) not in _NAMING)
        for before, word in pairwise(command.words)
        if before == "--" or not before.startswith("--")
    )


def _is_path(word: str) -> bool:
    return word.startswith("/") and posixpath.basename(word) == PROGRAM and not word.startswith(_DATA)


def _call(container: Any) -> Value[Command]:
    """Return how a container calls Tiller."""
    try:
        words, started = command_line(container), commands(container)
        if not at(container, "command"):
            other = any(one.program == PROGRAM or _mentions(one) for one in started) and not has_image(container)
            return ENTRY_POINT if other else Command((PROGRAM, *words))
    except NotKnownError as error:
        return error.value
    found = [one for one in started if one.program == PROGRAM]
    if not found:
        return UNKNOWN if any(unmarked(word) is UNKNOWN for word in words) else ENTRY_POINT
    if not any(one.scripted for one in started):
        return found[0]
    uncertain = [value for word in words if isinstance(value := unmarked(word), NotKnown)]
    return uncertain[0] if uncertain else _scripted(found, [one for one in started if one.program != PROGRAM])


def _scripted(calls: Sequence[Command], others: Sequence[Command]) -> Value[Command]:
    """Return the call of Tiller in a script, unless its description does not decide which call runs, and how."""
    if any(call != calls[0] for call in calls) or any(map(_meddles, others)):
        return SCRIPT
    return calls[0] if all(is_known(unmarked(word)) for word in calls[0].words) else SCRIPT


def _meddles(command: Command) -> bool:
    """Return whether another command of a script may change how Tiller is called, or may call it."""
    unseen = command.words if command.program in _ASSIGNING else command.words[:1]
    if command.program in _MEDDLING or any(SCRIPTED in word for word in unseen):
        return True
    if any("TILLER_" in word for word in command.words):
        return True
    names = map(posixpath.basename, command.words)
    return command.program not in _CLIENTS | _START_NOTHING and PROGRAM in names


def _given(words: Sequence[str]) -> Value[Mapping[str, Value[str]]]:
    """Return flags as Go reads them: the last one counts, and none does after a word that belongs to no flag."""
    found: dict[str, Value[str]] = {}
    rest = iter(words)
    for word in rest:
        name, given, value = word.removeprefix("-").removeprefix("-").partition("=")
        if isinstance(unsure := unmarked(name), NotKnown):
            return unsure  # it may be any flag, or end them
        if len(word) < 2 or word[0] != "-" or word == "--":
            break
        found[name] = unmarked(value if given else "true" if name in SWITCHES else next(rest, ""))
    return found


def _switch(given: Mapping[str, Value[str]], flag: str, variable: Value[str]) -> Value[bool]:
    """Return whether a switch is on: its flag decides, else any text in its variable."""
    if flag in given:
        value = given[flag]
        return value if isinstance(value, NotKnown) else value in TRUE
    return variable if isinstance(variable, NotKnown) else variable != ""


def _either(first: Value[bool], second: Value[bool]) -> Value[bool]:
    """Return whether one of two switches is on: verification turns TLS on too."""
    if first is True or second is True:
        return True
    return second if is_known(first) else first


def _storage(value: Value[str]) -> Value[str]:
    # What Tiller does not know leaves it with what it starts from (pkg/tiller/environment, New).
    return value if not is_known(value) or value in STORAGES else "memory"


def _number(value: Value[str], base: int = 10) -> Value[int]:
    """Return a number of revisions as Go reads it; what is none, or negative, limits nothing."""
    if isinstance(value, NotKnown):
        return value
    octal = re.fullmatch(r"([+-]?)0(_?[0-7]+)", value) if base == 0 else None
    text = f"{octal[1]}0o{octal[2]}" if octal else value
    try:
        return max(0, int(text, base)) if re.fullmatch(r"[+-]?[0-9][0-9A-Za-z_]*", value, re.ASCII) else 0
    except ValueError:
        return 0


def _inside(folder: Value[str], name: str) -> Value[str]:
    return folder if isinstance(folder, NotKnown) else posixpath.normpath(posixpath.join(folder, name))

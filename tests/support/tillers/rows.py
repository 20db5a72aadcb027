"""Builders of rows: each differs from a Tiller that breaks no practice by one thing."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.cluster_objects import (
    ARGS,
    Object,
    container,
    surroundings,
    template,
    variables,
    workload,
)
from tests.support.row import HIDDEN, Recognition, Row, Setting

RIGHT: dict[str, Setting] = {
    "tls": True,
    "verifies": True,
    "explicit": True,
    "storage": "secret",
    "namespace": "",
    "listen": "127.0.0.1:44134",
    "probe_listen": ":44135",
    "history_max": 20,
    "certificate": "/etc/certs/tls.crt",
    "client_cas": "/etc/certs/ca.crt",
}
"""How the Tiller runs that breaks no practice."""

BARE: dict[str, Setting] = {
    **RIGHT,
    "tls": False,
    "verifies": False,
    "explicit": False,
    "storage": "configmap",
    "listen": ":44134",
    "history_max": 0,
    "certificate": "tls.crt",
    "client_cas": "ca.crt",
}
"""How a Tiller runs that is given no flag (Helm 2.17, cmd/tiller/tiller.go)."""

BARE_FINDS = ("no-tls", "releases-in-configmaps", "listens-everywhere", "unlimited-history")
"""Findings about one, behind a NetworkPolicy that admits nobody."""

ALL_HIDDEN: dict[str, Setting] = dict.fromkeys(
    (name for name in RIGHT if name not in ("namespace", "explicit")), HIDDEN
)
HIDDEN_FINDS = ("verification-unknown", "storage-unknown", "listening-unknown", "history-unknown")
"""Findings about a Tiller whose flags no description gives."""

SHELL = ["/bin/sh", "-c"]
ELSEWHERE = {"secretKeyRef": {"name": "settings", "key": "verify"}}


def row(
    name: str,
    *objects: Object,
    settings: dict[str, Setting] = RIGHT,
    finds: Sequence[str] = (),
    tiller: Recognition = Recognition.YES,
    starts: bool = True,
    severities: Mapping[str, str] | None = None,
    answers: Mapping[int, str] | None = None,
) -> Row:
    """Return a row whose objects are made already."""
    return Row(name, lambda: objects, tiller, settings, frozenset(finds), starts, severities or {}, answers or {})


def runs(name: str, *, finds: Sequence[str] = (), starts: bool = True, settings: Any = None, **container_: Any) -> Row:
    """Return a row about how a container runs Tiller: what differs of the container, and of its settings."""
    made = workload("Deployment", template(container(**container_)))
    return row(name, made, *surroundings(), settings={**RIGHT, **(settings or {})}, finds=finds, starts=starts)


def bare(name: str, **container_: Any) -> Row:
    """Return a row whose Tiller gets none of the flags that stand in its description."""
    return runs(name, settings=BARE, finds=BARE_FINDS, **container_)


def hides(name: str, **container_: Any) -> Row:
    """Return a row whose Tiller gets flags that no description gives."""
    made = workload("Deployment", template(container(**container_)))
    unknown = dict.fromkeys((2, 3, 5), "unknown")
    return row(name, made, *surroundings(), settings=ALL_HIDDEN, finds=HIDDEN_FINDS, starts=False, answers=unknown)


def script(name: str, text: str, **further: Any) -> Row:
    """Return a row whose script gives Tiller the right flags."""
    return runs(name, command=SHELL, args=[text], **further)


def stands(
    name: str,
    *objects: Object,
    finds: Sequence[str] = (),
    of: Object | None = None,
    answers: Mapping[int, str] | None = None,
    **spec: Any,
) -> Row:
    """Return a row about a right container in other surroundings, or in a pod that differs."""
    made = workload("Deployment", template(of or container(), **spec))
    return row(name, made, *(objects or surroundings()), finds=finds, answers=answers)


def is_none(name: str, of: Object, *, kind: str = "Deployment", finds: Sequence[str] = ()) -> Row:
    """Return a row whose container is no Tiller."""
    described = template(of, labels={"app": "other"})
    return row(name, workload(kind, described, "ci", "other"), settings={}, finds=finds, tiller=Recognition.NO)


def other(image: str, *command: str, **further: Any) -> Object:
    """Return a container of another program."""
    return {"name": "main", "image": image, **({"command": list(command)} if command else {}), **further}


def but(*changed: str, args: Sequence[str] = ARGS) -> list[str]:
    """Return the right arguments, with others in the place of those of the same flag, or after them."""
    names = {re.split("[= ]", word.lstrip("-"))[0] for word in changed}
    return [*(word for word in args if re.split("[= ]", word.lstrip("-"))[0] not in names), *changed]


NO_TLS = {"tls": False, "verifies": False, "explicit": False}
NO_FILES = {"certificate": "tls.crt", "client_cas": "ca.crt"}

SOMEWHERE = {**RIGHT, "listen": ":44134"}
BY_ENVIRONMENT = variables(TILLER_TLS_VERIFY="1", TILLER_TLS_CERTS="/etc/certs")

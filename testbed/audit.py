"""Reads what an account asked of the local cluster's API server, and what it was refused, from the audit log.

The log's fields are those of audit.k8s.io/v1 (Kubernetes documentation, Auditing).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

_DECISION = "authorization.k8s.io/decision"  # `allow` or `forbid`; a 403 can also come from admission


class Right(NamedTuple):
    """A verb on a kind, as RBAC names them; a subresource is part of the resource: `pods/log`."""

    group: str
    resource: str
    verb: str

    def __str__(self) -> str:
        """For people: `patch deployments.apps`."""
        return f"{self.verb} {self.resource}.{self.group}".removesuffix(".")


class Rule(Protocol):
    """A rule of a Role, as the Kubernetes client reads it and as the package writes it."""

    @property
    def api_groups(self) -> Iterable[str]: ...

    @property
    def resources(self) -> Iterable[str]: ...

    @property
    def verbs(self) -> Iterable[str]: ...


@dataclass(frozen=True)
class Asked:
    """The requests of an account in one namespace.

    Attributes:
        allowed: the rights it made use of.
        refused: the rights it lacked.
    """

    allowed: frozenset[Right]
    refused: frozenset[Right]


class AuditError(Exception):
    """The log is not there, so it shows nothing."""


def events(log: Path) -> Iterator[dict[str, Any]]:
    """Yield every event of a log, also of the part that was rotated away, in no particular order.

    Raises:
        AuditError: there is no log.
    """
    if not log.exists():
        raise AuditError(f"{log} is not there; a cluster that was started without it: make down cluster")
    # What is rotated away has the time in its name.
    for file in (*log.parent.glob(f"{log.stem}-*{log.suffix}"), log):
        for line in file.read_text().splitlines(keepends=True):
            if line.endswith("\n"):  # the API server may be in the middle of one
                yield json.loads(line)


def asked(log: Path, user: str, namespace: str, since: datetime) -> Asked:
    """Return what a user asked for in a namespace.

    Args:
        log: of the API server; the part that was rotated away is read too.
        user: as the API server names it: `system:serviceaccount:<namespace>:<name>`.
        namespace: that of the objects; empty for what has none. A Namespace object is in itself.
        since: requests that came before are left out.

    Raises:
        AuditError: there is no log.
    """
    own = [event for event in events(log) if _is_of(event, user, namespace, since)]
    return Asked(
        allowed=frozenset(_right(event) for event in own if _decision(event) == "allow"),
        refused=frozenset(_right(event) for event in own if _decision(event) == "forbid"),
    )


def granted(rules: Iterable[Rule]) -> frozenset[Right]:
    """Return every right of a Role's rules; one for objects of certain names counts like one for all."""
    return frozenset(
        Right(group, resource, verb)
        for rule in rules
        for group in rule.api_groups
        for resource in rule.resources
        for verb in rule.verbs
    )


def differences(rights: frozenset[Right], seen: Asked) -> list[str]:
    """Say where rights are not exactly what was asked for; empty: they are enough, and no more than enough."""
    found = {
        "refused": seen.refused,
        "granted and never used": rights - seen.allowed,
        "used and not granted here": seen.allowed - rights,
    }
    return [f"{what}: {right}" for what, those in found.items() for right in sorted(those)]


def _is_of(event: dict[str, Any], user: str, namespace: str, since: datetime) -> bool:
    return (
        event["user"]["username"] == user
        and event["objectRef"].get("namespace", "") == namespace
        and datetime.fromisoformat(event["requestReceivedTimestamp"]) >= since
    )


def _right(event: dict[str, Any]) -> Right:
    about = event["objectRef"]
    resource = "/".join(about[part] for part in ("resource", "subresource") if part in about)
    return Right(about.get("apiGroup", ""), resource, event["verb"])


def _decision(event: dict[str, Any]) -> str:
    return str(event["annotations"][_DECISION])

"""Copying records, comparing the copies, and removing what was copied."""

import base64
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from secure_tiller.problems import ClusterError, Problem
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.migration.history import History, State
from secure_tiller_cli.migration.route import Route
from secure_tiller_cli.releases import Record
from secure_tiller_cli.releases.storage import KEY
from secure_tiller_stack.cluster.api import call, message
from secure_tiller_stack.cluster.connection import clients
from secure_tiller_stack.cluster.lister import path
from tiller_facts.kinds import SECRETS, Kind

RETRY_REMEDY = "then run the same again: what is done stays, and is not done twice"


def create(client: Any, record: Record, route: Route) -> None:
    """Create a record as a Secret in the namespace of the new Tiller.

    Raises:
        ClusterError: it cannot be created.
    """
    try:
        call(client, "POST", path(SECRETS, route.target), body=secret(record))
    except clients.ApiException as error:
        remedy = f"use an account that may create secrets in {route.target}, and see its ResourceQuota"
        raise _failed(record, f"cannot be copied to {route.target}", error, remedy) from error


def secret(record: Record) -> dict[str, Any]:
    """Return the Secret of a record, as Tiller makes one (Helm 2.17, pkg/storage/driver/secrets.go, newSecretsObject).

    It is of no type of its own. The content is byte for byte what the old Tiller wrote.
    """
    return {
        "metadata": {"name": record.name, "labels": dict(record.labels)},
        "data": {KEY: base64.b64encode(record.encoded.encode()).decode()},
    }


def differences(
    histories: Iterable[History], source: Iterable[Record], target: Iterable[Record], route: Route
) -> Iterator[Problem]:
    """Yield a problem for each release whose copy is not what it was copied from.

    Args:
        histories: the releases that this run or an earlier one copied.
        source: the records of the old Tiller, read again.
        target: those of the new one, read again.
        route: the source and the target.
    """
    now = {record.name: record.digest for record in source}
    copies = {record.name: record for record in target}
    for history in histories:
        where, wrong, differing = f"release {history.name}", list[str](), list[str]()
        for record in history.records:
            copied = copies.get(record.name)
            if not copied:
                wrong.append(f"{record.name} is not in {route.target}")
            elif copied.digest != record.digest:
                differing.append(record.name)
                wrong.append(f"{record.name} in {route.target} differs (SHA-256 {copied.digest}, not {record.digest})")
            if now.get(record.name) != record.digest:
                wrong.append(f"{record.name} has changed in {route.source} since it was read")
        count = sum(record.release.name == history.name for record in copies.values())
        if history.state is State.TO_COPY and not wrong and count != len(history.records):
            wrong.append(f"{route.target} has {count} records of it, not {len(history.records)}")
        if wrong:
            remedy = "nothing was removed; stop what changes records, and run the same again"
            if differing:
                remedy += f"; before that delete the copies that differ: {_delete_copies(differing, route)}"
            yield Problem("", where, "", f"its copy is not equal: {'; '.join(wrong)}", remedy)


def _delete_copies(names: Iterable[str], route: Route) -> str:
    return f"kubectl delete secrets --namespace {word(route.target)} {' '.join(map(word, names))}"


def remove(client: Any, record: Record, route: Route) -> None:
    """Delete a record of the old Tiller whose copy was found equal; only as it was read, and not if it has changed.

    Raises:
        ClusterError: it cannot be deleted.
    """
    as_read = {"preconditions": {"uid": record.uid, "resourceVersion": record.version}}
    try:
        call(client, "DELETE", path(Kind("", route.kind.plural), route.source, record.name), body=as_read)
    except clients.ApiException as error:
        if error.status != HTTPStatus.NOT_FOUND:
            remedy = f"use an account that may delete {route.kind.plural} in {route.source}, and stop what changes them"
            raise _failed(record, f"cannot be removed from {route.source}", error, remedy) from error


def _failed(record: Record, what: str, error: Any, remedy: str) -> ClusterError:
    why = f"{what}: {error.status} {error.reason}"
    if error.status == HTTPStatus.FORBIDDEN:  # other refusals can quote what was sent
        why += f": {message(error)}"
    return ClusterError([Problem("", f"record {record.name}", "", why, f"{remedy}; {RETRY_REMEDY}")])

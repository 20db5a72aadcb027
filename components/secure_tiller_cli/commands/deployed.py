"""The Tillers that a stack has deployed, the Tiller of one team, and their cluster, as the options choose."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

from secure_tiller.plan import schema
from secure_tiller.problems import ClusterError, Problem
from secure_tiller_cli.exit_codes import WRONG_USE
from secure_tiller_cli.output import fail
from secure_tiller_cli.state import ClusterReference, DeployedTiller, StackError, digest, export, read, unfinished
from secure_tiller_stack import kubeconfig
from secure_tiller_stack.cluster.ask import uid
from secure_tiller_stack.cluster.connection import calling
from secure_tiller_stack.kubeconfig import Access


@dataclass(frozen=True)
class StackState:
    """The state of a stack."""

    tillers: tuple[DeployedTiller, ...]
    unfinished: tuple[str, ...]
    """The teams whose first update never ended."""
    digest: str
    """The digest of the state (`state.digest`), which each change changes."""

    def team(self, name: str) -> DeployedTiller:
        """Return the Tiller of a team; if there is none, or it is incomplete, end with an error."""
        found = [tiller for tiller in self.tillers if tiller.name == name]
        if len(found) > 1:
            why = "the stack has several Tillers of this name, so it is unclear which one is meant"
            fail(Problem("", f"team {name}", "", why, "give each component a name of its own"))
        if name in self.unfinished:
            why = "its first update did not finish, so its state is incomplete"
            fail(Problem("", f"team {name}", "", why, "pulumi up"))
        if not found:
            unknown("team", name, [tiller.name for tiller in self.tillers], "the stack")
        return found[0]


def read_deployed(stack: str | None, *, secrets: bool = False) -> StackState:
    """Return the state of a stack.

    Raises:
        StackError: it cannot be read, or has no complete Tiller.
    """
    state = export(stack, secrets=secrets)
    shown = f"stack {stack}" if stack else "the selected stack"
    try:
        found, parts = read(state), unfinished(state)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # The error is not shown: it can quote the state, which holds secrets.
        why = f"a SecureTiller in its state lacks a value that each one has ({type(error).__name__})"
        raise StackError([Problem("", shown, "", why, "pulumi up --refresh, or see: pulumi stack export")]) from error
    if not found:
        why = f"the first update of {', '.join(parts)} never ended" if parts else "it has deployed no SecureTiller"
        raise StackError([Problem("", shown, "", why, "pulumi up" if parts else "choose another, or pulumi up")])
    return StackState(found, parts, digest(state))


def unknown(kind: str, name: str, known: Iterable[str], where: str) -> NoReturn:
    """End because nothing of a kind has this name."""
    why = f"{where} has no {kind} of this name"
    remedy = schema.nearest(name, known, f"there are {kind}s", f"there are no {kind}s")
    fail(Problem("", f"{kind} {name}", "", why, remedy), code=WRONG_USE)


def access(
    found: Sequence[DeployedTiller],
    stack: str | None,
    file: Path | None,
    context: str | None,
    *,
    writes: bool = False,
) -> Access:
    """Return how to reach the cluster of Tillers: by the options, or else as their provider does.

    Its `uid` is the provider's identifier of the cluster, even if options are given: `cluster` compares with it.

    Args:
        found: the Tillers that the command is about; at least one.
        stack: their stack; None: the selected one.
        file: a kubeconfig, in place of the provider's.
        context: a context of that kubeconfig, in place of the provider's.
        writes: whether the command changes the cluster: then its UID must be known.

    Raises:
        ClusterError: the kubeconfig cannot be used.
        StackError: the kubeconfig is a secret of the stack, and cannot be decrypted.
    """
    shown = f"stack {stack or '(selected)'}"
    first = found[0].cluster
    if any(tiller.cluster != first and not _is_same_cluster(tiller.cluster, first) for tiller in found):
        remedy = f"name one team of {', '.join(tiller.name for tiller in found)} after the other"
        fail(Problem("", shown, "", "its Tillers are, or may be, in several clusters", remedy))
    if first.hidden_in and not file:
        first = read_deployed(stack, secrets=True).team(found[0].name).cluster
    if first.cluster and not (file or context):
        why = f"its Kubernetes provider uses the cluster {first.cluster} of the kubeconfig, and not that of the context"
        fail(Problem("", shown, "", why, "choose a context of that cluster with --kubeconfig and --context"))
    if writes and not _is_uid(first.identifier):
        why = "its Kubernetes provider does not identify the cluster, and a wrong one could be changed"
        remedy = "set the provider's cluster_identifier to the UID of the namespace kube-system; pulumi up"
        fail(Problem("", shown, "", why, remedy))
    settings = {"uid": first.identifier}
    if file or first.kubeconfig:
        settings["kubeconfig"] = str(file or first.kubeconfig)
    if context or (first.context and not file):
        settings["context"] = context or first.context
    return kubeconfig.find(settings, "" if file else first.content)


def elsewhere(one: DeployedTiller, other: DeployedTiller) -> bool:
    """Return whether two Tillers are certainly in two clusters."""
    identifiers = {one.cluster.identifier, other.cluster.identifier}
    return len(identifiers) > 1 and all(map(_is_uid, identifiers))


def _is_same_cluster(one: ClusterReference, other: ClusterReference) -> bool:
    """Return whether two providers are certainly of one cluster."""
    return _is_uid(one.identifier) and one.identifier == other.identifier


def access_without_stack(file: Path | None, context: str | None) -> Access:
    """Return how to reach the cluster without a stack's settings; end with an error if it cannot be used."""
    chosen = {"kubeconfig": str(file) if file else "", "context": context or ""}
    try:
        return kubeconfig.find({key: value for key, value in chosen.items() if value})
    except ClusterError as error:
        remedy = "choose another with --kubeconfig and --context"
        fail(*(replace(one, key=f"--{one.key.rpartition('.')[2]}", remedy=remedy) for one in error.problems))


@contextmanager
def cluster(access: Access, asked: str, right: str) -> Iterator[Any]:
    """Give the client of a stack's cluster, after it is verified to be that cluster.

    Args:
        access: how to reach it.
        asked: the purpose of the calls, in words.
        right: the right that they need, in words.

    Raises:
        ClusterError: it does not answer, refuses a call, or is another cluster.
    """
    if _is_uid(access.uid):
        with calling(access, "to identify itself", "get the namespace kube-system") as client:
            _require_same_cluster(client, access)
    with calling(access, asked, right) as client:
        yield client


def _require_same_cluster(client: Any, access: Access) -> None:
    found = uid(client)
    if found != access.uid:
        why = f"is another cluster than the stack's: its kube-system has the UID {found}"
        where = f"cluster at {client.configuration.host} ({access.place})"
        remedy = f"choose the context of the cluster {access.uid} with --kubeconfig and --context"
        raise ClusterError([Problem("", where, "", why, remedy)])


def _is_uid(identifier: str) -> bool:
    """Return whether a provider's identifier is a UID: other programs may use any name."""
    try:
        return bool(UUID(identifier))
    except ValueError:
        return False

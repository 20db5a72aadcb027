"""The Tillers that a stack has deployed, one team of them, and their cluster, as the options choose."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

from secure_tiller.plan import schema
from secure_tiller.problems import ClusterError, Problem
from secure_tiller_cli.exit_codes import PROBLEM, WRONG_USE
from secure_tiller_cli.output import fail
from secure_tiller_cli.state import DeployedTiller, StackError, export, last_change, read, unfinished
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
    changed_at: datetime
    """The last time at which Pulumi wrote the state, with its zone."""

    def team(self, name: str) -> DeployedTiller:
        """Return the Tiller of a team; if there is none, end with the nearest name, or because it is not whole."""
        by_name = {tiller.name: tiller for tiller in self.tillers}
        if name in self.unfinished:
            why = "its first update did not finish, so its state is incomplete"
            fail(Problem("", f"team {name}", "", why, "pulumi up"))
        if name not in by_name:
            unknown("team", name, by_name, "the stack")
        return by_name[name]


def read_deployed(stack: str | None, *, secrets: bool = False) -> StackState:
    """Return the state of a stack.

    Raises:
        StackError: it cannot be read, or has none that is whole.
    """
    state = export(stack, secrets=secrets)
    shown = f"stack {stack}" if stack else "the selected stack"
    try:
        found, parts, changed_at = read(state), unfinished(state), last_change(state)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # The error is not shown: it can quote the state, which holds secrets.
        why = f"a SecureTiller in its state lacks what every one has ({type(error).__name__})"
        raise StackError([Problem("", shown, "", why, "pulumi up --refresh, or see: pulumi stack export")]) from error
    if not found:
        why = f"the first update of {', '.join(parts)} never ended" if parts else "it has deployed no SecureTiller"
        raise StackError([Problem("", shown, "", why, "pulumi up" if parts else "choose another, or pulumi up")])
    return StackState(found, parts, changed_at)


def unknown(kind: str, name: str, known: Iterable[str], where: str) -> NoReturn:
    """End because nothing of a kind has this name."""
    why = f"{where} has no {kind} of this name"
    remedy = schema.nearest(name, known, f"there are {kind}s", f"there are no {kind}s")
    fail(Problem("", f"{kind} {name}", "", why, remedy), code=WRONG_USE)


def access(found: Iterable[DeployedTiller], stack: str | None, file: Path | None, context: str | None) -> Access:
    """Return how to reach the cluster of a stack's Tillers: as the options say, else as its provider does.

    Its `uid` is the provider's identifier of the cluster.

    Raises:
        ClusterError: the kubeconfig cannot be used.
        StackError: it is a secret of the stack, which cannot be decrypted.
    """
    references = {tiller.cluster for tiller in found}
    if len(references) > 1:
        why, remedy = "its Tillers are in several clusters", "name one with --kubeconfig and --context"
        if not file:
            fail(Problem("", f"stack {stack or '(selected)'}", "", why, remedy), code=PROBLEM)
    reference = next(iter(references))
    if reference.hidden and not file:
        reference = read_deployed(stack, secrets=True).tillers[0].cluster
    settings = {"uid": reference.identifier} if len(references) == 1 else {}
    if file or reference.kubeconfig:
        settings["kubeconfig"] = str(file or reference.kubeconfig)
    if context or (reference.context and not file):
        settings["context"] = context or reference.context
    return kubeconfig.find(settings, "" if file else reference.content)


def access_without_stack(file: Path | None, context: str | None) -> Access:
    """Return how to reach the cluster where there is no stack whose settings could say it; end if that cannot serve."""
    chosen = {"kubeconfig": str(file) if file else "", "context": context or ""}
    try:
        return kubeconfig.find({key: value for key, value in chosen.items() if value})
    except ClusterError as error:
        remedy = "choose another with --kubeconfig and --context"
        fail(*(replace(one, key=f"--{one.key.rpartition('.')[2]}", remedy=remedy) for one in error.problems))


@contextmanager
def cluster(access: Access, asked: str, right: str) -> Iterator[Any]:
    """Give the client of a stack's cluster, after a look whether it is that cluster.

    Args:
        access: how to reach it.
        asked: the purpose of the calls, in words.
        right: the right that they take, in words.

    Raises:
        ClusterError: it does not answer, refuses, or is another one.
    """
    if _is_uid(access.uid):
        with calling(access, "to identify itself", "get the namespace kube-system") as client:
            _require_the_same(client, access)
    with calling(access, asked, right) as client:
        yield client


def _require_the_same(client: Any, access: Access) -> None:
    found = uid(client)
    if found != access.uid:
        why = f"is another cluster than the stack's: its kube-system has the UID {found}"
        where = f"cluster at {client.configuration.host} ({access.place})"
        remedy = f"choose the context of the cluster {access.uid} with --kubeconfig and --context"
        raise ClusterError([Problem("", where, "", why, remedy)])


def _is_uid(identifier: str) -> bool:
    """Return whether a provider's identifier is a UID: a program of others may name its cluster as it likes."""
    try:
        return bool(UUID(identifier))
    except ValueError:
        return False

"""A migration from its look at the cluster to the removal of what was copied, each call with the right it takes."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from secure_tiller.problems import ClusterError
from secure_tiller_cli.charts import Concern
from secure_tiller_cli.migration import copy, old_tiller
from secure_tiller_cli.migration.history import History, State
from secure_tiller_cli.migration.judge import judge
from secure_tiller_cli.migration.report import Report
from secure_tiller_cli.migration.route import Route
from secure_tiller_cli.migration.selection import Elsewhere, Found
from secure_tiller_cli.releases import Kind
from secure_tiller_cli.releases.storage import Stored, read
from secure_tiller_cli.state import DeployedTiller

Connect = Callable[[str, str], AbstractContextManager[Any]]
"""Gives a client of the cluster, for something that it may refuse (in words), which takes a right (in words)."""

Steps = Callable[[str, int], AbstractContextManager[Callable[[], None]]]
"""Shows a number of steps, under a title, while they are made; gives what is called after each."""


def stored(connect: Connect, kind: Kind, namespace: str) -> Stored:
    """Return the records that a namespace holds in objects of a kind.

    Raises:
        ClusterError: the cluster does not answer, or refuses.
    """
    with connect(f"to list the records in {namespace}", f"list {kind.plural} in {namespace}") as client:
        return read(client, kind, namespace)


def findings(
    connect: Connect, steps: Steps, histories: Sequence[History], tiller: DeployedTiller
) -> Mapping[str, tuple[Concern, ...]]:
    """Return what would be refused, or could not be checked, by the name of the release.

    Raises:
        ClusterError: the cluster does not answer, or refuses.
    """
    if not histories:
        return {}
    with (
        connect("to list the kinds that it serves", "read the API versions") as client,
        steps("looking at releases", len(histories)) as done,
    ):
        return judge(client, [item.current for item in histories], tiller, done)


@dataclass(frozen=True)
class Migration:
    """The calls of one migration."""

    connect: Connect
    route: Route
    tiller: DeployedTiller
    """The team's."""
    steps: Steps
    sharing: Sequence[DeployedTiller] = ()
    """The Tillers of the teams that manage a namespace of this one too."""

    def look(self) -> Found:
        """Return the records and the running Tillers of the cluster.

        Raises:
            ClusterError: it does not answer, or refuses.
        """
        elsewhere = tuple(
            Elsewhere(other.name, other.namespace, stored(self.connect, Kind.SECRET, other.namespace).records)
            for other in self.sharing
        )
        return Found(self._source(), self._target(), self._running(), elsewhere)

    def judge(self, report: Report) -> None:
        """Add to a report what the team's Tiller could not do with the releases.

        Raises:
            ClusterError: the cluster does not answer, or refuses.
        """
        current = [item for item in report.selection.histories if item.state is not State.IN_USE]
        report.findings = findings(self.connect, self.steps, current, self.tiller)

    def apply(self, report: Report, *, remove_source: bool) -> None:
        """Copy, compare, and remove if that is asked for. The report counts every record, also after a failure."""
        try:
            self._copy(report)
            report.problems = self._compare(report)
            if remove_source and not report.problems:
                self._remove(report)
        except ClusterError as error:
            report.problems = error.problems

    def _copy(self, report: Report) -> None:
        missing = report.selection.missing
        with (
            self.connect("to copy records", f"create secrets in {self.route.target}") as client,
            self.steps("copying records", len(missing)) as done,
        ):
            for record in missing:
                copy.create(client, record, self.route)
                report.copied += 1
                done()

    def _compare(self, report: Report) -> tuple[Any, ...]:
        source, target = self._source(), self._target()
        different = copy.differences(report.compared, source.records, target.records, self.route)
        problems = (*different, *old_tiller.problems(self._running()))
        if not problems:
            report.verified = sum(len(item.records) for item in report.compared)
        return problems

    def _remove(self, report: Report) -> None:
        equal = [record for item in report.compared for record in item.records]
        route = self.route
        with (
            self.connect("to remove records", f"delete {route.kind.plural} in {route.source}") as client,
            self.steps("removing records", len(equal)) as done,
        ):
            for record in equal:
                copy.remove(client, record, route)
                report.removed += 1
                done()

    def _source(self) -> Stored:
        return stored(self.connect, self.route.kind, self.route.source)

    def _target(self) -> Stored:
        return stored(self.connect, Kind.SECRET, self.route.target)

    def _running(self) -> tuple[old_tiller.RunningTiller, ...]:
        namespace = self.route.source
        asked = f"to find out whether a Tiller runs in {namespace}"
        with self.connect(asked, f"list pods in {namespace}") as client:
            return old_tiller.running(client, namespace)

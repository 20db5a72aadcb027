"""Asks for everything, compares each answer with the model, and counts."""

import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from testbed.access_reviews.rules import Grant, Request, Rule, Subject, allowed
from testbed.access_reviews.server import Judge, Server

CONNECTIONS = 4
"""Reviews under way at a time; more gave no more answers a second, on two cores."""

_BATCH = 2000

Model = Mapping[Subject, Sequence[Grant]]


@dataclass(frozen=True)
class Cell:
    """One question: may this subject make this request?"""

    subject: Subject
    request: Request


@dataclass
class Tally:
    """The result of the walk for one subject.

    Attributes:
        cells: questions asked.
        allowed: answered with yes, and rightly so.
        unexpected: allowed, and not by the model.
        missing: allowed by the model, and not by the API server.
    """

    cells: int = 0
    allowed: int = 0
    unexpected: list[Request] = field(default_factory=list)
    missing: list[Request] = field(default_factory=list)

    def count(self, request: Request, *, seen: bool, modelled: bool) -> None:
        """Count one answer."""
        self.cells += 1
        self.allowed += seen and modelled
        if seen and not modelled:
            self.unexpected.append(request)
        if modelled and not seen:
            self.missing.append(request)


def walk(
    cells: Iterable[Cell], judge: Judge, model: Model, tell: Callable[[Subject], object] = lambda _: None
) -> dict[Subject, Tally]:
    """Ask the judge about every cell and compare with the model.

    Args:
        cells: the questions.
        judge: answers from several threads at a time.
        model: the grants of each subject.
        tell: called with the subject after each answer, for progress.
    """
    tallies = {subject: Tally() for subject in model}
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for batch in _batches(cells):
            answers = threads.map(lambda cell: judge.allows(cell.subject, cell.request), batch)
            for cell, seen in zip(batch, answers, strict=True):
                modelled = allowed(model[cell.subject], cell.request)
                tallies[cell.subject].count(cell.request, seen=seen, modelled=modelled)
                tell(cell.subject)
    return tallies


def in_sample(text: str, one_in: int) -> bool:
    """Choose one of so many by a hash that is the same in every run: for texts that are, the sample is too."""
    return zlib.crc32(text.encode()) % one_in == 0


def grants_of_groups(server: Server, groups: Iterable[str]) -> dict[str, list[Grant]]:
    """Read from the cluster what ClusterRoleBindings grant to each of some groups."""
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    roles = {role["metadata"]["name"]: role["rules"] or () for role in server.get(f"{rbac}/clusterroles")["items"]}
    granted: dict[str, list[Grant]] = {group: [] for group in groups}
    for binding in server.get(f"{rbac}/clusterrolebindings")["items"]:
        for subject in binding.get("subjects", ()):
            if subject["kind"] == "Group" and subject["name"] in granted:
                granted[subject["name"]] += [Grant(Rule.of(rule)) for rule in roles[binding["roleRef"]["name"]]]
    return granted


def _batches(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    iterator = iter(cells)
    while batch := list(itertools.islice(iterator, _BATCH)):
        yield batch

"""A whole migration on a stand-in for a cluster: interruption, refusal and removal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from secure_tiller_cli.migration import copy
from secure_tiller_cli.migration.report import Report
from secure_tiller_cli.migration.route import Route
from secure_tiller_cli.migration.run import Migration
from secure_tiller_cli.migration.selection import select
from secure_tiller_cli.releases import Kind
from secure_tiller_cli.state import DeployedTiller
from tests.support import records
from tests.support.fake_core import FakeCore, Key, answer, tiller_pod
from tests.unit.secure_tiller_cli.migration.samples import MANAGERS, ROUTE, tiller

OWN = {"shop.v1", "shop.v2", "blog.v1"}


@pytest.fixture
def core() -> FakeCore:
    core = FakeCore()
    fill(core, "configmap")
    return core


def fill(core: FakeCore, kind: str) -> None:
    for name, revision, namespace in (
        ("shop", 1, "blue-apps"),
        ("shop", 2, "blue-apps"),
        ("blog", 1, "blue-apps"),
        ("theirs", 1, "green-apps"),
    ):
        core.put(kind, "kube-system", records.config_map(records.release(name, revision, namespace=namespace)))


def run(
    core: FakeCore, *, remove: bool = False, route: Route = ROUTE, sharing: tuple[DeployedTiller, ...] = ()
) -> Report:
    @contextmanager
    def connect(_: str, __: str) -> Iterator[Any]:
        yield core

    @contextmanager
    def steps(_: str, __: int) -> Iterator[Callable[[], None]]:
        yield lambda: None

    migration = Migration(connect, route, tiller(), steps, sharing)
    selection = select(migration.look(), route, MANAGERS)
    report = Report(route, selection, applied=True, problems=selection.problems)
    if not report.problems:
        migration.apply(report, remove_source=remove)
    return report


def test_a_release_that_another_teams_tiller_has_is_not_given_to_two(core: FakeCore) -> None:
    green = replace(tiller(), name="green", namespace="green-tiller")
    core.put("secret", "green-tiller", records.config_map(records.release("shop", 7)))
    core.put("secret", "green-tiller", records.config_map(records.release("blog", 1, first_deployed=5)))  # their own
    (problem,) = run(core, sharing=(green,)).problems
    assert (problem.key, problem.why) == (
        "release shop",
        "the Tiller of green has it already, and two would manage it",
    )
    assert core.names("secret", "blue-tiller") == set()
    assert run(core).problems == ()  # control: whoever shares nothing is not looked at


def counts(report: Report) -> tuple[int, int, int]:
    return report.copied, report.verified, report.removed


@pytest.mark.parametrize("kind", list(Kind))
def test_records_are_copied_from_both_kinds_and_the_source_stays(core: FakeCore, kind: Kind) -> None:
    fill(core, "secret")
    report = run(core, route=Route("blue", kind, "kube-system", "blue-tiller"))
    assert (report.problems, counts(report)) == ((), (3, 3, 0))
    assert core.names("secret", "blue-tiller") == OWN
    assert core.names("configmap", "kube-system") == OWN | {"theirs.v1"}


def test_the_source_is_removed_on_request_but_nothing_of_others(core: FakeCore) -> None:
    assert counts(run(core, remove=True)) == (3, 3, 3)
    assert core.names("configmap", "kube-system") == {"theirs.v1"}


def refuse_the(number: int, verb: str) -> Callable[[str, Key], None]:
    """Return what refuses a call from the given one of its verb on."""
    calls = []

    def refuses(asked: str, key: Key) -> None:
        if asked == verb:
            calls.append(key)
            if len(calls) >= number:
                raise answer(403, "exceeded quota: few")

    return refuses


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_copy_that_is_interrupted_tells_how_far_it_came_and_is_resumed(core: FakeCore, number: int) -> None:
    core.refuses = refuse_the(number, "create")
    report = run(core, remove=True)
    (problem,) = report.problems
    assert counts(report) == (number - 1, 0, 0)
    assert "cannot be copied to blue-tiller: 403 Forbidden: exceeded quota: few" in problem.why
    assert core.names("configmap", "kube-system") == OWN | {"theirs.v1"}
    core.refuses = lambda *_: None
    assert counts(run(core)) == (4 - number, 3, 0)
    assert core.names("secret", "blue-tiller") == OWN


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_removal_that_is_interrupted_is_resumed(core: FakeCore, number: int) -> None:
    core.refuses = refuse_the(number, "delete")
    report = run(core, remove=True)
    assert counts(report) == (3, 3, number - 1)
    assert "cannot be removed from kube-system" in report.problems[0].why
    core.refuses = lambda *_: None
    assert counts(run(core, remove=True)) == (0, 4 - number, 4 - number)
    assert core.names("configmap", "kube-system") == {"theirs.v1"}


def test_a_copy_that_differs_is_found_and_nothing_is_removed(core: FakeCore, monkeypatch: pytest.MonkeyPatch) -> None:
    right = copy.secret

    def wrong(record: Any) -> Any:
        made = right(record)
        if record.name == "shop.v1":
            made["data"] = right(next(item for item in before if item.name == "blog.v1"))["data"]
        return made

    before = run(core).selection.missing
    for name in OWN:
        del core.objects["secret", "blue-tiller", name]
    monkeypatch.setattr(copy, "secret", wrong)
    report = run(core, remove=True)
    assert [problem.key for problem in report.problems] == ["release shop"]
    assert core.names("configmap", "kube-system") == OWN | {"theirs.v1"}


def test_a_record_that_changes_while_it_is_copied_is_found_and_nothing_is_removed(core: FakeCore) -> None:
    def change(verb: str, key: Key) -> None:
        if (verb, key[2]) == ("create", "shop.v2"):
            core.put("configmap", "kube-system", records.config_map(records.release("shop", 2, status=3)))

    core.refuses = change
    report = run(core, remove=True)
    assert "shop.v2 has changed in kube-system since it was read" in report.problems[0].why
    assert core.names("configmap", "kube-system") == OWN | {"theirs.v1"}


def test_a_tiller_that_starts_while_records_are_copied_is_seen_and_nothing_is_removed(core: FakeCore) -> None:
    def start(verb: str, _: Key) -> None:
        if verb == "create" and not core.pods:
            core.pods.append(tiller_pod("kube-system"))

    core.refuses = start
    report = run(core, remove=True)
    assert "runs a Tiller" in report.problems[0].why
    assert counts(report) == (3, 0, 0)
    assert core.names("configmap", "kube-system") == OWN | {"theirs.v1"}


def test_a_record_that_changes_after_it_was_compared_is_not_removed(core: FakeCore) -> None:
    def change(verb: str, key: Key) -> None:
        if (verb, key[2]) == ("delete", "shop.v2"):
            core.put("configmap", "kube-system", records.config_map(records.release("shop", 2, status=3)))

    core.refuses = change
    report = run(core, remove=True)
    assert "shop.v2" in report.problems[0].key
    assert "shop.v2" in core.names("configmap", "kube-system")


def test_a_secret_that_appears_under_the_name_of_a_record_is_not_overwritten(core: FakeCore) -> None:
    def appear(verb: str, key: Key) -> None:
        if (verb, key[2]) == ("create", "shop.v1"):
            core.put("secret", "blue-tiller", records.config_map(records.release("shop", 1, first_deployed=1)))

    core.refuses = appear
    report = run(core, remove=True)
    assert "cannot be copied to blue-tiller: 409 Conflict" in report.problems[0].why
    assert core.names("configmap", "kube-system") == OWN | {"theirs.v1"}


def test_only_the_reason_of_a_refused_right_is_shown(core: FakeCore) -> None:
    def refuse(verb: str, _: Key) -> None:
        if verb == "create":
            raise answer(409, "what was sent: password")

    core.refuses = refuse
    assert "password" not in str(run(core).problems)

"""The second look: whose the objects are that an update made."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from secure_tiller.problems import Problem
from secure_tiller.resources.objects import KubernetesObject
from secure_tiller_stack.cluster.lister import path
from secure_tiller_stack.takeovers import former_maker, is_ours, judged
from tests.support.api_server import FORBIDDEN, ApiServer
from tests.support.recording import run
from tests.unit.secure_tiller_stack.cluster.asking import access
from tiller_facts.kinds import NAMESPACES, ROLES, SECRETS, SERVICE_ACCOUNTS, Object

BEFORE, NOW, LATER = (f"2026-01-01T00:00:0{second}Z" for second in (1, 2, 3))
TEAM: Any = {"f:metadata": {"f:labels": {"f:secure-tiller/team": {}}}}
AUTOMOUNT: Any = {"f:automountServiceAccountToken": {}}
APPLIED = TEAM | AUTOMOUNT
OWNER: Any = {"f:metadata": {"f:annotations": {".": {}, "f:owner": {}}}}
NAME: Any = {"f:metadata": {"f:labels": {".": {}, "f:kubernetes.io/metadata.name": {}}}}


def entry(manager: str, time: str | None, fields: Any, operation: str = "Update", **further: str) -> dict[str, Any]:
    """Return an entry of `managedFields`."""
    return {"manager": manager, "operation": operation, "time": time, "fieldsV1": fields, **further}


def ours(time: str = NOW, name: str = "pulumi-kubernetes-0a1b2c3d", fields: Any = APPLIED) -> dict[str, Any]:
    return entry(name, time, fields, "Apply")


def metadata(*entries: Any, created: str = NOW, **further: Any) -> dict[str, Any]:
    return {"uid": "new", "creationTimestamp": created, "managedFields": list(entries), **further}


ACCEPTED = {
    "the provider alone": metadata(ours()),
    "a webhook that changes it on its way": metadata(ours(), entry(ours()["manager"], NOW, OWNER)),
    "a webhook that takes its time": metadata(ours(), created=LATER),
    "the provider without applying": metadata(entry("pulumi-resource-kubernetes", NOW, APPLIED)),
    "a controller in the same second": metadata(ours(), entry("cluster-policy-controller", NOW, OWNER)),
    "a controller that owns another label": metadata(
        ours(), entry("injector", NOW, {"f:metadata": {"f:labels": {".": {}, "f:injected": {}}}})
    ),
    "a controller that changed what was applied, later": metadata(ours(), entry("keeper", LATER, AUTOMOUNT)),
    "the status": metadata(ours(), entry("kube-controller-manager", NOW, TEAM, subresource="status")),
}

REFUSED = {
    "older": (metadata(entry("kubectl-create", BEFORE, OWNER), ours(), created=BEFORE), f"kubectl-create at {BEFORE}"),
    "older and bare": (metadata(ours(), created=BEFORE), f"somebody who left no name at {BEFORE}"),
    "older, and changed since": (
        metadata(entry("helm", BEFORE, OWNER), entry("kubectl-edit", NOW, NAME), ours(), created=BEFORE),
        f"helm, kubectl-edit at {BEFORE}",
    ),
    "of the same second, with a field of ours": (
        metadata(entry("kyverno", NOW, AUTOMOUNT | OWNER), ours()),
        f"kyverno at {NOW}",
    ),
    "a namespace of the same second": (
        metadata(entry("kubectl-create", NOW, NAME), ours()),
        f"kubectl-create at {NOW}",
    ),
    "one that names itself as the provider does, in the future": (
        metadata(ours(LATER, "pulumi-kubernetes-ffffffff"), ours()),
        f"pulumi-kubernetes-0a1b2c3d at {NOW}",
    ),
    "one that says no time": (metadata(entry("them", None, AUTOMOUNT), ours()), f"them at {NOW}"),
    "all of ours in it already": (
        metadata(entry("them", NOW, APPLIED), ours() | {"time": None}),
        f"them at {NOW}",
    ),
    "nothing of ours in it": (metadata(entry("them", NOW, OWNER)), f"them at {NOW}"),
    "no managers": (metadata(), f"somebody who left no name at {NOW}"),
    "managers left out": ({"uid": "new", "creationTimestamp": NOW}, f"somebody who left no name at {NOW}"),
}


@pytest.mark.parametrize("found", ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_provider_made_is_its_own(found: dict[str, Any]) -> None:
    assert former_maker(found) == ""


@pytest.mark.parametrize(("found", "maker"), REFUSED.values(), ids=REFUSED)
def test_what_somebody_else_made_is_named_with_them_and_the_time(found: dict[str, Any], maker: str) -> None:
    assert former_maker(found) == maker


def test_another_pulumi_stack_is_somebody_else_too() -> None:
    """Of two in one second nobody knows which was first."""
    assert former_maker(metadata(ours(name="pulumi-kubernetes-ffffffff"), ours())).startswith("pulumi-kubernetes-")


def test_fields_of_any_depth_are_read() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"f:a": deep}
    assert former_maker(metadata(entry("them", NOW, deep), ours())) == ""


def recorded(found: dict[str, Any]) -> Any:
    """Return metadata as a resource's output has it."""
    seen: list[Any] = []

    def program() -> None:
        made = KubernetesObject("one", ROLES, {"metadata": found}, pulumi.ResourceOptions())
        made.metadata.apply(seen.append)

    run(program)
    (known,) = seen
    return known


@pytest.mark.parametrize("found", ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_provider_recorded_as_its_own_is_not_asked_for(found: dict[str, Any]) -> None:
    assert is_ours(recorded(found), frozenset())


@pytest.mark.parametrize("found", [found for found, _ in REFUSED.values() if "managedFields" in found])
def test_what_it_recorded_as_somebody_elses_is_asked_for_unless_it_was_there_and_ours(found: dict[str, Any]) -> None:
    known = recorded(found)
    assert not is_ours(known, frozenset({"old"}))
    assert is_ours(known, frozenset({"new"}))


def test_what_it_did_not_record_is_asked_for() -> None:
    assert not is_ours({"name": "tiller"}, frozenset())


ROLE = Object(ROLES, "shared-tools", "tiller-blue")
THEIRS = metadata(entry("kubectl-create", BEFORE, OWNER), ours(), created=BEFORE)

Judged = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def judge(server: ApiServer, tmp_path: Path) -> Judged:
    """Return a function that judges an object of the cluster `server`."""

    def judge(item: Object, *seen: str) -> tuple[Problem, ...]:
        return judged(access(tmp_path, server.url), "blue", item, frozenset(seen), "urn:a::b$c::d")

    return judge


def where(item: Object) -> str:
    return path(item.kind, item.namespace, item.name)


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the warnings to whoever reads the update."""
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    return said


@pytest.mark.parametrize(
    ("item", "key", "named"),
    [
        (ROLE, "roles in shared-tools", "roles.rbac.authorization.k8s.io --namespace shared-tools tiller-blue"),
        (Object(NAMESPACES, "", "blue-tiller"), "namespaces", "namespaces blue-tiller"),
    ],
    ids=["in a namespace", "a namespace"],
)
def test_what_was_taken_over_is_named_with_its_maker_and_the_ways_out(
    server: ApiServer, judge: Judged, warned: list[str], item: Object, key: str, named: str
) -> None:
    server.answers[where(item)] = (200, {"metadata": THEIRS})
    (problem,) = judge(item)
    assert (problem.team, problem.key, problem.value) == ("blue", key, f'"{item.name}"')
    assert f"was made by kubectl-create at {BEFORE}, after the look at the cluster" in problem.why
    assert "every preview and update refuses it" in problem.why
    assert f"kubectl delete {named} && pulumi up --refresh" in problem.remedy
    assert f"kubectl label --overwrite {named} app.kubernetes.io/managed-by=secure-tiller" in problem.remedy
    assert problem.remedy.endswith("pulumi state delete --target-dependents 'urn:a::b$c::d'")
    assert warned == [f"TAKEN OVER: {item}, which was made by kubectl-create at {BEFORE}"]


def test_it_is_given_back_by_taking_our_label_from_it(server: ApiServer, judge: Judged) -> None:
    server.answers[where(ROLE)] = (200, {"metadata": THEIRS})
    judge(ROLE)
    assert [question.body for question in server.asked] == [
        None,
        {"metadata": {"labels": {"app.kubernetes.io/managed-by": None}}},
    ]


def test_of_a_secret_no_answer_holds_more_than_the_metadata(server: ApiServer, judge: Judged) -> None:
    secret = Object(SECRETS, "apps", "tiller-client")
    server.answers[where(secret)] = (200, {"metadata": THEIRS})
    assert len(judge(secret)) == 1
    accepted = {question.accept for question in server.asked}
    assert accepted == {"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ((200, {"metadata": metadata(ours())}), ()),
        ((404, {"message": "not found"}), ()),
        ((200, {"metadata": THEIRS}), ("new",)),
    ],
    ids=["made by the provider", "gone again", "there before, and ours"],
)
def test_what_was_not_taken_over_is_left_as_it_is(
    server: ApiServer, judge: Judged, answer: Any, seen: tuple[str, ...]
) -> None:
    server.answers[where(ROLE)] = answer
    assert judge(ROLE, *seen) == ()
    assert len(server.asked) == 1


def test_an_object_that_may_not_be_read_fails_the_update(server: ApiServer, judge: Judged) -> None:
    server.answers[where(ROLE)] = FORBIDDEN
    (problem,) = judge(ROLE)
    assert "it refused to read roles shared-tools/tiller-blue: 403" in problem.why
    assert problem.remedy == "use an account that may get roles.rbac.authorization.k8s.io"


def test_one_that_cannot_be_given_back_is_named_all_the_same(server: ApiServer, judge: Judged) -> None:
    server.answers[where(ROLE)] = lambda asked: FORBIDDEN if asked.body else (200, {"metadata": THEIRS})
    taken, refused = judge(ROLE)
    assert taken.value == '"tiller-blue"'
    assert "the next look takes it for this team's" in taken.why
    assert "it refused to change roles shared-tools/tiller-blue: 403" in refused.why


def test_a_maker_draws_nothing_on_the_terminal(server: ApiServer, judge: Judged, warned: list[str]) -> None:
    account = Object(SERVICE_ACCOUNTS, "apps", "tiller")
    hostile = metadata(entry("\x1b[2Jnothing", BEFORE, OWNER), ours(), created=BEFORE)
    server.answers[where(account)] = (200, {"metadata": hostile})
    (problem,) = judge(account)
    assert "\x1b" not in str(problem)
    assert len(warned) == 1
    assert "\x1b" not in warned[0]

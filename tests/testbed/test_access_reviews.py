"""The model of RBAC, the catalogue of what can be asked, and the walk that compares them with somebody's answers."""

import itertools
from collections.abc import Callable
from typing import Any, cast

import pytest

from testbed.access_reviews import (
    OTHER_NAME,
    Catalogue,
    Cell,
    Grant,
    Offer,
    Request,
    Rule,
    Server,
    Subject,
    Tally,
    allowed,
    discover,
    in_sample,
    walk,
)

READ_PODS = Rule(("get", "list"), ("",), ("pods",))
ONE_DEPLOYMENT = Rule(("get",), ("apps",), ("deployments",), names=("web",))
EVERYTHING = Rule(("*",), ("*",), ("*",))
SCALE = Rule(("update",), ("apps",), ("*/scale",))
API_PATHS = Rule(("get",), paths=("/api", "/apis/*"))

COVERED = {
    "a listed verb, group and resource": (READ_PODS, Request("list", "", "pods", "a")),
    "a name, where the rule lists none": (READ_PODS, Request("get", "", "pods", "a", "web")),
    "the listed name": (ONE_DEPLOYMENT, Request("get", "apps", "deployments", "a", "web")),
    "any verb": (EVERYTHING, Request("impersonate", "", "serviceaccounts", "a")),
    "any group": (EVERYTHING, Request("get", "example.org", "widgets", "a")),
    "any subresource, by the resource *": (EVERYTHING, Request("create", "", "pods/exec", "a")),
    "the review of * itself": (EVERYTHING, Request("*", "*", "*", "a")),
    "one subresource of every resource": (SCALE, Request("update", "apps", "deployments/scale", "a")),
    "a listed path": (API_PATHS, Request("get", path="/api")),
    "a path below a listed one with *": (API_PATHS, Request("get", path="/apis/apps/v1")),
    "any path": (Rule(("*",), paths=("*",)), Request("post", path="/metrics")),
}

NOT_COVERED = {
    "another verb": (READ_PODS, Request("watch", "", "pods", "a")),
    "the verb *, which only * covers": (READ_PODS, Request("*", "", "pods", "a")),
    "another group": (READ_PODS, Request("get", "metrics.k8s.io", "pods", "a")),
    "another resource": (READ_PODS, Request("get", "", "secrets", "a")),
    "a subresource of a listed resource": (READ_PODS, Request("get", "", "pods/log", "a")),
    "the resource of a listed subresource": (
        Rule(("get",), ("",), ("pods/log",)),
        Request("get", "", "pods", "a"),
    ),
    "another name": (ONE_DEPLOYMENT, Request("get", "apps", "deployments", "a", "other")),
    "no name, where the rule lists some": (ONE_DEPLOYMENT, Request("get", "apps", "deployments", "a")),
    "another subresource than the one of */scale": (SCALE, Request("update", "apps", "deployments/status", "a")),
    "the resource itself, by */scale": (SCALE, Request("update", "apps", "deployments", "a")),
    "a path below a listed one without *": (API_PATHS, Request("get", path="/api/v1")),
    "another verb at a path": (API_PATHS, Request("post", path="/api")),
    "a path, by a rule for every resource": (EVERYTHING, Request("get", path="/metrics")),
    "a resource, by a rule for every path": (Rule(("*",), paths=("*",)), Request("get", "", "pods", "a")),
}


@pytest.mark.parametrize(("rule", "request_"), [pytest.param(*case, id=name) for name, case in COVERED.items()])
def test_a_rule_covers(rule: Rule, request_: Request) -> None:
    assert rule.allows(request_)


@pytest.mark.parametrize(("rule", "request_"), [pytest.param(*case, id=name) for name, case in NOT_COVERED.items()])
def test_a_rule_does_not_cover(rule: Rule, request_: Request) -> None:
    assert not rule.allows(request_)


@pytest.mark.parametrize(
    ("granted_in", "asked_in", "expected"),
    [("a", "a", True), ("a", "b", False), ("a", "", False), ("", "a", True), ("", "", True)],
)
def test_a_grant_in_a_namespace_reaches_no_other_and_one_of_the_cluster_reaches_all(
    granted_in: str, asked_in: str, expected: bool
) -> None:
    assert Grant(READ_PODS, granted_in).allows(Request("get", "", "pods", asked_in)) is expected


def test_a_grant_in_a_namespace_reaches_no_path() -> None:
    assert not Grant(API_PATHS, "a").allows(Request("get", path="/api"))


def test_one_of_several_grants_is_enough() -> None:
    grants = [Grant(ONE_DEPLOYMENT, "a"), Grant(READ_PODS, "b")]
    assert allowed(grants, Request("get", "", "pods", "b"))
    assert not allowed(grants, Request("get", "", "pods", "a"))


def test_a_rule_is_read_from_the_apis_json() -> None:
    listed = {"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web"]}
    assert Rule.of(listed) == ONE_DEPLOYMENT
    assert Rule.of({"verbs": ["get"], "nonResourceURLs": ["/api", "/apis/*"]}) == API_PATHS


def test_a_service_account_is_in_the_groups_of_its_token() -> None:
    tiller = Subject.service_account("Tiller", "blue-tiller", "tiller")
    assert tiller.user == "system:serviceaccount:blue-tiller:tiller"
    assert set(tiller.groups) == {
        "system:authenticated",
        "system:serviceaccounts",
        "system:serviceaccounts:blue-tiller",
    }


@pytest.mark.parametrize(
    ("bound", "who"),
    [
        (("ServiceAccount", "tiller", "blue-tiller"), "tiller"),
        (("Group", "system:serviceaccounts:blue-tiller"), "tiller"),
        (("Group", "system:authenticated"), "tiller carol"),
        (("Group", "developers"), "carol"),
        (("User", "carol@example.org"), "carol"),
        (("User", "developers"), ""),
        (("ServiceAccount", "tiller", "green-tiller"), ""),
        (("ServiceAccount", "tiller"), ""),
    ],
)
def test_a_binding_means_whom_it_names(bound: tuple[str, ...], who: str) -> None:
    subjects = {
        "tiller": Subject.service_account("Tiller", "blue-tiller", "tiller"),
        "carol": Subject.person("Carol", "carol@example.org", "developers"),
    }
    assert [name for name, subject in subjects.items() if subject.is_bound(*bound)] == who.split()


def test_every_verb_is_asked_of_a_resource_whether_it_is_offered_or_not() -> None:
    asked = Offer("", "pods/log", verbs=("get",)).asked()
    assert {"get", "delete", "deletecollection", "escalate", "bind", "impersonate", "approve", "use", "*"} <= set(asked)
    assert {"impersonate:user-info", "impersonate-on:user-info:get", "impersonate-on:serviceaccount:get"} <= set(asked)
    assert "impersonate-on:user-info:delete" not in asked
    assert len(asked) == len(set(asked))


def test_what_rules_name_is_asked_for_without_a_name_by_its_name_and_by_another() -> None:
    catalogue = Catalogue((Offer("apps", "deployments", ("get",)), Offer("", "pods", ("get",))), ())
    requests = list(catalogue.requests("a", {("apps", "deployments"): ["web"]}))
    names = {
        resource: {request.name for request in requests if request.resource == resource}
        for resource in ("deployments", "pods")
    }
    assert names == {"deployments": {"", "web", OTHER_NAME}, "pods": {""}}
    assert len(requests) == len(set(requests))


def test_paths_are_asked_for_in_the_cluster_scope_alone() -> None:
    catalogue = Catalogue((), ("/metrics",))
    assert list(catalogue.requests("a", {})) == []
    assert {request.verb for request in catalogue.requests("", {})} >= {"get", "post"}


class Discovery:
    """An API server that offers little."""

    documents: dict[str, Any] = {  # noqa: RUF012  read only
        "/": {"paths": ["/metrics", "/somewhere/new"]},
        "/apis": {"groups": [{"name": "apps", "versions": [{"groupVersion": "apps/v1"}, {"groupVersion": "apps/v2"}]}]},
        "/api/v1": {"resources": [{"name": "pods", "verbs": ["get"]}]},
        "/apis/apps/v1": {"resources": [{"name": "deployments/scale", "group": "autoscaling", "verbs": ["get"]}]},
        "/apis/apps/v2": {"resources": [{"name": "deployments/scale", "verbs": ["update"]}]},
    }

    def get(self, path: str) -> Any:
        return self.documents[path]


def test_the_catalogue_joins_every_version_under_the_group_of_its_path() -> None:
    offers = {(offer.group, offer.resource): offer.verbs for offer in discover(cast("Server", Discovery())).offers}
    assert offers["", "pods"] == ("get",)
    assert offers["apps", "deployments/scale"] == ("get", "update")
    assert ("autoscaling", "deployments/scale") not in offers


LACKING_IN_DISCOVERY = [
    *(("", "users"), ("", "groups"), ("authentication.k8s.io", "uids"), ("authentication.k8s.io", "userextras/scopes")),
    *(("certificates.k8s.io", "signers"), ("", "nodes/metrics"), ("example.org", "widgets"), ("*", "*")),
]


@pytest.mark.parametrize("resource", LACKING_IN_DISCOVERY, ids=str)
def test_the_catalogue_has_what_discovery_lacks(resource: tuple[str, str]) -> None:
    assert resource in {(offer.group, offer.resource) for offer in discover(cast("Server", Discovery())).offers}


def test_the_catalogue_has_the_listed_paths_and_those_that_are_not_listed() -> None:
    assert {"/metrics", "/somewhere/new", "/debug/pprof", "/logs"} <= set(discover(cast("Server", Discovery())).paths)


class Answers:
    """A judge who answers by a function."""

    def __init__(self, answer: Callable[[Request], bool]) -> None:
        self._answer = answer

    def allows(self, _: Subject, request: Request) -> bool:
        return self._answer(request)


SOMEBODY = Subject.person("somebody", "somebody")
REQUESTS = [Request(verb, "", "pods", namespace) for verb in ("get", "list", "delete") for namespace in ("a", "b")]
CELLS = [Cell(SOMEBODY, request) for request in REQUESTS]
MODEL = {SOMEBODY: [Grant(READ_PODS, "a")]}


def test_a_judge_who_answers_as_modelled_gives_no_difference() -> None:
    tallies = walk(CELLS, Answers(MODEL[SOMEBODY][0].allows), MODEL)
    assert tallies == {SOMEBODY: Tally(cells=6, allowed=2)}


def test_what_is_allowed_beyond_the_model_is_unexpected() -> None:
    tally = walk(CELLS, Answers(lambda request: request.namespace == "a"), MODEL)[SOMEBODY]
    assert tally.unexpected == [Request("delete", "", "pods", "a")]
    assert tally.missing == []


def test_what_is_refused_against_the_model_is_missing() -> None:
    tally = walk(CELLS, Answers(lambda request: request == REQUESTS[0]), MODEL)[SOMEBODY]
    assert tally.missing == [Request("list", "", "pods", "a")]
    assert tally.unexpected == []


def test_a_judge_who_fails_ends_the_walk() -> None:
    def fail(_: Request) -> bool:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        walk(CELLS, Answers(fail), MODEL)


def test_a_walk_of_several_batches_counts_every_cell() -> None:
    many = list(itertools.islice(itertools.cycle(CELLS), 4500))
    walked: list[Subject] = []
    tally = walk(many, Answers(lambda _: False), {SOMEBODY: []}, walked.append)[SOMEBODY]
    assert (tally.cells, len(walked)) == (4500, 4500)


def test_the_sample_is_the_same_in_every_run_and_about_as_large_as_wanted() -> None:
    texts = [f"cell {number}" for number in range(10_000)]
    chosen = [text for text in texts if in_sample(text, 10)]
    assert chosen[0] == "cell 7"
    assert 900 < len(chosen) < 1100

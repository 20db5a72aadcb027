"""Existing objects: releases of Tillers that have left, and objects under our names."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from secure_tiller.problems import ClusterError
from secure_tiller_stack import cluster
from secure_tiller_stack.cluster import FoundObjects, FoundRelease
from tests.support.api_server import FORBIDDEN, NONE, ApiServer, Question, namespace, of_stack, only_metadata, release
from tests.support.samples import STACK
from tests.unit.secure_tiller_stack.cluster.asking import PREVIEW, access
from tiller_facts.kinds import (
    DEPLOYMENTS,
    NETWORK_POLICIES,
    ROLE_BINDINGS,
    ROLES,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    Kind,
    Object,
)

METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PAGED = {"limit": ["500"]}
OURS = ["app.kubernetes.io/managed-by=secure-tiller"]


# Tillers that have left.

RED_SECRETS = "/api/v1/namespaces/red-tiller/secrets"
RED_ACCOUNTS = "/api/v1/namespaces/red-tiller/serviceaccounts"

Departed = Mapping[str, tuple[FoundRelease, ...] | None]


@pytest.fixture
def departed(server: ApiServer, tmp_path: Path) -> Callable[..., Departed]:
    """Return a function that asks the cluster `server` for what has left, with the namespace of a Tiller that has."""
    server.answers["/api/v1/namespaces"] = (200, {"items": [of_stack("red-tiller")]})
    server.answers[RED_ACCOUNTS] = (200, {"items": [only_metadata("tiller", "red-tiller")]})
    server.answers[RED_SECRETS] = NONE

    def ask(*named: str) -> Departed:
        return cluster.ask(access(tmp_path, server.url), replace(PREVIEW, namespaces=frozenset(named))).departed

    return ask


@pytest.mark.parametrize("items", [None, []])
def test_a_tiller_that_has_left_and_holds_no_release_is_reported(
    server: ApiServer, departed: Callable[..., Departed], items: object
) -> None:
    server.answers[RED_SECRETS] = (200, {"items": items})
    assert departed() == {"red-tiller": ()}


def test_of_each_release_the_last_revision_is_reported_in_the_order_of_names(
    server: ApiServer, departed: Callable[..., Departed]
) -> None:
    records = [
        release("web", 2, "SUPERSEDED"),
        release("web", 10, "DEPLOYED"),
        release("web", 9, "SUPERSEDED"),
        release("db", 1, "FAILED"),
    ]
    server.answers[RED_SECRETS] = (200, {"items": records})
    assert departed() == {"red-tiller": (FoundRelease("db", 1, "FAILED"), FoundRelease("web", 10, "DEPLOYED"))}


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (only_metadata("web.v1", "red-tiller"), FoundRelease("web.v1", 0, "unknown")),
        (only_metadata("web.v1", "red-tiller", NAME="web", VERSION="one"), FoundRelease("web", 0, "unknown")),
    ],
    ids=["no labels", "a revision that is no number"],
)
def test_a_record_that_tiller_did_not_label_counts_as_a_release(
    server: ApiServer, departed: Callable[..., Departed], record: object, found: FoundRelease
) -> None:
    server.answers[RED_SECRETS] = (200, {"items": [record]})
    assert departed() == {"red-tiller": (found,)}


def test_of_the_records_their_metadata_alone_is_asked_for(server: ApiServer, departed: Callable[..., Departed]) -> None:
    departed()
    ((_, _, query, accept),) = server.asked_at(RED_SECRETS)
    assert (query, accept) == ({**PAGED, "labelSelector": ["OWNER=TILLER"]}, METADATA)


def test_a_namespace_without_our_service_account_is_no_tillers_and_not_asked_for_releases(
    server: ApiServer, departed: Callable[..., Departed]
) -> None:
    server.answers[RED_ACCOUNTS] = NONE
    assert departed() == {}
    assert RED_SECRETS not in server.paths
    ((_, _, query, _),) = server.asked_at(RED_ACCOUNTS)
    assert query == {**PAGED, "labelSelector": OURS, "fieldSelector": ["metadata.name=tiller"]}


def test_where_service_accounts_may_not_be_listed_the_releases_are_looked_for_all_the_same(
    server: ApiServer, departed: Callable[..., Departed]
) -> None:
    server.answers[RED_ACCOUNTS] = FORBIDDEN
    server.answers[RED_SECRETS] = (200, {"items": [release("web", 1)]})
    assert departed() == {"red-tiller": (FoundRelease("web", 1, "DEPLOYED"),)}


def test_releases_that_may_not_be_listed_are_no_answer(server: ApiServer, departed: Callable[..., Departed]) -> None:
    server.answers[RED_SECRETS] = FORBIDDEN
    assert departed() == {"red-tiller": None}


def test_what_the_settings_name_has_not_left(server: ApiServer, departed: Callable[..., Departed]) -> None:
    assert departed("red-tiller") == {}
    assert RED_ACCOUNTS not in server.paths


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(of_stack("red-tiller", stack="them/secure-tiller/test"), id="another stack's"),
        pytest.param(of_stack("red-tiller", stack=None), id="of no stack"),
        pytest.param(of_stack("red-tiller", manager="Helm"), id="another tool's"),
        pytest.param(of_stack("red-tiller", deletionTimestamp="2026-01-01T00:00:00Z"), id="going already"),
        pytest.param(namespace("red-tiller"), id="nobody's"),
    ],
)
def test_a_namespace_that_is_not_this_stacks_to_delete_is_not_looked_into(
    server: ApiServer, departed: Callable[..., Departed], other: object
) -> None:
    server.answers["/api/v1/namespaces"] = (200, {"items": [other]})
    assert departed() == {}
    assert not {RED_ACCOUNTS, RED_SECRETS} & set(server.paths)


# What stands under the names of a plan.

RBAC = "/apis/rbac.authorization.k8s.io/v1"
LISTED = {
    DEPLOYMENTS: "/apis/apps/v1/deployments",
    NETWORK_POLICIES: "/apis/networking.k8s.io/v1/networkpolicies",
    ROLES: f"{RBAC}/roles",
    ROLE_BINDINGS: f"{RBAC}/rolebindings",
    SECRETS: "/api/v1/secrets",
    SERVICE_ACCOUNTS: "/api/v1/serviceaccounts",
    SERVICES: "/api/v1/services",
}

There = Callable[..., FoundObjects]


@pytest.fixture
def there(server: ApiServer, tmp_path: Path) -> There:
    """Return a function that asks the cluster `server`, with the namespaces apps and jobs, for objects."""
    server.answers["/api/v1/namespaces"] = (200, {"items": [namespace("apps"), namespace("jobs")]})
    server.answers |= dict.fromkeys(LISTED.values(), NONE)

    def ask(*wanted: Object) -> FoundObjects:
        return cluster.ask(
            access(tmp_path, server.url),
            replace(PREVIEW, objects=frozenset(wanted), namespaces=frozenset({"apps", "jobs"})),
        ).objects

    return ask


def lists(server: ApiServer) -> list[Question]:
    return [question for question in server.asked if question.path in LISTED.values()]


def of(team: str, manager: str = "secure-tiller") -> dict[str, str]:
    return {"app.kubernetes.io/managed-by": manager, "secure-tiller/team": team}


@pytest.mark.parametrize("kind", LISTED, ids=str)
def test_an_object_of_each_kind_is_found_by_its_name_in_the_namespaces_asked_for(
    server: ApiServer, there: There, kind: Kind
) -> None:
    wanted = Object(kind, "apps", "tiller")
    listed = [only_metadata("tiller", name, **of("blue")) for name in ("apps", "elsewhere")]
    server.answers[LISTED[kind]] = (200, {"items": listed})
    assert there(wanted) == FoundObjects({wanted: "blue"})
    ((_, _, query, accept),) = lists(server)
    assert (query, accept) == ({**PAGED, "fieldSelector": ["metadata.name=tiller"]}, METADATA)


@pytest.mark.parametrize(
    ("labels", "team"),
    [
        pytest.param(of("blue"), "blue", id="a team's"),
        pytest.param(of("blue", manager="Helm"), "", id="labelled by another tool"),
        pytest.param({"secure-tiller/team": "blue"}, "", id="not managed by us"),
        pytest.param({"app.kubernetes.io/managed-by": "secure-tiller"}, "", id="of no team"),
        pytest.param({"team": "blue"}, "", id="labelled otherwise"),
        pytest.param({}, "", id="not labelled"),
    ],
)
def test_it_is_a_teams_if_one_of_our_tillers_was_made_with_it(
    server: ApiServer, there: There, labels: dict[str, str], team: str
) -> None:
    role = Object(ROLES, "apps", "tiller-blue")
    server.answers[LISTED[ROLES]] = (200, {"items": [only_metadata("tiller-blue", "apps", **labels)]})
    assert there(role) == FoundObjects({role: team})


def test_the_uids_of_those_that_are_there_are_returned(server: ApiServer, there: There) -> None:
    role, listed = Object(ROLES, "apps", "tiller-blue"), [only_metadata("tiller-blue", name) for name in ("apps", "no")]
    for one in listed:
        one["metadata"]["uid"] = f"in {one['metadata']['namespace']}"
    server.answers[LISTED[ROLES]] = (200, {"items": listed})
    assert there(role).uids == {"in apps"}


def test_where_nothing_stands_nothing_is_found(there: There) -> None:
    assert there(*(Object(kind, "apps", "tiller") for kind in LISTED)) == FoundObjects()


def test_a_name_is_asked_for_once_for_all_namespaces(server: ApiServer, there: There) -> None:
    in_both = [Object(ROLES, name, "tiller-blue") for name in ("apps", "jobs")]
    server.answers[LISTED[ROLES]] = (200, {"items": [only_metadata("tiller-blue", "jobs")]})
    assert there(*in_both) == FoundObjects({in_both[1]: ""})
    assert len(lists(server)) == 1


def test_in_a_namespace_that_is_not_there_nothing_can_stand(server: ApiServer, there: There) -> None:
    assert there(Object(ROLES, "new", "tiller-blue")) == FoundObjects()
    assert lists(server) == []


def test_a_kind_that_may_not_be_listed_is_reported_and_the_others_are_looked_for(
    server: ApiServer, there: There
) -> None:
    role, secret = Object(ROLES, "apps", "tiller-blue"), Object(SECRETS, "apps", "tiller-ci")
    server.answers[LISTED[SECRETS]] = server.answers["/api/v1/namespaces/apps/secrets/tiller-ci"] = FORBIDDEN
    server.answers[LISTED[ROLES]] = (200, {"items": [only_metadata("tiller-blue", "apps")]})
    assert there(role, secret) == FoundObjects({role: ""}, frozenset({SECRETS}))


def test_what_may_be_listed_in_no_namespace_but_got_in_its_own_is_looked_at_there(
    server: ApiServer, there: There
) -> None:
    secret, free = Object(SECRETS, "apps", "tiller-ci"), Object(SECRETS, "apps", "tiller-free")
    server.answers[LISTED[SECRETS]] = FORBIDDEN
    server.answers["/api/v1/namespaces/apps/secrets/tiller-ci"] = (200, only_metadata("tiller-ci", "apps"))
    assert there(secret, free) == FoundObjects({secret: ""}, frozenset())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((500, {"message": "no"}), "refused what is asked before an update: 500"),
        ((401, {"message": "Unauthorized"}), "credentials were not accepted"),
        ((200, None), "is no Kubernetes"),
        ((200, {"kind": "Status"}), "is no Kubernetes"),
        ((200, {"items": [{}]}), "is no Kubernetes"),
    ],
    ids=["broken", "logged out", "nothing", "no list", "no metadata"],
)
def test_a_list_that_fails_refuses_the_cluster(
    server: ApiServer, there: There, answer: tuple[int, object], words: str
) -> None:
    server.answers[LISTED[ROLES]] = answer
    with pytest.raises(ClusterError, match=words):
        there(Object(ROLES, "apps", "tiller-blue"))


@pytest.mark.parametrize(
    ("stack", "inside", "team"),
    [
        pytest.param(STACK, None, "blue", id="this stack's"),
        pytest.param(None, None, "blue", id="of a version that wrote no stack"),
        pytest.param("them/secure-tiller/test", None, "", id="another stack's"),
        pytest.param("them/secure-tiller/test", STACK, "blue", id="of this stack's name before, in its own namespace"),
    ],
)
def test_of_two_stacks_with_a_team_of_one_name_each_has_its_own(
    server: ApiServer, there: There, stack: str | None, inside: str | None, team: str
) -> None:
    role = Object(ROLES, "apps", "tiller-blue")
    found = only_metadata("tiller-blue", "apps", **of("blue"))
    found["metadata"]["annotations"] = {"secure-tiller/stack": stack} if stack else {}
    server.answers[LISTED[ROLES]] = (200, {"items": [found]})
    server.answers["/api/v1/namespaces"] = (200, {"items": [of_stack("apps", stack=inside)]})
    assert there(role) == FoundObjects({role: team})

"""Whoever lists objects of a cluster sees those of every page."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from secure_tiller_cli import audit
from secure_tiller_cli.audit.ask import LISTED
from secure_tiller_cli.check import read_cluster
from secure_tiller_cli.diagnosis import pod_lookup
from secure_tiller_cli.migration import old_tiller
from secure_tiller_cli.releases import Kind
from secure_tiller_cli.releases.storage import read
from secure_tiller_stack import cluster
from secure_tiller_stack.cluster.connection import calling
from secure_tiller_stack.cluster.lister import path
from secure_tiller_stack.kubeconfig import Access
from tests.support import records
from tests.support.api_server import (
    FORBIDDEN,
    PODS,
    ApiServer,
    kubeconfig,
    namespace,
    of_stack,
    only_metadata,
    pod,
    release,
)
from tests.support.fake_core import tiller_pod
from tests.unit.secure_tiller_cli.check import samples
from tests.unit.secure_tiller_stack.cluster.asking import PREVIEW
from tiller_facts import kinds
from tiller_facts.kinds import Object


class User(NamedTuple):
    """Somebody who lists."""

    ask: Callable[[Access, Any], Any]
    """Called with an access and a client; returns what it made of it."""
    lists: Mapping[str, list[Any]]
    """By path, the objects there; the last matters."""
    answers: Mapping[str, Any] = {}


def _of(kind: kinds.Kind, *objects: Any, inside: str = "") -> dict[str, list[Any]]:
    return {path(kind, inside): list(objects)}


def _record(revision: int) -> dict[str, Any]:
    made = records.config_map(records.release("shop", revision))
    return {**made, "metadata": {**made["metadata"], "namespace": "t", "uid": "u", "resourceVersion": "1"}}


def _ready(name: str, status: str, inside: str = "blue-tiller") -> dict[str, Any]:
    condition = {"type": "Ready", "status": status}
    return {"metadata": {"name": name, "namespace": inside}, "status": {"conditions": [condition]}}


GREEN = samples.green()
ROLE = Object(kinds.ROLES, "apps", "tiller-blue")
OURS = {"app.kubernetes.io/managed-by": "secure-tiller"}
STACK_NAMESPACES = [namespace("apps"), of_stack("red-tiller")]
HERE = "/api/v1/namespaces/blue-tiller"

USERS = {
    "the look: namespaces": User(
        lambda access, _: cluster.ask(access, PREVIEW).namespaces,
        _of(kinds.NAMESPACES, namespace("kube-system"), namespace("apps")),
    ),
    "the look: pods of Tillers": User(
        lambda access, _: cluster.ask(access, PREVIEW).tillers,
        _of(kinds.PODS, pod("blue-tiller", "alice"), pod("green-tiller", "bob")),
    ),
    "the look: pods of Tillers, one namespace after the other": User(
        lambda access, _: cluster.ask(access, PREVIEW).tillers,
        _of(kinds.PODS, pod("red-tiller", "alice"), pod("red-tiller", "bob"), inside="red-tiller")
        | _of(kinds.NAMESPACES, namespace("red-tiller", **OURS)),
        {PODS: FORBIDDEN},
    ),
    "the look: objects under our names": User(
        lambda access, _: cluster.ask(access, replace(PREVIEW, objects=frozenset([ROLE]))).objects,
        _of(kinds.NAMESPACES, namespace("other"), namespace("apps"))
        | _of(kinds.ROLES, only_metadata("tiller-blue", "other"), only_metadata("tiller-blue", "apps", **OURS)),
    ),
    "the look: releases of a Tiller that has left": User(
        lambda access, _: cluster.ask(access, PREVIEW).departed,
        _of(kinds.NAMESPACES, *STACK_NAMESPACES)
        | _of(kinds.SECRETS, release("web", 1), release("db", 1), inside="red-tiller")
        | _of(kinds.SERVICE_ACCOUNTS, only_metadata("tiller", "red-tiller"), inside="red-tiller"),
    ),
    "the update: pods of one Tiller": User(
        lambda access, _: cluster.tillers(access, "blue-tiller"),
        _of(kinds.PODS, pod("blue-tiller", "alice"), pod("blue-tiller", "bob"), inside="blue-tiller"),
    ),
    **{
        f"audit: {kind}": User(
            lambda _, client: [found.shown for found in audit.ask(client, lambda _: None).objects],
            {path(each): [] for each in LISTED} | _of(kind, only_metadata("a", "x"), only_metadata("b", "x")),
        )
        for kind in LISTED
    },
    **{
        f"check: {kind}": User(
            lambda _, client: read_cluster.observe(client, GREEN),
            {
                path(each, GREEN.namespace): []
                for each in (kinds.REPLICA_SETS, kinds.PODS, kinds.NETWORK_POLICIES, kinds.SERVICES, kinds.SECRETS)
            }
            | _of(kinds.CONFIG_MAPS, inside=GREEN.namespace)
            | _of(kind, *({**samples.pod(name), **only_metadata(name, "x")} for name in "ab"), inside=GREEN.namespace),
        )
        for kind in (
            *(kinds.REPLICA_SETS, kinds.PODS, kinds.NETWORK_POLICIES, kinds.SERVICES),
            *(kinds.SECRETS, kinds.CONFIG_MAPS),
        )
    },
    "check: bindings": User(
        lambda _, client: str(read_cluster.all_grants(client)),
        _of(kinds.ROLES)
        | _of(kinds.CLUSTER_ROLES)
        | _of(kinds.ROLE_BINDINGS)
        | _of(
            kinds.CLUSTER_ROLE_BINDINGS,
            *(
                {
                    "metadata": {"name": name},
                    "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
                    "subjects": [{"kind": "Group", "name": name}],
                }
                for name in "ab"
            ),
        ),
    ),
    **{
        f"releases in {kind.plural}": User(
            lambda _, client, kind=kind: read(client, kind, "t"),  # type: ignore[misc]
            _of(kinds.Kind("", kind.plural), _record(1), _record(2), inside="t"),
        )
        for kind in Kind
    },
    "migrate: the old Tiller": User(
        lambda _, client: old_tiller.running(client, "old"),
        _of(kinds.PODS, tiller_pod("old", labels=None, image="web"), tiller_pod("old"), inside="old"),
    ),
    "diagnosis: the pod": User(
        lambda access, _: pod_lookup.locate(access, "blue-tiller"),
        _of(kinds.PODS, _ready("a", "False"), _ready("b", "True"), inside="blue-tiller"),
    ),
    "diagnosis: Tillers elsewhere": User(
        lambda access, _: pod_lookup.locate(access, "blue-tiller"),
        _of(kinds.PODS, inside="blue-tiller")
        | _of(kinds.PODS, _ready("a", "True", "blue-helm"), _ready("b", "True", "green-helm")),
        {HERE: (200, namespace("blue-tiller"))},
    ),
}


@pytest.mark.parametrize("name", USERS)
def test_what_stands_on_the_last_page_counts(server: ApiServer, tmp_path: Path, name: str) -> None:
    user = USERS[name]
    access = Access(kubeconfig(tmp_path, server.url), "here")

    def asked(end: int | None = None) -> Any:
        server.answers |= {**user.answers, **{key: (200, {"items": found[:end]}) for key, found in user.lists.items()}}
        with calling(access) as client:
            return user.ask(access, client)

    whole = asked()
    server.page = 1
    assert asked() == whole
    assert [question.path for question in server.asked if "continue" in question.query]
    assert asked(1) != whole, "control: the last object matters"


@pytest.mark.parametrize("name", USERS)
def test_no_list_is_asked_for_without_a_limit(server: ApiServer, tmp_path: Path, name: str) -> None:
    user = USERS[name]
    access = Access(kubeconfig(tmp_path, server.url), "here")
    server.answers |= {**user.answers, **{key: (200, {"items": found}) for key, found in user.lists.items()}}
    with calling(access) as client:
        user.ask(access, client)
    lists = [question for question in server.asked if question.path in user.lists]
    assert lists
    assert all(question.query.get("limit") in (["500"], ["100"]) for question in lists)

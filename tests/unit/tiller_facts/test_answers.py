"""Answers to the five practices of Helm's guide: yes only where it is seen, unknown where it is hidden."""

from typing import Any

import pytest

from tests.unit.tiller_facts.samples import (
    FILES,
    HOME,
    RIGHT,
    Object,
    bound,
    container,
    deployment,
    facts,
    item,
    pod,
    rule,
    subject,
    template,
)
from tiller_facts.kinds import CLUSTER_ROLES, CRON_JOBS, PODS
from tiller_facts.practices import GUIDE, Answer, evaluate
from tiller_facts.values import UNKNOWN as NOT_YET
from tiller_facts.values import Hidden

OWN = bound(rule("secrets", "get list create update delete"))
WIDE = bound(rule("nodes", "list"), inside="")
ADMIN = bound(rule("*", "*", "*"), inside="")
VARIABLE = [{"name": "V", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]
UNREAD = Hidden("it could not be read")
YES, NO, UNKNOWN = "yes", "no", "unknown"
ANONYMOUS = item(
    "ClusterRoleBinding",
    "all",
    "",
    roleRef={"kind": "ClusterRole", "name": "cluster-admin"},
    subjects=[subject("User system:anonymous")],
)
THIEF = pod(template({"name": "shop", "image": "shop:1"}, labels={}), "thief")


def tiller(*more: str, **further: Any) -> Object:
    return deployment(template(container([*RIGHT, *more], **further)))


ANSWERS: list[tuple[str, tuple[Object, ...], dict[str, Any], list[str]]] = [
    ("ours", (tiller(), *OWN), {}, [YES] * 5),
    ("cluster-admin", (tiller(), *ADMIN), {}, [NO, YES, YES, NO, YES]),
    ("cluster-admin for strangers", (tiller(), *OWN, ANONYMOUS), {}, [NO, YES, YES, YES, YES]),
    ("rights in the cluster", (tiller(), *WIDE), {}, [YES, YES, YES, NO, YES]),
    ("rights with *", (tiller(), *bound(rule("*", "get"))), {}, [YES] * 5),
    ("no RBAC", (tiller(), *OWN), {"everybody": frozenset({"system:anonymous"})}, [NO, YES, YES, YES, YES]),
    ("RBAC not seen", (tiller(), *OWN), {"everybody": UNREAD}, [UNKNOWN, YES, YES, YES, YES]),
    ("RBAC not asked", (tiller(), *OWN), {"everybody": NOT_YET}, [UNKNOWN, YES, YES, YES, YES]),
    ("rights not seen", (tiller(), *OWN), {"refused": [CLUSTER_ROLES]}, [UNKNOWN, YES, YES, UNKNOWN, YES]),
    ("CronJobs not seen", (tiller(), *OWN), {"refused": [CRON_JOBS]}, [YES, UNKNOWN, YES, UNKNOWN, UNKNOWN]),
    ("pods not seen", (tiller(), *OWN), {"refused": [PODS]}, [YES, UNKNOWN, YES, UNKNOWN, UNKNOWN]),
    ("plaintext", (tiller("--tls-verify=false", "--tls=false"), *OWN), {}, [YES, NO, YES, YES, NO]),
    ("TLS alone", (tiller("--tls-verify=false"), *OWN), {}, [YES, YES, YES, YES, NO]),
    ("public CAs", (tiller("--tls-ca-cert="), *OWN), {}, [YES, YES, YES, YES, NO]),
    ("CAs elsewhere", (tiller("--tls-ca-cert=$(V)", env=VARIABLE), *OWN), {}, [YES, YES, YES, YES, UNKNOWN]),
    ("TLS elsewhere", (tiller("--tls-verify=$(V)", "--tls=$(V)", env=VARIABLE), *OWN), {},
     [YES, UNKNOWN, YES, YES, UNKNOWN]),
    ("verification elsewhere", (tiller("--tls-verify=$(V)", env=VARIABLE), *OWN), {}, [YES, YES, YES, YES, UNKNOWN]),
    ("TLS perhaps", (tiller("--tls-verify=0", "--tls=$(V)", env=VARIABLE), *OWN), {}, [YES, UNKNOWN, YES, YES, NO]),
    ("certificate not read", (tiller(), *OWN), {"files": {("", "Secret", HOME, "tls"): UNREAD}},
     [YES, UNKNOWN, YES, YES, YES]),
    ("ConfigMaps", (tiller("--storage=configmap"), *OWN), {}, [YES, YES, NO, YES, YES]),
    ("ConfigMaps left", (tiller(), *OWN), {"records": {HOME: ("shop.v1",)}}, [YES, YES, NO, YES, YES]),
    ("ConfigMaps not seen", (tiller(), *OWN), {"records": UNREAD}, [YES, YES, UNKNOWN, YES, YES]),
    ("account default", (deployment(template(serviceAccountName="default")), *OWN), {}, [YES, YES, YES, NO, YES]),
    ("account in common", (tiller(), *OWN, THIEF), {}, [YES, YES, YES, NO, YES]),
    ("a script", (tiller(command=["/run.sh"]), *OWN), {}, [YES, UNKNOWN, UNKNOWN, YES, UNKNOWN]),
    ("not known yet", (deployment(template(container(NOT_YET))), *OWN), {}, [YES, UNKNOWN, UNKNOWN, YES, UNKNOWN]),
    ("suspected", (deployment(template({"name": "a", "image": "a", "ports": [{"containerPort": 44134}]}, labels={})),),
     {}, [UNKNOWN] * 5),
]  # fmt: skip


def answers(*objects: Object, **further: Any) -> list[list[str]]:
    return [[one.answer.value for one in judged.answers] for judged in evaluate(facts(*objects, **further)).tillers]


@pytest.mark.parametrize(
    ("objects", "further", "expected"), [pytest.param(*rest, id=words) for words, *rest in ANSWERS]
)
def test_answers(objects: tuple[Object, ...], further: dict[str, Any], expected: list[str]) -> None:
    assert answers(*objects, **further) == [expected]


def files(blue: Any, green: Any) -> dict[str, Any]:
    return {"files": {("", "Secret", HOME, "tls"): blue, ("", "Secret", "green", "tls"): green}}


OTHER = {"tls.crt": ("another key",), "ca.crt": ("gus's CA",)}


def test_a_key_that_two_tillers_have_is_the_own_of_neither() -> None:
    both = answers(tiller(), deployment(inside="green"), *OWN, **files(FILES, {**FILES, "ca.crt": OTHER["ca.crt"]}))
    assert [one[1] for one in both] == [NO, NO]


def test_a_ca_that_two_tillers_trust_verifies_the_clients_of_neither() -> None:
    both = answers(tiller(), deployment(inside="green"), *OWN, **files(FILES, {**OTHER, "ca.crt": FILES["ca.crt"]}))
    assert [one[4] for one in both] == [NO, NO]


def test_a_ca_that_was_not_read_is_not_known_to_be_its_own() -> None:
    both = answers(tiller(), deployment(inside="green"), *OWN, **files(UNREAD, UNREAD))
    assert [(one[1], one[4]) for one in both] == [(UNKNOWN, UNKNOWN)] * 2


def test_two_tillers_in_a_namespace_are_not_one_for_each_team() -> None:
    assert [one[3] for one in answers(tiller(), deployment(name="second"), *OWN)] == [NO, NO]


def test_every_answer_says_why() -> None:
    (ours,) = evaluate(facts(tiller(), *OWN)).tillers
    assert [one.number for one in ours.answers] == list(GUIDE)
    assert all(one.reason for one in ours.answers)
    (wide,) = evaluate(facts(tiller(), *ADMIN)).tillers
    assert wide.answers[0].answer is Answer.NO
    assert wide.answers[0].reason == "its account may do everything in the cluster, by ClusterRoleBinding given"

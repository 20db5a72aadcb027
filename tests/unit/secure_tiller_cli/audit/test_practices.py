"""The five practices of Helm's guide: yes only where it is seen, unknown where it was not told."""

from typing import Any

import pytest

from secure_tiller_cli.audit.facts import CLUSTER_ROLES
from tests.unit.secure_tiller_cli.audit.samples import (
    FILES,
    HOME,
    RIGHT,
    Object,
    audited,
    bound,
    container,
    deployment,
    practices,
    rule,
    template,
)

OWN = bound(rule("secrets", "get list create update delete"))
WIDE = bound(rule("nodes", "list"), inside="")
ADMIN = bound(rule("*", "*", "*"), inside="")
VARIABLE = [{"name": "V", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]
LEFT = ({"name": "shop.v1", "namespace": HOME},)
YES, NO, UNKNOWN = "yes", "no", "unknown"


def tiller(*more: str, **further: Any) -> Object:
    return deployment(template(container([*RIGHT, *more], **further)))


ANSWERS: list[tuple[str, tuple[Object, ...], dict[str, Any], list[str]]] = [
    ("ours", (tiller(), *OWN), {}, [YES] * 5),
    ("cluster-admin", (tiller(), *ADMIN), {}, [NO, YES, YES, NO, YES]),
    ("rights in the cluster", (tiller(), *WIDE), {}, [YES, YES, YES, NO, YES]),
    ("no RBAC", (tiller(), *OWN), {"readers": True}, [NO, YES, YES, YES, YES]),
    ("RBAC not told", (tiller(), *OWN), {"readers": None}, [UNKNOWN, YES, YES, YES, YES]),
    ("rights not told", (tiller(), *OWN), {"refused": [CLUSTER_ROLES]}, [UNKNOWN, YES, YES, UNKNOWN, YES]),
    ("plaintext", (tiller("--tls-verify=false", "--tls=false"), *OWN), {}, [YES, NO, YES, YES, NO]),
    ("TLS alone", (tiller("--tls-verify=false"), *OWN), {}, [YES, YES, YES, YES, NO]),
    ("public CAs", (tiller("--tls-ca-cert="), *OWN), {}, [YES, YES, YES, YES, NO]),
    ("TLS elsewhere", (tiller("--tls-verify=$(V)", "--tls=$(V)", env=VARIABLE), *OWN), {},
     [YES, UNKNOWN, YES, YES, UNKNOWN]),
    ("certificate not told", (tiller(), *OWN), {"certificates": {(HOME, "tls"): None}}, [YES, UNKNOWN, YES, YES, YES]),
    ("ConfigMaps", (tiller("--storage=configmap"), *OWN), {}, [YES, YES, NO, YES, YES]),
    ("ConfigMaps left", (tiller(), *OWN), {"records": LEFT}, [YES, YES, NO, YES, YES]),
    ("ConfigMaps not told", (tiller(), *OWN), {"records": None}, [YES, YES, UNKNOWN, YES, YES]),
    ("account default", (deployment(template(serviceAccountName="default")), *OWN), {}, [YES, YES, YES, NO, YES]),
    ("a script", (tiller(command=["/run.sh"]), *OWN), {}, [YES, UNKNOWN, UNKNOWN, YES, UNKNOWN]),
]  # fmt: skip


@pytest.mark.parametrize(("objects", "further", "answers"), [pytest.param(*rest, id=words) for words, *rest in ANSWERS])
def test_answers(objects: tuple[Object, ...], further: dict[str, Any], answers: list[str]) -> None:
    assert practices(*objects, **further) == answers


def test_a_key_that_two_tillers_have_is_the_own_of_neither() -> None:
    certificates = {(HOME, "tls"): FILES, ("green", "tls"): FILES}
    both = audited(tiller(), deployment(inside="green"), *OWN, certificates=certificates).tillers
    assert [judged.practices[1].answer.value for judged in both] == [NO, NO]


def test_two_tillers_in_a_namespace_are_not_one_for_each_team() -> None:
    both = audited(tiller(), deployment(name="second"), *OWN).tillers
    assert [judged.practices[3].answer.value for judged in both] == [NO, NO]

"""What a Tiller may do."""

from typing import Any

import pytest

from tests.unit.tiller_policies.samples import RBAC, broken, resource, tiller, violations
from tiller_policies.resources import Resource
from tiller_policies.values import UNKNOWN

ACCOUNT = {"kind": "ServiceAccount", "name": "tiller", "namespace": "blue"}
PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}


def role(
    *rules: Any, kind: str = "Role", name: str = "given", namespace: str = "apps", cluster: str = "one"
) -> Resource:
    metadata = {"name": name, "namespace": namespace} if kind == "Role" else {"name": name}
    return resource(f"{RBAC}:{kind}", f"role-{name}", {"metadata": metadata, "rules": rules}, cluster)


def binding(subject: Any = ACCOUNT, kind: str = "RoleBinding", cluster: str = "one", **reference: Any) -> Resource:
    given = {"kind": "Role" if kind == "RoleBinding" else "ClusterRole", "name": "given", **reference}
    metadata = {"name": "bound", "namespace": "apps"}
    return resource(f"{RBAC}:{kind}", "bound", {"metadata": metadata, "roleRef": given, "subjects": [subject]}, cluster)


def test_named_rights_break_no_rule() -> None:
    assert broken(tiller(), binding(), role(PODS)) == set()


@pytest.mark.parametrize(
    ("rule", "rules"),
    [
        ({**PODS, "apiGroups": ["*"]}, {"rights-by-name"}),
        ({**PODS, "resources": ["pods", "*"]}, {"rights-by-name"}),
        ({**PODS, "resources": ["*/scale"]}, {"rights-by-name"}),
        ({**PODS, "verbs": ["*"]}, {"rights-by-name"}),
        ({**PODS, "verbs": ["impersonate"]}, {"rights-that-stay"}),
        ({**PODS, "verbs": ["bind"]}, {"rights-that-stay"}),
        ({**PODS, "verbs": ["escalate"]}, {"rights-that-stay"}),
        ({**PODS, "resources": ["serviceaccounts/token"], "verbs": ["create"]}, {"rights-that-stay"}),
        ({**PODS, "resources": ["serviceaccounts/token"], "verbs": ["get"]}, set()),
        ({**PODS, "verbs": ["*", "escalate"]}, {"rights-by-name", "rights-that-stay"}),
        ({**PODS, "verbs": UNKNOWN}, set()),
        ({**PODS, "verbs": [UNKNOWN, "*"]}, {"rights-by-name"}),
    ],
)
def test_each_rule_of_a_role_is_judged(rule: Any, rules: set[str]) -> None:
    assert broken(tiller(), binding(), role(PODS, rule)) == rules
    of_cluster = binding(kind="ClusterRoleBinding"), role(PODS, rule, kind="ClusterRole")
    assert broken(tiller(), *of_cluster) == rules | {"rights-in-namespaces-only"}


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("cluster-admin", {"rights-by-name"}),
        ("admin", {"rights-that-stay"}),
        ("edit", {"rights-that-stay"}),
        ("view", set()),
        (UNKNOWN, set()),
    ],
)
def test_what_kubernetes_brings_is_known_by_its_name(name: Any, rules: set[str]) -> None:
    bound = resource(
        f"{RBAC}:RoleBinding", "bound", {"roleRef": {"kind": "ClusterRole", "name": name}, "subjects": [ACCOUNT]}
    )
    assert broken(tiller(), bound) == rules


@pytest.mark.parametrize(
    "subject",
    [
        ACCOUNT,
        {"kind": "User", "name": "system:serviceaccount:blue:tiller"},
        {"kind": "Group", "name": "system:serviceaccounts:blue"},
        {"kind": "Group", "name": "system:serviceaccounts"},
        {"kind": "Group", "name": "system:authenticated"},
    ],
)
def test_whoever_includes_the_account_binds_it(subject: Any) -> None:
    assert broken(tiller(), binding(subject, "ClusterRoleBinding")) == {"rights-in-namespaces-only"}


@pytest.mark.parametrize(
    "subject",
    [
        {**ACCOUNT, "name": "web"},
        {**ACCOUNT, "namespace": "green"},
        {"kind": "ServiceAccount", "name": "tiller"},
        {"kind": "User", "name": "tiller"},
        {"kind": "Group", "name": "system:serviceaccounts:green"},
        {"kind": "Group", "name": "tiller"},
        {**ACCOUNT, "name": UNKNOWN},
        {"kind": UNKNOWN},
    ],
)
def test_others_may_have_what_they_like(subject: Any) -> None:
    every = [binding(subject), binding(subject, "ClusterRoleBinding"), role({"verbs": ["*"]})]
    assert broken(tiller(), *every) == set()


def test_a_role_of_another_name_or_place_is_not_given() -> None:
    wild = {"verbs": ["*"]}
    others = [role(wild, name="other"), role(wild, namespace="jobs"), role(wild, kind="ClusterRole")]
    assert broken(tiller(), binding(), *others) == set()


def test_another_provider_is_no_way_around() -> None:
    assert broken(tiller(), binding(cluster="two"), role({"verbs": ["*"]}, cluster="three")) == {"rights-by-name"}


def test_the_message_names_role_and_tiller() -> None:
    ((name, message),) = violations("rights-by-name", tiller(), binding(), role({**PODS, "verbs": ["*"]}))
    assert name == "role-given"
    assert message.startswith("Role role-given gives Deployment blue a right with `*` in its verbs: list the kinds")


EVERYBODY = {"kind": "Group", "name": "system:serviceaccounts"}
EVERYTHING = {"resources": ["*"], "verbs": ["*"]}


@pytest.mark.parametrize(
    ("further", "broken_by_it"),
    [
        ([binding(EVERYBODY, "ClusterRoleBinding", name="cluster-admin")], True),
        ([binding({**EVERYBODY, "name": "system:unauthenticated"}, "ClusterRoleBinding", name="cluster-admin")], True),
        ([binding({"kind": "User", "name": "system:anonymous"}, "ClusterRoleBinding", name="cluster-admin")], True),
        (
            [binding(EVERYBODY, "ClusterRoleBinding"), role(EVERYTHING, kind="ClusterRole")],
            True,
        ),
        (
            [
                binding(EVERYBODY, "ClusterRoleBinding"),
                role({**EVERYTHING, "verbs": ["get"]}, kind="ClusterRole"),
            ],
            False,
        ),
        ([binding(EVERYBODY, "ClusterRoleBinding", name="view")], False),
        ([binding({"kind": "Group", "name": "admins"}, "ClusterRoleBinding", name="cluster-admin")], False),
        ([binding(EVERYBODY, "ClusterRoleBinding", name=UNKNOWN)], False),
    ],
)
def test_a_binding_that_gives_everybody_everything_undoes_rbac(further: list[Resource], broken_by_it: bool) -> None:
    assert ("cluster-decides-by-rbac" in broken(tiller(), *further)) is broken_by_it
    assert "cluster-decides-by-rbac" not in broken(*further), "a program without a Tiller"


@pytest.mark.parametrize(
    ("kind", "props", "wrong"),
    [
        ("gcp:container/cluster:Cluster", {"enableLegacyAbac": True}, True),
        ("gcp:container/cluster:Cluster", {"enableLegacyAbac": False}, False),
        ("gcp:container/cluster:Cluster", {}, False),
        ("azure:containerservice/kubernetesCluster:KubernetesCluster", {"roleBasedAccessControlEnabled": False}, True),
        ("azure-native:containerservice:ManagedCluster", {"enableRBAC": False}, True),
        ("azure-native:containerservice:ManagedCluster", {"enableRBAC": UNKNOWN}, False),
    ],
)
def test_a_cluster_without_rbac_is_noticed(kind: str, props: Any, wrong: bool) -> None:
    cluster = Resource(f"urn:pulumi:test::probe::{kind}::main", kind, props)
    assert broken(tiller(), cluster) == ({"cluster-decides-by-rbac"} if wrong else set())

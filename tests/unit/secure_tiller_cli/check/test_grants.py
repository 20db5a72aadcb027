"""What bindings grant, read off RBAC's objects, and what of it is beyond a plan."""

import pytest

from secure_tiller_cli.check.grants import Binding, Grant, Right, bindings, excess_rights
from tiller_facts.rbac import Rule, Subject

PODS = Rule(("",), ("pods",), ("get", "list"))
TILLER = Subject("ServiceAccount", "tiller", "blue-tiller")


@pytest.mark.parametrize(
    ("rule", "right", "covered"),
    [
        (PODS, Right("get", "", "pods", "a"), True),
        (PODS, Right("get", "", "pods", "b"), False),
        (PODS, Right("get", "", "pods"), False),
        (PODS, Right("create", "", "pods", "a"), False),
        (PODS, Right("get", "apps", "pods", "a"), False),
        (PODS, Right("get", "", "pods/log", "a"), False),
        (PODS, Right("*", "", "pods", "a"), False),
        (Rule(("*",), ("*",), ("*",)), Right("bind", "rbac.authorization.k8s.io", "roles", "a"), True),
        (Rule(("",), ("*",), ("get",)), Right("get", "", "pods/log", "a"), True),
        (Rule(("",), ("*/log",), ("get",)), Right("get", "", "pods/log", "a"), True),
        (Rule(("",), ("*/log",), ("get",)), Right("get", "", "pods", "a"), False),
        (Rule(("",), ("pods",), ("get",), ("one",)), Right("get", "", "pods", "a", "one"), True),
        (Rule(("",), ("pods",), ("get",), ("one",)), Right("get", "", "pods", "a", "two"), False),
        (Rule(("",), ("pods",), ("get",), ("one",)), Right("get", "", "pods", "a"), False),
    ],
)
def test_what_a_grant_in_one_namespace_covers(rule: Rule, right: Right, *, covered: bool) -> None:
    assert Grant("a", rule).covers(right) is covered


def test_a_grant_for_the_whole_cluster_covers_every_namespace() -> None:
    assert Grant("", PODS).covers(Right("get", "", "pods", "a"))
    assert Grant("", PODS).covers(Right("get", "", "pods"))


def test_what_is_beyond_a_plan_is_told_right_by_right() -> None:
    planned = [Grant("a", PODS)]
    wider = Rule(("",), ("pods", "secrets"), ("get",))
    assert [str(right) for right in excess_rights([Grant("a", wider), Grant("b", PODS)], planned)] == [
        "get secrets in a",
        "get pods in b",
        "list pods in b",
    ]
    assert [str(right) for right in excess_rights([Grant("", PODS)], planned)] == [
        "get pods in the whole cluster",
        "list pods in the whole cluster",
    ]


def test_a_wildcard_is_beyond_a_plan_that_has_none() -> None:
    (right,) = excess_rights([Grant("a", Rule(("*",), ("*",), ("*",)))], [Grant("a", PODS)])
    assert str(right) == "* *.* in a"


ROLE = {
    "metadata": {"name": "reader", "namespace": "a"},
    "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}],
}
ADMIN = {
    "metadata": {"name": "cluster-admin"},
    "rules": [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ],
}


def bound(kind: str, role: str, *subjects: dict[str, str], namespace: str = "a") -> dict[str, object]:
    metadata = {"name": "bound", **({"namespace": namespace} if namespace else {})}
    return {"metadata": metadata, "roleRef": {"kind": kind, "name": role}, "subjects": list(subjects)}


ACCOUNT = {"kind": "ServiceAccount", "name": "tiller", "namespace": "blue-tiller"}


def only(**listed: list[dict[str, object]]) -> Binding:
    in_namespace, in_cluster = listed.get("role_bindings", []), listed.get("cluster_role_bindings", [])
    (found,) = bindings([ROLE], [ADMIN], in_namespace, in_cluster)
    return found


def test_a_role_binding_grants_in_its_namespace_what_its_role_says() -> None:
    found = only(role_bindings=[bound("Role", "reader", ACCOUNT)])
    assert str(found) == "rolebinding/bound in a"
    assert list(found.grants()) == [Grant("a", PODS)]


def test_a_role_binding_to_a_cluster_role_grants_in_its_namespace_alone() -> None:
    found = only(role_bindings=[bound("ClusterRole", "cluster-admin", ACCOUNT)])
    assert {grant.namespace for grant in found.grants()} == {"a"}


def test_a_cluster_role_binding_grants_everywhere_and_paths_too() -> None:
    found = only(cluster_role_bindings=[bound("ClusterRole", "cluster-admin", ACCOUNT, namespace="")])
    assert str(found) == "clusterrolebinding/bound"
    rights = {str(right) for grant in found.grants() for right in grant.rights()}
    assert rights == {"* *.* in the whole cluster", "get /metrics in the whole cluster"}


def test_a_role_that_is_not_there_grants_nothing() -> None:
    assert only(role_bindings=[bound("Role", "gone", ACCOUNT)]).rules == ()


@pytest.mark.parametrize(
    ("subject", "names"),
    [
        (ACCOUNT, True),
        ({"kind": "User", "name": "system:serviceaccount:blue-tiller:tiller"}, True),
        ({"kind": "Group", "name": "system:serviceaccounts:blue-tiller"}, True),
        ({"kind": "ServiceAccount", "name": "tiller", "namespace": "green-tiller"}, False),
        ({"kind": "Group", "name": "system:serviceaccounts:green-tiller"}, False),
        ({"kind": "User", "name": "tiller"}, False),
    ],
)
def test_in_which_ways_a_binding_names_an_account(subject: dict[str, str], *, names: bool) -> None:
    assert only(role_bindings=[bound("Role", "reader", subject)]).names(TILLER) is names

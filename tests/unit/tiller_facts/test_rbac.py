"""Rights: what a rule allows, who holds it, who everybody is."""

from typing import Any

import pytest

from tests.unit.tiller_facts.samples import HOME, Object, bound, facts, item, rule, subject
from tiller_facts.kinds import CLUSTER_ROLES
from tiller_facts.rbac import (
    EVERYBODY,
    EVERYTHING,
    Right,
    Rule,
    Subject,
    account_groups,
    beyond,
    by_subject,
    everybody,
    grants,
    held,
    is_off,
)
from tiller_facts.values import UNKNOWN


@pytest.mark.parametrize(
    ("given", "asked", "covered"),
    [
        (rule("pods", "get"), ("get", "", "pods"), True),
        (rule("pods", "get"), ("list", "", "pods"), False),
        (rule("pods", "get"), ("get", "apps", "pods"), False),
        (rule("pods", "get"), ("get", "", "pods/log"), False),
        (rule("*", "get"), ("get", "", "pods/log"), True),
        (rule("*/log", "get"), ("get", "", "pods/log"), True),
        (rule("*/log", "get"), ("get", "", "pods"), False),
        (rule("pods", "*", "*"), ("impersonate", "apps", "pods"), True),
        (rule("pods", "get", resourceNames=["a"]), ("get", "", "pods", "a"), True),
        (rule("pods", "get", resourceNames=["a"]), ("get", "", "pods"), False),
        ({"nonResourceURLs": ["/healthz", "/api/*"], "verbs": ["get"]}, ("get", "", "/api/v1"), True),
        ({"nonResourceURLs": ["/healthz"], "verbs": ["get"]}, ("get", "", "/version"), False),
        ({"nonResourceURLs": ["*"], "verbs": ["get"]}, ("get", "", "/version"), True),
        ({"nonResourceURLs": ["*"], "verbs": ["*"]}, ("get", "", "pods"), False),
    ],
)
def test_what_a_rule_allows(given: Object, asked: tuple[str, ...], covered: bool) -> None:
    assert Rule.read(given).covers(*asked) is covered


@pytest.mark.parametrize(
    ("given", "wild"),
    [
        (rule("pods", "get"), False),
        (rule("pods", "get", "*"), True),
        (rule("*/scale", "get"), True),
        (rule("pods/*", "get"), True),
        (rule("pods", "*"), True),
        ({"nonResourceURLs": ["/*"], "verbs": ["get"]}, True),
        (rule("pods", "get", resourceNames=["a*"]), False),
    ],
)
def test_what_covers_more_than_it_names(given: Object, wild: bool) -> None:
    assert Rule.read(given).has_wildcard is wild


def test_a_rule_is_read_as_far_as_it_is_known() -> None:
    assert Rule.read({"verbs": [UNKNOWN, "get"], "resources": UNKNOWN}) == Rule((), (), ("get",))


def test_what_is_given_beyond_a_plan() -> None:
    planned = [("blue", Rule.read(rule("pods", "get list")))]
    granted = [("blue", Rule.read(rule("pods secrets", "get"))), ("", Rule.read(rule("pods", "list")))]
    found = list(beyond(granted, planned))
    assert [str(right) for right in found] == ["get secrets in blue", "list pods in the whole cluster"]
    assert list(beyond(granted, [("", EVERYTHING)])) == []


@pytest.mark.parametrize(
    ("right", "harmless"),
    [
        (Right("get", "", "/healthz"), True),
        (Right("get", "", "/apis/*"), True),
        (Right("get", "", "/.well-known/openid-configuration/"), True),
        (Right("get", "", "/openid/v1/jwks/"), True),
        (Right("post", "", "/healthz"), False),
        (Right("*", "", "/healthz"), False),
        (Right("get", "", "/*"), False),
        (Right("get", "", "/logs/*"), False),
        (Right("get", "", "/metrics"), False),
        (Right("get", "", "/healthz*"), False),
        (Right("get", "", "pods"), True),
        (Right("get", "", "pods/log"), True),
        (Right("get", "", "secrets"), False),
        (Right("get", "", "*"), False),
        (Right("get", "", "nodes/proxy"), False),
        (Right("create", "", "pods"), False),
        (Right("create", "authorization.k8s.io", "selfsubjectaccessreviews"), True),
        (Right("create", "authorization.k8s.io", "subjectaccessreviews"), False),
    ],
)
def test_what_clusters_give_to_everybody(right: Right, harmless: bool) -> None:
    assert right.is_harmless is harmless


def holds(*objects: Object, **further: Any) -> list[str]:
    """Namespace and verbs of what Tiller's account holds."""
    return [
        f"{grant.namespace or 'all'}: {','.join(grant.rule.verbs)}"
        for grant in held(by_subject(grants(facts(*objects, **further))), HOME, "tiller")
    ]


@pytest.mark.parametrize(
    ("who", "is_held"),
    [
        (f"ServiceAccount {HOME}/tiller", True),
        (f"User system:serviceaccount:{HOME}:tiller", True),
        (f"Group system:serviceaccounts:{HOME}", True),
        ("Group system:serviceaccounts", True),
        ("Group system:authenticated", True),
        (f"ServiceAccount {HOME}/other", False),
        ("ServiceAccount green/tiller", False),
        ("User tiller", False),
        ("Group tiller", False),
        ("Group system:serviceaccounts:green", False),
        ("Group system:unauthenticated", False),
    ],
)
def test_who_holds_a_right(who: str, is_held: bool) -> None:
    assert holds(*bound(rule(), to=who, inside="")) == (["all: get"] if is_held else [])
    assert holds(*bound(rule(), to=who)) == ([f"{HOME}: get"] if is_held else [])


def test_a_role_of_another_name_or_place_is_not_given() -> None:
    _, binding = bound()
    others = [bound(rule(), name="other")[0], bound(rule(), inside="green")[0], bound(rule(), inside="")[0]]
    assert holds(binding, *others) == []


def test_what_the_cluster_lets_everybody_do_says_nothing() -> None:
    discovery = {"nonResourceURLs": ["/healthz", "/api/*"], "verbs": ["get"]}
    asks = bound(rule("selfsubjectaccessreviews", "create"), discovery, to="Group system:authenticated", inside="")
    assert holds(*asks) == []


def given(role: str, **further: Any) -> Object:
    reference = {"kind": "ClusterRole", "name": role}
    return item("RoleBinding", "b", roleRef=reference, subjects=[subject(f"ServiceAccount {HOME}/tiller")], **further)


def test_what_kubernetes_brings_is_known_by_its_name_unless_it_was_listed() -> None:
    assert holds(given("admin"))
    assert holds(given("admin"), refused=[CLUSTER_ROLES])
    assert holds(given("view")) == []
    assert holds(given("view"), of_program=True) == [f"{HOME}: "]  # what it says is not seen
    own = item("ClusterRole", "admin", "", rules=[rule()])
    assert holds(given("admin"), own) == [f"{HOME}: get"]
    assert holds(given("cluster-admin")) == holds(given("cluster-admin"), own) == [f"{HOME}: *"]


def test_rules_that_a_cluster_aggregates_are_not_seen_in_a_program() -> None:
    role, binding = bound(inside="", name="all")
    role = {**role, "aggregationRule": {"clusterRoleSelectors": [{}]}}
    assert len(grants(facts(role, binding, of_program=True))) == 1
    assert grants(facts(role, binding)) == ()


@pytest.mark.parametrize(
    ("to", "labels", "added"),
    [
        ("admin", {"aggregate-to-admin": "true"}, True),
        ("admin", {"aggregate-to-edit": "true"}, True),
        ("admin", {"aggregate-to-view": "true"}, True),
        ("edit", {"aggregate-to-view": "true"}, True),
        ("view", {"aggregate-to-view": "true"}, True),
        ("edit", {"aggregate-to-admin": "true"}, False),
        ("view", {"aggregate-to-edit": "true"}, False),
        ("edit", {"aggregate-to-edit": "false"}, False),
        ("edit", None, False),  # not known
        ("own", {"aggregate-to-own": "true"}, True),
        ("own", {"aggregate-to-edit": "true"}, False),
        ("other", {"aggregate-to-other": "true"}, False),
        ("cluster-admin", {"aggregate-to-cluster-admin": "true"}, False),
    ],
)
def test_a_program_adds_rules_to_cluster_roles_by_labels(to: str, labels: Any, added: bool) -> None:
    prefixed = {f"rbac.authorization.k8s.io/{key}": value for key, value in dict(labels or {}).items()}
    role = item("ClusterRole", "widgets", "", rules=[rule("widgets", "patch")])
    role["metadata"]["labels"] = prefixed or UNKNOWN
    exists = {"matchExpressions": [{"key": "rbac.authorization.k8s.io/aggregate-to-own", "operator": "Exists"}]}
    own = item("ClusterRole", "own", "", rules=[], aggregationRule={"clusterRoleSelectors": [exists]})
    reference = {"kind": "ClusterRole", "name": to}
    binding = item("RoleBinding", "b", HOME, roleRef=reference, subjects=[subject(f"ServiceAccount {HOME}/tiller")])
    found = grants(facts(role, own, binding, of_program=True))
    assert any(one.role and one.role.name == "widgets" for one in found) is added
    assert not any(one.role and one.role.name == "widgets" for one in grants(facts(role, own, binding)))


def test_what_is_not_known_hides_nothing_that_is() -> None:
    account = subject(f"ServiceAccount {HOME}/tiller")
    role, binding = bound(rule(), {"verbs": UNKNOWN}, UNKNOWN)  # type: ignore[arg-type]
    unsure = {**binding, "subjects": [UNKNOWN, {"kind": "User", "name": UNKNOWN}, account]}
    assert holds(role, unsure) == [f"{HOME}: get"]
    assert holds(role, {**binding, "roleRef": UNKNOWN}) == []


@pytest.mark.parametrize(
    ("given", "inside", "escalates"),
    [
        (rule("roles", "escalate", "rbac.authorization.k8s.io"), HOME, True),
        (rule("clusterroles", "bind", "rbac.authorization.k8s.io"), HOME, True),
        (rule("serviceaccounts", "impersonate"), HOME, True),
        (rule("serviceaccounts/token", "create"), HOME, True),
        (rule("serviceaccounts/token", "get"), HOME, False),
        (rule("*", "*"), HOME, True),
        (rule("users groups", "impersonate"), HOME, False),
        (rule("users", "impersonate"), "", True),
        (rule("clusterroles", "escalate", "rbac.authorization.k8s.io"), "", True),
        (rule("pods", "impersonate bind escalate"), "", False),
    ],
)
def test_which_rights_lead_to_more(given: Object, inside: str, escalates: bool) -> None:
    (grant,) = grants(facts(*bound(given, inside=inside)))
    assert bool(grant.escalating()) is escalates


def test_everybody_is_asked_about_as_the_api_server_presents_them() -> None:
    asked = everybody("nobody-1")
    assert frozenset().union(*(one.stands_for for one in asked)) == EVERYBODY
    anonymous, somebody, account = asked
    assert (anonymous.user, anonymous.groups) == ("system:anonymous", ("system:unauthenticated",))
    assert (somebody.user, somebody.groups) == ("nobody-1", ("system:authenticated",))
    assert account.user == "system:serviceaccount:nobody-1:nobody-1"
    assert account.groups == account_groups("nobody-1")


def test_who_is_everybody() -> None:
    assert all(Subject("Group", name).is_everybody for name in EVERYBODY)
    assert not Subject("ServiceAccount", "system:anonymous", "a").is_everybody
    assert not Subject("Group", "system:masters").is_everybody


def test_the_user_of_an_account_is_the_account() -> None:
    assert Subject("User", "system:serviceaccount:a:b").as_account == Subject("ServiceAccount", "b", "a")
    for other in (Subject("User", "system:serviceaccount:a"), Subject("Group", "system:serviceaccount:a:b")):
        assert other.as_account == other


@pytest.mark.parametrize(
    ("kind", "properties", "off"),
    [
        ("gcp:container/cluster:Cluster", {"enableLegacyAbac": True}, True),
        ("gcp:container/cluster:Cluster", {"enableLegacyAbac": False}, False),
        ("gcp:container/cluster:Cluster", {}, False),
        ("azure:containerservice/kubernetesCluster:KubernetesCluster", {"roleBasedAccessControlEnabled": False}, True),
        ("azure-native:containerservice:ManagedCluster", {"enableRBAC": False}, True),
        ("azure-native:containerservice:ManagedCluster", {"enableRBAC": UNKNOWN}, False),
        ("aws:eks/cluster:Cluster", {"enableRBAC": False}, False),
    ],
)
def test_a_managed_cluster_without_rbac(kind: str, properties: Any, off: bool) -> None:
    assert is_off(kind, properties) is off

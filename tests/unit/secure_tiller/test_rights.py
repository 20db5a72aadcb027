"""Rights that no rule may ever grant."""

import pytest

from secure_tiller.plan import rights
from tiller_facts.rbac import Rule

EVERY_RULE = [*rights.STORAGE, *rights.SUBJECTS, *rights.manage("apps")]
CLUSTER_SCOPED = {"nodes", "persistentvolumes", "clusterroles", "clusterrolebindings", "customresourcedefinitions"}
FORBIDDEN = {
    *CLUSTER_SCOPED,
    "roles",
    "rolebindings",
    "pods/exec",
    "pods/attach",
    "pods/proxy",
    "pods/ephemeralcontainers",
    "serviceaccounts/token",
    "services/proxy",
    "services/status",
    "resourcequotas",
    "limitranges",
    "networkpolicies",
}


def words(rule: Rule) -> set[str]:
    return {*rule.api_groups, *rule.resources, *rule.verbs, *rule.resource_names}


@pytest.mark.parametrize("rule", EVERY_RULE, ids=str)
def test_no_rule_has_a_wildcard_or_a_forbidden_word(rule: Rule) -> None:
    assert words(rule).isdisjoint({"*", "escalate", "bind", "impersonate", *FORBIDDEN})


def test_a_namespace_can_be_read_by_its_name_and_nothing_else() -> None:
    about_namespaces = [rule for rule in EVERY_RULE if "namespaces" in rule.resources]
    assert about_namespaces == [Rule(("",), ("namespaces",), ("get",), resource_names=("apps",))]


def test_tiller_stores_releases_in_secrets_with_exactly_the_calls_of_its_driver() -> None:
    assert list(rights.STORAGE) == [Rule(("",), ("secrets",), ("get", "list", "create", "update", "delete"))]


def test_the_teams_people_reach_the_port_and_nothing_else() -> None:
    assert list(rights.SUBJECTS) == [
        Rule(("",), ("pods",), ("get", "list")),
        Rule(("apps",), ("deployments",), ("get",), resource_names=("tiller-deploy",)),
        Rule(("",), ("pods/portforward",), ("create",)),
    ]


def test_tiller_may_edit_these_kinds_in_a_managed_namespace() -> None:
    edited = {
        (group, kind)
        for rule in rights.manage("apps")
        if rule.verbs == rights.EDIT
        for group in rule.api_groups
        for kind in rule.resources
    }
    core = "configmaps persistentvolumeclaims pods replicationcontrollers secrets serviceaccounts services"
    assert edited == {
        *(("", kind) for kind in core.split()),
        *(("apps", kind) for kind in ("daemonsets", "deployments", "replicasets", "statefulsets")),
        *(("batch", kind) for kind in ("cronjobs", "jobs")),
        ("networking.k8s.io", "ingresses"),
        ("policy", "poddisruptionbudgets"),
        ("autoscaling", "horizontalpodautoscalers"),
    }


def test_tiller_may_do_little_else_in_a_managed_namespace() -> None:
    assert [rule for rule in rights.manage("apps") if rule.verbs != rights.EDIT] == [
        Rule(("",), ("namespaces",), ("get",), resource_names=("apps",)),
        Rule(("batch",), ("jobs",), ("watch",)),
        Rule(("",), ("pods",), ("watch",)),
        Rule(("",), ("pods/log",), ("get",)),
    ]


def test_tiller_replaces_no_object_of_a_chart_in_place() -> None:
    assert "update" not in {verb for rule in rights.manage("apps") for verb in rule.verbs}


SCALES = Rule(("apps",), ("*/scale",), ("patch",))
EVERYTHING = Rule(("*",), ("*",), ("*",))
PODS = Rule(("",), ("pods",), ("get", "list"))
ONE_POD = Rule(("",), ("pods",), ("get",), ("one",))


@pytest.mark.parametrize(
    ("rule", "asked", "covered"),
    [
        (PODS, ("get", "", "pods"), True),
        (PODS, ("get", "", "pods", "one"), True),
        (PODS, ("delete", "", "pods"), False),
        (PODS, ("get", "apps", "pods"), False),
        (PODS, ("get", "", "pods/log"), False),
        (EVERYTHING, ("get", "", "pods/log", "one"), True),
        (EVERYTHING, ("escalate", "rbac.authorization.k8s.io", "roles"), True),
        (SCALES, ("patch", "apps", "deployments/scale"), True),
        (SCALES, ("patch", "apps", "deployments"), False),
        (SCALES, ("patch", "apps", "deployments/status"), False),
        (ONE_POD, ("get", "", "pods", "one"), True),
        (ONE_POD, ("get", "", "pods", "two"), False),
        (ONE_POD, ("get", "", "pods"), False),
        (Rule((), (), ()), ("get", "", "pods"), False),
    ],
)
def test_what_a_rule_covers(rule: Rule, asked: tuple[str, ...], covered: bool) -> None:
    assert rule.covers(*asked) is covered


def test_a_rule_for_named_objects_covers_some() -> None:
    assert ONE_POD.covers_some("get", "", "pods")
    assert not ONE_POD.covers_some("list", "", "pods")


def test_a_rule_is_read_as_the_api_has_it() -> None:
    said = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["one"]}
    assert Rule.read(said) == ONE_POD
    assert Rule.read({"verbs": ["get"], "apiGroups": None}) == Rule((), (), ("get",))

"""A Tiller's missing rights are asked of a cluster, or computed where it refuses the review."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secure_tiller.plan.rights import NETWORK_POLICIES
from secure_tiller.plan.rights import ROLES as MAY_MAKE_ROLES
from secure_tiller.problems import ClusterError
from secure_tiller_cli.charts import CHART, RELEASE, Concern, Effect, Group, Manifest, examine
from secure_tiller_cli.charts.account import holds
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_stack.cluster.connection import calling
from tests.support.api_server import FORBIDDEN, NOT_FOUND, REVIEW, ApiServer
from tests.support.remedies import commands
from tests.unit.secure_tiller_cli.charts.world import ACCOUNT, DISCOVERY, RBAC, blue, grants, one, right_of
from tests.unit.secure_tiller_stack.cluster.asking import access
from tiller_facts.kinds import Kind
from tiller_facts.rbac import Right, Rule

Examine = Callable[..., list[Concern]]
STOPS, NOTE, NOT_CHECKED = Effect.STOPS, Effect.NOTE, Effect.NOT_CHECKED


@pytest.fixture
def examined(server: ApiServer, tmp_path: Path) -> Examine:
    """Return a function that examines manifests for a Tiller, blue's by default, whose rights the cluster tells."""

    def run(*manifests: Manifest, tiller: DeployedTiller | None = None, **options: Any) -> list[Concern]:
        of_team = tiller or blue()
        if REVIEW not in server.answers or server.answers[REVIEW] != FORBIDDEN:
            grants(server, REVIEW, lambda right: holds(of_team, right))
        with calling(access(tmp_path, server.url)) as client:
            return list(examine(client, manifests, of_team, "blue-apps", **{"discovery": DISCOVERY, **options}))

    return run


def groups_and_effects(findings: list[Concern]) -> list[tuple[Group, Effect]]:
    return [(finding.group, finding.severity) for finding in findings]


POLICIES = "networkpolicies.networking.k8s.io"

GOOD = (
    one("ConfigMap"),
    one("Deployment", "apps/v1"),
    one("Job", "batch/v1", metadata={"annotations": {"helm.sh/hook": "pre-install"}}),
    one("Pod", metadata={"annotations": {"helm.sh/hook": "test-success"}}),
)


def test_nothing_is_found_in_what_the_default_rights_cover(examined: Examine) -> None:
    assert examined(*GOOD) == []


# Rights.


def test_the_account_is_asked_about_in_all_its_groups(server: ApiServer, examined: Examine) -> None:
    examined(*GOOD)
    specs = [question.body["spec"] for question in server.asked_at(REVIEW)]
    assert {spec["user"] for spec in specs} == {ACCOUNT}
    groups = ["system:serviceaccounts", "system:serviceaccounts:blue-tiller", "system:authenticated"]
    assert all(spec["groups"] == groups for spec in specs)


def test_each_verb_that_helm_needs_is_asked_for_once(server: ApiServer, examined: Examine) -> None:
    examined(one("ConfigMap", name="a"), one("ConfigMap", name="b"))
    asked = [right_of(question) for question in server.asked_at(REVIEW)]
    configmaps = [right.verb for right in asked if right.kind == Kind("", "configmaps")]
    assert sorted(configmaps) == ["create", "delete", "get", "patch"]
    assert Right.on(Kind("", "namespaces"), "get", "blue-apps", "blue-apps") in asked


@pytest.mark.parametrize(
    ("manifest", "watched"),
    [
        (GOOD[2], {"jobs"}),
        (GOOD[3], {"pods"}),
        (one("Job", "batch/v1"), set()),
        (one("ConfigMap", metadata={"annotations": {"helm.sh/hook": "pre-install"}}), set()),
    ],
)
def test_what_must_come_to_an_end_as_a_hook_is_watched(
    server: ApiServer, examined: Examine, manifest: Manifest, watched: set[str]
) -> None:
    examined(manifest)
    rights = [right_of(question) for question in server.asked_at(REVIEW)]
    assert {right.kind.resource for right in rights if right.verb == "watch"} == watched


def test_a_missing_right_is_reported_by_kind_and_verb_with_all_objects_that_need_it(examined: Examine) -> None:
    kinds = [one("NetworkPolicy", "networking.k8s.io/v1", name) for name in ("deny", "admit")]
    (finding,) = examined(*kinds)
    assert (finding.group, finding.severity) == (Group.CANNOT_INSTALL, STOPS)
    verbs = "create, delete, get, patch"
    assert finding.text == f"Tiller may not {verbs} networkpolicies.networking.k8s.io in blue-apps"
    assert finding.subject == "NetworkPolicy deny, admit"
    assert "rights.network_policies: true" in finding.remedy


def test_control_with_the_right_nothing_is_missing(examined: Examine) -> None:
    tiller = blue(more=(NETWORK_POLICIES,))
    assert examined(one("NetworkPolicy", "networking.k8s.io/v1"), tiller=tiller) == []


HOOK = {"annotations": {"helm.sh/hook": "pre-install"}}
LATE = ": it can be installed, but an upgrade or a delete fails"


@pytest.mark.parametrize(
    ("verbs", "more", "late"),
    [
        ("get create patch delete", {}, None),
        ("get create delete", {}, f"patch {POLICIES} in blue-apps{LATE}"),
        ("get create patch", {}, f"delete {POLICIES} in blue-apps{LATE}"),
        ("get patch delete", {}, f"create {POLICIES} in blue-apps"),
        ("get list create delete", {"metadata": HOOK}, None),
        ("get create delete", {"metadata": HOOK}, f"list {POLICIES} in blue-apps"),
    ],
)
def test_what_fails_for_a_missing_verb_is_reported(examined: Examine, verbs: str, more: Any, late: str | None) -> None:
    rule = Rule(("networking.k8s.io",), ("networkpolicies",), tuple(verbs.split()))
    findings = examined(one("NetworkPolicy", "networking.k8s.io/v1", **more), tiller=blue(more=(rule,)))
    assert [finding.text for finding in findings] == ([f"Tiller may not {late}"] if late else [])


def test_a_right_that_no_tiller_is_given_has_no_setting_as_its_remedy(examined: Examine) -> None:
    (finding,) = examined(one("ResourceQuota"))
    assert "rights.rules" not in finding.remedy


def test_a_namespace_that_tiller_may_not_look_at_stops_the_install(examined: Examine) -> None:
    found = examined(one("ConfigMap"), tiller=blue("blue-jobs"))
    assert "Tiller may not get the namespace blue-apps" in found[0].text
    assert found[1].text == "goes to blue-apps, which is no namespace of the team: Tiller manages blue-jobs"


def test_where_the_cluster_does_not_tell_rights_are_computed_and_that_is_said(
    server: ApiServer, examined: Examine
) -> None:
    server.answers[REVIEW] = FORBIDDEN
    missing, said = examined(one("NetworkPolicy", "networking.k8s.io/v1"), one("ConfigMap"))
    assert missing.subject == "NetworkPolicy web"
    assert said.severity is NOTE
    assert "computed from the stack's state" in said.text


def test_a_review_that_fails_fails_all(server: ApiServer, tmp_path: Path) -> None:
    server.answers[REVIEW] = (500, {"message": "no"})
    with pytest.raises(ClusterError, match="500"), calling(access(tmp_path, server.url)) as client:
        examine(client, GOOD, blue(), "blue-apps", discovery=DISCOVERY)


COMPUTED = {
    "a rule's verb": (Right.on(Kind("", "pods"), "create", "blue-apps"), True),
    "another verb": (Right.on(Kind("", "pods"), "update", "blue-apps"), False),
    "another namespace": (Right.on(Kind("", "pods"), "create", "green-apps"), False),
    "another group": (Right.on(Kind("example.org", "pods"), "create", "blue-apps"), False),
    "a subresource": (Right.on(Kind("", "pods/log"), "get", "blue-apps"), True),
    "another subresource": (Right.on(Kind("", "pods/exec"), "create", "blue-apps"), False),
    "the one object": (Right.on(Kind("", "namespaces"), "get", "blue-apps", "blue-apps"), True),
    "another object": (Right.on(Kind("", "namespaces"), "get", "blue-apps", "green-apps"), False),
    "every object": (Right.on(Kind("", "namespaces"), "get", "blue-apps"), False),
    "what people may": (Right.on(Kind("", "pods/portforward"), "create", "blue-tiller"), False),
    "a wildcard": (Right.on(Kind("", "pods"), "*", "blue-apps"), False),
}


@pytest.mark.parametrize("right", COMPUTED)
def test_a_computed_right_is_one_that_a_role_of_tillers_gives(right: str) -> None:
    asked, held = COMPUTED[right]
    assert holds(blue(), asked) is held


@pytest.mark.parametrize(
    ("rule", "held"),
    [
        (Rule(("*",), ("*",), ("*",)), True),
        (Rule(("",), ("*/exec",), ("create",)), True),
        (Rule(("",), ("pods",), ("create",)), False),
        (Rule(("",), ("pods/exec",), ("create",), ("web",)), False),
    ],
)
def test_wildcards_cover_what_they_cover_for_the_api_server(rule: Rule, held: bool) -> None:
    assert holds(blue(more=(rule,)), Right.on(Kind("", "pods/exec"), "create", "blue-apps")) is held


# What is given away.

MAKES_ROLES = blue(more=(MAY_MAKE_ROLES,))
CLUSTER_ADMIN = f"/apis/{RBAC}/v1/clusterroles/cluster-admin"
EVERYTHING = {
    "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["*"], "verbs": ["*"]}]
}


def role(*verbs: str, resource: str = "configmaps", **more: Any) -> Manifest:
    rule = {"apiGroups": [""], "resources": [resource], "verbs": list(verbs), **more}
    return one("Role", f"{RBAC}/v1", rules=[rule])


def binding(kind: str, name: str) -> Manifest:
    reference = {"apiGroup": RBAC, "kind": kind, "name": name}
    return one("RoleBinding", f"{RBAC}/v1", roleRef=reference, subjects=[])


def test_an_account_that_may_not_make_roles_gets_that_finding_alone(examined: Examine) -> None:
    (finding,) = examined(role("create", resource="pods/exec"))
    assert "roles.rbac.authorization.k8s.io" in finding.text
    assert "rights.roles: true" in finding.remedy


@pytest.mark.parametrize("manifest", [role("get", "list"), role("get", resource="pods/log")])
def test_a_role_within_tillers_own_rights_is_fine(examined: Examine, manifest: Manifest) -> None:
    assert examined(manifest, tiller=MAKES_ROLES) == []


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (role("create", resource="pods/exec"), "create pods/exec"),
        (role("get", "update"), "update configmaps"),
        (role("*"), "* configmaps"),
        (role("get", resource="*"), "get *"),
        (role("bind", resource="secrets", resourceNames=["a"]), "bind secrets/a"),
    ],
)
def test_a_role_beyond_tillers_own_rights_is_refused(examined: Examine, manifest: Manifest, words: str) -> None:
    (finding,) = examined(manifest, tiller=MAKES_ROLES)
    assert finding.severity is STOPS
    assert finding.text == f"gives more than Tiller holds, which the API server refuses: {words}"


@pytest.mark.parametrize("rules", [1, 200])
def test_a_role_of_too_many_rights_is_not_checked_and_costs_nothing(examined: Examine, rules: int) -> None:
    words = [f"w{number}" for number in range(100 if rules == 1 else 4)]
    rule = {"apiGroups": words, "resources": words, "verbs": words}
    (finding,) = examined(one("Role", f"{RBAC}/v1", rules=[rule] * rules), tiller=MAKES_ROLES)
    assert finding.severity is NOT_CHECKED
    assert finding.text == "not checked what it gives: it names more than 1,000 rights"


def test_who_may_escalate_may_give_what_he_does_not_hold(examined: Examine) -> None:
    rule = Rule((RBAC,), ("roles",), ("escalate",))
    assert examined(role("*"), tiller=blue(more=(MAY_MAKE_ROLES, rule))) == []


def test_a_binding_to_a_cluster_role_beyond_tillers_own_rights_is_refused(server: ApiServer, examined: Examine) -> None:
    server.answers[CLUSTER_ADMIN] = (200, EVERYTHING)
    (finding,) = examined(binding("ClusterRole", "cluster-admin"), tiller=MAKES_ROLES)
    assert finding.text.endswith("refuses: * *.*; * /*")


def test_control_one_to_a_cluster_role_within_them_is_fine(server: ApiServer, examined: Examine) -> None:
    server.answers[CLUSTER_ADMIN] = (200, {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]})
    assert examined(binding("ClusterRole", "cluster-admin"), tiller=MAKES_ROLES) == []


def test_who_may_bind_a_role_may_bind_it(server: ApiServer, examined: Examine) -> None:
    server.answers[CLUSTER_ADMIN] = (200, EVERYTHING)
    rule = Rule((RBAC,), ("clusterroles",), ("bind",), ("cluster-admin",))
    assert examined(binding("ClusterRole", "cluster-admin"), tiller=blue(more=(MAY_MAKE_ROLES, rule))) == []


def test_a_role_of_the_chart_is_judged_where_it_is(examined: Examine) -> None:
    (finding,) = examined(role("*"), binding("Role", "web"), tiller=MAKES_ROLES)
    assert finding.subject == "Role web"


@pytest.mark.parametrize(
    ("answer", "severity", "words"),
    [(NOT_FOUND, STOPS, "which is not there"), (FORBIDDEN, NOT_CHECKED, "your account may not read it")],
)
def test_a_role_that_cannot_be_looked_at_is_not_passed(
    server: ApiServer, examined: Examine, answer: Any, severity: Effect, words: str
) -> None:
    server.answers[CLUSTER_ADMIN] = answer
    (finding,) = examined(binding("ClusterRole", "cluster-admin"), tiller=MAKES_ROLES)
    assert finding.severity is severity
    assert words in finding.text


@pytest.mark.parametrize("rules", ["all", [1], [{"verbs": 1, "resources": ["a"], "apiGroups": [""]}]])
def test_rules_of_no_known_form_are_not_passed(examined: Examine, rules: Any) -> None:
    (finding,) = examined(one("Role", f"{RBAC}/v1", rules=rules), tiller=MAKES_ROLES)
    assert finding.severity is not NOTE


# Outside of the team.


def test_kinds_of_the_whole_cluster_are_outside(examined: Examine) -> None:
    findings = examined(one("ClusterRole", f"{RBAC}/v1"), one("Namespace", name="a"), one("ConfigMap"))
    assert groups_and_effects(findings) == [(Group.OUTSIDE, STOPS)] * 2
    assert [finding.subject for finding in findings] == ["ClusterRole web", "Namespace a"]


@pytest.mark.parametrize(
    ("namespace", "words"),
    [
        ("kube-system", "goes to kube-system, which is no namespace of the team: Tiller manages blue-apps, blue-jobs"),
        ("blue-tiller", "goes to blue-tiller, which is Tiller's own namespace: Tiller manages blue-apps, blue-jobs"),
    ],
)
def test_another_namespace_is_outside(examined: Examine, namespace: str, words: str) -> None:
    (finding,) = examined(one("ConfigMap", namespace=namespace), tiller=blue("blue-apps", "blue-jobs"))
    assert (finding.group, finding.severity, finding.text) == (Group.OUTSIDE, STOPS, words)


def test_another_namespace_of_the_team_is_inside_and_its_rights_are_asked_for(
    server: ApiServer, examined: Examine
) -> None:
    assert examined(one("ConfigMap", namespace="blue-jobs"), tiller=blue("blue-apps", "blue-jobs")) == []
    asked = {right_of(question) for question in server.asked_at(REVIEW)}
    assert Right.on(Kind("", "configmaps"), "create", "blue-jobs") in asked


# Versions of APIs.


@pytest.mark.parametrize(("outdated", "words"), [(CHART, "the chart must be changed"), (RELEASE, "helm-mapkubeapis")])
def test_a_version_that_is_gone_is_reported_with_its_successor(examined: Examine, outdated: str, words: str) -> None:
    (finding,) = examined(one("Deployment", "extensions/v1beta1"), outdated=outdated)
    assert (finding.group, finding.severity) == (Group.API_GONE, STOPS)
    assert finding.text == "the cluster no longer serves Deployment in extensions/v1beta1; it is in apps/v1"
    assert words in finding.remedy
    assert "apps/v1" in finding.remedy


def test_a_kind_that_nothing_serves_is_reported(examined: Examine) -> None:
    (finding,) = examined(one("ServiceMonitor", "monitoring.coreos.com/v1"))
    assert (finding.group, finding.severity) == (Group.API_GONE, STOPS)
    assert "serves no ServiceMonitor of monitoring.coreos.com/v1" in finding.text


def test_a_kind_whose_server_does_not_answer_is_not_passed(examined: Examine) -> None:
    (finding,) = examined(one("NodeMetrics", "metrics.example/v1"))
    assert (finding.group, finding.severity) == (Group.API_GONE, NOT_CHECKED)


def test_a_kind_that_the_chart_itself_would_bring_is_reported_as_such(examined: Examine) -> None:
    spec = {"group": "shop.example", "names": {"kind": "Parcel"}}
    definition = one("CustomResourceDefinition", "apiextensions.k8s.io/v1", spec=spec)
    findings = {each.group: each for each in examined(definition, one("Parcel", "shop.example/v1"))}
    assert set(findings) == {Group.CANNOT_INSTALL, Group.OUTSIDE}
    assert findings[Group.CANNOT_INSTALL].subject == "Parcel web"
    assert "the chart brings it itself" in findings[Group.CANNOT_INSTALL].text


@pytest.mark.parametrize("spec", [None, "text", {}, {"names": 1}])
def test_a_definition_of_no_known_form_brings_nothing(examined: Examine, spec: Any) -> None:
    findings = examined(one("CustomResourceDefinition", "apiextensions.k8s.io/v1", spec=spec), one("A", "b.example/v1"))
    assert [finding.group for finding in findings] == [Group.OUTSIDE, Group.API_GONE]


# What Tiller leaves out.


def test_what_tiller_leaves_out_is_left_out(examined: Examine) -> None:
    hook = {"annotations": {"helm.sh/hook": "test"}}
    assert examined(one("ConfigMap"), one("ClusterRole", f"{RBAC}/v1", metadata=hook)) == []


def test_ten_objects_are_not_named_one_by_one() -> None:
    many = tuple(one("ConfigMap", name=f"c{number}") for number in range(10))
    assert Concern(Group.OUTSIDE, STOPS, "", "", many).subject == "ConfigMap c0, c1, c2, c3 and 6 more"


def test_the_service_that_does_not_answer_is_named(examined: Examine) -> None:
    discovery = replace(DISCOVERY, unanswered=frozenset(("metrics.example/v1",)))
    (found,) = examined(one("Metric", "metrics.example/v1"), discovery=discovery)
    assert commands(found.remedy) == ["kubectl get apiservice v1.metrics.example"]

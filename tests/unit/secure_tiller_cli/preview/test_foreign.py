"""Rights that resources of no team give: to a Tiller's account, or to others where a Tiller is."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from secure_tiller_cli.preview.digest import SECRET, UNKNOWN, Digest
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.summary import summarize
from tests.support.samples import smallest
from tests.unit.secure_tiller_cli.preview.previews import STACK, preview, resources, step, urn_of

RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
GREEN = resources("green", smallest(subjects={"groups": ["green-people"]}))
HOME, MANAGED, ELSEWHERE = "green-tiller", "green-apps", "shop"

Properties = dict[str, Any]
Made = tuple[str, str, Properties | None, Properties | None]
"""A resource: its type's last word, its logical name, and its inputs before and after; None: there is none."""

TILLER = {"kind": "ServiceAccount", "name": "tiller", "namespace": HOME}
EVE, BUILDER = {"kind": "User", "name": "eve"}, {"kind": "ServiceAccount", "name": "builder", "namespace": ELSEWHERE}


def group(name: str) -> Properties:
    return {"kind": "Group", "name": name}


def user(name: str) -> Properties:
    return {"kind": "User", "name": name}


def rule(verb: str, resource: str, api_group: str = "") -> Properties:
    return {"apiGroups": [api_group], "resources": [resource], "verbs": [verb]}


def role(*rules: Properties, namespace: str = "", name: str = "r", **metadata: Any) -> Properties:
    placed = {"namespace": namespace} if namespace else {}
    return {"metadata": {"name": name, **placed, **metadata}, "rules": list(rules)}


def binding(*subjects: Any, namespace: str = "", to: str = "ClusterRole/other") -> Properties:
    kind, _, name = to.partition("/")
    placed = {"namespace": namespace} if namespace else {}
    return {"metadata": {"name": "b", **placed}, "subjects": list(subjects), "roleRef": {"kind": kind, "name": name}}


def created(kind: str, properties: Properties, name: str = "x") -> Made:
    return kind, name, None, properties


def kept(kind: str, properties: Properties, name: str = "x") -> Made:
    return kind, name, properties, properties


def updated(kind: str, old: Properties, new: Properties, name: str = "x") -> Made:
    return kind, name, old, new


def steps(*made: Made, replaced: bool = False) -> list[dict[str, Any]]:
    found = []
    for kind, name, old, new in made:
        type_ = kind if ":" in kind else f"{RBAC}:{kind}"
        before, after = ({"type": type_, "parent": STACK, "inputs": each} if each else None for each in (old, new))
        op = "create" if not old else "delete" if not new else "same" if old is new else "update"
        op = "replace" if replaced and op == "update" else op
        found.append(step(op, f"urn:pulumi:test::secure-tiller::{type_}::{name}", before, after))
    return found


def findings(*made: Made, hidden: bool = False, replaced: bool = False) -> dict[str, Meaning]:
    """Findings about resources that are no team's, in a preview with a Tiller that does not change."""
    digest = preview(GREEN, GREEN).model_dump(exclude_none=True)
    shown = [] if hidden else digest["steps"]
    summary = {"same": len(digest["steps"]) + len(made)}
    found = {"steps": [*shown, *steps(*made, replaced=replaced)], "changeSummary": summary if hidden else {}}
    others = summarize(Digest.model_validate(found)).others
    assert all(finding.risk for finding in others.findings)
    assert len({finding.plain() for finding in others.findings}) == len(others.findings)
    return {finding.code: finding for finding in others.findings}


WIDE = "ClusterRoleBinding"
EVERYTHING = rule("*", "*", "*")
AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
OWN_LABEL = {"matchLabels": {"to": "all"}}

TO_TILLER: Mapping[str, tuple[Made, ...]] = {
    "its account": (created("RoleBinding", binding(TILLER, namespace=ELSEWHERE)),),
    "its account in the whole cluster": (created(WIDE, binding(TILLER)),),
    "the account of another stack's Tiller": (created(WIDE, binding({**TILLER, "namespace": "other"})),),
    "its user": (created(WIDE, binding(user(f"system:serviceaccount:{HOME}:tiller"))),),
    "the accounts of its namespace": (created(WIDE, binding(group(f"system:serviceaccounts:{HOME}"))),),
    "all accounts": (created("RoleBinding", binding(group("system:serviceaccounts"), namespace=ELSEWHERE)),),
    "whoever has logged in": (created(WIDE, binding(group("system:authenticated"))),),
    "a role without rules": (created("Role", role(namespace=HOME)), created(WIDE, binding(TILLER, to="Role/r"))),
    "among others": (created(WIDE, binding(EVE, TILLER)),),
    "subjects are unknown": (created(WIDE, {**binding(), "subjects": UNKNOWN}),),
    "subjects are secret": (updated(WIDE, binding(EVE) | {"subjects": SECRET}, binding() | {"subjects": SECRET}),),
    "a subject is unknown": (created(WIDE, binding(UNKNOWN)),),
    "a group is unknown": (created(WIDE, binding(group(UNKNOWN))),),
    "a user is unknown": (created(WIDE, binding(user(UNKNOWN))),),
    "a kind is unknown": (created(WIDE, binding({**EVE, "kind": UNKNOWN})),),
    "a namespace is unknown": (created(WIDE, binding({**TILLER, "namespace": UNKNOWN})),),
    "an account's name is unknown": (created(WIDE, binding({**TILLER, "name": UNKNOWN})),),
    "an account is unknown": (created(WIDE, binding({**TILLER, "name": UNKNOWN, "namespace": UNKNOWN})),),
    "a patch of a ClusterRoleBinding": (created(f"{WIDE}Patch", binding(TILLER)),),
    "a patch of a RoleBinding": (created("RoleBindingPatch", binding(TILLER, namespace=ELSEWHERE)),),
    "a patch that names no role": (created("RoleBindingPatch", {"metadata": {"name": "b"}, "subjects": [TILLER]}),),
    "a list of bindings": (created(f"{WIDE}List", {"kind": f"{WIDE}List", "items": [binding(EVE), binding(TILLER)]}),),
    "a list whose items are unknown": (created(f"{WIDE}List", {"items": UNKNOWN}),),
    "an older version": (created("kubernetes:rbac.authorization.k8s.io/v1beta1:RoleBinding", binding(TILLER)),),
    "an object that is not of its type": (
        created(
            "kubernetes:core/v1:ConfigMap",
            {**binding(TILLER), "kind": WIDE, "apiVersion": "rbac.authorization.k8s.io/v1"},
        ),
    ),
    "a subject is added": (updated(WIDE, binding(EVE), binding(EVE, TILLER)),),
    "another Tiller is added": (updated(WIDE, binding({**TILLER, "namespace": "other"}), binding(TILLER)),),
    "another role": (updated(WIDE, binding(TILLER), binding(TILLER, to="ClusterRole/edit")),),
    "a role that is unknown": (updated(WIDE, binding(TILLER), binding(TILLER, to=f"ClusterRole/{UNKNOWN}")),),
    "a role that is secret": (
        updated(WIDE, binding(TILLER) | {"roleRef": SECRET}, binding(TILLER) | {"roleRef": SECRET}),
    ),
    "another namespace": (
        updated("RoleBinding", binding(TILLER, namespace=ELSEWHERE), binding(TILLER, namespace="kube-system")),
    ),
    "its Role is widened": (
        kept("RoleBinding", binding(TILLER, namespace=ELSEWHERE, to="Role/r")),
        updated(
            "Role",
            role(rule("get", "pods"), namespace=ELSEWHERE),
            role(rule("get", "pods"), rule("get", "secrets"), namespace=ELSEWHERE),
        ),
    ),
    "its ClusterRole is widened": (
        kept("RoleBinding", binding(TILLER, namespace=ELSEWHERE, to="ClusterRole/r")),
        updated("ClusterRole", role(rule("get", "pods")), role(rule("list", "pods"))),
    ),
    "its ClusterRole becomes unknown": (
        kept(WIDE, binding(TILLER, to="ClusterRole/r")),
        updated("ClusterRole", role(rule("get", "pods")), {**role(), "rules": UNKNOWN}),
    ),
    "a verb of its ClusterRole becomes unknown": (
        kept(WIDE, binding(TILLER, to="ClusterRole/r")),
        updated("ClusterRole", role(rule("get", "pods")), role(rule(UNKNOWN, "pods"))),
    ),
    "a patch of its ClusterRole": (
        kept(WIDE, binding(TILLER, to="ClusterRole/r")),
        created("ClusterRolePatch", role(rule("get", "pods"))),
    ),
    "a patch of the component's own Role": (
        created("RolePatch", role(rule("get", "pods/exec"), name="tiller-green", namespace=MANAGED)),
    ),
    "a group that was there gains a role": (
        updated("ClusterRole", role(), role(rule("get", "nodes"))),
        kept(WIDE, binding(group("system:serviceaccounts"), to="ClusterRole/r"), "y"),
    ),
    **{
        f"{label} is added to its ClusterRole {bound}": (
            kept(WIDE, binding(TILLER, to=f"ClusterRole/{bound}")),
            created("ClusterRole", role(rule("get", "widgets", "x.org"), labels={f"{AGGREGATE}{label}": value})),
        )
        for label, bound, value in (
            ("admin", "admin", "true"),
            ("edit", "admin", "true"),
            ("view", "admin", "true"),
            ("edit", "edit", "true"),
            ("view", "edit", "true"),
            ("view", "view", "true"),
            ("view", "view", UNKNOWN),
        )
    },
    "labels are unknown": (
        kept(WIDE, binding(TILLER, to="ClusterRole/view")),
        created("ClusterRole", role(rule("get", "widgets", "x.org"), labels=UNKNOWN)),
    ),
    "the label of a role that was there": (
        kept(WIDE, binding(TILLER, to="ClusterRole/edit")),
        created("ClusterRolePatch", {"metadata": role(labels={f"{AGGREGATE}edit": "true"})["metadata"]}),
    ),
    "a label of its own": (
        kept(WIDE, binding(TILLER, to="ClusterRole/all")),
        kept("ClusterRole", {**role(name="all"), "aggregationRule": {"clusterRoleSelectors": [OWN_LABEL]}}, "y"),
        created("ClusterRole", role(rule("get", "widgets", "x.org"), labels={"to": "all"})),
    ),
}
"""Further rights of a Tiller's account."""

AT_HOME = [
    ("create", "pods/exec"),
    ("get", "pods/exec"),
    ("create", "pods/attach"),
    ("create", "pods/portforward"),
    ("get", "pods/portforward"),
    ("patch", "pods/ephemeralcontainers"),
    ("create", "pods"),
    ("patch", "pods"),
    ("get", "secrets"),
    ("list", "secrets"),
    ("update", "secrets"),
    ("create", "serviceaccounts/token"),
    ("impersonate", "serviceaccounts"),
    ("*", "*"),
    ("get", "*"),
    (UNKNOWN, "pods"),
    ("get", UNKNOWN),
]
"""Rights by which somebody acts as a Tiller, or reads its keys and releases: verb and kind of the core group."""

IN_GROUPS = [
    *(("create", each, "rbac.authorization.k8s.io") for each in ("roles", "rolebindings")),
    *(("bind", each, "rbac.authorization.k8s.io") for each in ("roles", "clusterroles")),
    ("patch", "deployments", "apps"),
    ("create", "jobs", "batch"),
]

DANGEROUS = [rule(*each) for each in (*AT_HOME, *IN_GROUPS)]

TO_OTHERS: Mapping[str, tuple[Made, ...]] = {
    "a Role of the component": (created("RoleBinding", binding(EVE, namespace=HOME, to="Role/tiller-storage")),),
    "a ClusterRole that is not shown": (created("RoleBinding", binding(EVE, namespace=HOME)),),
    "a ClusterRole of Kubernetes": (created("RoleBinding", binding(EVE, namespace=HOME, to="ClusterRole/edit")),),
    "another account": (created("RoleBinding", binding(BUILDER, namespace=HOME)),),
    "the accounts of another namespace": (
        created("RoleBinding", binding(group(f"system:serviceaccounts:{ELSEWHERE}"), namespace=HOME)),
    ),
    "the nameless user": (created("RoleBinding", binding(user("system:anonymous"), namespace=HOME)),),
    "in the whole cluster": (created(WIDE, binding(EVE, to="ClusterRole/cluster-admin")),),
    "a namespace that is unknown": (created("RoleBinding", binding(EVE, namespace=UNKNOWN)),),
    "from another namespace": (
        updated("RoleBinding", binding(EVE, namespace=ELSEWHERE), binding(EVE, namespace=HOME)),
    ),
    "another subject": (updated("RoleBinding", binding(BUILDER, namespace=HOME), binding(EVE, namespace=HOME)),),
    "another role": (
        updated("RoleBinding", binding(EVE, namespace=HOME), binding(EVE, namespace=HOME, to="ClusterRole/edit")),
    ),
    "a patch of the people's binding": (
        created("RoleBindingPatch", {"metadata": {"name": "tiller-people", "namespace": HOME}, "subjects": [EVE]}),
    ),
    "a Role that is widened": (
        updated("Role", role(rule("get", "pods"), namespace=HOME), role(rule("create", "pods/exec"), namespace=HOME)),
    ),
    "a Role from another namespace": (
        updated(
            "Role", role(rule("get", "secrets"), namespace=ELSEWHERE), role(rule("get", "secrets"), namespace=HOME)
        ),
    ),
    "a Role whose namespace is unknown": (created("Role", role(rule("get", "secrets"), namespace=UNKNOWN)),),
    "a Role whose rules are unknown": (created("Role", {**role(namespace=HOME), "rules": UNKNOWN}),),
    "a Role whose rules are secret": (
        updated("Role", {**role(namespace=HOME), "rules": SECRET}, {**role(namespace=HOME), "rules": SECRET}),
    ),
    "a list of Roles": (created("RoleList", {"items": [role(rule("get", "secrets"), namespace=HOME)]}),),
    "a list of Roles that is unknown": (created("RoleList", {"items": UNKNOWN}),),
    "a patch of a Role": (created("RolePatch", role(rule("get", "secrets"), namespace=HOME)),),
    "a patch of a ClusterRole, wherever it is bound": (created("ClusterRolePatch", role(rule("get", "secrets"))),),
    "a ClusterRole that is widened": (
        kept("RoleBinding", binding(EVE, namespace=HOME, to="ClusterRole/r")),
        updated("ClusterRole", role(rule("get", "pods")), role(rule("get", "secrets"))),
    ),
    "a ClusterRole that is added where only the cluster binds": (
        created("ClusterRole", role(rule("get", "secrets"), labels={f"{AGGREGATE}view": "true"})),
    ),
    "a label that adds a ClusterRole that was there": (
        updated("ClusterRole", role(EVERYTHING), role(EVERYTHING, labels={f"{AGGREGATE}view": "true"})),
    ),
    "a ClusterRole of Kubernetes in place of its own": (created("ClusterRole", role(EVERYTHING, name="view")),),
    "a ClusterRole that everybody has": (created("ClusterRole", role(EVERYTHING, name="system:basic-user")),),
    "the name of such a ClusterRole": (
        updated("ClusterRole", role(EVERYTHING, name="a"), role(EVERYTHING, name="system:basic-user")),
    ),
    "in the namespace of the control plane": (
        created("RoleBinding", binding(EVE, namespace="kube-system", to="ClusterRole/cluster-admin")),
    ),
    "a ClusterRole that is added to that of others": (
        kept("RoleBinding", binding(EVE, namespace=HOME, to="ClusterRole/edit")),
        created("ClusterRole", role(rule("patch", "widgets", "x.org"), labels={f"{AGGREGATE}view": "true"})),
    ),
}
"""Further rights of somebody else in a Tiller's namespace."""

NO_RISK: Mapping[str, tuple[Made, ...]] = {
    "another account": (created("RoleBinding", binding(BUILDER, namespace=ELSEWHERE)),),
    "another account's user": (
        created("RoleBinding", binding(user("system:serviceaccount:shop:builder"), namespace=ELSEWHERE)),
    ),
    "the accounts of another namespace": (
        created("RoleBinding", binding(group(f"system:serviceaccounts:{ELSEWHERE}"), namespace=ELSEWHERE)),
    ),
    "an unknown account of another namespace": (
        created("RoleBinding", binding({**BUILDER, "name": UNKNOWN}, namespace=ELSEWHERE)),
    ),
    "an account in an unknown namespace": (
        created("RoleBinding", binding({**BUILDER, "namespace": UNKNOWN}, namespace=ELSEWHERE)),
    ),
    "people in another namespace": (
        created("RoleBinding", binding(EVE, namespace=ELSEWHERE, to="ClusterRole/cluster-admin")),
    ),
    "people in a managed namespace": (created("RoleBinding", binding(EVE, namespace=MANAGED)),),
    "a Role of another namespace": (created("Role", role(rule("*", "*", "*"), namespace=ELSEWHERE)),),
    "a patch of a Role of another namespace": (created("RolePatch", role(rule("*", "*"), namespace=ELSEWHERE)),),
    "a ClusterRole that nothing binds": (created("ClusterRole", role(rule("*", "*", "*"))),),
    "a kind of an operator that is added to those of Kubernetes": (
        created("ClusterRole", role(rule("create", "widgets", "x.org"), labels={f"{AGGREGATE}admin": "true"})),
    ),
    "what operators get in the whole cluster": (
        created("ClusterRole", role(rule("create", "events"), rule("create", "tokenreviews", "authentication.k8s.io"))),
        created(WIDE, binding(BUILDER, to="ClusterRole/r")),
    ),
    "asking for reviews": (created(WIDE, binding(BUILDER, to="ClusterRole/system:auth-delegator")),),
    "viewing": (created(WIDE, binding(EVE, to="ClusterRole/view")),),
    "a ClusterRole that is added to another than Tiller's": (
        kept(WIDE, binding(TILLER, to="ClusterRole/edit")),
        created("ClusterRole", role(rule("get", "widgets", "x.org"), labels={f"{AGGREGATE}admin": "true"})),
    ),
    "a label that adds nothing": (
        kept(WIDE, binding(TILLER, to="ClusterRole/edit")),
        created("ClusterRole", role(rule("get", "widgets", "x.org"), labels={f"{AGGREGATE}edit": "false"})),
    ),
    "reading what holds no secret": (
        created("Role", role(rule("list", "pods"), rule("get", "pods/log"), namespace=HOME)),
        created("RoleBinding", binding(EVE, namespace=HOME, to="Role/r")),
    ),
    "reading in the whole cluster": (
        created("ClusterRole", role(rule("list", "nodes"))),
        created(WIDE, binding(EVE, to="ClusterRole/r")),
    ),
    "nothing changes": (
        kept(WIDE, binding(TILLER, EVE, to="ClusterRole/cluster-admin")),
        kept("Role", role(rule("*", "*"), namespace=HOME)),
    ),
    "only a label changes": (
        updated(WIDE, binding(TILLER), {**binding(TILLER), "metadata": {"name": "b", "labels": {"a": "b"}}}),
    ),
    "a subject goes": (updated(WIDE, binding(TILLER, EVE), binding(EVE)),),
    "a role becomes narrower": (
        kept(WIDE, binding(TILLER, to="ClusterRole/r")),
        updated("ClusterRole", role(rule("*", "pods")), role(rule("get", "pods"))),
    ),
    "a patch of an annotation": (
        kept(WIDE, binding(TILLER, to="ClusterRole/r")),
        created("ClusterRolePatch", {"metadata": {"name": "r", "annotations": {"a": "b"}}}),
    ),
    "a kind of the same word": (created("kubernetes:iam.example.org/v1:RoleBinding", binding(TILLER)),),
    "no object": (created("random:index:RoleBinding", binding(TILLER)),),
}


@pytest.mark.parametrize("made", TO_TILLER.values(), ids=TO_TILLER)
def test_further_rights_of_a_tiller_are_a_risk(made: tuple[Made, ...]) -> None:
    assert "other-binding" in findings(*made)


@pytest.mark.parametrize("made", TO_OTHERS.values(), ids=TO_OTHERS)
def test_rights_of_others_where_a_tiller_is_are_a_risk(made: tuple[Made, ...]) -> None:
    assert findings(*made).keys() == {"other-rights"}


@pytest.mark.parametrize("given", DANGEROUS, ids=lambda each: f"{each['verbs'][0]} {each['resources'][0]}")
def test_a_role_where_a_tiller_is_gives_nothing_but_harmless_reading(given: Properties) -> None:
    bound = created("RoleBinding", binding(EVE, namespace=HOME, to="Role/r"))
    alone, together = (findings(created("Role", role(given, namespace=HOME)), *more) for more in ((), (bound,)))
    assert [*alone] == [*together] == ["other-rights"]
    assert "whoever is bound to it" in alone["other-rights"].plain()
    assert "User eve" in together["other-rights"].plain()


@pytest.mark.parametrize("made", NO_RISK.values(), ids=NO_RISK)
def test_rights_that_no_tiller_is_touched_by_are_no_risk(made: tuple[Made, ...]) -> None:
    assert findings(*made) == {}


def test_a_binding_that_is_replaced_is_judged_as_well() -> None:
    changed = updated("RoleBinding", binding(EVE, namespace=ELSEWHERE), binding(TILLER, namespace=ELSEWHERE))
    assert findings(changed, replaced=True).keys() == {"other-replace", "other-binding"}


def test_everybody_where_a_tiller_is_are_its_account_and_others() -> None:
    found = findings(created("RoleBinding", binding(group("system:authenticated"), namespace=HOME)))
    assert found.keys() == {"other-binding", "other-rights"}


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (created("RoleBinding", binding(EVE, namespace=ELSEWHERE)), "other-rights"),
        (created("RoleBinding", binding(group(f"system:serviceaccounts:{ELSEWHERE}"), namespace="a")), "other-binding"),
        (created("Role", role(rule("get", "secrets"), namespace=ELSEWHERE)), "other-rights"),
        (updated("ClusterRole", role(rule("get", "pods")), role(rule("get", "secrets"))), "other-rights"),
    ],
)
def test_every_namespace_may_be_a_tillers_where_unchanged_resources_are_hidden(made: Made, code: str) -> None:
    assert code in findings(made, hidden=True)
    assert findings(made) == {}


def test_what_is_assumed_is_said_to_be() -> None:
    for made, assumed in ((binding(TILLER), False), (binding(TILLER) | {"subjects": UNKNOWN}, True)):
        said = findings(created(WIDE, made))["other-binding"].plain()
        assert ("assumed" in said) is assumed


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (kept("RoleBinding", binding(EVE, namespace=HOME)), "other-rights"),
        (kept("Role", role(rule("get", "secrets"), namespace=HOME)), "other-rights"),
        (kept(WIDE, binding(group(f"system:serviceaccounts:{HOME}"))), "other-binding"),
        (kept("RoleBinding", binding(EVE, namespace=ELSEWHERE)), None),
        (kept(WIDE, binding(EVE)), None),
    ],
)
def test_what_is_there_already_counts_where_a_tiller_comes(made: Made, code: str | None) -> None:
    digest = preview({}, GREEN).model_dump(exclude_none=True)
    summary = summarize(Digest.model_validate({**digest, "steps": [*digest["steps"], *steps(made)]}))
    assert [finding.code for finding in summary.others.risks] == ([code] if code else [])
    assert findings(made) == {}


def test_an_unchanged_binding_to_a_role_that_is_widened_is_no_risk_of_its_own() -> None:
    bound = kept("RoleBinding", binding(EVE, namespace=HOME, to="ClusterRole/r"))
    widened = updated("ClusterRole", role(rule("get", "pods")), role(rule("get", "secrets")))
    assert findings(bound, widened)["other-rights"].names["resource"] == "ClusterRole x"
    assert findings(widened, bound)["other-rights"].names["resource"] == "ClusterRole x"


def test_an_unchanged_binding_to_a_role_of_a_team_that_is_widened_is_a_risk() -> None:
    after = copy.deepcopy(GREEN)
    urn = urn_of("green", f"{RBAC}:Role", "people")
    after[urn]["inputs"]["rules"].append(rule("get", "secrets"))
    digest = preview(GREEN, after).model_dump(exclude_none=True)
    bound = kept("RoleBinding", binding(EVE, namespace=HOME, to="Role/tiller-people"))
    summary = summarize(Digest.model_validate({**digest, "steps": [*digest["steps"], *steps(bound)]}))
    assert [finding.code for finding in summary.others.risks] == ["other-rights"]


@pytest.mark.parametrize("odd", [[], {}, 0, True])
def test_an_odd_namespace_in_the_state_of_a_tiller_that_moves_is_no_error(odd: Any) -> None:
    moved = {urn: {**each, "inputs": copy.deepcopy(each["inputs"])} for urn, each in GREEN.items()}
    for each in moved.values():
        each["inputs"].setdefault("metadata", {})["namespace"] = odd
    other = resources("green", smallest(namespace="helm-green", subjects={"groups": ["green-people"]}))
    assert summarize(preview(moved, other)).teams

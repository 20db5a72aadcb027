"""Each subject may do what its team's plan says, and nothing else: asked of the real API server, request by request.

What can be asked for is every verb of every resource and subresource that discovery offers, and what discovery leaves
out, in every namespace and in the cluster scope. `make rights` asks it all; `make test` asks every verb of every
resource where a subject has rights, and of the rest a sample that is the same in every run.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from kubernetes import client
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from secure_tiller.plan.build import plan
from secure_tiller.plan.model import RolePlan, TillerPlan
from testbed.access_reviews import (
    Catalogue,
    Cell,
    Grant,
    Request,
    Rule,
    Server,
    Subject,
    Tally,
    discover,
    grants_of_groups,
    in_sample,
    walk,
)
from testbed.access_reviews.rules import AUTHENTICATED, SERVICE_ACCOUNTS
from testbed.waiting import until
from tests.support.cluster_objects import item
from tests.support.live_objects import create, existing
from tests.support.projects import TestStack
from tiller_facts import rbac
from tiller_facts.rbac import Subject as Bound

pytestmark = pytest.mark.alone
EVERYTHING = os.environ.get("SECURE_TILLER_RIGHTS") == "every"
"""Whether the walk leaves nothing out; it then takes some minutes."""

ONE_IN = 200
"""Of the questions about places where a subject has no rights, and about constrained impersonation."""

CLUSTER_SCOPE = ""
STACK = "organization/secure-tiller/test"

EVERYBODYS_RESOURCES = {
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
}
EVERYBODYS_PATHS = {
    *("/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", "/version", "/version/"),
    *("/healthz", "/livez", "/readyz"),
    *("/.well-known/openid-configuration", "/.well-known/openid-configuration/"),
    *("/openid/v1/jwks", "/openid/v1/jwks/"),
}

Names = Mapping[tuple[str, str], set[str]]
Aloud = Callable[[], AbstractContextManager[Console]]


@pytest.fixture(scope="module")
def aloud(request: pytest.FixtureRequest, console: Console) -> Aloud:
    """The console, past pytest's capture for a while: the figures are what a reader of the run wants to see."""

    @contextmanager
    def uncaptured() -> Iterator[Console]:
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            console.line()  # pytest is in the middle of one
            yield console

    return uncaptured


@pytest.fixture(scope="module")
def server(api: client.ApiClient) -> Server:
    return Server(api)


@pytest.fixture(scope="module")
def catalogue(server: Server) -> Catalogue:
    return discover(server)


@pytest.fixture(scope="module")
def everybody(server: Server) -> dict[str, list[Grant]]:
    """The grants of Kubernetes itself to everybody it knows, by group."""
    return grants_of_groups(server, (AUTHENTICATED, SERVICE_ACCOUNTS))


@pytest.fixture(scope="module")
def settings(suffix: str) -> dict[str, Any]:
    """Two teams, with people of every kind."""
    plum, teal = f"plum-{suffix}", f"teal-{suffix}"
    let_go = {"retain_on_delete": False}
    people = {
        "groups": [f"plum-developers-{suffix}"],
        "users": [f"paula-{suffix}@example.org"],
        "service_accounts": [{"namespace": f"pipelines-{suffix}", "name": "deployer"}],
    }
    return {
        plum: {
            "namespaces": {f"{plum}-apps": let_go, f"{plum}-jobs": let_go},
            "clients": {"paula": {}},
            "subjects": people,
        },
        teal: {
            "namespaces": {f"{teal}-apps": let_go},
            "clients": {"tom": {}, "robot": {"secret": {"namespace": f"{teal}-apps", "name": "tiller-client"}}},
            "subjects": {"groups": [f"teal-developers-{suffix}"]},
            "expose": "cluster",
            "rights": {
                "network_policies": True,
                "roles": True,
                "rules": [{"api_groups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create"]}],
            },
        },
    }


@pytest.fixture(scope="module")
def plans(new_stack: Callable[..., TestStack], settings: dict[str, Any]) -> Iterator[list[TillerPlan]]:
    """The plans of the two teams, which are deployed."""
    with new_stack(settings) as stack:
        stack.up()
        yield [plan(name, args, STACK) for name, args in settings.items()]


@pytest.fixture(scope="module")
def model(plans: list[TillerPlan], everybody: Mapping[str, list[Grant]], suffix: str) -> dict[Subject, list[Grant]]:
    """The grants that each subject should hold."""
    return {subject: _held(subject, plans, everybody) for subject in _subjects(plans, suffix)}


@pytest.fixture(scope="module")
def namespaces(plans: list[TillerPlan], suffix: str) -> list[str]:
    teams = dict.fromkeys(role.namespace for team in plans for role in team.roles)
    return [*teams, "default", "kube-system", "kube-public", f"nowhere-{suffix}", CLUSTER_SCOPE]


@pytest.fixture(scope="module")
def walked(
    server: Server,
    catalogue: Catalogue,
    model: dict[Subject, list[Grant]],
    namespaces: list[str],
    suffix: str,
    aloud: Aloud,
) -> dict[Subject, Tally]:
    """The result of the walk by subject, shown as a table."""
    names = _names(model)
    requests = [request for namespace in namespaces for request in catalogue.requests(namespace, names)]
    asked = {subject: list(_cells(subject, grants, requests, suffix)) for subject, grants in model.items()}
    columns = (*Progress.get_default_columns()[:3], MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    tallies: dict[Subject, Tally] = {}
    with aloud() as console, Progress(*columns, console=console) as progress:
        task = progress.add_task("access reviews", total=sum(map(len, asked.values())))
        for subject, cells in asked.items():
            progress.console.print(f"access reviews: {len(cells):,} of {subject.label}", highlight=False)
            tallies |= walk(cells, server, {subject: model[subject]}, lambda _: progress.advance(task))
    with aloud() as console:
        console.print(_table(tallies))
    return tallies


def _subjects(plans: Sequence[TillerPlan], suffix: str) -> Iterator[Subject]:
    """Everybody a plan names, and the account that a pod in a managed namespace runs as unless it names another."""
    for team in plans:
        name = team.name.removesuffix(f"-{suffix}")
        for bound in dict.fromkeys(subject for role in team.roles for subject in role.subjects):
            yield _subject(bound, f"{name}: {bound.kind} {bound.name}".replace(f"-{suffix}", ""))
        for managed in team.managed:
            label = f"{name}: a pod in {managed.name}".replace(f"-{suffix}", "")
            yield Subject.service_account(label, managed.name, "default")


def _subject(bound: Bound, label: str) -> Subject:
    if bound.kind == "ServiceAccount":
        return Subject.service_account(label, bound.namespace, bound.name)
    return Subject.person(label, "somebody", bound.name) if bound.kind == "Group" else Subject.person(label, bound.name)


def _held(subject: Subject, plans: Sequence[TillerPlan], everybody: Mapping[str, list[Grant]]) -> list[Grant]:
    roles = (role for team in plans for role in team.roles if _binds(role, subject))
    planned = [Grant(_rule(rule), role.namespace) for role in roles for rule in role.rules]
    return planned + [grant for group in subject.groups for grant in everybody.get(group, ())]


def _binds(role: RolePlan, subject: Subject) -> bool:
    return any(subject.is_bound(bound.kind, bound.name, bound.namespace) for bound in role.subjects)


def _rule(rule: rbac.Rule) -> Rule:
    return Rule(rule.verbs, rule.api_groups, rule.resources, rule.resource_names)


def _names(model: Mapping[Subject, Sequence[Grant]]) -> Names:
    """The objects that rules name, by group and resource."""
    named: dict[tuple[str, str], set[str]] = {}
    for rule in (grant.rule for grants in model.values() for grant in grants):
        for key in ((group, resource) for group in rule.groups for resource in rule.resources if rule.names):
            named.setdefault(key, set()).update(rule.names)
    return named


def _cells(subject: Subject, grants: Sequence[Grant], requests: Sequence[Request], suffix: str) -> Iterator[Cell]:
    for request in requests:
        # Without what is new in each run, so that the sample is the same in all.
        text = f"{subject.label} {request}".replace(suffix, "")
        if EVERYTHING or _is_own(grants, request) or in_sample(text, ONE_IN):
            yield Cell(subject, request)


def _is_own(grants: Sequence[Grant], request: Request) -> bool:
    """Return whether a request is for where the subject has rights; impersonation on behalf is left to the sample."""
    has_rights = any(grant.namespace == request.namespace for grant in grants if grant.namespace)
    return has_rights and not request.verb.startswith("impersonate-on:")


def _table(tallies: Mapping[Subject, Tally]) -> Table:
    table = Table("who", title="access reviews" if EVERYTHING else "access reviews, a sample")
    for heading in ("cells", "allowed", "unexpected", "missing"):
        table.add_column(heading, justify="right")
    for subject, tally in tallies.items():
        table.add_row(subject.label, *_figures([tally]))
    table.add_section()
    table.add_row("all", *_figures(list(tallies.values())))
    return table


def _figures(tallies: Sequence[Tally]) -> Iterator[str]:
    yield f"{sum(tally.cells for tally in tallies):,}"
    yield f"{sum(tally.allowed for tally in tallies):,}"
    yield f"{sum(len(tally.unexpected) for tally in tallies):,}"
    yield f"{sum(len(tally.missing) for tally in tallies):,}"


def test_nothing_is_allowed_but_what_the_plan_says(walked: dict[Subject, Tally]) -> None:
    assert [f"{subject.label}: {request}" for subject, tally in walked.items() for request in tally.unexpected] == []


def test_nothing_that_the_plan_says_is_missing(walked: dict[Subject, Tally]) -> None:
    assert [f"{subject.label}: {request}" for subject, tally in walked.items() for request in tally.missing] == []


def test_the_walk_saw_every_planned_rule_at_work(
    walked: dict[Subject, Tally], model: dict[Subject, list[Grant]]
) -> None:
    for subject, grants in model.items():
        at_least = sum(_smallest(grant.rule) for grant in grants if grant.namespace)
        assert walked[subject].allowed >= at_least, subject.label


def _smallest(rule: Rule) -> int:
    """In how many cells a rule shows at the least: one for each verb of each resource."""
    return len(rule.verbs) * len(rule.resources)


def test_the_rules_that_the_api_server_lists_are_the_planned_ones(
    server: Server, model: dict[Subject, list[Grant]], namespaces: list[str]
) -> None:
    # A rule for one object by its name could hide from the walk, which does not know that name.
    for subject, grants in model.items():
        for namespace in filter(None, namespaces):
            assert server.rules(subject, namespace) == _rules(grants, namespace), f"{subject.label} in {namespace}"


def _rules(grants: Sequence[Grant], namespace: str) -> set[Rule]:
    return {grant.rule for grant in grants if grant.namespace in ("", namespace)}


def test_kubernetes_itself_grants_everybody_only_discovery_and_reviews_of_oneself(
    everybody: Mapping[str, list[Grant]], aloud: Aloud
) -> None:
    rules = [grant.rule for grants in everybody.values() for grant in grants]
    resources = {(group, resource) for rule in rules for group in rule.groups for resource in rule.resources}
    paths = {path for rule in rules for path in rule.paths}
    with aloud() as console:
        console.print("everybody may create", *sorted(resource for _, resource in resources), "and get", *sorted(paths))
    assert resources == EVERYBODYS_RESOURCES
    assert paths == EVERYBODYS_PATHS
    assert {verb for rule in rules for verb in rule.verbs if rule.resources} == {"create"}
    assert {verb for rule in rules for verb in rule.verbs if rule.paths} == {"get"}


@dataclass(frozen=True)
class ByHand:
    """A Tiller whose Roles are not made by the product, and the plan of what it should hold."""

    plan: TillerPlan
    tiller: Subject

    @property
    def managed(self) -> str:
        return self.plan.managed[0].name


Replacement = Callable[[RolePlan], tuple[rbac.Rule, ...]]

HELM_DOCUMENT = (rbac.Rule(("", "batch", "extensions", "apps"), ("*",), ("*",)),)
"""The Role of Helm 2.17, docs/rbac.md, "Deploy Tiller in a namespace, restricted to deploying resources in another"."""

GRUNTWORK = (*HELM_DOCUMENT, rbac.Rule(("rbac.authorization.k8s.io",), ("*",), ("*",)))
"""Like those of gruntwork-io/terraform-kubernetes-helm v0.6.2, modules/k8s-namespace-roles."""

GRUNTWORK_STORAGE = (rbac.Rule(("", "extensions", "apps"), ("secrets",), ("*",)),)


def _as_in_helms_document(role: RolePlan) -> tuple[rbac.Rule, ...]:
    return role.rules if role.part == "storage" else HELM_DOCUMENT


def _as_gruntwork_does(role: RolePlan) -> tuple[rbac.Rule, ...]:
    return GRUNTWORK_STORAGE if role.part == "storage" else GRUNTWORK


HIDDEN = rbac.Rule(("",), ("resourcequotas",), ("delete",), resource_names=("limits",))


def _with_a_rule_for_one_object(role: RolePlan) -> tuple[rbac.Rule, ...]:
    return (*role.rules, HIDDEN)


def _without_one_verb(role: RolePlan) -> tuple[rbac.Rule, ...]:
    return tuple(_without_patch(rule) if "ingresses" in rule.resources else rule for rule in role.rules)


def _without_patch(rule: rbac.Rule) -> rbac.Rule:
    return replace(rule, verbs=tuple(verb for verb in rule.verbs if verb != "patch"))


def _wait_for(server: Server, subject: Subject, namespace: str, rules: set[Rule]) -> None:
    """Wait until the authorizer knows what was just granted."""
    until(lambda: rules <= server.rules(subject, namespace), f"{subject.user} holds what it was granted")


def _grant(api: client.ApiClient, role: RolePlan, rules: Sequence[rbac.Rule]) -> None:
    listed = [
        {
            "apiGroups": list(rule.api_groups),
            "resources": list(rule.resources),
            "verbs": list(rule.verbs),
            "resourceNames": list(rule.resource_names),
        }
        for rule in rules
    ]
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role.name}
    subjects = [{"kind": bound.kind, "name": bound.name, "namespace": bound.namespace} for bound in role.subjects]
    create(api, item("Role", role.name, role.namespace, rules=listed))
    create(api, item("RoleBinding", role.name, role.namespace, roleRef=reference, subjects=subjects))


@dataclass(frozen=True)
class Controls:
    """Makes Tillers with other rules than the plan's, and walks over their rights."""

    api: client.ApiClient
    server: Server
    catalogue: Catalogue
    everybody: Mapping[str, list[Grant]]
    suffix: str

    @contextmanager
    def by_hand(self, name: str, roles: Replacement) -> Iterator[ByHand]:
        """Give a team's Tiller other rules than the plan's, in the namespaces of the plan."""
        team = f"{name}-{self.suffix}"
        wanted = plan(team, {"namespaces": {f"{team}-apps": {}}, "clients": {"ann": {}}}, STACK)
        tiller = Subject.service_account("Tiller", wanted.namespace.name, "tiller")
        names = [wanted.namespace.name, *(managed.name for managed in wanted.managed)]
        account = item("ServiceAccount", "tiller", wanted.namespace.name)
        with existing(self.api, *(item("Namespace", name, "") for name in names), account):
            for role in wanted.roles:
                if role.subjects:
                    _grant(self.api, role, roles(role))
                    _wait_for(self.server, tiller, role.namespace, {_rule(rule) for rule in roles(role)})
            yield ByHand(wanted, tiller)

    def walk(self, made: ByHand, *namespaces: str) -> Tally:
        """Ask for every request in the places where such a Tiller has rights."""
        model = {made.tiller: self.held(made)}
        requests = (request for place in namespaces for request in self.catalogue.requests(place, _names(model)))
        cells = (Cell(made.tiller, request) for request in requests if _is_own(model[made.tiller], request))
        return walk(cells, self.server, model)[made.tiller]

    def held(self, made: ByHand) -> list[Grant]:
        """Return the grants that the plan gives to such a Tiller."""
        return _held(made.tiller, [made.plan], self.everybody)


@pytest.fixture(scope="module")
def controls(
    api: client.ApiClient, server: Server, catalogue: Catalogue, everybody: Mapping[str, list[Grant]], suffix: str
) -> Controls:
    return Controls(api, server, catalogue, everybody, suffix)


def _dangers(namespace: str) -> set[Request]:
    """Return the requests with which a chart leaves its namespace, or undoes the limits set on it."""
    return {
        Request("patch", "", "namespaces", namespace, namespace),
        Request("create", "", "pods/exec", namespace),
        Request("create", "", "serviceaccounts/token", namespace),
        Request("impersonate", "", "serviceaccounts", namespace),
        Request("delete", "", "resourcequotas", namespace),
    }


def test_control_the_role_of_helms_document_allows_what_it_should_not(controls: Controls, aloud: Aloud) -> None:
    with controls.by_hand("document", _as_in_helms_document) as made:
        tally = controls.walk(made, made.managed)
    with aloud() as console:
        console.print(f"Helm's document: {tally.cells:,} cells, {len(tally.unexpected):,} unexpected allows")
    assert _dangers(made.managed) - set(tally.unexpected) == set()


def test_control_the_roles_of_gruntwork_allow_what_they_should_not(controls: Controls, aloud: Aloud) -> None:
    with controls.by_hand("gruntwork", _as_gruntwork_does) as made:
        own = made.plan.namespace.name
        tally = controls.walk(made, own, made.managed)
    with aloud() as console:
        console.print(f"Gruntwork: {tally.cells:,} cells, {len(tally.unexpected):,} unexpected allows")
    rbac = "rbac.authorization.k8s.io"
    dangers = _dangers(made.managed) | {Request(verb, rbac, "roles", made.managed) for verb in ("escalate", "bind")}
    dangers |= {Request("deletecollection", "", "secrets", own)}
    assert dangers - set(tally.unexpected) == set()


def test_control_a_verb_that_a_role_lacks_is_missing(controls: Controls) -> None:
    with controls.by_hand("lacking", _without_one_verb) as made:
        tally = controls.walk(made, made.managed)
    assert tally.missing == [Request("patch", "networking.k8s.io", "ingresses", made.managed)]
    assert tally.unexpected == []


def test_control_a_rule_for_an_object_that_the_walk_cannot_know_is_listed(controls: Controls) -> None:
    with controls.by_hand("hiding", _with_a_rule_for_one_object) as made:
        listed = controls.server.rules(made.tiller, made.managed)
    planned = _rules(controls.held(made), made.managed)
    assert listed - planned == {_rule(HIDDEN)}

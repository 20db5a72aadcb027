"""The plan: complete, and safe for whatever settings it accepts."""

from typing import Any

import pytest
from hypothesis import assume, given

from secure_tiller import checks
from secure_tiller.plan import RolePlan, Subject, TillerPlan, plan
from secure_tiller.problems import ConfigurationError
from tests.unit import strategies
from tests.unit.samples import BLUE, SMALLEST, STACK, smallest

GREEN = plan("green", SMALLEST, STACK)
LABELS = {"app.kubernetes.io/managed-by": "secure-tiller", "secure-tiller/team": "blue"}


def roles(tiller: TillerPlan) -> dict[str, RolePlan]:
    return {role.part: role for role in tiller.roles}


def levels(tiller: TillerPlan) -> dict[str, str]:
    namespaces = (tiller.namespace, *tiller.managed)
    return {one.name: one.labels["pod-security.kubernetes.io/enforce"] for one in namespaces}


@given(args=strategies.settings)
def test_any_right_settings_give_a_plan_that_keeps_the_promises(args: Any) -> None:
    assume("team-tiller" not in args["namespaces"])
    tiller = plan("team", args, STACK)
    assert tiller.namespace.name not in {one.name for one in tiller.managed}
    assert levels(tiller)["team-tiller"] == "restricted"
    assert set(tiller.clients) == set(args["clients"])
    assert {role.namespace for role in tiller.roles} == {"team-tiller", *args["namespaces"]}
    for role in tiller.roles:
        assert all("*" not in (*rule.api_groups, *rule.resources, *rule.verbs) for rule in role.rules)
    for certificate in (tiller.server, *tiller.clients.values()):
        assert ("server_auth" in certificate.allowed_uses) != ("client_auth" in certificate.allowed_uses)
        assert certificate.ca_lifetime.renew_before > certificate.lifetime.validity


@given(args=strategies.plain)
def test_anything_else_is_refused_in_words(args: Any) -> None:
    assume(checks.check("team", args))
    with pytest.raises(ConfigurationError) as refused:
        plan("team", args, STACK)
    assert all(problem.remedy for problem in refused.value.problems)


@given(args=strategies.settings)
def test_the_order_of_the_settings_does_not_matter(args: Any) -> None:
    assume("team-tiller" not in args["namespaces"])
    turned: Any = args | {key: dict(reversed(args[key].items())) for key in ("namespaces", "clients")}
    assert plan("team", args, STACK) == plan("team", turned, STACK)


def test_every_problem_is_in_one_error() -> None:
    with pytest.raises(ConfigurationError) as refused:
        plan("green", smallest(clients={}, namespaces={}, tls=False), STACK)
    assert len(refused.value.problems) == 3


def test_tillers_namespace_is_named_after_the_team() -> None:
    assert GREEN.namespace.name == "green-tiller"


def test_tillers_namespace_can_be_chosen_and_everything_of_tillers_is_there() -> None:
    tiller = plan("green", smallest(namespace="helm-green"), STACK)
    assert tiller.namespace.name == "helm-green"
    assert tiller.pod.environment["TILLER_NAMESPACE"] == "helm-green"
    assert tiller.roles[0].namespace == "helm-green"
    assert roles(tiller)["manage:green-apps"].subjects == (Subject("ServiceAccount", "tiller", "helm-green"),)
    assert "tiller-deploy.helm-green.svc" in tiller.server.dns_names


def test_everything_of_a_team_is_labelled_with_it() -> None:
    assert plan("blue", BLUE, STACK).labels == LABELS


def test_a_managed_namespace_enforces_baseline_unless_told_otherwise() -> None:
    assert levels(GREEN) == {"green-tiller": "restricted", "green-apps": "baseline"}


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_a_managed_namespace_enforces_audits_and_warns_of_the_level_of_the_settings(level: str) -> None:
    (managed,) = plan("blue", smallest(namespaces={"apps": {"pod_security": level}}), STACK).managed
    modes = ("enforce", "audit", "warn")
    assert managed.labels == {**LABELS, **{f"pod-security.kubernetes.io/{mode}": level for mode in modes}}
    assert managed.annotations == {"secure-tiller/stack": STACK}


def test_the_reason_for_privileged_pods_is_kept_on_the_namespace() -> None:
    args = smallest(namespaces={"apps": {"pod_security": "privileged", "pod_security_reason": "mounts devices"}})
    (managed,) = plan("blue", args, STACK).managed
    assert managed.labels["pod-security.kubernetes.io/enforce"] == "privileged"
    assert managed.annotations["secure-tiller/pod-security-reason"] == "mounts devices"


@pytest.mark.parametrize(
    ("settings", "retained"), [({}, True), ({"retain_on_delete": True}, True), ({"retain_on_delete": False}, False)]
)
def test_a_managed_namespace_stays_unless_told_otherwise(settings: dict[str, bool], retained: bool) -> None:
    (managed,) = plan("blue", smallest(namespaces={"apps": settings}), STACK).managed
    assert managed.retain_on_delete is retained


def test_an_existing_namespace_is_not_created_but_managed() -> None:
    tiller = plan("blue", smallest(namespaces={"apps": {"existing": True}}), STACK)
    assert tiller.managed == ()
    assert roles(tiller)["manage:apps"].namespace == "apps"


def test_the_server_certificate_is_good_for_the_port_forward_and_for_a_service() -> None:
    assert GREEN.server.ip_addresses == ("127.0.0.1",)
    assert GREEN.server.dns_names == (
        "localhost",
        "tiller-deploy",
        "tiller-deploy.green-tiller",
        "tiller-deploy.green-tiller.svc",
        "tiller-deploy.green-tiller.svc.cluster.local",
    )


def test_a_client_certificate_says_who_and_of_which_team_and_is_good_for_no_name() -> None:
    alice = plan("blue", BLUE, STACK).clients["alice"]
    assert (alice.common_name, alice.organization) == ("alice", "blue")
    assert alice.dns_names == alice.ip_addresses == ()


def test_nobody_is_bound_unless_named() -> None:
    assert roles(GREEN)["people"].subjects == ()


def test_the_people_named_are_bound_in_tillers_namespace_only() -> None:
    tiller = plan("blue", BLUE, STACK)
    people = (
        Subject("Group", "blue-developers"),
        Subject("User", "carol@example.org"),
        Subject("ServiceAccount", "deployer", "pipelines"),
    )
    assert roles(tiller)["people"].subjects == people
    assert [role.part for role in tiller.roles if role.subjects == people] == ["people"]


def test_tiller_starts_with_tls_verification_and_secret_storage_all_explicit() -> None:
    assert GREEN.pod.arguments == (
        "--storage=secret",
        "--listen=127.0.0.1:44134",
        "--probe-listen=:44135",
        "--tls=true",
        "--tls-verify=true",
        "--tls-key=/etc/certs/tls.key",
        "--tls-cert=/etc/certs/tls.crt",
        "--tls-ca-cert=/etc/certs/ca.crt",
        "--history-max=20",
    )


def test_no_two_teams_can_share_a_logical_name() -> None:
    """Team `a` with the client `b-server` beside team `a-client` would, if parts were joined by '-' alone."""
    first = plan("a", smallest(clients={"server": {}, "b": {}}, namespaces={"n": {}}), STACK)
    second = plan("a-client", smallest(clients={"b": {}}, namespaces={"m": {}}), STACK)
    parts = [
        {f"{t.name}-{c.part}" for t in (tiller,) for c in (t.server, *t.clients.values())} for tiller in (first, second)
    ]
    assert parts[0].isdisjoint(parts[1])

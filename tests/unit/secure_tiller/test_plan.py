"""The plan: complete, and safe for whatever settings it accepts."""

import re
from typing import Any

import pytest
from hypothesis import assume, given

from secure_tiller.args import RightsArgs
from secure_tiller.plan import pem, rights, validation
from secure_tiller.plan.build import plan
from secure_tiller.plan.lifetimes import Lifetime
from secure_tiller.plan.model import CertificatePlan, GivenCertificate, RolePlan, TillerPlan
from secure_tiller.problems import ConfigurationError
from tests.support import pki, strategies
from tests.support.leaks import leaked, secret_number
from tests.support.samples import (
    BLUE,
    FULL,
    LEASES,
    OWN_CA,
    OWN_SERVER,
    PARTNER,
    SMALLEST,
    STACK,
    own_certificate,
    smallest,
)
from tiller_facts.rbac import Subject

SVC_LOCAL = ".svc.cluster.local"
GREEN = plan("green", SMALLEST, STACK)
LABELS = {"app.kubernetes.io/managed-by": "secure-tiller", "secure-tiller/team": "blue"}


def roles(tiller: TillerPlan) -> dict[str, RolePlan]:
    return {role.part: role for role in tiller.roles}


def container(tiller: TillerPlan) -> Any:
    """Return the only container of Tiller's pod."""
    (only,) = tiller.pod["containers"]
    return only


def levels(tiller: TillerPlan) -> dict[str, str]:
    namespaces = (tiller.namespace, *tiller.managed)
    return {one.name: one.labels["pod-security.kubernetes.io/enforce"] for one in namespaces}


def issued(tiller: TillerPlan) -> list[CertificatePlan]:
    """Return the certificates that the stack issues."""
    return [one for one in (tiller.server, *tiller.clients.values()) if isinstance(one, CertificatePlan)]


def parts_of(certificate: CertificatePlan) -> list[str]:
    return [certificate.part, *(authority.part for authority in certificate.authorities)]


def server(tiller: TillerPlan) -> CertificatePlan:
    assert isinstance(tiller.server, CertificatePlan)
    return tiller.server


@given(args=strategies.settings)
def test_any_right_settings_give_a_plan_that_keeps_the_promises(args: Any) -> None:
    tiller = plan("team", args, STACK)
    assert tiller.namespace.name not in {one.name for one in tiller.managed}
    assert levels(tiller)["team-tiller"] == "restricted"
    assert set(tiller.clients) == set(args["clients"])
    assert {role.namespace for role in tiller.roles} == {"team-tiller", *args["namespaces"]}
    for role in tiller.roles:
        for rule in role.rules:
            assert all("*" not in word for word in (*rule.api_groups, *rule.resources, *rule.verbs))
            assert {"escalate", "bind", "impersonate"}.isdisjoint(rule.verbs)
    for certificate in issued(tiller):
        assert ("server_auth" in certificate.allowed_uses) != ("client_auth" in certificate.allowed_uses)
        for authority in certificate.authorities:
            assert authority.lifetime.renew_before > certificate.lifetime.validity
    parts = [part for certificate in issued(tiller) for part in parts_of(certificate)]
    assert len(parts) == len(set(parts)), "no two keys or certificates share a logical name"
    assert len(tiller.trust_anchors) == len(set(tiller.trust_anchors)) == len(tiller.clients) + len(tiller.trusted)
    assert ("--listen=127.0.0.1:44134" in container(tiller)["args"]) == (tiller.exposed_to is None)
    assert {"--tls=true", "--tls-verify=true", "--storage=secret"} <= set(container(tiller)["args"])


@given(args=strategies.plain)
def test_anything_else_is_refused_in_words(args: Any) -> None:
    assume(validation.check("team", args))
    with pytest.raises(ConfigurationError) as refused:
        plan("team", args, STACK)
    assert all(problem.remedy for problem in refused.value.problems)


@given(args=strategies.settings)
def test_the_order_of_the_settings_does_not_matter(args: Any) -> None:
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
    assert {"name": "TILLER_NAMESPACE", "value": "helm-green"} in container(tiller)["env"]
    assert tiller.roles[0].namespace == "helm-green"
    assert roles(tiller)["manage:green-apps"].subjects == (Subject("ServiceAccount", "tiller", "helm-green"),)
    assert "tiller-deploy.helm-green.svc" in server(tiller).dns_names


def test_everything_of_a_team_is_labelled_with_it() -> None:
    assert plan("blue", BLUE, STACK).labels == LABELS


def test_a_managed_namespace_enforces_baseline_by_default() -> None:
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
def test_a_managed_namespace_stays_by_default(settings: dict[str, bool], retained: bool) -> None:
    (managed,) = plan("blue", smallest(namespaces={"apps": settings}), STACK).managed
    assert managed.retain_on_delete is retained


def test_an_existing_namespace_is_not_created_but_managed() -> None:
    tiller = plan("blue", smallest(namespaces={"apps": {"existing": True}}), STACK)
    assert tiller.managed == ()
    assert roles(tiller)["manage:apps"].namespace == "apps"


def test_the_server_certificate_is_good_for_the_port_forward_and_for_a_service() -> None:
    assert server(GREEN).ip_addresses == ("127.0.0.1",)
    assert server(GREEN).dns_names == (
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
    assert container(GREEN)["args"] == [
        "--storage=secret",
        "--listen=127.0.0.1:44134",
        "--probe-listen=:44135",
        "--tls=true",
        "--tls-verify=true",
        "--tls-key=/etc/certs/tls.key",
        "--tls-cert=/etc/certs/tls.crt",
        "--tls-ca-cert=/etc/certs/ca.crt",
        "--history-max=20",
    ]


def test_no_two_teams_can_share_a_logical_name() -> None:
    """Team `a` with the client `b-server` and team `a-client` would, if parts were joined by '-' alone."""
    first = plan("a", smallest(clients={"server": {}, "b": {}}, namespaces={"n": {}}), STACK)
    second = plan("a-client", smallest(clients={"b": {}}, namespaces={"m": {}}), STACK)
    parts = [{f"{t.name}-{part}" for c in issued(t) for part in parts_of(c)} for t in (first, second)]
    assert parts[0].isdisjoint(parts[1])


def with_certificates(**settings: Any) -> TillerPlan:
    return plan("green", smallest(certificates=settings), STACK)


@pytest.mark.parametrize(
    ("numbers", "parts"),
    [
        ([1], ["server-ca"]),
        ([1, 2], ["server-ca", "server-ca:2"]),
        ([2, 1], ["server-ca:2", "server-ca"]),
        ([2], ["server-ca:2"]),
        ([7, 3], ["server-ca:7", "server-ca:3"]),
    ],
    ids=str,
)
def test_the_first_of_the_servers_cas_signs_and_each_keeps_its_name_wherever_it_stands(
    numbers: list[int], parts: list[str]
) -> None:
    assert [authority.part for authority in server(with_certificates(server_cas=numbers)).authorities] == parts


def test_the_servers_cas_are_none_of_the_clients_matter() -> None:
    assert with_certificates(server_cas=[1, 2]).clients == GREEN.clients


def generations(tiller: TillerPlan) -> dict[str, str]:
    """Return what follows the part in the logical name of each key."""
    of_certificates = {one.part: one.generation for one in issued(tiller)}
    return of_certificates | {ca.part: ca.generation for one in issued(tiller) for ca in one.authorities}


def with_clients(**clients: Any) -> TillerPlan:
    return plan("green", smallest(clients=clients), STACK)


def test_a_generation_is_that_of_every_key_and_changes_nothing_else() -> None:
    third = with_certificates(generation=3)
    assert set(generations(GREEN).values()) == {""}
    assert set(generations(third).values()) == {"@3"}
    assert [parts_of(one) for one in issued(third)] == [parts_of(one) for one in issued(GREEN)]
    assert (third.roles, third.pod, third.managed) == (GREEN.roles, GREEN.pod, GREEN.managed)


def test_the_generation_of_a_client_is_that_of_its_key_and_ca_alone() -> None:
    assert generations(with_clients(alice={"generation": 2}, bob={})) == {
        "server": "",
        "server-ca": "",
        "client:alice": "@1.2",
        "client-ca:alice": "@1.2",
        "client:bob": "",
        "client-ca:bob": "",
    }


def test_the_first_generation_of_a_client_is_the_default() -> None:
    assert with_clients(bob={"generation": 1}) == GREEN


def test_no_two_pairs_of_generations_are_the_same() -> None:
    pairs = [(of_all, own) for of_all in (1, 2, 12, 21) for own in (1, 2, 12, 21)]
    words = {
        plan(
            "green", smallest(certificates={"generation": of_all}, clients={"bob": {"generation": own}}), STACK
        ).trust_anchors
        for of_all, own in pairs
    }
    assert len(words) == len(pairs)


KEY, OTHER_KEY = pki.new_key(), pki.new_key()


def requesting(key: pki.Key, **more: Any) -> TillerPlan:
    return with_clients(bob={"csr": pki.request("bob", key=key), **more})


def test_a_request_for_another_key_is_another_ca_so_that_the_certificate_for_the_old_key_is_revoked() -> None:
    first, second = requesting(KEY), requesting(OTHER_KEY)
    assert first.trust_anchors != second.trust_anchors
    assert generations(first)["client-ca:bob"] != generations(second)["client-ca:bob"]
    assert generations(first)["server-ca"] == generations(second)["server-ca"] == ""


def test_a_request_renewed_with_the_same_key_keeps_its_ca() -> None:
    first, renewed = requesting(KEY), with_clients(bob={"csr": pki.request("bob", key=KEY, organization="renewed")})
    assert first.clients["bob"].request != renewed.clients["bob"].request
    assert first.trust_anchors == renewed.trust_anchors
    assert generations(first) == generations(renewed)


def test_a_request_and_a_generation_are_both_in_the_name_of_the_ca() -> None:
    word = generations(requesting(KEY))["client-ca:bob"]
    assert re.fullmatch("#[0-9a-f]{12}", word)
    assert generations(requesting(KEY, generation=2))["client-ca:bob"] == f"@1.2{word}"


def test_each_certificate_has_the_life_of_its_settings() -> None:
    tiller = plan("blue", FULL, STACK)
    assert server(tiller).lifetime == Lifetime(60 * 24, 10 * 24)
    assert {client.lifetime for client in tiller.clients.values()} == {Lifetime(36, 12)}
    assert {ca.lifetime for one in issued(tiller) for ca in one.authorities} == {Lifetime(300 * 24, 61 * 24)}


def test_a_client_that_makes_its_own_key_gives_the_request() -> None:
    clients = plan("blue", FULL, STACK).clients
    assert clients["dora"].request == FULL["clients"]["dora"]["csr"]
    assert clients["alice"].request is clients["ci"].request is None


def test_a_certificate_of_ones_own_is_taken_as_it_is_and_must_hold_the_loopback() -> None:
    given = own_certificate()
    tiller = with_certificates(server_certificate=given)
    assert tiller.server == GivenCertificate(given["certificate"], given["key"], given["ca"], ("127.0.0.1",))


def test_no_key_shows_when_the_settings_or_a_certificate_of_ones_own_are_printed() -> None:
    args = smallest(certificates={"server_certificate": own_certificate()})
    printed = f"{validation.Settings('green', args)!r} {plan('green', args, STACK)!r}"
    assert OWN_SERVER.pem.splitlines()[1] in printed, "the control: what is no secret does show"
    assert leaked(printed, {secret_number(OWN_SERVER.key_pem)}) == []
    assert "PRIVATE KEY" not in printed


def test_exposed_a_certificate_of_ones_own_must_hold_the_names_of_the_service_too() -> None:
    names = ("127.0.0.1", "tiller-deploy", *(f"tiller-deploy.green-tiller{end}" for end in ("", ".svc", SVC_LOCAL)))
    pair = pki.server(OWN_CA, names=names)
    own = own_certificate(certificate=pair.pem, key=pair.key_pem)
    client = {"secret": {"namespace": "pipelines", "name": "tiller"}}
    args = smallest(certificates={"server_certificate": own}, expose="cluster", clients={"bob": client})
    tiller = plan("green", args, STACK)
    assert isinstance(tiller.server, GivenCertificate)
    assert tiller.server.names == names


def test_tiller_answers_its_clients_by_name_and_generation() -> None:
    assert plan("blue", BLUE, STACK).trust_anchors == ("alice", "ci")
    assert with_certificates(generation=4).trust_anchors == ("bob@4",)
    assert with_clients(alice={"generation": 2}, bob={}).trust_anchors == ("alice@1.2", "bob")


def test_tiller_answers_a_client_that_makes_its_own_key_by_name_and_key() -> None:
    request = pki.request("bob")
    assert with_clients(bob={"csr": request}).trust_anchors == (f"bob#{pem.key_of_request(request)}",)


def test_tiller_answers_whom_a_further_ca_signs_for_by_the_cas_name_and_fingerprint() -> None:
    one, other = (with_certificates(trusted_client_cas={"partner": text}) for text in (PARTNER.pem, OWN_CA.pem))
    assert one.trust_anchors == ("bob", f"ca:partner#{pem.fingerprint(PARTNER.pem)}")
    assert other.trust_anchors == ("bob", f"ca:partner#{pem.fingerprint(OWN_CA.pem)}")
    assert one.trust_anchors != other.trust_anchors


def test_a_comment_next_to_a_ca_does_not_change_who_is_answered() -> None:
    commented = with_certificates(trusted_client_cas={"partner": f"# renewed\n\n{PARTNER.pem}"})
    assert commented.trust_anchors == with_certificates(trusted_client_cas={"partner": PARTNER.pem}).trust_anchors


def test_a_word_for_who_is_answered_can_stand_in_a_list_of_words() -> None:
    assert all(" " not in word for word in plan("blue", FULL, STACK).trust_anchors)


def test_the_secret_of_a_client_is_planned_where_it_runs() -> None:
    assert plan("blue", FULL, STACK).secrets == {"ci": {"namespace": "pipelines", "name": "tiller-ci"}}
    assert GREEN.secrets == {}


def test_tiller_listens_on_its_loopback_unless_it_is_exposed() -> None:
    assert GREEN.exposed_to is None
    assert "--listen=:44134" in container(plan("blue", FULL, STACK))["args"]


def test_exposed_it_admits_the_namespaces_of_its_clients_secrets_each_once() -> None:
    places = {"a": "pipelines", "b": "pipelines", "c": "batch"}
    clients = {name: {"secret": {"namespace": inside, "name": name}} for name, inside in places.items()}
    tiller = plan("green", smallest(expose="cluster", clients={**clients, "d": {}}), STACK)
    assert tiller.exposed_to == ("batch", "pipelines")


def test_existing_namespaces_are_named_in_their_order() -> None:
    namespaces = {"ours": {"existing": True, "shared": True}, "mine": {"existing": True}, "new": {}}
    assert plan("green", smallest(namespaces=namespaces), STACK).existing == ("mine", "ours")


def test_the_rights_asked_for_are_those_of_every_managed_namespace() -> None:
    wanted: RightsArgs = {"preset": "none", "rules": [LEASES]}
    tiller = plan("green", smallest(namespaces={"a": {}, "b": {}}, rights=wanted), STACK)
    assert [(role.namespace, role.rules) for role in tiller.roles if role.part.startswith("manage:")] == [
        (namespace, rights.managed(namespace, wanted)) for namespace in ("a", "b")
    ]


def test_labels_of_the_user_are_on_everything_and_ours_among_them() -> None:
    tiller = plan("blue", FULL, STACK)
    assert tiller.labels == {**LABELS, "example.org/cost-centre": "42"}
    assert all(tiller.labels.items() <= one.labels.items() for one in (tiller.namespace, *tiller.managed))


def test_the_pod_is_that_of_the_settings() -> None:
    tiller = plan("blue", FULL, STACK)
    assert container(tiller)["image"] == "registry.example.org/helm/tiller:v2.16.12"
    assert "--history-max=5" in container(tiller)["args"]
    assert container(tiller)["resources"] == {
        "requests": {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "16Mi"},
        "limits": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "256Mi"},
    }
    assert tiller.pod["nodeSelector"] == {"kubernetes.io/os": "linux"}
    toleration = {"key": "dedicated", "value": "helm", "effect": "NoExecute", "tolerationSeconds": 60}
    assert tiller.pod["tolerations"] == [toleration]
    assert (tiller.pod["priorityClassName"], tiller.rollout_seconds) == ("high", 90)


def test_the_pod_is_small_runs_anywhere_and_has_five_minutes_to_start_by_default() -> None:
    assert container(GREEN)["image"] == "ghcr.io/helm/tiller:v2.17.0"
    assert container(GREEN)["resources"] == {
        "requests": {"cpu": "25m", "memory": "64Mi", "ephemeral-storage": "16Mi"},
        "limits": {"cpu": "1", "memory": "512Mi", "ephemeral-storage": "256Mi"},
    }
    assert {"nodeSelector", "tolerations", "priorityClassName"}.isdisjoint(GREEN.pod)
    assert GREEN.rollout_seconds == 300


def test_a_pod_that_is_stopped_has_longer_than_helm_waits_for_a_call() -> None:
    helms_default_timeout = 300
    assert GREEN.pod["terminationGracePeriodSeconds"] > helms_default_timeout

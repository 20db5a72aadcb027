"""Certificates that users bring: a request, a CA of other clients, a server certificate of the company's PKI."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from kubernetes import client

from secure_tiller_cli.diagnosis import Accepted, Credentials, Refused
from testbed.tiller import ask
from testbed.toolchain.pins import HELM
from tests.support import pki
from tests.support.leaks import leaked, private_keys, secret_number
from tests.support.live_objects import tls_secret_name
from tests.support.pki import Life, Pair
from tests.support.projects import TestStack, restored
from tests.support.state import State


@dataclass
class Company:
    """A team that brings its own, and what became of it.

    Attributes:
        team: its name.
        stack: the stack it is in.
        key: of ann, who gave a request; no program but this one has it.
        authorities: CAs by name: "server"; of clients "partner", which is trusted, and "stranger", which is not.
        bundles: of ann and bob after the first update.
        state: the state after it, with every secret in clear.
    """

    team: str
    stack: TestStack
    key: str
    authorities: dict[str, Pair]
    bundles: dict[str, Credentials] = field(default_factory=dict)
    state: str = ""


@pytest.fixture(scope="module")
def company(new_stack: Callable[..., TestStack], suffix: str) -> Iterator[Company]:
    key = pki.new_key()
    authorities = {name: pki.authority(name) for name in ("server", "partner", "stranger")}
    team = f"own-{suffix}"
    stack = new_stack({})
    seen = Company(team, stack, pki.key_pem(key), authorities)
    request = pki.request("ann", key=key)
    with stack:
        _configure(seen, request, Life.of(), clients=("ann", "bob"))
        stack.up()
        outputs = stack.outputs()[team]["bundles"]
        seen.bundles = {
            "ann": Credentials(outputs["ann"]["ca"], outputs["ann"]["cert"], seen.key),
            "bob": Credentials(**outputs["bob"]),
        }
        seen.state = stack.export(secrets=True)
        yield seen


def _configure(company: Company, request: str, life: Life, clients: tuple[str, ...]) -> None:
    server = pki.server(company.authorities["server"], life=life)
    settings = {
        "namespaces": {f"{company.team}-apps": {"retain_on_delete": False}},
        "clients": {name: {"csr": request} if name == "ann" else {} for name in clients},
        "certificates": {
            "server_certificate": {"certificate": server.pem, "ca": company.authorities["server"].pem},
            "trusted_client_cas": {"partner": company.authorities["partner"].pem},
        },
    }
    company.stack.configure_teams({company.team: settings})
    company.stack.set_server_key(company.team, server.key_pem)


def _ask(company: Company, cert: str, key: str) -> Accepted | Refused:
    own = company.authorities["server"].pem
    return ask(f"{company.team}-tiller", company.stack.environment, Credentials(own, cert, key))


def test_a_client_that_gave_a_request_is_answered_with_the_key_it_kept(company: Company) -> None:
    bundle = company.bundles["ann"]
    assert _ask(company, bundle.cert, bundle.key) == Accepted(HELM)


def test_no_key_of_it_is_anywhere_in_the_state(company: Company) -> None:
    assert leaked(company.state, {secret_number(company.key)}) == []


def test_control_the_key_of_the_other_client_is(company: Company) -> None:
    assert secret_number(company.bundles["bob"].key) in private_keys(company.state)


def test_its_bundle_is_the_certificate_and_the_ca_alone(company: Company) -> None:
    assert set(company.stack.outputs()[company.team]["bundles"]["ann"]) == {"ca", "cert"}


def test_a_client_of_a_trusted_ca_is_answered(company: Company) -> None:
    guest = pki.client(company.authorities["partner"], "guest")
    assert _ask(company, guest.pem, guest.key_pem) == Accepted(HELM)


def test_control_a_client_of_a_ca_that_is_not_trusted_is_refused(company: Company) -> None:
    guest = pki.client(company.authorities["stranger"], "guest")
    assert isinstance(_ask(company, guest.pem, guest.key_pem), Refused)


def test_a_server_certificate_of_the_trusted_ca_cannot_call(company: Company) -> None:
    host = pki.server(company.authorities["partner"])
    assert isinstance(_ask(company, host.pem, host.key_pem), Refused)


def test_clients_are_given_the_companys_ca(company: Company) -> None:
    assert company.bundles["bob"].ca.strip() == company.authorities["server"].pem.strip()
    assert _ask(company, company.bundles["bob"].cert, company.bundles["bob"].key) == Accepted(HELM)


def test_the_servers_key_stands_in_no_file_and_no_output_in_clear(company: Company) -> None:
    keys = private_keys(company.state)
    outputs = company.stack.run("stack", "output", "--json", "--stack", company.stack.name).stdout
    assert leaked(company.stack.file.read_text() + outputs + company.stack.export(), keys) == []


def test_a_server_key_that_does_not_match_is_refused_before_anything_is_changed(company: Company) -> None:
    stray = pki.key_pem(pki.new_key())
    with restored(company.stack.file):
        company.stack.set_server_key(company.team, stray)
        refused = company.stack.preview(check=False)
    assert refused.returncode != 0
    assert "certificates.server_certificate = (not shown)" in refused.stdout
    assert "does not belong to the key" in refused.stdout
    assert leaked(refused.stdout + refused.stderr, {secret_number(stray)}) == []


def test_a_server_key_that_is_plain_beside_an_encrypted_one_is_refused_and_not_shown(company: Company) -> None:
    stray = pki.key_pem(pki.new_key())
    with restored(company.stack.file) as before:
        config = yaml.safe_load(before)
        config["config"]["secure-tiller:serverKeys"]["other"] = stray
        company.stack.file.write_text(yaml.safe_dump(config))
        refused = company.stack.preview(check=False)
    assert refused.returncode != 0
    assert "secure-tiller:serverKeys.other = (not shown)" in refused.stdout
    assert "holds credentials in plain sight" in refused.stdout
    assert leaked(refused.stdout + refused.stderr, {secret_number(stray)}) == []


def test_a_server_key_in_the_map_of_teams_is_refused_and_not_shown(company: Company) -> None:
    stray = pki.key_pem(pki.new_key())
    with restored(company.stack.file) as before:
        config = yaml.safe_load(before)
        config["config"]["secure-tiller:teams"][company.team]["certificates"]["server_certificate"]["key"] = stray
        company.stack.file.write_text(yaml.safe_dump(config))
        refused = company.stack.preview(check=False)
    assert refused.returncode != 0
    assert "a private key in plain sight" in refused.stdout
    assert leaked(refused.stdout + refused.stderr, {secret_number(stray)}) == []


def test_the_ca_that_the_stack_issued_for_one_teams_client_is_refused_in_another_teams_trust(company: Company) -> None:
    authority = State.of(company.stack).authority(f"{company.team}-client-ca:bob")
    other = f"{company.team}-x"
    settings = {
        "namespaces": {f"{other}-apps": {}},
        "clients": {"eve": {}},
        "certificates": {"trusted_client_cas": {"partner": authority}},
    }
    with restored(company.stack.file) as before:
        teams = yaml.safe_load(before)["config"]["secure-tiller:teams"]
        company.stack.configure_teams({**teams, other: settings})
        refused = company.stack.preview(check=False)
    assert refused.returncode != 0
    assert f"team {other}: certificates.trusted_client_cas.partner = (not shown)" in refused.stdout
    assert "is the CA that secure-tiller issued for a single certificate" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr


def test_an_expired_server_certificate_is_a_loud_warning_and_revocation_goes_on(
    company: Company, api: client.ApiClient
) -> None:
    before = company.stack.file.read_text()
    teams = yaml.safe_load(before)["config"]["secure-tiller:teams"]
    ended = Life(begin=datetime.now(UTC) - timedelta(days=90), end=datetime.now(UTC) - timedelta(days=1))
    _configure(company, teams[company.team]["clients"]["ann"]["csr"], ended, clients=("ann",))
    try:
        done = company.stack.up()
        trusted = _trusted(api, company.team)
    finally:
        company.stack.file.write_text(before)
        company.stack.up()
    assert "certificate 1 of 1 has EXPIRED" in done.stdout
    assert company.authorities["partner"].pem.strip() in trusted
    assert trusted.count("BEGIN CERTIFICATE") == 2  # ann's CA and the partner's; bob's is gone


def _trusted(api: client.ApiClient, team: str) -> str:
    """The trust annotation of the running pod of Tiller."""
    core = client.CoreV1Api(api)
    pods = core.list_namespaced_pod(f"{team}-tiller", label_selector="app=helm,name=tiller").items
    (pod,) = [pod for pod in pods if not pod.metadata.deletion_timestamp]
    name = tls_secret_name(pod)
    return base64.b64decode(core.read_namespaced_secret(name, f"{team}-tiller").data["ca.crt"]).decode()

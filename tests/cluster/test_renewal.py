"""Certificates renew with a plain `pulumi up`, and nobody notices but those who must fetch a bundle.

Three teams of one stack, whose certificates are made older in the state: of `leaf` the client's, which is inside the
window of its renewal; of `serv` Tiller's own, which has ended; of `auth` both CAs, a day inside theirs.
"""

import dataclasses
import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from kubernetes import client

from secure_tiller.plan import certificate_life
from secure_tiller_cli import handover
from secure_tiller_cli.check import certificates
from secure_tiller_cli.check.certificates import Limits
from secure_tiller_cli.diagnosis import Accepted, Credentials
from secure_tiller_cli.diagnosis.client import ClientCredentials, wrong_with_client
from secure_tiller_cli.diagnosis.client import read as client_credentials
from secure_tiller_cli.diagnosis.forward import forwarded
from secure_tiller_cli.diagnosis.handshake import probe_tls
from secure_tiller_cli.diagnosis.server import wrong_with_server
from secure_tiller_cli.diagnosis.stack_certificates import StackCertificates
from secure_tiller_cli.report.build import build
from secure_tiller_cli.state import read
from secure_tiller_stack.kubeconfig import Access
from testbed.demo.place import Place
from testbed.helm import Helm
from testbed.tiller import ask
from testbed.toolchain.pins import HELM
from testbed.waiting import until
from tests.support import ageing
from tests.support.ageing import DAY
from tests.support.projects import TestStack
from tests.support.remedies import Command, commands, run, succeeded
from tiller_facts.identity import LOOPBACK

SLOW_CHART = Path(__file__).parent / "slow_chart"
TEAMS = ("leaf", "serv", "auth")


@dataclass
class Renewal:
    """The observations before, during and after the update that renewed.

    Attributes:
        stack: the stack; everything in it is renewed.
        suffix: the ending after `leaf`, `serv` and `auth` in the names of the teams.
        outside: the output of a preview while the client's certificate was a day short of its window.
        planned: the steps of the preview inside the window, by what they touch and how.
        before: the bundles before, by team.
        after: the bundles after, by team.
        pods: the UIDs of each team's Tiller pods before and after.
        calls: of `helm ls` at serv while Tiller rolled: what each failed call said, and how many there were.
        install: of `helm install --wait` at serv, begun before Tiller rolled.
        outlived: whether that install still ran when the update was done.
        remedies: the update, as each command of ours prints it for these certificates.
        update: how the first of them ended.
    """

    stack: TestStack
    suffix: str
    outside: "subprocess.CompletedProcess[str]"
    planned: dict[str, str] = field(default_factory=dict)
    before: dict[str, Credentials] = field(default_factory=dict)
    after: dict[str, Credentials] = field(default_factory=dict)
    pods: dict[str, list[set[str]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    install: "subprocess.CompletedProcess[str] | None" = None
    outlived: bool = False
    remedies: list[Command] = field(default_factory=list)
    update: "subprocess.CompletedProcess[str] | None" = None

    def team(self, name: str) -> str:
        return f"{name}-{self.suffix}"


@pytest.fixture(scope="module")
def renewal(
    new_stack: Callable[..., TestStack],
    api: client.ApiClient,
    cluster: Place,
    suffix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Renewal]:
    names = [f"{team}-{suffix}" for team in TEAMS]
    apps = {"retain_on_delete": False, "pod_security": "privileged", "pod_security_reason": "test"}
    with new_stack({name: {"namespaces": {f"{name}-apps": apps}, "clients": {"ann": {}}} for name in names}) as stack:
        stack.up()
        yield _lived(stack, api, cluster, suffix, tmp_path_factory.mktemp("helm"))


def _lived(stack: TestStack, api: client.ApiClient, cluster: Place, suffix: str, folder: Path) -> Renewal:
    leaf, serv, auth = (f"{team}-{suffix}" for team in TEAMS)
    with ageing.state(stack) as state:
        state.age(f"{leaf}-client:ann", 31 * DAY, f"{leaf}-client-ca:ann")
    seen = Renewal(stack, suffix, stack.preview("--expect-no-changes", check=False))
    with ageing.state(stack) as state:
        state.age(f"{leaf}-client:ann", 29 * DAY, f"{leaf}-client-ca:ann")
        state.age(f"{serv}-server", -1 * DAY, f"{serv}-server-ca")
        for ca in ("server-ca", "client-ca:ann"):
            state.age(f"{auth}-{ca}", 119 * DAY)
    seen.planned = _planned(stack.preview("--json").stdout)
    seen.before = _bundles(stack, suffix) | {
        "leaf": _with_certificate(stack, leaf, state.certificate(f"{leaf}-client:ann"))
    }
    seen.remedies = list(_updates(stack, leaf, cluster))
    seen.pods = {team: [_pods(api, f"{team}-{suffix}")] for team in TEAMS}
    helm = Helm.of(seen.before["serv"], stack.environment, folder, f"{serv}-tiller")
    _renew_under_load(seen, helm, api, cluster)
    for team in TEAMS:
        seen.pods[team].append(_pods(api, f"{team}-{suffix}"))
    seen.after = _bundles(stack, suffix)
    return seen


def _updates(stack: TestStack, team: str, cluster: Place) -> Iterator[Command]:
    """Yield the updates that each command of ours prints, at the hours when a client's certificate renews and ends.

    Outputs lag behind an edited state, so the hours are those of the outputs.
    """
    tillers = read(json.loads(stack.export(secrets=True))["deployment"])
    (own,) = (each for each in tillers if each.name == team)
    expiration = own.expirations["client:ann"]
    life = certificate_life.read("client:ann", expiration)
    assert life.renewal_begins
    due, before, ended = life.renewal_begins + DAY, life.renewal_begins - DAY, life.ends + DAY
    limits = Limits(60 * DAY, 0 * DAY)
    said = [result.remedy for now in (before, due) for result in certificates.judge(own, now, limits)]
    for now in (due, ended):
        page = build("stack", tillers, None, now, "")
        said += [finding.text for finding in page.findings if finding.team == team]
    said += handover.sentences(handover.bundle(own, "ann"), "ann", expiration, due)
    brought, known = client_credentials(stack.bundle(team, "ann")), StackCertificates(own)
    assert isinstance(brought, ClientCredentials)
    access = Access(cluster.kubeconfig, cluster.context)
    port = partial(forwarded, access, own.namespace, "deployment/tiller-deploy", environment=stack.environment)
    late = ended + 3650 * DAY
    causes = (
        *wrong_with_client(brought, ended, known),
        *wrong_with_server(brought, probe_tls(port), late, LOOPBACK, known),
    )
    said += [cause.remedy for cause in causes]
    return (each for text in said for each in commands(text) if each.startswith("pulumi up"))


def _renew_under_load(seen: Renewal, helm: Helm, api: client.ApiClient, cluster: Place) -> None:
    """Update the stack while `helm ls` is called again and again and a `helm install --wait` runs."""
    installing = _install(helm, seen.team("serv"), api, cluster)
    updated = threading.Event()
    caller = threading.Thread(target=lambda: seen.calls.extend(_call_until(updated, helm)))
    caller.start()
    try:
        environment = {**seen.stack.environment, "PULUMI_SKIP_CONFIRMATIONS": "true"}
        seen.update = run(seen.remedies[0], seen.stack.project, environment)
        seen.outlived = installing.poll() is None
        _let_be_ready(api, seen.team("serv"))
        output, errors = installing.communicate(timeout=120)
    finally:
        updated.set()
        caller.join()
    seen.install = subprocess.CompletedProcess(installing.args, installing.returncode, output, errors)


def _install(helm: Helm, team: str, api: client.ApiClient, cluster: Place) -> "subprocess.Popen[str]":
    """Begin an install that does not end before `_let_be_ready`; return once Tiller has it in hand."""
    core = client.CoreV1Api(api)
    installing = helm.begin("install", str(SLOW_CHART), "--name", "slow", "--namespace", f"{team}-apps", "--wait",
        "--set", f"image={cluster.busybox}")  # fmt: skip

    def stored() -> bool:
        return bool(core.list_namespaced_secret(f"{team}-tiller", label_selector="NAME=slow").items)

    until(stored, "Tiller has stored the release")
    return installing


def _let_be_ready(api: client.ApiClient, team: str) -> None:
    """Set the condition for which the chart's pod waits."""
    core, condition = client.CoreV1Api(api), {"type": "tests/may-be-ready", "status": "True"}
    for pod in core.list_namespaced_pod(f"{team}-apps", label_selector="release=slow").items:
        core.patch_namespaced_pod_status(pod.metadata.name, f"{team}-apps", {"status": {"conditions": [condition]}})


def _call_until(updated: threading.Event, helm: Helm) -> Iterator[str]:
    """Call `helm ls` until the update is done and for 5 s more; yield what each failed call said."""
    end = None
    while end is None or time.monotonic() < end:
        done = helm.run("ls")
        yield done.stderr if done.returncode else ""
        if updated.is_set() and end is None:
            end = time.monotonic() + 5


def _bundles(stack: TestStack, suffix: str) -> dict[str, Credentials]:
    outputs = stack.outputs()
    return {team: Credentials(**outputs[f"{team}-{suffix}"]["bundles"]["ann"]) for team in TEAMS}


def _with_certificate(stack: TestStack, team: str, certificate: str) -> Credentials:
    """The bundle that a client would hold whose certificate had aged: outputs lag behind an edited state."""
    return dataclasses.replace(stack.bundle(team, "ann"), cert=certificate)


def _pods(api: client.ApiClient, team: str) -> set[str]:
    listed = client.CoreV1Api(api).list_namespaced_pod(f"{team}-tiller", label_selector="app=helm,name=tiller").items
    return {pod.metadata.uid for pod in listed if not pod.metadata.deletion_timestamp}


def _planned(preview: str) -> dict[str, str]:
    steps = json.loads(preview)["steps"]
    return {step["urn"].rsplit("::", 1)[-1]: step["op"] for step in steps if step["op"] != "same"}


def _certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def _answer(renewal: Renewal, team: str, bundle: Credentials) -> Any:
    return ask(f"{renewal.team(team)}-tiller", renewal.stack.environment, bundle)


def test_outside_its_window_nothing_renews(renewal: Renewal) -> None:
    assert renewal.outside.returncode == 0, renewal.outside.stdout
    assert "unchanged" in renewal.outside.stdout


def test_inside_its_window_a_clients_certificate_renews_and_nothing_else_of_the_team(renewal: Renewal) -> None:
    leaf = {name for name in renewal.planned if name.startswith(renewal.team("leaf"))}
    assert leaf == {f"{renewal.team('leaf')}-client:ann"}
    assert (
        _certificate(renewal.after["leaf"].cert).serial_number
        != _certificate(renewal.before["leaf"].cert).serial_number
    )


def test_the_update_that_renews_is_that_of_the_remedies(renewal: Renewal) -> None:
    assert renewal.update is not None
    succeeded(renewal.update, *renewal.remedies[1:])


def test_a_certificate_that_has_ended_renews_too(renewal: Renewal) -> None:
    assert renewal.planned[f"{renewal.team('serv')}-server"] == "replace"


def test_a_renewed_certificate_keeps_its_key(renewal: Renewal) -> None:
    for team in TEAMS:
        assert renewal.before[team].key == renewal.after[team].key


def test_a_renewed_clients_certificate_does_not_restart_tiller(renewal: Renewal) -> None:
    before, after = renewal.pods["leaf"]
    assert before == after


def test_control_a_renewed_server_certificate_does(renewal: Renewal) -> None:
    before, after = renewal.pods["serv"]
    assert len(before) == len(after) == 1
    assert before != after


@pytest.mark.parametrize("team", TEAMS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_bundle_from_before_and_the_one_from_after_are_both_answered(
    renewal: Renewal, team: str, when: str
) -> None:
    bundle = getattr(renewal, when)[team]
    assert _answer(renewal, team, bundle) == Accepted(HELM)


def test_renewed_cas_keep_their_key_and_name(renewal: Renewal) -> None:
    before, after = _certificate(renewal.before["auth"].ca), _certificate(renewal.after["auth"].ca)
    assert before.serial_number != after.serial_number
    assert (before.subject, before.public_key()) == (after.subject, after.public_key())


def test_no_call_fails_while_tiller_rolls(renewal: Renewal) -> None:
    assert len(renewal.calls) > 10
    assert [said for said in renewal.calls if said] == []


def test_an_install_that_runs_while_tiller_rolls_ends_well(renewal: Renewal) -> None:
    assert renewal.outlived, "the install was over before Tiller had rolled: the test shows nothing"
    assert renewal.install is not None
    assert renewal.install.returncode == 0, renewal.install.stderr
    assert "STATUS: DEPLOYED" in renewal.install.stdout


def test_control_without_the_drain_a_running_install_breaks(
    renewal: Renewal, api: client.ApiClient, cluster: Place, tmp_path: Path
) -> None:
    team, apps = renewal.team("auth"), client.AppsV1Api(api)
    container = {"name": "tiller", "lifecycle": None}
    _patch(apps, team, {"spec": {"containers": [container]}})
    bundle = renewal.after["auth"]
    installing = _install(Helm.of(bundle, renewal.stack.environment, tmp_path, f"{team}-tiller"), team, api, cluster)
    _patch(apps, team, {"metadata": {"annotations": {"rolled": "again"}}})
    _, errors = installing.communicate(timeout=120)
    assert installing.returncode != 0
    assert re.search(r"transport is closing|connection|EOF", errors)


def _patch(apps: client.AppsV1Api, team: str, template: dict[str, Any]) -> None:
    """Change the template of a team's Deployment and wait until its new pod is the only one."""
    apps.patch_namespaced_deployment("tiller-deploy", f"{team}-tiller", {"spec": {"template": template}})

    def rolled() -> bool:
        found = apps.read_namespaced_deployment_status("tiller-deploy", f"{team}-tiller")
        pods = client.CoreV1Api(apps.api_client).list_namespaced_pod(f"{team}-tiller").items
        status = found.status
        seen = status.observed_generation == found.metadata.generation
        return bool(seen and status.updated_replicas == status.ready_replicas == len(pods) == 1)

    until(rolled, f"Tiller of {team} has rolled")


def test_when_each_certificate_ends_and_renews_is_an_output(renewal: Renewal) -> None:
    given = renewal.stack.outputs()[renewal.team("leaf")]["expirations"]
    assert set(given) == {"server-ca", "server", "client-ca:ann", "client:ann"}
    certificate = _certificate(renewal.after["leaf"].cert)
    assert given["client:ann"] == {
        "serial": f"{certificate.serial_number:X}",
        "notAfter": certificate.not_valid_after_utc.isoformat(),
        "renewalBegins": (certificate.not_valid_after_utc - 30 * DAY).isoformat(),
    }

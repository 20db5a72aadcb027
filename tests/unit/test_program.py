"""The program as a whole: what it refuses before anything is registered, what it passes on and what it exports."""

import json
import runpy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from secure_tiller import ClusterError, ConfigurationError, revocation
from secure_tiller.component import this_stack
from secure_tiller.problems import NotRevokedError
from tests.unit.api_server import PODS, REVIEW, ApiServer, kubeconfig, namespace, pod
from tests.unit.recording import Recording, is_secret, revealed, run
from tests.unit.samples import BLUE, OWN_SERVER, SMALLEST, own_certificate, smallest

PROGRAM = Path(__file__).parents[2] / "__main__.py"
TEAMS = {"blue": BLUE, "green": SMALLEST}

Program = Callable[..., Recording]


@pytest.fixture
def program(server: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Program:
    """Return a function that runs the program with a configuration and the cluster `server`."""
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, server.url)))

    def run_program(*, preview: bool = False, **config: Any) -> Recording:
        settings = {"cluster": {"uid": "any"}, **config}
        values = {f"secure-tiller:{key}": json.dumps(value) for key, value in settings.items()}
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps(values))
        pulumi.runtime.set_all_config(values)
        return run(lambda: runpy.run_path(str(PROGRAM)), preview=preview)

    return run_program


def exported(recording: Recording) -> dict[str, Any]:
    return recording.outputs_of("pulumi:Stack")


def test_there_is_one_component_per_team(program: Program) -> None:
    components = [r.name for r in program(teams=TEAMS).resources if r.type.startswith("secure-tiller:")]
    assert sorted(components) == ["blue", "green"]


def test_the_provider_gets_the_path_of_the_kubeconfig_and_the_identity_of_the_cluster(
    program: Program, tmp_path: Path
) -> None:
    provider = program(teams=TEAMS).one("kubernetes", "cluster")
    assert provider.type == "pulumi:providers:kubernetes"
    assert provider.inputs == {
        "kubeconfig": str(tmp_path / "config"),
        "context": "here",
        "clusterIdentifier": "uid of kube-system",
        "enableSecretMutable": "true",
    }


def test_everything_in_the_cluster_is_made_through_that_provider(program: Program) -> None:
    objects = [r for r in program(teams=TEAMS).resources if r.type.startswith("kubernetes:")]
    assert objects
    assert all("::cluster::" in r.provider for r in objects)


def test_what_a_team_needs_is_exported_and_its_bundles_are_secret(program: Program) -> None:
    outputs = exported(program(teams=TEAMS))
    assert set(outputs) == {"blue", "green"}
    assert set(revealed(outputs)["green"]) == {
        "namespace",
        "serviceAccount",
        "caCertificate",
        "expirations",
        "bundles",
    }
    assert "PRIVATE KEY" in str(revealed(outputs))
    assert is_secret(outputs["green"]) or is_secret(outputs["green"]["bundles"])


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"teams": {}},
        {"teams": {"blue": smallest(clients={})}},
        {"teams": {"blue": SMALLEST, "green": SMALLEST}},
        {"teams": TEAMS, "team": {}},
        {"teams": TEAMS, "cluster": {"contxt": "here"}},
    ],
)
def test_a_wrong_configuration_asks_the_cluster_nothing(
    program: Program, server: ApiServer, config: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError):
        program(**config)
    assert server.asked == []


@pytest.mark.parametrize("cluster", [{}, {"uid": "another"}, {"context": "there"}, {"kubeconfig": "/nowhere"}])
def test_a_wrong_cluster_is_refused(program: Program, cluster: dict[str, str]) -> None:
    with pytest.raises(ClusterError):
        program(teams=TEAMS, cluster=cluster)


GREENS_PODS = "/api/v1/namespaces/green-tiller/pods"


@pytest.mark.parametrize("preview", [True, False])
def test_an_update_that_revokes_says_so_and_ends_when_no_pod_answers_any_more(
    program: Program, server: ApiServer, caplog: pytest.LogCaptureFixture, preview: bool
) -> None:
    server.answers[PODS] = (200, {"items": [pod("green-tiller", "bob mallory")]})
    server.answers[GREENS_PODS] = (200, {"items": [pod("green-tiller", "bob")]})
    recording = program(teams={"green": SMALLEST}, preview=preview)
    assert "NOT YET REVOKED: client mallory" in caplog.text
    assert recording.one("Deployment", "green-deployment")
    assert (GREENS_PODS in [path for path, _ in server.asked]) is not preview


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program wait for the end of a revocation a moment only."""
    monkeypatch.setattr(revocation, "ended", partial(revocation.ended, seconds=0, noticed_seconds=0, pause=0.001))


@pytest.mark.usefixtures("impatient")
def test_an_update_that_cannot_see_whether_a_pod_still_answers_fails(program: Program, server: ApiServer) -> None:
    server.answers[PODS] = (200, {"items": [pod("green-tiller", "mallory")]})
    server.answers[GREENS_PODS] = (403, {"message": "forbidden"})
    with pytest.raises(NotRevokedError, match="does not tell which pods run in green-tiller"):
        program(teams={"green": SMALLEST})


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("stopping", "words"), [(False, "did not replace the Tiller that answers"), (True, "an old pod still runs")]
)
def test_an_update_after_which_a_pod_still_answers_fails(
    program: Program, server: ApiServer, stopping: bool, words: str
) -> None:
    pods = (200, {"items": [pod("green-tiller", "bob mallory", stopping=stopping)]})
    server.answers |= {PODS: pods, GREENS_PODS: pods}
    with pytest.raises(NotRevokedError, match=words):
        program(teams={"green": SMALLEST})


def test_an_update_that_revokes_nobody_does_not_wait(program: Program, server: ApiServer) -> None:
    server.answers[PODS] = (200, {"items": [pod("green-tiller", "bob")]})
    program(teams={"green": SMALLEST})
    assert GREENS_PODS not in [path for path, _ in server.asked]


def test_a_server_certificate_of_ones_own_has_its_key_from_the_secret_configuration(program: Program) -> None:
    given = own_certificate(key=None)
    teams = {"green": smallest(certificates={"server_certificate": given})}
    recording = program(teams=teams, serverKeys={"green": OWN_SERVER.key_pem})
    secret = recording.one("Secret", "green-tls").inputs["stringData"]
    assert is_secret(secret)
    assert revealed(secret)["tls.key"] == OWN_SERVER.key_pem


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_creates_no_access_review(program: Program, server: ApiServer, preview: bool) -> None:
    program(teams=TEAMS, preview=preview)
    assert (REVIEW in [path for path, _ in server.asked]) is not preview


def test_what_was_not_checked_is_said(program: Program, server: ApiServer, caplog: pytest.LogCaptureFixture) -> None:
    server.answers[REVIEW] = (403, {"message": "forbidden"})
    program(teams=TEAMS)
    assert "Not checked" in caplog.text


def test_an_existing_namespace_open_to_privileged_pods_is_warned_of(
    program: Program, server: ApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers["/api/v1/namespaces"] = (200, {"items": [namespace("shared-tools")]})
    program(teams=TEAMS)
    assert "shared-tools" in caplog.text


def test_the_stack_of_the_demo_is_accepted(program: Program) -> None:
    demo = yaml.safe_load((PROGRAM.parent / "stacks" / "Pulumi.local.yaml").read_text())["config"]
    recording = program(**{key.removeprefix("secure-tiller:"): value for key, value in demo.items()})
    assert set(exported(recording)) == {"blue", "green"}


def test_the_namespaces_carry_the_stack_that_they_belong_to(program: Program) -> None:
    namespaces = [r for r in program(teams={"green": SMALLEST}).resources if r.type == "kubernetes:core/v1:Namespace"]
    stacks = {r.inputs["metadata"]["name"]: r.inputs["metadata"]["annotations"] for r in namespaces}
    owner = {"secure-tiller/stack": this_stack()}
    assert stacks == {"green-apps": owner, "green-tiller": owner}

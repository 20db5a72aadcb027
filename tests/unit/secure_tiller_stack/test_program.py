"""The program as a whole: what it refuses before anything is registered, what it passes on and what it exports."""

import json
import os
import runpy
from collections.abc import Callable, Collection
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
import yaml

from secure_tiller import ClusterError, ConfigurationError, foreign
from secure_tiller.component import this_stack
from secure_tiller.plan.build import plan
from secure_tiller.plan.objects import objects
from secure_tiller.problems import NotRevokedError
from secure_tiller_stack import revocation
from secure_tiller_stack.cluster.lister import path
from secure_tiller_stack.configuration import KEYS, SECRET_KEYS, TEXTS
from secure_tiller_stack.takeovers import TakenOverError
from tests.support.api_server import (
    FORBIDDEN,
    NONE,
    PODS,
    REVIEW,
    SELF_REVIEW,
    ApiServer,
    kubeconfig,
    let_depart,
    namespace,
    of_stack,
    pod,
    review,
)
from tests.support.recording import Recording, is_secret, revealed, run
from tests.support.samples import BLUE, OWN_SERVER, SMALLEST, own_certificate, smallest

PROGRAM = Path(__file__).parents[3] / "__main__.py"
TEAMS = {"blue": BLUE, "green": SMALLEST}

Program = Callable[..., Recording]


class Text(str):
    """A value as `pulumi config set` writes it, of any key."""

    __slots__ = ()


@pytest.fixture
def program(server: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Program:
    """Return a function that runs the program with a configuration and the cluster `server`."""
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, server.url)))

    def run_program(*, preview: bool = False, secret: Collection[str] = SECRET_KEYS, **config: Any) -> Recording:
        settings = {"cluster": {"uid": "any"}, **config}
        values = {
            f"secure-tiller:{key}": value if key in TEXTS or isinstance(value, Text) else json.dumps(value)
            for key, value in settings.items()
        }
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps(values))
        pulumi.runtime.set_all_config(values, [f"secure-tiller:{key}" for key in secret])
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
    inputs = dict(provider.inputs)
    assert inputs.pop("upsertExistingObjects", "true") == "true"  # from pulumi-kubernetes 4.29 on
    assert inputs == {
        "kubeconfig": str(tmp_path / "config"),
        "context": "here",
        "clusterIdentifier": "uid of kube-system",
        "enableSecretMutable": "true",
    }


def test_everything_in_the_cluster_is_made_through_that_provider(program: Program) -> None:
    objects = [r for r in program(teams=TEAMS).resources if r.type.startswith("kubernetes:")]
    assert objects
    assert all("::cluster::" in r.provider for r in objects)


@pytest.fixture
def newer_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK of the provider be one that knows how to upsert, as from 4.29 on."""
    made = kubernetes.Provider

    def provider(name: str, *, upsert_existing_objects: bool, **arguments: Any) -> kubernetes.Provider:
        assert upsert_existing_objects is True
        return made(name, **arguments, delete_unreachable=True)  # stands for it: the older one knows this word

    monkeypatch.setattr(metadata, "version", {"pulumi-kubernetes": "4.29.0"}.__getitem__)
    monkeypatch.setattr(kubernetes, "Provider", provider)


@pytest.mark.usefixtures("newer_provider")
def test_what_is_ours_and_there_already_is_taken_back_by_newer_providers_too(program: Program) -> None:
    provider = program(teams={"green": SMALLEST}).one("kubernetes", "cluster")
    assert provider.inputs["deleteUnreachable"] == "true"


def test_no_other_provider_of_the_process_upserts(program: Program) -> None:
    program(teams={"green": SMALLEST})
    assert foreign.UPSERT_VARIABLE not in os.environ


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


@pytest.mark.parametrize("key", [key for key in KEYS if key not in TEXTS])
def test_a_text_in_place_of_a_map_is_refused_and_not_shown(program: Program, server: ApiServer, key: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        program(**{"teams": TEAMS, key: Text("sesame: 1")})
    (problem,) = refused.value.problems
    assert (problem.key, problem.value) == (f"secure-tiller:{key}", "(not shown)")
    assert "sesame" not in str(problem)
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
    assert (GREENS_PODS in server.paths) is not preview


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program wait for the end of a revocation a moment only."""
    monkeypatch.setattr(revocation, "ended", partial(revocation.ended, seconds=0, noticed_seconds=0, pause=0.001))


@pytest.mark.usefixtures("impatient")
def test_an_update_that_cannot_see_whether_a_pod_still_answers_fails(program: Program, server: ApiServer) -> None:
    server.answers[PODS] = (200, {"items": [pod("green-tiller", "mallory")]})
    server.answers[GREENS_PODS] = (403, {"message": "forbidden"})
    with pytest.raises(NotRevokedError, match="refused to tell which pods run in green-tiller"):
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
    assert GREENS_PODS not in server.paths


GREENS_ACCOUNT = "/api/v1/namespaces/green-tiller/serviceaccounts/tiller"
GREENS_POLICY = "/apis/networking.k8s.io/v1/namespaces/green-tiller/networkpolicies/deny-ingress"
THEIRS = (200, {"metadata": {"uid": "theirs", "creationTimestamp": "2026-01-01T00:00:00Z"}})


def test_an_update_that_took_over_what_somebody_else_made_fails_and_names_all_of_it(
    program: Program, server: ApiServer
) -> None:
    server.answers |= {GREENS_ACCOUNT: THEIRS, GREENS_POLICY: THEIRS}
    with pytest.raises(TakenOverError) as error:
        program(teams={"green": SMALLEST})
    keys = {problem.key for problem in error.value.problems}
    assert keys == {"serviceaccounts in green-tiller", "networkpolicies in green-tiller"}
    assert sum(question.body is not None for question in server.asked_at(GREENS_POLICY)) == 1


def test_each_object_with_a_name_of_its_own_is_looked_at_once_it_is_made(program: Program, server: ApiServer) -> None:
    program(teams=TEAMS)
    plans = [plan(team, settings, this_stack()) for team, settings in TEAMS.items()]
    made = {path(one.kind, one.namespace, one.name) for tiller in plans for one in objects(tiller) if one.name}
    assert made <= set(server.paths)


def test_a_preview_makes_nothing_and_looks_at_nothing_again(program: Program, server: ApiServer) -> None:
    server.answers[GREENS_ACCOUNT] = THEIRS
    program(teams={"green": SMALLEST}, preview=True)
    assert GREENS_ACCOUNT not in server.paths


def test_what_the_first_look_might_neither_list_nor_get_is_not_looked_at_again(
    program: Program, server: ApiServer
) -> None:
    server.answers["/api/v1/namespaces"] = (200, {"items": [of_stack("green-tiller", "green")]})
    server.answers |= {"/api/v1/serviceaccounts": FORBIDDEN, "/apis/apps/v1/deployments": NONE}
    server.answers |= {"/apis/networking.k8s.io/v1/networkpolicies": NONE, "/api/v1/secrets": NONE}
    server.answers |= {GREENS_ACCOUNT: FORBIDDEN, GREENS_POLICY: (404, {})}
    program(teams={"green": SMALLEST})
    assert server.paths.count(GREENS_ACCOUNT) == 1
    assert GREENS_POLICY in server.paths


def test_a_server_certificate_of_ones_own_has_its_key_from_the_secret_configuration(program: Program) -> None:
    given = own_certificate(key=None)
    teams = {"green": smallest(certificates={"server_certificate": given})}
    recording = program(teams=teams, serverKeys={"green": OWN_SERVER.key_pem})
    secret = recording.one("Secret", "green-tls").inputs["stringData"]
    assert is_secret(secret)
    assert revealed(secret)["tls.key"] == OWN_SERVER.key_pem


def test_a_secret_kubeconfig_leads_to_the_cluster_and_stays_secret(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KUBECONFIG")
    content = (tmp_path / "config").read_text()
    (tmp_path / "config").unlink()
    given = program(teams={"green": SMALLEST}, kubeconfig=content).one("kubernetes", "cluster").inputs["kubeconfig"]
    assert is_secret(given)
    assert revealed(given) == content


@pytest.mark.parametrize("key", ["kubeconfig", "serverKeys"])
def test_a_secret_that_is_not_encrypted_is_refused_before_the_cluster_is_asked(
    program: Program, server: ApiServer, tmp_path: Path, key: str
) -> None:
    values = {"kubeconfig": (tmp_path / "config").read_text(), "serverKeys": {"green": OWN_SERVER.key_pem}}
    with pytest.raises(ConfigurationError, match=f"secure-tiller:{key} = \\(not shown\\)[^=]*in plain sight"):
        program(teams=TEAMS, secret=(), **{key: values[key]})
    assert server.asked == []


def test_a_team_that_was_renamed_is_known_by_its_name_from_before(program: Program) -> None:
    renamed = smallest(namespace="olive-tiller", formerly="olive")
    recording = program(teams={"green": renamed, "blue": BLUE})
    assert recording.one("SecureTiller", "green").aliases == ("olive",)
    assert recording.one("SecureTiller", "blue").aliases == ()


def test_its_namespaces_that_are_there_are_its_own(program: Program, server: ApiServer) -> None:
    there = [of_stack("olive-tiller", "olive"), of_stack("green-apps", "olive")]
    server.answers["/api/v1/namespaces"] = (200, {"items": there})
    renamed = smallest(namespace="olive-tiller", formerly="olive")
    server.answers |= {f"/api/v1/{kind}": NONE for kind in ("secrets", "serviceaccounts")}
    server.answers |= {"/apis/apps/v1/deployments": NONE, "/apis/networking.k8s.io/v1/networkpolicies": NONE}
    assert program(teams={"green": renamed}).one("SecureTiller", "green")


def test_a_protected_team_is_registered_as_such_and_no_other_is(program: Program) -> None:
    recording = program(teams={"blue": BLUE, "green": smallest(protect=True)})
    assert recording.one("SecureTiller", "green").protect
    assert not recording.one("SecureTiller", "blue").protect


def test_the_defaults_reach_every_team(program: Program) -> None:
    recording = program(teams=TEAMS, defaults={"labels": {"example.org/cost-centre": "42"}})
    accounts = [r for r in recording.resources if r.type.endswith(":ServiceAccount")]
    assert [r.inputs["metadata"]["labels"]["example.org/cost-centre"] for r in accounts] == ["42", "42"]


@pytest.fixture
def departed(server: ApiServer) -> None:
    let_depart(server)


@pytest.mark.usefixtures("departed")
@pytest.mark.parametrize("preview", [True, False])
def test_a_team_that_left_with_releases_is_refused_before_anything_is_registered(
    program: Program, preview: bool
) -> None:
    with pytest.raises(ClusterError, match="holds releases: web"):
        program(teams={"green": SMALLEST}, preview=preview)


@pytest.mark.usefixtures("departed")
def test_it_may_go_if_the_stacks_file_says_so(program: Program, caplog: pytest.LogCaptureFixture) -> None:
    program(teams={"green": SMALLEST}, removed={"red": "with-releases"})
    assert "team red has left" in caplog.text


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_says_what_it_leaves_to_the_update(
    program: Program, caplog: pytest.LogCaptureFixture, preview: bool
) -> None:
    caplog.set_level("INFO")
    program(teams={"green": SMALLEST}, preview=preview)
    assert ("Not checked in a preview" in caplog.text) is preview


def test_an_account_that_may_not_do_what_the_update_takes_is_refused(program: Program, server: ApiServer) -> None:
    server.answers[SELF_REVIEW] = review(allowed=False)
    with pytest.raises(ClusterError, match="it may not create"):
        program(teams={"green": SMALLEST})


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_creates_no_access_review(program: Program, server: ApiServer, preview: bool) -> None:
    program(teams={"green": SMALLEST}, preview=preview)
    assert bool({REVIEW, SELF_REVIEW} & set(server.paths)) is not preview


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


def annotations_of_namespaces(recording: Recording) -> dict[str, dict[str, str]]:
    namespaces = [r for r in recording.resources if r.type == "kubernetes:core/v1:Namespace"]
    return {r.inputs["metadata"]["name"]: r.inputs["metadata"]["annotations"] for r in namespaces}


def test_the_namespaces_carry_the_stack_that_they_belong_to(program: Program) -> None:
    annotations = annotations_of_namespaces(program(teams={"green": SMALLEST}))
    stacks = {name: its["secure-tiller/stack"] for name, its in annotations.items()}
    assert stacks == {"green-apps": this_stack(), "green-tiller": this_stack()}


def test_the_namespaces_are_taken_back_from_whichever_provider_wrote_there_before(program: Program) -> None:
    annotations = annotations_of_namespaces(program(teams={"green": SMALLEST}))
    forced = {name: its["pulumi.com/patchForce"] for name, its in annotations.items()}
    assert forced == {"green-apps": "true", "green-tiller": "true"}

"""A Tiller answers its own clients and nobody else."""

import dataclasses
import re
from pathlib import Path

import pytest
import yaml
from kubernetes import client

from secure_tiller_cli.diagnosis import Accepted, AnsweredError, Credentials, Refused
from testbed import pods
from testbed.demo.checks import CHART
from testbed.demo.place import Place
from testbed.helm import Helm
from testbed.tiller import ask
from testbed.toolchain.pins import HELM
from tests.cluster.copies import Change, copy_of_tiller, without_tls, without_verification
from tests.support.projects import TestStack


def _answer(stack: TestStack, namespace: str, credentials: Credentials) -> Accepted | Refused:
    return ask(namespace, stack.environment, credentials)


@pytest.fixture(scope="module")
def attempts(deployed: TestStack, red: str, gold: str) -> dict[str, Credentials]:
    """Credentials to present to red's Tiller."""
    own, foreign = deployed.bundle(red, "rita"), deployed.bundle(gold, "gus")
    return {
        "own certificate": own,
        "another team's certificate": Credentials(own.ca, foreign.cert, foreign.key),
        "no certificate": Credentials(own.ca),
        "plaintext": Credentials(own.ca, plaintext=True),
    }


REFUSED = {
    "another team's certificate": without_verification,
    "no certificate": without_verification,
    "plaintext": without_tls,
}


@pytest.mark.parametrize(("team", "name"), [("red", "rita"), ("red", "bot"), ("gold", "gus")])
def test_a_client_of_the_team_is_answered(deployed: TestStack, shared_suffix: str, team: str, name: str) -> None:
    own = deployed.bundle(f"{team}-{shared_suffix}", name)
    assert _answer(deployed, f"{team}-{shared_suffix}-tiller", own) == Accepted(HELM)


@pytest.mark.parametrize("attempt", REFUSED)
def test_a_stranger_is_refused_by_tls(
    deployed: TestStack, red: str, attempts: dict[str, Credentials], attempt: str
) -> None:
    assert isinstance(_answer(deployed, f"{red}-tiller", attempts[attempt]), Refused)


def test_a_copy_of_tiller_refuses_as_the_original_does(
    deployed: TestStack, api: client.ApiClient, red: str, attempts: dict[str, Credentials]
) -> None:
    with copy_of_tiller(api, f"{red}-tiller") as namespace:
        answers = {name: _answer(deployed, namespace, credentials) for name, credentials in attempts.items()}
    accepted = {name for name, answer in answers.items() if isinstance(answer, Accepted)}
    assert accepted == {"own certificate"}


@pytest.mark.parametrize(
    ("change", "attempt"), [pytest.param(change, attempt, id=attempt) for attempt, change in REFUSED.items()]
)
def test_control_each_refusal_becomes_an_answer_when_its_protection_is_taken_out(
    deployed: TestStack,
    api: client.ApiClient,
    red: str,
    attempts: dict[str, Credentials],
    change: Change,
    attempt: str,
) -> None:
    with copy_of_tiller(api, f"{red}-tiller", change) as namespace:
        assert _answer(deployed, namespace, attempts[attempt]) == Accepted(HELM)


def test_a_client_refuses_a_server_of_another_ca(deployed: TestStack, red: str, gold: str) -> None:
    own, foreign = deployed.bundle(red, "rita"), deployed.bundle(gold, "gus")
    with pytest.raises(AnsweredError):  # Tiller would answer: the call was not made
        _answer(deployed, f"{red}-tiller", Credentials(foreign.ca, own.cert, own.key))


@pytest.fixture
def rita(deployed: TestStack, red: str, tmp_path: Path) -> Helm:
    bundle = deployed.bundle(red, "rita")
    return Helm.of(bundle, deployed.environment, tmp_path / "helm", f"{red}-tiller")


def test_the_helm_client_works_with_its_bundle(cluster: Place, api: client.ApiClient, rita: Helm, red: str) -> None:
    image = f"image={cluster.busybox}"
    apps = f"{red}-apps"
    installed = rita.run("install", str(CHART), "--name", "web", "--namespace", apps, "--set", image, "--wait")
    assert "STATUS: DEPLOYED" in installed.stdout, installed.stderr
    upgraded = rita.run("upgrade", "web", str(CHART), "--reuse-values", "--set", "replicas=2", "--wait")
    assert upgraded.returncode == 0, upgraded.stderr
    rolled_back = rita.run("rollback", "web", "1", "--wait")
    assert rolled_back.returncode == 0, rolled_back.stderr
    assert re.search(r"^web\s+3\s.*DEPLOYED", rita.run("ls").stdout, re.MULTILINE)
    records = client.CoreV1Api(api).list_namespaced_secret(f"{red}-tiller", label_selector="OWNER=TILLER").items
    assert len(records) == 3
    deleted = rita.run("delete", "--purge", "web")
    assert deleted.returncode == 0, deleted.stderr
    left = client.CoreV1Api(api).list_namespaced_secret(f"{red}-tiller", label_selector="OWNER=TILLER").items
    assert left == []
    for namespace in (f"{red}-tiller", apps):  # Tillers of others may keep theirs in ConfigMaps
        listed = client.CoreV1Api(api).list_namespaced_config_map(namespace, label_selector="OWNER=TILLER")
        assert listed.items == []


def _as(person: str, group: str, cluster: Place, folder: Path) -> dict[str, str]:
    """The environment of a person of a group, who has no rights but those of the group."""
    kubeconfig = yaml.safe_load(cluster.kubeconfig.read_text())
    kubeconfig["users"][0]["user"] |= {"as": person, "as-groups": [group]}
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(kubeconfig))
    return {"KUBECONFIG": str(file)}


def test_somebody_of_the_teams_group_needs_no_other_right(cluster: Place, rita: Helm, tmp_path: Path) -> None:
    environment = {**rita.environment, **_as("rita", "red-developers", cluster, tmp_path)}
    listed = dataclasses.replace(rita, environment=environment).run("ls")
    assert listed.returncode == 0, listed.stderr


def test_control_somebody_of_another_group_is_stopped_even_with_the_certificate(
    cluster: Place, rita: Helm, tmp_path: Path
) -> None:
    environment = {**rita.environment, **_as("gus", "gold-developers", cluster, tmp_path)}
    listed = dataclasses.replace(rita, environment=environment).run("ls")
    assert listed.returncode != 0
    assert "forbidden" in listed.stderr


def test_a_release_into_another_teams_namespace_is_forbidden(rita: Helm, red: str, gold: str) -> None:
    refused = rita.run("install", str(CHART), "--name", "stray", "--namespace", f"{gold}-apps")
    rita.run("delete", "--purge", "stray")
    assert refused.returncode != 0
    assert f'is forbidden: User "system:serviceaccount:{red}-tiller:tiller"' in refused.stderr


def test_the_helm_client_without_tls_gets_nothing(rita: Helm) -> None:
    assert rita.run("ls", tls=False).returncode != 0


def test_a_pod_of_another_team_gets_no_answer_at_the_probe_port(
    cluster: Place, api: client.ApiClient, red: str, gold: str
) -> None:
    ended = _fetch_from_gold(cluster, api, gold, f"{red}-tiller", 44135)
    assert ended.code != 0
    assert "HTTP/" not in ended.output


def test_control_without_the_network_policy_the_probe_port_answers(
    cluster: Place, api: client.ApiClient, red: str, gold: str
) -> None:
    with copy_of_tiller(api, f"{red}-tiller") as namespace:
        ended = _fetch_from_gold(cluster, api, gold, namespace, 44135)
    assert "200 OK" in ended.output


def test_no_pod_connects_to_grpc_even_without_a_network_policy(
    cluster: Place, api: client.ApiClient, red: str, gold: str
) -> None:
    with copy_of_tiller(api, f"{red}-tiller") as namespace:
        ended = _fetch_from_gold(cluster, api, gold, namespace, 44134)
    assert ended.code != 0
    assert "refused" in ended.output


def _fetch_from_gold(cluster: Place, api: client.ApiClient, gold: str, namespace: str, port: int) -> pods.Ended:
    tillers = client.CoreV1Api(api).list_namespaced_pod(namespace, label_selector="app=helm,name=tiller").items
    return pods.fetch(api, f"{gold}-apps", cluster.busybox, tillers[0].status.pod_ip, port, "/readiness")

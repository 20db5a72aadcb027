"""Helm clients in pods, and whether they check whom they talk to."""

from typing import Any

import pytest

from tests.unit.tiller_facts.samples import deployment, env, facts, item, pod, template
from tiller_facts.practices import Status, evaluate
from tiller_facts.values import UNKNOWN

ELSEWHERE = [{"name": "HELM_TLS_VERIFY", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]


def codes(*objects: Any) -> list[str]:
    return [finding.code for finding in evaluate(facts(*objects)).findings]


def client(**content: Any) -> Any:
    return deployment(template({"name": "deploy", "image": "ci:1", **content}, labels={"app": "ci"}), "ci", "ci")


@pytest.mark.parametrize(
    "content",
    [
        {"env": env(HELM_TLS_ENABLE="true")},
        {"env": env(HELM_TLS_ENABLE="true", HELM_TLS_VERIFY="false")},
        {"env": env(HELM_TLS_ENABLE="true", HELM_TLS_VERIFY="yes")},  # which the client ignores
        {"env": env(HELM_HOST="tiller-deploy.blue:44134")},
        {"command": ["helm", "ls", "--tls"]},
        {"command": ["sh", "-c", "helm init --client-only && helm upgrade web ./web --tls --tls-cert /c/cert.pem"]},
        {"command": ["helm", "ls", "--tls-verify=false"], "env": env(HELM_TLS_VERIFY="true")},
        {"command": ["helm2", "ls", "--tls"]},
        {"command": ["timeout", "60", "helm", "ls", "--tls"]},
        {"command": ["helm", "--host", "tiller:44134", "ls"]},
        {"command": ["helm", "--tiller-namespace=blue", "ls"]},
    ],
)
def test_a_client_that_trusts_any_server_is_found(content: dict[str, Any]) -> None:
    assert codes(client(**content)) == ["client-without-verification"]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"env": env(TILLER_NAMESPACE="blue")},
        {"env": env(HELM_TLS_ENABLE="true", HELM_TLS_VERIFY="true")},
        {"env": env(HELM_TLS_CERT="/c/cert.pem"), "command": ["helm", "ls", "--tls-verify"]},
        {"command": ["sh", "-c", "helm init --client-only && helm ls --tls --tls-verify"]},
        {"command": ["helm", "ls", "--tls"], "env": env(HELM_TLS_VERIFY="true")},
        {"command": ["helm", "upgrade", "web", "./web", "--atomic"]},  # Helm 3 looks the same
        {"command": ["helm", "init", "--client-only", "--tiller-namespace", "blue"]},
        {"command": ["helm", "--tiller-namespace=blue", "template", "./web"]},
        {"command": UNKNOWN},
    ],
)
def test_other_pods_and_clients_are_left_alone(content: dict[str, Any]) -> None:
    assert codes(client(**content)) == []


@pytest.mark.parametrize(
    "content",
    [
        {"env": [*env(HELM_TLS_ENABLE="true"), *ELSEWHERE]},
        {"command": ["sh", "-c", "helm ls --tls --tls-verify=$VERIFY"]},
        {"command": ["helm", "ls", "--tls"], "envFrom": [{}]},
    ],
)
def test_a_client_whose_verification_is_hidden_is_found(content: dict[str, Any]) -> None:
    assert codes(client(**content)) == ["client-verification-unknown"]


def test_a_client_in_an_init_container_counts() -> None:
    own = {"name": "own", "image": "web:1"}
    made = template(own, labels={"app": "web"})
    made["spec"]["initContainers"] = [{"name": "deploy", "image": "ci:1", "command": ["helm", "ls", "--tls"]}]
    assert codes(deployment(made, "web", "web")) == ["client-without-verification"]


def test_a_client_that_the_update_decides_on_is_no_violation() -> None:
    (finding,) = evaluate(facts(client(env=env(HELM_TLS_ENABLE="1", HELM_TLS_VERIFY=UNKNOWN)))).findings
    assert finding.status is Status.UNKNOWN


def test_a_client_is_found_once_by_what_runs_it() -> None:
    made = client(env=env(HELM_HOST="a"))
    own = pod(made["spec"]["template"], "ci-1", "ci", "ReplicaSet/ci-5d8f")
    (finding,) = evaluate(facts(made, own)).findings
    assert finding.about is not None
    assert finding.about.kind == "Deployment"
    assert codes(item("Job", "n", spec={"template": made["spec"]["template"]})) == ["client-without-verification"]

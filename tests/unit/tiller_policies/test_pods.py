"""The rules that look at one resource."""

from typing import Any

import pytest

from tests.unit.tiller_policies.samples import (
    IMAGE,
    LIMITS,
    RIGHT,
    broken,
    container,
    pod,
    tiller,
    violations,
    workload,
)
from tiller_policies.values import UNKNOWN


def test_a_right_tiller_breaks_no_rule() -> None:
    assert broken(tiller("blue"), tiller("green")) == set()


def test_a_tiller_as_helm_init_makes_it_breaks_each_rule_about_its_pod() -> None:
    plain = workload("kube-system", {"containers": [{"name": "tiller", "image": IMAGE}]})
    assert broken(plain) == {
        "account-of-its-own",
        "clients-verified",
        "endpoint-closed",
        "limits",
        "releases-in-secrets",
    }


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({"args": RIGHT[:2]}, {"clients-verified"}),
        ({"args": [*RIGHT, "--tls-verify=false"]}, {"clients-verified"}),
        ({"args": [*RIGHT, "--tls-ca-cert="]}, {"clients-verified"}),
        ({"args": [*RIGHT, "--tls-ca-cert=/certs/ca.crt"]}, set()),
        ({"args": [*RIGHT, "--storage=configmap"]}, {"releases-in-secrets"}),
        ({"args": [*RIGHT, "--storage=sql"]}, {"releases-in-secrets"}),
        ({"args": [*RIGHT, UNKNOWN]}, set()),
        ({"args": UNKNOWN}, set()),
        ({"resources": {}}, {"limits"}),
        ({"resources": {"limits": {"cpu": "1"}}}, {"limits"}),
        ({"resources": {"limits": {"memory": "1Gi"}}}, {"limits"}),
        ({"resources": {"requests": LIMITS["limits"]}}, {"limits"}),
        ({"resources": UNKNOWN}, set()),
        ({"resources": {"limits": {"cpu": UNKNOWN, "memory": "1Gi"}}}, set()),
    ],
)
def test_what_the_container_is_told_is_judged_by_the_rule_for_it(changed: dict[str, Any], rules: set[str]) -> None:
    assert broken(workload("blue", pod(container(**changed)))) == rules


@pytest.mark.parametrize(
    ("spec", "rules"),
    [
        ({"serviceAccountName": "tiller"}, set()),
        ({"serviceAccountName": None, "serviceAccount": "tiller"}, set()),
        ({"serviceAccountName": None}, {"account-of-its-own"}),
        ({"serviceAccountName": ""}, {"account-of-its-own"}),
        ({"serviceAccountName": "default"}, {"account-of-its-own"}),
        ({"serviceAccountName": UNKNOWN}, set()),
        ({"containers": [container(resources={})], "resources": LIMITS}, set()),
    ],
)
def test_what_the_pod_is_told_is_judged_by_the_rule_for_it(spec: dict[str, Any], rules: set[str]) -> None:
    assert broken(workload("blue", pod(container()) | spec)) == rules


def test_limits_name_what_is_missing() -> None:
    ((_, message),) = violations("limits", tiller(resources={"limits": {"cpu": "1"}}))
    assert message == (
        "Deployment blue has no limit of memory: set resources.limits of Tiller's container (docs/policies.md#limits)"
    )


def client(**told: Any) -> Any:
    environment = [{"name": name, "value": value} for name, value in told.pop("env", {}).items()]
    return workload("ci", pod({"name": "deploy", "image": "ci:1", "env": environment, **told}), {"app": "ci"})


@pytest.mark.parametrize(
    "told",
    [
        {"env": {"HELM_TLS_ENABLE": "true"}},
        {"env": {"HELM_TLS_ENABLE": "true", "HELM_TLS_VERIFY": "false"}},
        {"env": {"HELM_TLS_ENABLE": "true", "HELM_TLS_VERIFY": "yes"}},  # which the client ignores
        {"env": {"HELM_HOST": "tiller-deploy.blue:44134"}},
        {"command": ["helm", "ls", "--tls"]},
        {"command": ["sh", "-c", "helm init --client-only && helm upgrade web ./web --tls --tls-cert /c/cert.pem"]},
        {"command": ["helm", "ls", "--tls-verify=false"], "env": {"HELM_TLS_VERIFY": "true"}},
    ],
)
def test_a_helm_client_that_trusts_any_server_is_noticed(told: dict[str, Any]) -> None:
    assert broken(client(**told)) == {"tiller-verified"}


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"env": {"TILLER_NAMESPACE": "blue"}},
        {"env": {"HELM_TLS_ENABLE": "true", "HELM_TLS_VERIFY": "true"}},
        {"env": {"HELM_TLS_CERT": "/c/cert.pem"}, "command": ["helm", "ls", "--tls-verify"]},
        {"command": ["sh", "-c", "helm init --client-only && helm ls --tls --tls-verify"]},
        {"command": ["helm", "ls", "--tls"], "env": {"HELM_TLS_VERIFY": "true"}},
        {"command": ["helm", "upgrade", "web", "./web", "--atomic"]},  # Helm 3 looks the same
        {"env": {"HELM_TLS_ENABLE": "true", "HELM_TLS_VERIFY": UNKNOWN}},
        {"command": UNKNOWN},
    ],
)
def test_other_pods_and_helm_clients_are_left_alone(told: dict[str, Any]) -> None:
    assert broken(client(**told)) == set()

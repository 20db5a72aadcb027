"""Settings and plans that the tests start from."""

import copy
from typing import Any

from secure_tiller.args import RuleArgs, SecureTillerArgs
from tests.support import pki

STACK = "organization/secure-tiller/test"

BLUE: SecureTillerArgs = {
    "namespaces": {"blue-apps": {}, "blue-jobs": {"retain_on_delete": False}, "shared-tools": {"existing": True}},
    "clients": {"alice": {}, "ci": {}},
    "subjects": {
        "groups": ["blue-developers"],
        "users": ["carol@example.org"],
        "service_accounts": [{"namespace": "pipelines", "name": "deployer"}],
    },
}

SMALLEST: SecureTillerArgs = {"namespaces": {"green-apps": {}}, "clients": {"bob": {}}}

PARTNER = pki.authority("partner")
"""A CA that signs for clients, of somebody else."""

LEASES: RuleArgs = {"api_groups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "update"]}
"""A rule that may be asked for."""


def smallest(**changes: Any) -> Any:
    """Return the smallest settings with changes, as they come from a stack's file: untyped."""
    return {**copy.deepcopy(SMALLEST), **changes}


OWN_CA = pki.authority("a PKI of the user's own")
OWN_SERVER = pki.server(OWN_CA)


def own_certificate(**changes: Any) -> Any:
    """Return the setting `server_certificate`, right unless changed; None takes a part away."""
    given = {"certificate": OWN_SERVER.pem, "key": OWN_SERVER.key_pem, "ca": OWN_CA.pem} | changes
    return {key: value for key, value in given.items() if value is not None}


DORAS_KEY = pki.new_key()
DORAS_REQUEST = pki.request("dora", key=DORAS_KEY)

FULL: SecureTillerArgs = {
    "namespaces": {
        "blue-apps": {"pod_security": "restricted", "retain_on_delete": False},
        "blue-devices": {"pod_security": "privileged", "pod_security_reason": "mounts devices"},
        "shared-tools": {"existing": True, "shared": True},
    },
    "clients": {
        "alice": {},
        "ci": {"secret": {"namespace": "pipelines", "name": "tiller-ci"}},
        "dora": {"csr": DORAS_REQUEST},
    },
    "namespace": "helm-blue",
    "subjects": BLUE["subjects"],
    "rights": {"network_policies": True, "roles": True, "rules": [LEASES]},
    "certificates": {
        "server": {"validity": "60d", "renew_before": "10d"},
        "client": {"validity": "36h"},
        "ca": {"validity": "300d", "renew_before": "61d"},
        "server_cas": [2, 1],
        "trusted_client_cas": {"partner": PARTNER.pem},
    },
    "expose": "cluster",
    "pod": {
        "image": "registry.example.org/helm/tiller:v2.16.12",
        "history_max": 5,
        "resources": {"requests": {"cpu": "50m"}, "limits": {"memory": "1Gi"}},
        "node_selector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "dedicated", "value": "helm", "effect": "NoExecute", "toleration_seconds": 60}],
        "priority_class": "high",
        "rollout_timeout": "90s",
    },
    "labels": {"example.org/cost-centre": "42"},
    "annotations": {"example.org/owner": "the blue team"},
}
"""Everything that can be set, but what excludes another: a certificate of one's own, and another generation."""

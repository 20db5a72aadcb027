"""The Tillers of the Helm project's own instructions, for comparison: scanners must find much in them."""

import subprocess
from pathlib import Path

import yaml

from testbed.toolchain import Toolchain
from tests.scanners.manifests import Manifest


def init(tools: Toolchain, home: Path, *options: str) -> list[Manifest]:
    """Return the objects that the real `helm init` installs. It only prints them, and touches no cluster."""
    command = ["helm", "init", "--output", "yaml", "--home", str(home), *options]
    done = subprocess.run(command, env=tools.environment, capture_output=True, text=True, check=True)
    return [document for document in yaml.safe_load_all(done.stdout) if document]


_NAMESPACE = "tiller-world"
_ACCOUNT: Manifest = {"name": "tiller", "namespace": _NAMESPACE}

DOCUMENTED_ROLE: list[Manifest] = [
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _ACCOUNT},
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "tiller-manager", "namespace": _NAMESPACE},
        "rules": [{"apiGroups": ["", "batch", "extensions", "apps"], "resources": ["*"], "verbs": ["*"]}],
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "tiller-binding", "namespace": _NAMESPACE},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tiller-manager"},
        "subjects": [{"kind": "ServiceAccount", **_ACCOUNT}],
    },
]
"""The rights that Helm 2.17, docs/rbac.md, gives a Tiller that is restricted to one namespace."""

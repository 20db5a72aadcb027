"""The user for whom the real API server takes our questions is that of kubectl, by every kind of credentials."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from secure_tiller.problems import ClusterError
from secure_tiller_cli.diagnosis.pod_lookup import locate
from secure_tiller_stack import kubeconfig
from secure_tiller_stack.cluster.api import call
from secure_tiller_stack.cluster.connection import calling
from secure_tiller_stack.kubeconfig import Access
from testbed import control_plane
from testbed.control_plane import ControlPlane
from testbed.toolchain import Toolchain

REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
IMPERSONATION = {
    "as": "reader",
    "as-groups": ["system:authenticated", "a, b", "gäste"],
    "as-uid": "42",
    "as-user-extra": {"example.org/Reason": ["one", "two"]},
}


@pytest.fixture(scope="module")
def plane(tools: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with control_plane.running(tmp_path_factory.mktemp("plane"), tools, "RBAC") as plane:
        yield plane


def with_user(plane: ControlPlane, folder: Path, user: dict[str, Any]) -> Path:
    """Write the kubeconfig of the control plane for another user."""
    content = yaml.safe_load(plane.kubeconfig.read_text())
    content["users"][0]["user"] = user
    path = folder / "config"
    path.write_text(yaml.safe_dump(content))
    return path


def administrator(plane: ControlPlane) -> dict[str, Any]:
    user = yaml.safe_load(plane.kubeconfig.read_text())["users"][0]["user"]
    return {
        key: value if key.endswith("-data") else str(plane.kubeconfig.parent / value) for key, value in user.items()
    }


def ours(access: Access) -> Any:
    with calling(access) as client:
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        return call(client, "POST", path, body=REVIEW)["status"]["userInfo"]


def kubectls(tools: Toolchain, listed: object) -> Any:
    environment = {**tools.environment, "KUBECONFIG": str(listed)}
    command = ["kubectl", "auth", "whoami", "--output=json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["status"]["userInfo"]


def pem(value: str, *, field: str) -> str:
    return base64.b64decode(value).decode() if field.endswith("-data") else Path(value).read_text()


def program(folder: Path, user: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of a login program that gives an administrator's certificate."""
    found = {field.removesuffix("-data"): pem(value, field=field) for field, value in user.items()}
    status = {"clientCertificateData": found["client-certificate"], "clientKeyData": found["client-key"]}
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    (folder / "answer").write_text(json.dumps(answer))
    code = f"print(open({str(folder / 'answer')!r}).read())"
    command = {"command": sys.executable, "args": ["-c", code], "interactiveMode": "Never"}
    return {"exec": {"apiVersion": answer["apiVersion"], **command}}


@pytest.mark.parametrize("impersonation", [{}, {"as": "reader"}, IMPERSONATION], ids=len)
@pytest.mark.parametrize("by_program", [False, True])
def test_our_questions_are_those_of_the_same_user_as_kubectls(
    plane: ControlPlane, tools: Toolchain, tmp_path: Path, impersonation: dict[str, Any], by_program: bool
) -> None:
    user = administrator(plane)
    file = with_user(plane, tmp_path, (program(tmp_path, user) if by_program else user) | impersonation)
    found = ours(kubeconfig.find({"kubeconfig": str(file)}))
    assert found == kubectls(tools, file)
    if impersonation:
        assert found["username"] == "reader"


def test_of_several_files_the_same_one_counts_as_for_kubectl(
    plane: ControlPlane, tools: Toolchain, tmp_path: Path
) -> None:
    file = with_user(plane, tmp_path, administrator(plane) | {"as": "reader"})
    listed = f":/nowhere:{file}:{plane.kubeconfig}"
    found = ours(kubeconfig.find({}, environment={"KUBECONFIG": listed}))
    assert found == kubectls(tools, listed)
    assert found["username"] == "reader"


def test_an_impersonated_reader_is_refused_what_the_administrator_may(plane: ControlPlane, tmp_path: Path) -> None:
    access = kubeconfig.find({"kubeconfig": str(with_user(plane, tmp_path, administrator(plane) | {"as": "reader"}))})
    with pytest.raises(ClusterError, match="403"), calling(access) as client:
        call(client, "GET", "/api/v1/secrets")
    with calling(kubeconfig.find({"kubeconfig": str(plane.kubeconfig)})) as client:
        assert "items" in call(client, "GET", "/api/v1/secrets"), "the control"


def test_a_guest_is_not_sent_to_the_teams_subjects(plane: ControlPlane, tmp_path: Path) -> None:
    (cause,) = locate(kubeconfig.find({"kubeconfig": str(with_user(plane, tmp_path, {}))}), "blue-tiller").causes
    assert "credentials were not accepted" in cause.remedy
    assert "subjects" not in cause.remedy

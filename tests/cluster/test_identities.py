"""The user for whom the real API server takes our questions is that of kubectl, by every kind of credentials."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from secure_tiller.problems import ClusterError
from secure_tiller_cli.charts import examine
from secure_tiller_cli.charts.discovery import discover
from secure_tiller_cli.diagnosis.pod_lookup import locate
from secure_tiller_stack import kubeconfig
from secure_tiller_stack.cluster.api import call
from secure_tiller_stack.cluster.connection import calling
from secure_tiller_stack.kubeconfig import Access
from testbed import control_plane
from testbed.control_plane import ControlPlane
from testbed.toolchain import Toolchain
from testbed.waiting import until
from tests.support.remedies import Command, commands, run, succeeded
from tests.support.served import served
from tests.unit.secure_tiller_cli.charts.world import blue, one

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


def by(file: Path, tools: Toolchain) -> dict[str, str]:
    return {**tools.environment, "KUBECONFIG": str(file)}


def remedy(file: Path) -> Command:
    """Return the command of the remedy with which a kubeconfig is refused."""
    with pytest.raises(ClusterError) as refused:
        ours(kubeconfig.find({"kubeconfig": str(file)}))
    (command,) = commands(refused.value.problems[0].remedy)
    return command


def test_the_command_shows_why_a_login_program_fails(plane: ControlPlane, tools: Toolchain, tmp_path: Path) -> None:
    command = {"command": "sh", "args": ["-c", "echo no ticket >&2; exit 3"], "interactiveMode": "Never"}
    file = with_user(plane, tmp_path, {"exec": {"apiVersion": "client.authentication.k8s.io/v1", **command}})
    done = run(remedy(file), tmp_path, by(file, tools))
    succeeded(done, code=1)
    assert "no ticket" in done.stderr


def token(life: int) -> str:
    parts = ({"alg": "RS256"}, {"iss": "us", "exp": int(time.time()) + life})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".eA"


class Issuer(BaseHTTPRequestHandler):
    """An issuer of tokens that renews each."""

    def do_GET(self) -> None:
        at = f"http://{self.headers['Host']}"
        ends = {f"{end}_endpoint": f"{at}/{end}" for end in ("authorization", "token", "userinfo")}
        self._answer({"issuer": at, "jwks_uri": f"{at}/keys", **ends})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        renewed = {"access_token": "a", "refresh_token": "r", "token_type": "bearer", "id_token": token(3600)}
        self._answer(renewed)

    def _answer(self, content: object) -> None:
        text = json.dumps(content).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def issuer() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    with served(server):
        yield f"http://127.0.0.1:{server.server_port}"


def test_a_token_that_has_expired_is_renewed_by_the_command(
    plane: ControlPlane, tools: Toolchain, tmp_path: Path, issuer: str
) -> None:
    config = {"idp-issuer-url": issuer, "client-id": "us", "refresh-token": "r", "id-token": token(-60)}
    file = with_user(plane, tmp_path, {"auth-provider": {"name": "oidc", "config": config}})
    # This API server does not take its tokens, which both say then.
    done = run(remedy(file), tmp_path, by(file, tools))
    succeeded(done, code=1)
    assert "Unauthorized" in done.stderr
    with pytest.raises(ClusterError, match="401"):
        ours(kubeconfig.find({"kubeconfig": str(file)}))


def test_a_service_that_does_not_answer_is_looked_at(plane: ControlPlane, tools: Toolchain, tmp_path: Path) -> None:
    service = {"service": {"namespace": "kube-system", "name": "nowhere"}, "insecureSkipTLSVerify": True}
    spec = {"group": "metrics.example", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100, **service}
    name = "v1.metrics.example"
    wanted = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": name}, "spec": spec}
    with calling(kubeconfig.find({"kubeconfig": str(plane.kubeconfig)})) as client:
        call(client, "POST", "/apis/apiregistration.k8s.io/v1/apiservices", body=wanted)
        until(lambda: "metrics.example/v1" in discover(client).unanswered, "the service is known, and does not answer")
        found = examine(client, [one("Metric", "metrics.example/v1")], blue(), "blue-apps", discovery=discover(client))
        (command,) = [each for finding in found for each in commands(finding.remedy)]
    assert "ServiceNotFound" in succeeded(run(command, tmp_path, by(plane.kubeconfig, tools)))

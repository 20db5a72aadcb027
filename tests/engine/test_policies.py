"""The policies read a Tiller's command line and environment as the real Tiller does."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from testbed.toolchain import Toolchain
from tests.support import pki
from tests.unit.tiller_policies.test_flags import STORAGE, VERIFIES

FIRST = ("--listen=127.0.0.1:0", "--probe=false")
"""What keeps it to the loopback, and changes nothing of what is asked."""

KUBECONFIG = """
clusters: [{name: none, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: none, context: {cluster: none}}]
current-context: none
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Tiller looks for its certificates when it is told no path; and settings of a cluster that is not there."""
    made = tmp_path_factory.mktemp("tiller")
    authority = pki.authority()
    server = pki.server(authority)
    files = {"tls.crt": server.pem, "tls.key": server.key_pem, "ca.crt": authority.pem, "kubeconfig": KUBECONFIG}
    for name, text in files.items():
        (made / name).write_text(text)
    return made


def said(tools: Toolchain, folder: Path, args: list[str], environment: dict[str, str]) -> str:
    """What Tiller says of its settings when it starts; what it says of a mistake when it does not."""
    command = [str(tools.bin / "tiller"), *FIRST, *args]
    told = {"KUBECONFIG": str(folder / "kubeconfig"), **environment}
    with subprocess.Popen(command, cwd=folder, env=told, text=True, stderr=subprocess.PIPE) as tiller:
        assert tiller.stderr
        lines = []
        for line in tiller.stderr:
            lines.append(line)
            if "Max history per release" in line:  # the last that it says
                break
        tiller.kill()
    return "".join(lines)


def _of_the_container_alone(container: dict[str, Any]) -> bool:
    """Whether Tiller gets it as it stands: no script, nothing that Kubernetes fills in, TLS only if it verifies."""
    words = container.get("args", ())
    variables = container.get("env", ())
    return not (
        {"command", "envFrom"} & set(container)
        or any("$" in word or word == "--tls" for word in words)
        or any("valueFrom" in one or one["name"] == "TILLER_TLS_ENABLE" for one in variables)
    )


@pytest.mark.parametrize(
    ("container", "verifies"), [row for row in VERIFIES if _of_the_container_alone(row[0])], ids=repr
)
def test_tiller_verifies_its_clients_when_the_policies_say_so(
    tools: Toolchain, folder: Path, container: dict[str, Any], verifies: bool
) -> None:
    environment = {one["name"]: one["value"] for one in container.get("env", ())}
    started = said(tools, folder, container.get("args", []), environment)
    assert ("(tls=true)" in started) is verifies, started


@pytest.mark.parametrize(("args", "storage"), STORAGE)
def test_tiller_stores_releases_where_the_policies_say(
    tools: Toolchain, folder: Path, args: list[str], storage: str
) -> None:
    started = said(tools, folder, args, {})
    if storage == "secret":
        assert "Storage driver is Secret" in started
    else:
        assert "Storage driver is Secret" not in started

"""The real kubectl accepts and refuses the certificates of servers that the product does."""

import os
import subprocess
from pathlib import Path

import pytest

from testbed.toolchain import Toolchain
from tests.support import api_server, pki
from tests.support.verified import ACCEPTED, REFUSED
from tests.unit.secure_tiller_stack.cluster.asking import data, serving


def asked(tools: Toolchain, folder: Path, authority: pki.Pair, server: pki.Pair) -> subprocess.CompletedProcess[str]:
    """Let kubectl ask a server for its version."""
    with api_server.running(serving(folder, own=server)) as running:
        trusted = {"certificate-authority-data": data(authority.pem)}
        access = api_server.entry(folder, running.url, {"token": "t"}, **trusted)
        command = [str(tools.bin / "kubectl"), f"--kubeconfig={access.kubeconfig}", "get", "--raw=/version"]
        environment = {**os.environ, "HOME": str(folder)}
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


@pytest.mark.parametrize(("authority", "server"), ACCEPTED.values(), ids=ACCEPTED)
def test_kubectl_accepts(tools: Toolchain, tmp_path: Path, authority: pki.Pair, server: pki.Pair) -> None:
    answered = asked(tools, tmp_path, authority, server)
    assert (answered.returncode, answered.stderr) == (0, "")
    assert '"minor"' in answered.stdout


@pytest.mark.parametrize(("authority", "server"), REFUSED.values(), ids=REFUSED)
def test_kubectl_refuses(tools: Toolchain, tmp_path: Path, authority: pki.Pair, server: pki.Pair) -> None:
    answered = asked(tools, tmp_path, authority, server)
    assert answered.returncode == 1
    assert "x509: " in answered.stderr

"""The certificates that the real tls provider issues for a team, verified as strictly as OpenSSL can."""

import subprocess
from pathlib import Path

from testbed.toolchain import Toolchain
from tests.engine.python_projects import new_stack
from tests.support import pki


def faults(folder: Path, ca: str, certificate: str) -> str:
    """Return why a certificate does not verify; empty: it does."""
    (folder / "ca.pem").write_text(ca)
    (folder / "certificate.pem").write_text(certificate)
    command = ["openssl", "verify", "-x509_strict", "-CAfile", "ca.pem", "certificate.pem"]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder).stderr


def test_what_a_stack_issues_passes_the_strictest_verification(tools: Toolchain, tmp_path: Path) -> None:
    stack = new_stack(tmp_path, tools.environment, "certificates.py")
    stack.up()
    issued = stack.outputs()
    assert faults(tmp_path, **issued["server"]) == ""
    assert faults(tmp_path, **issued["client:ann"]) == ""


def test_control_the_strictest_verification_refuses_a_ca_without_key_identifiers(tmp_path: Path) -> None:
    for bare in (False, True):
        ca = pki.authority(bare=bare)
        refused = faults(tmp_path, ca.pem, pki.server(ca).pem)
        assert ("verification failed" in refused) == bare, refused

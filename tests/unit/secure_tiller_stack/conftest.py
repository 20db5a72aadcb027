"""Shared by the tests of those who call the library: a program, and the plugin."""

from pathlib import Path

import pytest

from secure_tiller import foreign
from tests.support.api_server import ApiServer, kubeconfig


@pytest.fixture
def file(server: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the current context lead to the server, and the components take the recorder for an engine."""
    path = kubeconfig(tmp_path, server.url)
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.setattr(foreign, "MockMonitor", ())
    return path

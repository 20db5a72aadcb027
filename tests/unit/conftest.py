"""Shared by the unit tests, which need no engine, no network and no cluster."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import api_server
from tests.support.said import Program


@pytest.fixture
def server() -> Iterator[api_server.ApiServer]:
    """Something that answers like an API server."""
    with api_server.running() as running:
        yield running


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """A stand-in for Pulumi, first on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return Program(tmp_path / "pulumi")

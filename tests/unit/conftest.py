"""Shared by the unit tests, which need no engine, no network and no cluster."""

from collections.abc import Iterator

import hypothesis
import pytest

from tests.unit import api_server

# Examples are the same in every run: a failure seen once can be seen again.
hypothesis.settings.register_profile("unit", deadline=None, derandomize=True, max_examples=100)
hypothesis.settings.load_profile("unit")


@pytest.fixture
def server() -> Iterator[api_server.ApiServer]:
    """Something that answers like an API server."""
    with api_server.running() as running:
        yield running

"""An API server with one Tiller."""

import base64
from typing import Any

import pytest

from secure_tiller_cli.audit.facts import LISTED
from tests.support.api_server import NONE, ApiServer
from tests.support.samples import OWN_CA, PARTNER
from tests.unit.secure_tiller_cli.audit.samples import HOME, deployment

CA, OTHER_CA = OWN_CA.pem, PARTNER.pem
SECRET = f"/api/v1/namespaces/{HOME}/secrets/tls"
CONFIG_MAPS = "/api/v1/configmaps"
DEPLOYED = "/apis/apps/v1/deployments"


def path(kind: Any) -> str:
    return f"/apis/{kind.group}/v1/{kind.resource}" if kind.group else f"/api/v1/{kind.resource}"


@pytest.fixture
def tillers(server: ApiServer) -> ApiServer:
    """An API server with one Tiller."""
    server.answers |= {path(kind): NONE for kind in LISTED}
    server.answers[CONFIG_MAPS] = NONE
    server.answers[DEPLOYED] = (200, {"items": [deployment()]})
    data = {"tls.crt": CA, "tls.key": "-----BEGIN PRIVATE KEY-----\nsesame", "ca.crt": CA + OTHER_CA}
    encoded = {name: base64.b64encode(text.encode()).decode() for name, text in data.items()}
    server.answers[SECRET] = (200, {"metadata": {"name": "tls"}, "data": encoded})
    return server

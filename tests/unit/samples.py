"""Settings and plans that the tests start from."""

import copy
from typing import Any

from secure_tiller.args import SecureTillerArgs

STACK = "organization/secure-tiller/test"

BLUE: SecureTillerArgs = {
    "namespaces": {"blue-apps": {}, "blue-jobs": {"retain_on_delete": False}, "shared-tools": {"existing": True}},
    "clients": {"alice": {}, "ci": {}},
    "subjects": {
        "groups": ["blue-developers"],
        "users": ["carol@example.org"],
        "service_accounts": [{"namespace": "pipelines", "name": "deployer"}],
    },
}

SMALLEST: SecureTillerArgs = {"namespaces": {"green-apps": {}}, "clients": {"bob": {}}}


def smallest(**changes: Any) -> Any:
    """Return the smallest settings with changes, as they come from a stack's file: untyped."""
    return {**copy.deepcopy(SMALLEST), **changes}

"""Objects are words of others: whatever stands where in them, the practices are judged without an error of ours."""

from typing import Any

import pytest

from tests.support.places import places, replaced
from tests.unit.tiller_facts.samples import LABELS, Object, bound, deployment, facts, item, policy, service
from tiller_facts.practices import evaluate

PEERS = [
    {"podSelector": {"matchLabels": {"a": "b"}}, "namespaceSelector": {"matchExpressions": [{"key": "a"}]}},
    {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}},
]
EXPRESSION = {"key": "app", "operator": "In", "values": [LABELS["app"]]}
WORLD: dict[str, list[Object]] = {
    "a Deployment": [deployment()],
    "a NetworkPolicy": [
        policy(
            {"ports": [{"port": "tiller", "endPort": 44140, "protocol": "TCP"}], "from": PEERS},
            selector={"matchLabels": LABELS, "matchExpressions": [EXPRESSION]},
        )
    ],
    "a Service": [service(ports=[{"port": 44134}])],
    "a Role and its binding": list(bound({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]})),
    "a Secret": [item("Secret", "tls", data={"tls.crt": "eA=="})],
}
ODD: list[Any] = [[], {}, [[]], [["a"]], {"a": {}}, "a", "9" * 5000, True, 1.5, -1, None]


@pytest.mark.parametrize("kind", WORLD)
def test_any_value_at_any_place_is_judged(kind: str) -> None:
    others = [each for other, objects in WORLD.items() if other != kind for each in objects]
    for path in places(WORLD[kind]):
        if path[1:] not in ((), ("kind",), ("metadata",)):  # who reads objects looks at these
            for value in ODD:
                evaluate(facts(*others, *replaced(WORLD[kind], path, value)))

"""Objects are words of others: whatever stands where in them, the practices are judged without an error of ours."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

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


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*path, key)
        yield from paths(value[key], (*path, key))


def replaced(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return the whole with something else at a place; the rest is shared with it."""
    if not path:
        return value
    made = copy.copy(whole)
    made[path[0]] = replaced(whole[path[0]], path[1:], value)
    return made


@pytest.mark.parametrize("kind", WORLD)
def test_any_value_at_any_place_is_judged(kind: str) -> None:
    others = [each for other, objects in WORLD.items() if other != kind for each in objects]
    for path in paths(WORLD[kind]):
        if path[1:] not in ((), ("kind",), ("metadata",)):  # who reads objects looks at these
            for value in ODD:
                evaluate(facts(*others, *replaced(WORLD[kind], path, value)))

"""Label selectors of Kubernetes."""

from collections.abc import Mapping
from typing import Any

from tiller_facts.values import at, each, text


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Return whether a label selector of Kubernetes selects an object, by its labels. Raises NotKnownError."""
    return has(labels, at(selector, "matchLabels") or {}) and all(
        _holds(expression, at(labels, text(expression, "key"))) for expression in each(selector, "matchExpressions")
    )


def has(labels: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether labels include those that are wanted; False if `wanted` is no map. Raises NotKnownError."""
    return isinstance(wanted, Mapping) and all(at(labels, key) == at(wanted, key) for key in wanted)


def _holds(expression: Any, value: Any) -> bool:
    values = list(each(expression, "values"))
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }.get(text(expression, "operator"), False)

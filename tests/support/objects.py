"""The Kubernetes objects of a plan, as a state or a preview has them: what only the update knows is not known."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from secure_tiller.plan.model import TillerPlan
from secure_tiller.plan.objects import objects
from secure_tiller.plan.places import Place
from tiller_facts.facts import FoundObject
from tiller_facts.identity import part
from tiller_facts.kinds import WORDS
from tiller_facts.values import UNKNOWN


def of_plan(planned: TillerPlan) -> tuple[FoundObject, ...]:
    """Return the objects of a plan."""
    return tuple(
        FoundObject(
            (word := WORDS[each.kind]),
            _known(each.manifest),
            f"{word} {each.namespace}/{each.name}".replace(" /", " "),
            each.kind.group,
            part(word, f"{planned.name}-{each.part}"),
        )
        for each in objects(planned)
    )


def changed(
    found: tuple[FoundObject, ...], wanted: str, change: Callable[[Any], None], kind: str = ""
) -> tuple[FoundObject, ...]:
    """Return objects of which those of a part, and a kind, were changed, as a transform does it."""
    result = []
    for each in found:
        if each.part == wanted and kind in ("", each.kind):
            data = _known(each.data)
            change(data)
            each = replace(each, data=data)
        result.append(each)
    return tuple(result)


def _known(value: Any) -> Any:
    """Return a copy."""
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_known(item) for item in value]
    return UNKNOWN if isinstance(value, Place) else value

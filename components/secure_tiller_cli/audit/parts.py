"""Objects of a cluster that the component made, by their labels, and the part of it that each one is."""

from collections.abc import Iterable
from dataclasses import replace

from tiller_facts.facts import FoundObject
from tiller_facts.identity import MANAGED_BY, MANAGED_BY_LABEL, PARTS
from tiller_facts.kinds import NAMESPACES

_BY_NAME = {one: part for part, objects in PARTS.items() for one in objects if all(one)}


def with_parts(objects: Iterable[FoundObject]) -> tuple[FoundObject, ...]:
    """Return objects with the part of the component that each one is, as far as its name decides it."""
    every = tuple(objects)
    # Tiller's own namespaces hold what has a name of its own, also where one of these objects lost its label.
    homes = {one.namespace for one in every if (one.kind, one.name) in _BY_NAME and is_ours(one)}
    return tuple(replace(one, part=_part(one, homes)) if is_ours(one) else one for one in every)


def is_ours(found: FoundObject) -> bool:
    """Return whether the component made an object."""
    return bool(found.labels.get(MANAGED_BY_LABEL) == MANAGED_BY)


def _part(found: FoundObject, homes: Iterable[str]) -> str:
    if found.is_a(NAMESPACES):  # a Tiller's own one, or one that Tiller manages
        return "namespace" if found.name in homes else "namespace:"
    return _BY_NAME.get((found.kind, found.name), "")

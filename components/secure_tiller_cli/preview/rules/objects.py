"""Properties of a team's Kubernetes objects, whatever a team's file says: only a transform changes them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from secure_tiller.plan.every_team import of_an_exposed_team
from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.paths import Path, at, differing, mapping, stated, within
from tiller_facts.identity import PARTS

Fault = tuple[Path, str]
"""A path in an object, and what stands there."""

JUDGED: Mapping[tuple[str, str], tuple[Path, ...]] = {
    ("Deployment", "deployment"): (("spec",),),
    ("NetworkPolicy", "admit-clients"): (("spec", "ingress", 0, "from"),),
    ("NetworkPolicy", "deny-ingress"): (("spec",),),
    ("Secret", "tls"): (("immutable",),),
    ("Service", "service"): (("spec", "type"), ("spec", "externalIPs")),
}
"""The properties of a part that another rule judges."""

JUDGED_OF_ALL: tuple[Path, ...] = (
    *(("apiVersion",), ("kind",), ("rules",), ("subjects",), ("data",), ("stringData",)),
    *(("metadata", "labels"), ("metadata", "annotations"), ("metadata", "name"), ("metadata", "namespace")),
)


def as_made(team: Team) -> Iterator[Meaning]:
    """Say what about an object is not as the component makes it, and was so before."""
    for change in (c for c in team.changes if c.counts and c.known and c.operation not in ("delete", "clean up")):
        part = _part(change)
        if not part:
            continue
        for path, what in new_faults(change, partial(_faults, team, change, part)):
            names = {"resource": f"{change.kind} {change.name}", "what": what}
            sentence = "{resource} is not as the component makes it: {what}"
            yield Meaning("object", sentence, names, risk=True, explains=((change, path),))


def new_faults(change: Change, faults: Callable[[Mapping[str, Any]], Iterable[Fault]]) -> Iterator[Fault]:
    """Yield the faults of an object that it did not have before.

    Args:
        change: of the object.
        faults: returns those of its properties.
    """
    before = {*faults(change.old)} if change.old else set()
    return (fault for fault in faults(change.new) if fault not in before)


def form_of(change: Change) -> Mapping[str, Any]:
    """Return an object as the component makes it; empty for a change of anything but its Kubernetes objects."""
    part = _part(change)
    return of_an_exposed_team()[change.kind, f"{part}any" if part.endswith(":") else part] if part else {}


def _faults(team: Team, change: Change, part: str, found: Mapping[str, Any]) -> Iterator[Fault]:
    rest = change.part.removeprefix(part) if part.endswith(":") else ""
    name, namespace = _place(team, change, part, rest)
    for key, wanted in (("name", name), ("namespace", namespace)):
        at_key = ("metadata", key)
        if wanted and at(found, at_key) != wanted:
            yield at_key, stated(at_key, at(found, at_key))
    form = dict(form_of(change))
    if "roleRef" in form:
        form["roleRef"] = {**mapping(form["roleRef"]), "name": name}
    judged = (*JUDGED_OF_ALL, *JUDGED.get((change.kind, part), ()))
    for path in differing(form, found):
        if not any(within(path, known) for known in judged):
            yield path, stated(path, at(found, path))


def _place(team: Team, change: Change, part: str, rest: str) -> tuple[str, str]:
    """Return the name and the namespace that an object must have; empty where the settings choose, or Pulumi."""
    fixed = dict(PARTS[part])[change.kind]
    if part == "namespace:":
        return rest, ""
    if part in ("namespace", "secret:"):
        return "", ""
    return (f"tiller-{team.name}", rest) if part == "manage:" else (fixed, team.namespace)


def _part(change: Change) -> str:
    """Return the part by its name in the table of parts; empty if it is no Kubernetes object."""
    parts = (part for part in PARTS if change.kind in dict(PARTS[part]))
    return next((p for p in parts if change.part == p or (p.endswith(":") and change.part.startswith(p))), "")

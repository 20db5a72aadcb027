"""Findings about resources of no team, except the rights that they give."""

from collections.abc import Iterator

from secure_tiller_cli.preview.changes import Change, Stack
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.foreign import KINDS as RIGHTS
from secure_tiller_cli.preview.foreign import PLACE
from secure_tiller_cli.preview.paths import at, holds_unknown

PLACES = (PLACE, ("namespace",))
"""The properties that hold the namespace of an object, and of a Helm release of the provider."""
MUTATING = ("MutatingWebhookConfiguration", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding")
"""Kinds by which others can change an object before the API server stores it."""


def findings(change: Change, stack: Stack) -> Iterator[Meaning]:
    """Report a resource that is deleted, replaced or moved, or that can act as a Tiller or open it."""
    names = {"resource": f"{change.kind} {change.name}"}
    if change.operation in ("delete", "replace"):
        word = "deleted" if change.operation == "delete" else "replaced"
        kept = " from the stack only, and stays in the cluster" if word == "deleted" and change.stays else ""
        yield Meaning(f"other-{change.operation}", f"{{resource}} is {word}{kept}", names, risk=not kept)
    elif moved := _moved(change):
        sentence = "{resource} changes {inputs}: its objects may go to another cluster"
        yield Meaning("other-provider", sentence, {**names, "inputs": moved}, risk=True)
    if change.counts and _is_object(change):
        yield from _placed(change, stack, names)


def _moved(change: Change) -> tuple[str, ...]:
    """Return the inputs that an update of a provider changes, except its version, which chooses no cluster."""
    if not (change.state.type.startswith("pulumi:providers:") and change.operation == "update"):
        return ()
    seen = {key for key in {*change.old, *change.new} if change.old.get(key) != change.new.get(key)}
    changed = seen | set(change.step.diffReasons or ())  # the text of a secret is equal on both sides
    return tuple(sorted(changed - {"version"})) if changed else ("its inputs",)


def _is_object(change: Change) -> bool:
    """Return whether the resource has an object after the update that `foreign` does not judge."""
    return change.state.type.startswith("kubernetes:") and bool(change.new) and _kind(change) not in RIGHTS


def _kind(change: Change) -> str:
    return change.kind.removesuffix("Patch").removesuffix("List")


def _placed(change: Change, stack: Stack, names: dict[str, str]) -> Iterator[Meaning]:
    if _kind(change) in MUTATING:
        sentence = "{resource} can change objects before the cluster stores them, Tiller's pod too"
        yield Meaning("other-admission", sentence, names, risk=True)
    paths = (("metadata", "name"),) if _kind(change) == "Namespace" else PLACES
    found = [
        place
        for place in (change.new.get("metadata"), *(at(change.new, path) for path in paths))
        if isinstance(place, str)
    ]
    if any(place == team.namespace for place in found for team in stack.teams):
        sentence = "{resource} is in the namespace of a Tiller: it can act as Tiller, read its keys or open its port"
        yield Meaning("other-inside", sentence, names, risk=True)
    elif any(map(holds_unknown, found)):
        sentence = "{resource} may be in the namespace of a Tiller: its own namespace is unknown until the update"
        yield Meaning("other-inside", sentence, names, risk=True)

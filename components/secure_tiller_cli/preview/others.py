"""Findings about resources of no team, except the rights that they give."""

from collections.abc import Iterator
from typing import Any

from secure_tiller_cli.preview.changes import Change
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.foreign import LIST, PATCH, PLACE, Tillers, group_of, is_judged, items, stated
from secure_tiller_cli.preview.paths import Path, at, holds_unknown, mapping

PLACES = (PLACE, ("namespace",))
"""The properties that hold the namespace of an object, and of a Helm release of the provider."""
MUTATING = ("MutatingWebhookConfiguration", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding")
"""Kinds by which others can change an object before the API server stores it."""
VALIDATING = "ValidatingWebhookConfiguration"
"""The kind by which others are sent objects before the API server stores them."""
OVERWRITES = frozenset(("enablePatchForce", "upsertExistingObjects"))
"""The inputs of a Kubernetes provider that let it write over what others wrote or made; both begin with its 4.29."""
POLICY_ENGINES = ("kyverno.io", "mutations.gatekeeper.sh", "policies.kyverno.io")
"""API groups whose objects, if they are of no namespace, let a webhook change objects."""
NETWORK = (
    *("AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "CiliumClusterwideNetworkPolicy", "ClusterNetworkPolicy"),
    "GlobalNetworkPolicy",
)
"""Kinds that can admit connections which the NetworkPolicies of a namespace refuse."""
SECRETS = frozenset(("*", "*/*", "secrets"))
"""How the rule of a webhook names Secrets."""


def findings(change: Change, tillers: Tillers) -> Iterator[Meaning]:
    """Report a resource that is deleted, replaced or moved, or that can act as a Tiller or open it."""
    names = {"resource": f"{change.kind} {change.name}"}
    if change.operation in ("delete", "replace"):
        word = "deleted" if change.operation == "delete" else "replaced"
        kept = " from the stack only, and stays in the cluster" if word == "deleted" and change.stays else ""
        yield Meaning(f"other-{change.operation}", f"{{resource}} is {word}{kept}", names, risk=not kept)
    elif change.state.type.startswith("pulumi:providers:") and change.operation == "update":
        yield from _provider(change, names)
    if _is_object(change):
        found = [*(_everywhere(change) if change.counts else ()), *_placed(change, tillers)]
        yield from (Meaning(code, f"{{resource}} {words}", names, risk=True) for code, words in found)


def _provider(change: Change, names: dict[str, str]) -> Iterator[Meaning]:
    """Report the inputs that an update of a provider changes; not its version, which is no place."""
    seen = {key for key in {*change.old, *change.new} if change.old.get(key) != change.new.get(key)}
    reasons = set(change.step.diffReasons or ())  # a secret is the same text on both sides: only they name it
    changed = seen | reasons
    no_places = OVERWRITES | {"version"} if reasons else {"version"}
    if moved := changed - no_places if changed else {"its inputs"}:
        sentence = "{resource} changes {inputs}: its objects may go to another cluster"
        yield Meaning("other-provider", sentence, {**names, "inputs": tuple(sorted(moved))}, risk=True)
    if begun := {key for key in changed & OVERWRITES if change.new.get(key) not in (None, False, "false")}:
        sentence = "{resource} turns on {inputs}: it may write over what somebody else made or changed"
        yield Meaning("other-overwrites", sentence, {**names, "inputs": tuple(sorted(begun))}, risk=True)


def _is_object(change: Change) -> bool:
    """Return whether the resource has an object after the update that `foreign` does not judge."""
    is_made = change.state.type.startswith("kubernetes:") and change.operation != "read"
    return is_made and bool(change.new) and not is_judged(change)


def _everywhere(change: Change) -> Iterator[tuple[str, str]]:
    """Yield what an object does in the whole cluster."""
    kinds = _kinds(change)
    is_policy = group_of(change, change.new) in POLICY_ENGINES and not at(change.new, PLACE)
    if is_policy or kinds & {*MUTATING}:
        yield "other-admission", "can change objects before the cluster stores them, Tiller's pod too"
    if VALIDATING in kinds and _is_sent_secrets(change.new.get("webhooks")):
        yield "other-admission", "is sent Secrets before the cluster stores them, Tiller's key and releases too"
    if kinds & {*NETWORK}:
        yield "other-network", "can admit connections that Tiller's own NetworkPolicies refuse"


def _is_sent_secrets(webhooks: Any) -> bool:
    rules = [rule for one in items(webhooks) for rule in items(mapping(one).get("rules"))]
    named = {each for rule in rules for each in items(mapping(rule).get("resources"))}
    return holds_unknown(webhooks) or not named.isdisjoint(SECRETS)


def _placed(change: Change, tillers: Tillers) -> Iterator[tuple[str, str]]:
    """Yield that an object is where a Tiller is; an unchanged one only where a Tiller is new."""
    found = [place for one in (change.new, *items(change.new.get("items"))) for place in _places(one, _kinds(change))]
    if any(place in (tillers.namespaces if change.counts else tillers.new) for place in found):
        words = "is in the namespace of a Tiller: what is there can act as Tiller, read its keys or open its port"
        yield "other-inside", words
    elif change.counts and (any(map(holds_unknown, found)) or (found and not tillers.all_seen)):
        yield "other-inside", "may be in the namespace of a Tiller: not all that decides it is in the preview"


def _places(one: Any, kinds: set[str]) -> Iterator[str]:
    """Yield the namespaces that an object names; what is unknown as a whole stands for itself."""
    paths: tuple[Path, ...] = (("metadata", "name"),) if "Namespace" in kinds else PLACES
    found = (one, *(at(one, path) for path in (("metadata",), *paths)))
    return (place for place in found if isinstance(place, str) and place)


def _kinds(change: Change) -> set[str]:
    """Return the kind by the resource's type, and by its object, which counts for the cluster."""
    found = {change.kind, stated(change.new, "kind", change.kind)}
    return {kind.removesuffix(PATCH).removesuffix(LIST) for kind in found}

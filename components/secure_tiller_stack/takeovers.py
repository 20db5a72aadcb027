"""The second look: whether an object that an update made was somebody else's, put there after the first look.

The provider before 4.29 cannot create alone, and ours must take back what is the stack's own: it applies, and applying
changes what is there. So each object that the first look did not see is read once it is made. Who made it stands in
its `managedFields` (Kubernetes documentation, Server-Side Apply), in whole seconds:

- It is older than what the provider applied, or had all of that already.
- Or it is of the same second, and somebody else has fields of it that the provider applied too. Whoever changes an
  object that exists gets the fields alone that change, and takes them from us: no controller shares one with us.
"""

import asyncio
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain
from typing import Any

import pulumi

from secure_tiller.plan.model import TillerPlan
from secure_tiller.plan.objects import objects
from secure_tiller.problems import ClusterError, Problem, RefusedError, plain, shown
from secure_tiller.resources.objects import KubernetesObject, resource_type
from secure_tiller_stack.cluster import ownership
from secure_tiller_stack.kubeconfig import Access
from secure_tiller_stack.preflight import Cluster
from tiller_facts.identity import MANAGED_BY, MANAGED_BY_LABEL
from tiller_facts.kinds import Object

PROVIDER = ("pulumi-kubernetes", "pulumi-resource-kubernetes")
"""How the names begin under which the provider writes; from 4.0 on each resource has its own."""

NAME_LABEL = ("f:metadata", "f:labels", "f:kubernetes.io/metadata.name")
"""Whoever creates a namespace owns this label (Kubernetes documentation, Well-Known Labels); applying does not."""

GIVEN_BACK = (
    f"It has lost the label {MANAGED_BY_LABEL} again: until this is settled, every preview and update refuses it"
)
STILL_OURS = f"It still has the label {MANAGED_BY_LABEL}: the next look takes it for this team's"

FIELDS = "fieldsV1"

Json = Mapping[str, Any]
Field = tuple[str, ...]


class TakenOverError(RefusedError):
    """The update was carried out, but an object was somebody else's, put there after the look at the cluster."""

    headline = "The update took over what somebody else made"
    outcome = "what was done before stays"


class Made:
    """The Kubernetes resources of a Tiller, collected while they are registered."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, str], KubernetesObject] = {}

    def collect(self, args: pulumi.ResourceTransformationArgs) -> None:
        """Keep a resource and leave it as it is; a transformation of the component's options."""
        if isinstance(args.resource, KubernetesObject):
            self._by_name[args.type_, args.name] = args.resource

    def named(self, plan: TillerPlan) -> Iterator[tuple[Object, KubernetesObject]]:
        """Yield what has a fixed name in the cluster, with its resource."""
        for planned in objects(plan):
            if planned.name:
                resource = self._by_name[resource_type(planned.kind), f"{plan.name}-{planned.part}"]
                yield Object(planned.kind, planned.namespace, planned.name), resource


def look(plan: TillerPlan, made: Made, access: Access, cluster: Cluster) -> pulumi.Output[None]:
    """Let the update look at each object once it is made, and fail if any was somebody else's.

    Args:
        plan: of the Tiller.
        made: its resources.
        access: how to reach the cluster.
        cluster: as the first look saw it.

    Returns:
        An output that fails with the update.
    """

    def asked(item: Object, resource: KubernetesObject) -> pulumi.Output[tuple[Problem, ...]]:
        async def ask(answer: Sequence[Any]) -> tuple[Problem, ...]:
            known, urn = answer
            if known is None or is_ours(known, cluster.seen):  # None: `--target` left it unmade
                return ()
            return await asyncio.to_thread(judged, access, plan.name, item, cluster.seen, urn)

        return pulumi.Output.all(resource.metadata, resource.urn).apply(ask)

    # An object of a kind that the first look might not list may have been ours before: nobody knows.
    answers = [asked(*one) for one in made.named(plan) if one[0].kind not in cluster.unlisted]
    return pulumi.Output.all(*answers).apply(_require_none)


def _require_none(answers: Iterable[tuple[Problem, ...]]) -> None:
    if problems := tuple(chain.from_iterable(answers)):
        raise TakenOverError(problems)


def is_ours(known: Mapping[str, Any], seen: Set[str]) -> bool:
    """Return whether the metadata that the provider has recorded shows that an object was not taken over.

    What it recorded before this update may be of an object that is gone: it clears one, and accuses none.

    Args:
        known: the output `metadata` of the object's resource.
        seen: the UIDs of what was there before, and ours.
    """
    created = known.get("creationTimestamp") or ""
    return known.get("uid") in seen or not former_maker({**known, "creationTimestamp": created})


def judged(access: Access, team: str, item: Object, seen: Set[str], urn: str) -> tuple[Problem, ...]:
    """Return what is wrong with an object that an update has made; one that was taken over is given back.

    Args:
        access: how to reach the cluster.
        team: the team that is to have it.
        item: the object.
        seen: the UIDs of what was there before, and ours.
        urn: of its resource.
    """
    try:
        found = ownership.metadata(access, item)
    except ClusterError as error:
        return error.problems
    if found is None or found["uid"] in seen or not (maker := former_maker(found)):
        return ()
    # Warned of at once: if something else fails, the update does not get as far as its end.
    pulumi.log.warn(f"TAKEN OVER: {item}, which was made by {plain(maker)}")
    try:
        ownership.give_back(access, item)
    except ClusterError as error:
        return (_problem(team, item, maker, STILL_OURS, urn), *error.problems)
    return (_problem(team, item, maker, GIVEN_BACK, urn),)


def former_maker(metadata: Json) -> str:
    """Return who made an object before the provider applied to it, and when, in words; empty: the provider made it."""
    entries = [entry for entry in metadata.get("managedFields") or () if not entry.get("subresource")]
    applied = max((e for e in entries if e["manager"].startswith(PROVIDER)), key=_time, default={"manager": ""})
    # An entry gets its time when it changes the object: without one the provider found all there that it applied.
    made, time = metadata["creationTimestamp"], _time(applied)
    before = [e for e in entries if e["manager"] != applied["manager"] and (not time or _time(e) <= time)]
    ours = fields(applied) | {NAME_LABEL}
    if time and time <= made and not any(fields(entry) & ours for entry in before):
        return ""
    return f"{', '.join(sorted(entry['manager'] for entry in before)) or 'somebody who left no name'} at {made}"


def fields(entry: Json) -> Set[Field]:
    """Return the paths of the fields that an entry of `managedFields` names."""
    found = set()
    rest: list[tuple[Field, Json]] = [((), entry.get(FIELDS) or {})]
    while rest:
        at, inside = rest.pop()
        for key, inner in inside.items():
            if inner:
                rest.append(((*at, key), inner))
            elif key != ".":  # the map or the item itself, which others may have a part of
                found.add((*at, key))
    return found


def _time(entry: Json) -> str:
    return str(entry.get("time") or "")


def _problem(team: str, item: Object, maker: str, now: str, urn: str) -> Problem:
    place = f" --namespace {item.namespace}" if item.namespace else ""
    named = f"{item.kind}{place} {item.name}"
    why = (
        f"was made by {maker}, after the look at the cluster, and this update wrote into it; the rest is theirs. {now}"
    )
    remedy = (
        f"if nobody needs it: kubectl delete {named} && pulumi up --refresh; if this team may have it as it is: "
        f"kubectl label --overwrite {named} {MANAGED_BY_LABEL}={MANAGED_BY}; else choose another name, "
        "and first remove it and what depends on it from the state, which leaves them in the cluster: "
        f"pulumi state delete --target-dependents {shlex.quote(urn)}"
    )
    where = f"{item.kind.resource} in {item.namespace}" if item.namespace else item.kind.resource
    return Problem(team, where, shown(item.name), why, remedy)

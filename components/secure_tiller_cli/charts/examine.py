"""The reasons why a team's Tiller could not install, change or delete the objects of manifests in this cluster."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secure_tiller.plan.validation.rights import LIMITS, ROUTES
from secure_tiller_cli.charts.account import Account
from secure_tiller_cli.charts.discovery import Discovery, Served, discover, group
from secure_tiller_cli.charts.finding import Concern, Effect, Group
from secure_tiller_cli.charts.grants import granted
from secure_tiller_cli.charts.manifest import Manifest
from secure_tiller_cli.charts.rights import AT_INSTALL, in_words, own_namespace, wanted
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.state import DeployedTiller
from tiller_facts import values
from tiller_facts.kinds import NETWORK_POLICIES, ROLE_BINDINGS, ROLES, Kind
from tiller_facts.rbac import Right

CHART = "the chart must be changed"
RELEASE = "rewrite the stored release with the Helm plugin helm-mapkubeapis"

OPT_INS = {NETWORK_POLICIES: "network_policies", ROLES: "roles", ROLE_BINDINGS: "roles"}
"""By kind, the key of the team's `rights` that gives Tiller the right to it."""

Place = tuple[Served, str]
"""A kind and a namespace."""


@dataclass(frozen=True)
class _Case:
    tiller: DeployedTiller
    namespace: str
    discovery: Discovery
    outdated: str


def examine(
    client: Any,
    manifests: Iterable[Manifest],
    tiller: DeployedTiller,
    namespace: str,
    *,
    discovery: Discovery | None = None,
    outdated: str = CHART,
) -> tuple[Concern, ...]:
    """Return what a team's Tiller could not install, change or delete.

    Args:
        client: of the cluster, with the account of whoever asks; its rights decide what can be checked.
        manifests: as `read` returns them; hooks of a kind that Tiller leaves out are left out here too.
        tiller: the team's.
        namespace: the release's.
        discovery: of the cluster, where several are examined; None: it is asked now.
        outdated: the remedy for an API version that is gone: `CHART` or `RELEASE`.

    Raises:
        ApiException: the cluster does not answer, or refuses what everybody may ask.
    """
    case = _Case(tiller, namespace, discovery or discover(client), outdated)
    installed = [each for each in manifests if not each.left_out]
    known = {each: case.discovery.find(each.api_version, each.kind) for each in installed}
    places = _places(known, case)
    account = Account(client, tiller)
    return (
        *_lacking(account, places, case),
        *granted(client, account, _grantable(account, places), namespace),
        *_computed(account),
        *_outside(known, case),
        *_gone(known, installed, case),
    )


def _places(known: Mapping[Manifest, Served | None], case: _Case) -> Mapping[Place, list[Manifest]]:
    """Return the manifests that are inside of the team, by kind and namespace."""
    places = defaultdict[Place, list[Manifest]](list)
    for each, served in known.items():
        inside = each.namespace or case.namespace
        if served and served.namespaced and inside in case.tiller.managed:
            places[served, inside].append(each)
    return places


def _lacking(account: Account, places: Mapping[Place, Sequence[Manifest]], case: _Case) -> Iterator[Concern]:
    looked = own_namespace(case.namespace)
    needed = {place: _needed(place, found) for place, found in places.items()}
    missing = account.lacks([looked, *(right for rights in needed.values() for right in rights)])
    if looked in missing:
        text = f"Tiller may not get the namespace {case.namespace}, which it looks at before it installs"
        yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, "take the namespace into the team's settings")
    for (served, inside), found in places.items():
        if lacked := missing.intersection(needed[served, inside]):
            late = "" if any(right.verb in AT_INSTALL for right in lacked) else _LATE
            text = f"Tiller may not {in_words(lacked)} in {inside}{late}"
            yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, _right_remedy(served.kind), tuple(found))


_LATE = ": it can be installed, but an upgrade or a delete fails"


def _needed(place: Place, found: Iterable[Manifest]) -> frozenset[Right]:
    served, inside = place
    hooks = {bool(each.hooks) for each in found}
    return frozenset(right for hook in hooks for right in wanted(served.kind, inside, hook=hook))


def _right_remedy(kind: Kind) -> str:
    without = "leave it out by the chart's values"
    if kind in OPT_INS:
        return f"{without}, or set rights.{OPT_INS[kind]}: true for the team"
    if not kind.group and kind.resource in LIMITS | ROUTES:
        return f"{without}: the component gives no Tiller this right"
    return f"{without}, or give the team a rule for it in rights.rules"


def _grantable(account: Account, places: Mapping[Place, Sequence[Manifest]]) -> Iterator[Manifest]:
    """Yield the Roles and RoleBindings that Tiller has the right to make; the others have a finding already."""
    for (served, inside), found in places.items():
        if served.kind in (ROLES, ROLE_BINDINGS) and not account.lacks([Right.on(served.kind, "create", inside)]):
            yield from found


def _computed(account: Account) -> Iterator[Concern]:
    if account.computed:
        text = "Tiller's rights are computed from the stack's state: your account may not create subjectaccessreviews"
        remedy = "use an account that may, so that the cluster tells them as they are"
        yield Concern(Group.CANNOT_INSTALL, Effect.NOTE, text, remedy)


def _outside(known: Mapping[Manifest, Served | None], case: _Case) -> Iterator[Concern]:
    of_the_cluster, elsewhere = defaultdict[str, list[Manifest]](list), defaultdict[str, list[Manifest]](list)
    for each, served in known.items():
        if served and not served.namespaced:
            of_the_cluster[each.kind].append(each)
        elif (inside := each.namespace or case.namespace) not in case.tiller.managed:
            elsewhere[inside].append(each)
    for kind, found in of_the_cluster.items():
        text = f"{kind} is a matter of the whole cluster, and Tiller manages the team's namespaces alone"
        remedy = "leave it out by the chart's values, and let the cluster's administrators install it"
        yield Concern(Group.OUTSIDE, Effect.STOPS, text, remedy, tuple(found))
    for name, found in elsewhere.items():
        whose = "is Tiller's own namespace" if name == case.tiller.namespace else "is no namespace of the team"
        text = f"goes to {name}, which {whose}: Tiller manages {', '.join(case.tiller.managed)}"
        remedy = "leave metadata.namespace out of the chart, or name one of these by its values"
        yield Concern(Group.OUTSIDE, Effect.STOPS, text, remedy, tuple(found))


def _gone(known: Mapping[Manifest, Served | None], installed: Iterable[Manifest], case: _Case) -> Iterator[Concern]:
    brought = {_brings(each) for each in installed if each.kind == "CustomResourceDefinition"}
    unknown = defaultdict[tuple[str, str], list[Manifest]](list)
    for each, served in known.items():
        if not served:
            unknown[each.api_version, each.kind].append(each)
    for (api_version, kind), found in unknown.items():
        yield _unserved(api_version, kind, tuple(found), case, own=(group(api_version), kind) in brought)


def _brings(definition: Manifest) -> tuple[str, str]:
    """Return the group and the kind that a CustomResourceDefinition brings; empty words where it does not say."""
    return values.text(definition.content, "spec", "group"), values.text(definition.content, "spec", "names", "kind")


def _unserved(api_version: str, kind: str, found: tuple[Manifest, ...], case: _Case, *, own: bool) -> Concern:
    if api_version in case.discovery.unanswered:
        text = (
            f"not checked: the server of {api_version} does not answer, so nobody knows whether it has the kind {kind}"
        )
        service = ".".join(reversed(api_version.split("/")))
        remedy = f"see why it does not: kubectl get apiservice {word(service)}"
        return Concern(Group.API_GONE, Effect.NOT_CHECKED, text, remedy, found)
    if own:
        text = f"the cluster has no {api_version} {kind}: the chart brings it itself, which Tiller may not"
        remedy = "let the cluster's administrators install the CustomResourceDefinition first"
        return Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, found)
    if successor := case.discovery.successor(api_version, kind):
        text = f"the cluster no longer serves {kind} in {api_version}; it is in {successor.api_version}"
        return Concern(Group.API_GONE, Effect.STOPS, text, f"{case.outdated}: {successor.api_version}", found)
    text = f"the cluster serves no {kind} of {api_version}, nor of its successors"
    remedy = f"install what brings this kind, or {case.outdated}: without it"
    return Concern(Group.API_GONE, Effect.STOPS, text, remedy, found)

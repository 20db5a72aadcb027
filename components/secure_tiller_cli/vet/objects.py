"""Dry runs of the objects of a chart: the API server judges each, and creates none."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from secure_tiller_cli.charts import Concern, Discovery, Effect, Group, Manifest
from secure_tiller_cli.charts.discovery import Served
from secure_tiller_cli.vet.asking import Answer, Asker, Way
from secure_tiller_cli.vet.patches import Patch, PatchError, patch
from secure_tiller_cli.vet.sequence import BEFORE_CREATION, INSTALL, UPGRADE
from secure_tiller_cli.vet.upgrade import Previous
from secure_tiller_stack.cluster.connection import AT_ONCE
from tiller_facts import values
from tiller_facts.kinds import PODS, ROLE_BINDINGS

NOT_ASKED = "not asked"


@dataclass(frozen=True)
class _Place:
    """Where an object is sent, and in which form."""

    served: Served
    inside: str
    """Its namespace."""
    patch: Patch | None
    """Of an object that the upgraded release has; None: it is created."""


@dataclass
class Asked:
    """The results of the dry runs of all objects."""

    ways: dict[Manifest, str] = field(default_factory=dict)
    """By object, the account that asked, or why none did."""
    concerns: list[Concern] = field(default_factory=list)


def objects(
    asker: Asker,
    manifests: Sequence[Manifest],
    discovery: Discovery,
    namespace: str,
    found: Sequence[Concern],
    upgraded: Previous | None = None,
) -> Asked:
    """Send every object of a chart that can be sent as a dry run.

    An object that the upgraded release already has is sent as a patch. Any other is sent to be created.

    Args:
        asker: sends the objects.
        manifests: all of the chart.
        discovery: of the cluster.
        namespace: the release's.
        found: the earlier findings; an object that one of them stops has no second finding here.
        upgraded: the revision that an upgrade changes; None: the chart is installed.
    """
    asked, sent = Asked(), dict[Manifest, _Place]()
    for each in manifests:
        served, inside = discovery.find(each.api_version, each.kind), each.namespace or namespace
        if why := _why_not(each, served, inside, asker, manifests, namespace):
            asked.ways[each] = f"{NOT_ASKED}: {why}"
        elif served:
            before = upgraded.of(each) if upgraded and not each.hooks else None
            try:
                sent[each] = _Place(served, inside, patch(before, each) if before else None)
            except PatchError as error:
                asked.ways[each] = f"{NOT_ASKED}: Tiller cannot compute its change"
                asked.concerns.append(_no_patch(each, error))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = dict(zip(sent, pool.map(lambda each: _ask(asker, each, sent[each], manifests), sent), strict=True))
    asked.ways |= {each: answer.way.value for each, answer in answers.items()}
    _judge(asked, answers, sent, found, upgraded)
    return asked


def _judge(
    asked: Asked,
    answers: Mapping[Manifest, Answer],
    sent: Mapping[Manifest, _Place],
    found: Sequence[Concern],
    upgraded: Previous | None,
) -> None:
    """Add the findings from the answers."""
    stopped = {each for concern in found if concern.severity is Effect.STOPS for each in concern.manifests}
    forbidden = defaultdict[str, list[Manifest]](list)
    verbs = "create or change" if upgraded else "create"
    for each, answer in answers.items():
        inside = sent[each].inside
        if answer.lacks_right and answer.way is Way.CALLER:
            asked.ways[each] = f"{NOT_ASKED}: your account may not {verbs} it"
            forbidden[inside].append(each)
        elif answer.status != HTTPStatus.OK and each not in stopped:
            asked.concerns += _judged(each, answer, inside, upgraded)
    for inside, kept in forbidden.items():
        asked.concerns.append(_no_right({sent[each].served.resource for each in kept}, inside, kept, verbs))


def _why_not(
    each: Manifest,
    served: Served | None,
    inside: str,
    asker: Asker,
    manifests: Sequence[Manifest],
    namespace: str,
) -> str:
    """Return why an object is not sent; empty: it is."""
    if each.left_out:
        return "Tiller leaves it out"
    if not served:
        return "the cluster does not serve its kind, unless the chart adds it"
    if not served.namespaced or inside not in asker.tiller.managed:
        return "it is outside the team's namespaces"
    role = inside, values.text(each.content, "roleRef", "name")
    if served.kind == ROLE_BINDINGS and role in {
        (m.namespace or namespace, m.name) for m in manifests if m.kind == "Role"
    }:
        return "the chart itself creates the Role that it binds"
    return ""


def _ask(asker: Asker, each: Manifest, place: _Place, manifests: Sequence[Manifest]) -> Answer:
    """Send an object as Tiller does: as a patch if the release and the cluster have it, else to be created."""
    served, inside = place.served, place.inside
    if place.patch:
        where = address(served, inside, each.name)
        answer = asker.ask(each, where, place.patch.body, method="PATCH", sends=place.patch.form)
        if answer.status != HTTPStatus.NOT_FOUND:
            return answer
    return asker.ask(each, address(served, inside), body(each, inside, manifests))


def address(served: Served, inside: str, name: str = "") -> str:
    """Return the quoted path of a kind's collection, or of one object in it."""
    root = "apis" if "/" in served.api_version else "api"
    parts = [root, *served.api_version.split("/"), "namespaces", inside, served.resource, *([name] if name else [])]
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def body(each: Manifest, inside: str, manifests: Sequence[Manifest]) -> Mapping[str, Any]:
    """Return an object as Tiller sends it. A Pod is sent without the ServiceAccount that the chart creates."""
    metadata = {**(each.content.get("metadata") or {}), "namespace": inside}
    sent = {**each.content, "metadata": metadata}
    if (each.kind, each.api_version) == ("Pod", "v1") and isinstance(sent.get("spec"), Mapping):
        brought = {m.name for m in manifests if m.kind == "ServiceAccount"}
        accounts = ("serviceAccountName", "serviceAccount")
        sent["spec"] = {
            k: v for k, v in sent["spec"].items() if k not in accounts or not isinstance(v, str) or v not in brought
        }
    return sent


def _judged(each: Manifest, answer: Answer, inside: str, upgraded: Previous | None) -> Iterator[Concern]:
    said, one = answer.message, (each,)
    if answer.status == HTTPStatus.CONFLICT:
        yield from _existing(each, upgraded)
    elif answer.violation:
        text = f"would be refused: {answer.violation}"
        remedy = f"set the pod's securityContext and volumes so that {inside} admits it"
        yield Concern(Group.POD_SECURITY, Effect.STOPS, text, remedy, one)
    elif answer.status == HTTPStatus.FORBIDDEN:
        text, remedy = f"would be refused: {said}", "correct it, or have the rules or limits of the namespace changed"
        yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, one)
    elif answer.fault:
        text = f"the API server refuses it: {answer.fault}"
        yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, "correct the template, or the values", one)
    else:
        text = f"not checked: the API server answered {answer.status}: {said}"
        remedy = f"check that {inside} and the objects that it names exist, and try again"
        yield Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, remedy, one)


def _existing(each: Manifest, upgraded: Previous | None) -> Iterator[Concern]:
    stages = UPGRADE if upgraded else INSTALL
    if each.hooks and (BEFORE_CREATION in each.policies or not stages.intersection(each.hooks)):
        return
    if upgraded and not upgraded.known and not each.hooks:
        text = "not checked: already exists; an upgrade changes it only if the release contains it"
        remedy = "see whether the release contains it"
        yield Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, remedy, (each,))
        return
    text, remedy = "already exists, and Tiller does not take it over", "give it another name, or find out who owns it"
    yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, (each,))


def _no_patch(each: Manifest, error: PatchError) -> Concern:
    remedy = "upgrade twice: remove the field or item first, then add it with its new value"
    return Concern(Group.CANNOT_INSTALL, Effect.STOPS, f"Tiller cannot compute its change: {error}", remedy, (each,))


def _no_right(resources: set[str], inside: str, found: Sequence[Manifest], verbs: str) -> Concern:
    text = f"not checked: your account may not {verbs} {', '.join(sorted(resources))} in {inside}"
    remedy = "use an account that may, with --kubeconfig and --context; nothing is created"
    pods = resources == {PODS.resource}
    return Concern(Group.POD_SECURITY if pods else Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, remedy, tuple(found))

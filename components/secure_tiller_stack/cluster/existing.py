"""The objects that stand under our names, and the releases of Tillers that have left."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from secure_tiller_stack.cluster import lister
from secure_tiller_stack.cluster.api import unless_refused
from secure_tiller_stack.cluster.connection import AT_ONCE, answering
from secure_tiller_stack.cluster.facts import FoundNamespace, FoundObjects, FoundRelease, Questions
from secure_tiller_stack.cluster.lister import RELEASES, Json
from tiller_facts.identity import MANAGED_BY, MANAGED_BY_LABEL, SERVICE_ACCOUNT, STACK_ANNOTATION, TEAM_LABEL
from tiller_facts.kinds import SECRETS, SERVICE_ACCOUNTS, Kind, Object


def departed(
    client: Any, questions: Questions, namespaces: Mapping[str, FoundNamespace]
) -> Iterator[tuple[str, tuple[FoundRelease, ...] | None]]:
    """Yield the namespace of each of the stack's Tillers that the settings do not name, and its releases.

    None for the releases: the cluster refused to list them.
    """
    for name, found in namespaces.items():
        if name in questions.namespaces or found.terminating or not found.is_of(questions.stack):
            continue
        if questions.teams is not None and found.labels.get(TEAM_LABEL) not in questions.teams:
            continue
        # A managed namespace that stayed is no Tiller's, and can hold the records of a Tiller of somebody else.
        if _has_our_account(client, name):
            records = unless_refused(None, lister.items, client, SECRETS, name, labels=RELEASES)
            yield name, None if records is None else tuple(_last_revisions(each["metadata"] for each in records))


def there(client: Any, questions: Questions, namespaces: Mapping[str, FoundNamespace]) -> FoundObjects:
    """Return which of the objects are there, and whose they are."""
    wanted = defaultdict[tuple[Kind, str], set[Object]](set)
    for item in questions.objects:
        if item.namespace in namespaces:
            wanted[item.kind, item.name].add(item)
    found: dict[Object, str] = {}
    refused: set[Kind] = set()
    uids: set[str] = set()

    def named(key: tuple[Kind, str]) -> tuple[Json, ...] | None:
        kind, name = key
        selector = f"metadata.name={name}"
        listed = unless_refused(None, lister.items, client, kind, fields=selector, metadata_only=True)
        # Whoever may list a kind in some namespaces alone may still get each object there.
        return listed if listed is not None else unless_refused(None, _one_by_one, client, wanted[key])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(named, wanted)
    for ((kind, _), objects), listed in zip(wanted.items(), answers, strict=True):
        if listed is None:
            refused.add(kind)
        else:
            with answering():
                by_place = {each["metadata"]["namespace"]: each["metadata"] for each in listed}
            for item in (item for item in objects if item.namespace in by_place):
                found[item] = _team(by_place[item.namespace], namespaces[item.namespace], questions.stack)
                uids.add(str(by_place[item.namespace].get("uid", "")))
    return FoundObjects(found, frozenset(refused), frozenset(uids - {""}))


def _one_by_one(client: Any, objects: Iterable[Object]) -> tuple[Json, ...]:
    found = (lister.find(client, item.kind, item.name, item.namespace) for item in sorted(objects))
    return tuple(each for each in found if each is not None)


@answering()
def _team(metadata: Mapping[str, Any], inside: FoundNamespace, stack: str) -> str:
    """Return the team for which this stack made an object; empty: it did not."""
    labels = metadata.get("labels", {})
    # What 0.1.0 made says no stack. In a namespace of this stack there is nothing of another's.
    same = inside.is_of(stack) or metadata.get("annotations", {}).get(STACK_ANNOTATION, stack) == stack
    return str(labels.get(TEAM_LABEL, "")) if labels.get(MANAGED_BY_LABEL) == MANAGED_BY and same else ""


def _last_revisions(records: Iterable[Mapping[str, Any]]) -> Iterator[FoundRelease]:
    last: dict[str, FoundRelease] = {}
    for record in records:
        labels = record.get("labels", {})
        name, revision = labels.get("NAME", record["name"]), labels.get("VERSION", "")
        release = FoundRelease(name, int(revision) if revision.isdecimal() else 0, labels.get("STATUS", "unknown"))
        if name not in last or last[name].revision < release.revision:
            last[name] = release
    yield from (last[name] for name in sorted(last))


def _has_our_account(client: Any, namespace: str) -> bool:
    """Return whether a namespace has the ServiceAccount of one of our Tillers; a refusal to list counts as yes."""
    found = unless_refused(
        None,
        lister.items,
        client,
        SERVICE_ACCOUNTS,
        namespace,
        labels=f"{MANAGED_BY_LABEL}={MANAGED_BY}",
        fields=f"metadata.name={SERVICE_ACCOUNT}",
        metadata_only=True,
    )
    return found is None or bool(found)

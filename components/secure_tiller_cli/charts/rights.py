"""The rights that Tiller needs for the objects of a chart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from secure_tiller.plan.rights import EDIT
from tiller_facts.kinds import JOBS, NAMESPACES, PODS, Kind
from tiller_facts.rbac import Right

INSTALLED = tuple(verb for verb in EDIT if verb != "list")
"""The verbs for an object of a release: Tiller lists hooks alone."""
HOOKED = tuple(verb for verb in EDIT if verb != "patch")
"""The verbs for a hook: Tiller deletes and creates it each time."""

AWAITED = frozenset((JOBS, PODS))
"""Kinds of hooks whose end Tiller awaits (Helm 2.17, pkg/kube/client.go, watchUntilReady and watchPodUntilComplete)."""

AT_INSTALL = frozenset(("create", "list", "watch"))
"""The verbs without which an install fails; without the others an upgrade or a delete does."""


def wanted(kind: Kind, namespace: str, *, hook: bool) -> Iterator[Right]:
    """Yield the rights that Tiller needs for an object in its life: install, upgrade, rollback, delete.

    Args:
        kind: of the object.
        namespace: where it is.
        hook: whether it is one.
    """
    for verb in (*(HOOKED if hook else INSTALLED), *(("watch",) if hook and kind in AWAITED else ())):
        yield Right.on(kind, verb, namespace)


def own_namespace(namespace: str) -> Right:
    """Return the right to see that the release's namespace is there (Helm 2.17, pkg/kube/namespace.go)."""
    return Right.on(NAMESPACES, "get", namespace, namespace)


def in_words(rights: Iterable[Right]) -> str:
    """Return rights on one line, by kind: `create, get pods; get secrets`."""
    verbs = defaultdict[str, set[str]](set)
    for right in rights:
        verbs[str(right.kind) + (f"/{right.name}" if right.name else "")].add(right.verb)
    shown = [f"{', '.join(sorted(verbs[kind]))} {kind}" for kind in sorted(verbs)]
    return "; ".join(shown[:_SHOWN]) + (f"; and on {len(shown) - _SHOWN} more kinds" if len(shown) > _SHOWN else "")


_SHOWN = 4

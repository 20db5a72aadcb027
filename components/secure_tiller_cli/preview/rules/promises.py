"""Properties of every Tiller pod, whatever a team's file says: only a transform, or another component, undoes them."""

from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller.plan.every_team import of_every_team
from secure_tiller.plan.places import Place
from secure_tiller_cli.preview.changes import Team
from secure_tiller_cli.preview.findings import Meaning, whole
from secure_tiller_cli.preview.paths import Path, at, differing, mapping, stated, within
from secure_tiller_cli.preview.rules.tiller import ARGUMENTS, CONTAINER, ENVIRONMENT, PLACED, POD, TEMPLATE, TIMEOUT

AS_MADE = {"spec": of_every_team()["Deployment", "deployment"]["spec"]}
"""A Deployment as the component makes it."""

CONTAINERS: Path = CONTAINER[:-1]
CHOSEN: tuple[Path, ...] = (
    (*TEMPLATE, "metadata"),
    ARGUMENTS,
    (*CONTAINER, "image"),
    (*CONTAINER, "resources"),
    (*ENVIRONMENT, 0, "value"),
    *PLACED.values(),
    *TIMEOUT,
)
"""The paths of a Deployment that a team's file chooses, or another rule judges."""

IMMUTABLE: Path = ("immutable",)
CLUSTER_WIDE = ("ClusterRole", "ClusterRoleBinding")


def pod(team: Team) -> Iterator[Meaning]:
    """Say what about Tiller's pod is not as the component makes it, and was so before."""
    for deployment in team.remaining("Deployment"):
        known = set(_broken(deployment.old)) if deployment.old else set()
        for path, said in dict(_broken(deployment.new)).items():
            if (path, said) not in known:
                names = {"what": said}
                sentence = "Tiller's pod is not as the component makes it: {what}"
                yield Meaning("promise", sentence, names, risk=True, explains=((deployment, path),))


def cluster_wide(team: Team) -> Iterator[Meaning]:
    """Say that a team gets rights in the whole cluster."""
    for kind in CLUSTER_WIDE:
        for change in team.remaining(kind):
            sentence = "the team gets the {kind} {name}, which holds in the whole cluster"
            names = {"kind": kind, "name": change.name}
            yield Meaning("cluster-wide", sentence, names, risk=True, explains=whole(change))


def tls_secret(team: Team) -> Iterator[Meaning]:
    """Say that somebody can change Tiller's key and trust in place."""
    for secret in team.remaining("Secret", "tls"):
        before = at(secret.old, IMMUTABLE) if secret.old else True
        if before is True and at(secret.new, IMMUTABLE) is not True:
            explains = ((secret, IMMUTABLE),)
            yield Meaning("mutable", "Tiller's TLS Secret can be changed in place", risk=True, explains=explains)


def _broken(properties: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield where a Deployment differs from what the component makes, and in what."""
    if not at(properties, (*CONTAINER, "resources", "limits")):
        yield (*CONTAINER, "resources", "limits"), "it has no limits"
    for path in differing(AS_MADE, {"spec": at(properties, ("spec",))}):
        any_text = isinstance(at(AS_MADE, path), Place) and isinstance(at(properties, path), str)
        if not any_text and not any(within(path, chosen) for chosen in CHOSEN):
            yield from _difference(properties, path)
    containers = at(properties, CONTAINERS)
    if not isinstance(containers, list) or len(containers) != 1:
        yield CONTAINERS, "it has not exactly one container"


def _difference(properties: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    """Yield a difference in words, at the outermost place that the component does not have."""
    added = next((path[:end] for end in range(1, len(path) + 1) if at(AS_MADE, path[:end]) is None), path)
    if within(path, CONTAINERS) and not (within(path, CONTAINER) and at(properties, CONTAINER)):
        return  # the number of containers is another one
    if within(path, ENVIRONMENT):
        yield ENVIRONMENT, "its environment is another one"  # not quoted: it may hold what is secret
    elif added[:-1] in (POD, CONTAINER) and at(AS_MADE, added) is None:
        yield added, f"it sets {added[-1]}"
    elif added[:-1] == (*POD, "volumes"):
        kinds = sorted({*mapping(at(properties, added))} - {"name"})
        yield added, f"it mounts a volume of kind {', '.join(kinds)}"
    else:
        where = tuple(key for key in path[1:] if key not in ("spec", "template"))
        yield path, stated(where, at(properties, path))

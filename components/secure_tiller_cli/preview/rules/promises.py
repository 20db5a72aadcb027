"""What every pod of Tiller is, whatever a team's file says: only a transform, or another component, undoes it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller_cli.preview.changes import Team
from secure_tiller_cli.preview.findings import Finding
from secure_tiller_cli.preview.paths import Path, at, differing, items, written
from secure_tiller_cli.preview.rules.tiller import CONTAINER, POD
from tiller_facts.identity import SERVICE_ACCOUNT

FIXED: Mapping[Path, Any] = {
    (*POD, "serviceAccountName"): SERVICE_ACCOUNT,
    (*POD, "automountServiceAccountToken"): False,
    (*POD, "enableServiceLinks"): False,
    (*POD, "securityContext"): {
        "fsGroup": 65534,
        "runAsGroup": 65534,
        "runAsNonRoot": True,
        "runAsUser": 65534,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    (*CONTAINER, "securityContext"): {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
    },
    ("spec", "replicas"): 1,
}
"""What stands in every Deployment of the component (`secure_tiller.workload`), by path."""

KNOWN: Mapping[Path, frozenset[str]] = {
    POD: frozenset(
        {
            "automountServiceAccountToken",
            "containers",
            "enableServiceLinks",
            "nodeSelector",
            "priorityClassName",
            "securityContext",
            "serviceAccountName",
            "terminationGracePeriodSeconds",
            "tolerations",
            "volumes",
        }
    ),
    CONTAINER: frozenset(
        {
            "args",
            "env",
            "image",
            "imagePullPolicy",
            "lifecycle",
            "livenessProbe",
            "name",
            "ports",
            "readinessProbe",
            "resources",
            "securityContext",
            "startupProbe",
            "volumeMounts",
        }
    ),
}
"""The fields that the component sets; another one is not the component's."""

IMMUTABLE: Path = ("immutable",)
VOLUMES = frozenset({"secret", "projected", "emptyDir"})
CLUSTER_WIDE = ("ClusterRole", "ClusterRoleBinding")


def pod(team: Team) -> Iterator[Finding]:
    """Say what about Tiller's pod is not as the component makes it, and was so before."""
    for deployment in team.of("Deployment"):
        if deployment.operation == "delete":
            continue
        known = set(_broken(deployment.old)) if deployment.old else set()
        for path, said in dict(_broken(deployment.new)).items():
            if (path, said) not in known:
                names = {"what": said}
                sentence = "Tiller's pod is not as the component makes it: {what}"
                yield Finding("promise", sentence, names, risk=True, explains=((deployment, path),))


def cluster_wide(team: Team) -> Iterator[Finding]:
    """Say that a team gets rights in the whole cluster."""
    for kind in CLUSTER_WIDE:
        for change in team.of(kind):
            if change.operation != "delete":
                sentence = "the team gets the {kind} {name}, which holds in the whole cluster"
                names = {"kind": kind, "name": change.name}
                yield Finding("cluster-wide", sentence, names, risk=True, explains=((change, ()),))


def tls_secret(team: Team) -> Iterator[Finding]:
    """Say that somebody can change Tiller's key and trust in place."""
    for secret in team.of("Secret", "tls"):
        before = at(secret.old, IMMUTABLE) if secret.old else True
        if secret.operation != "delete" and before is True and at(secret.new, IMMUTABLE) is not True:
            explains = ((secret, IMMUTABLE),)
            yield Finding("mutable", "Tiller's TLS Secret can be changed in place", risk=True, explains=explains)


def _broken(properties: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield where a Deployment differs from what the component makes, and in what."""
    for path, wanted in FIXED.items():
        for wrong in differing(wanted, at(properties, path), path):
            found = at(properties, wrong)
            where = written(tuple(key for key in wrong[1:] if key not in ("spec", "template")))
            yield wrong, f"{where} is {'not set' if found is None else json.dumps(found)}"
    for path, known in KNOWN.items():
        for key in sorted({*(at(properties, path) or {})} - known):
            yield (*path, key), f"it sets {key}"
    if len(at(properties, (*POD, "containers")) or ()) != 1:
        yield (*POD, "containers"), "it has not exactly one container"
    for index, volume in enumerate(items(at(properties, (*POD, "volumes")))):
        for kind in sorted({*volume} - {"name"} - VOLUMES):
            yield (*POD, "volumes", index), f"it mounts a volume of kind {kind}"
    if not at(properties, (*CONTAINER, "resources", "limits")):
        yield (*CONTAINER, "resources", "limits"), "it has no limits"

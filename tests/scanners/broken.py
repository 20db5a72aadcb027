"""Tillers that each lack one protection, and the checks that must notice."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

from tests.scanners.manifests import Manifest, container, of_kind, pod

WHOLE = "whole"
"""The namespace of the copy that lacks nothing."""


@dataclass(frozen=True)
class Broken:
    """A protection taken out.

    Attributes:
        take_out: changes a Deployment, or the NetworkPolicy around it.
        checkov: the checks that fail then, and did not before.
        kube_score: the same of kube-score.
    """

    take_out: Callable[[Manifest, Manifest], object]
    checkov: frozenset[str] = frozenset()
    kube_score: frozenset[str] = frozenset()


def _checks(names: str) -> frozenset[str]:
    return frozenset(names.split())


BROKEN: dict[str, Broken] = {
    "no-limits": Broken(
        lambda tiller, _: container(tiller).pop("resources"),
        _checks("CKV_K8S_10 CKV_K8S_11 CKV_K8S_12 CKV_K8S_13"),
        _checks("container-resources:critical container-ephemeral-storage-request-and-limit:critical"),
    ),
    "privileged": Broken(
        lambda tiller, _: container(tiller)["securityContext"].update(privileged=True),
        _checks("CKV_K8S_16"),
        _checks("container-security-context-privileged:critical"),
    ),
    "writable-root": Broken(
        lambda tiller, _: container(tiller)["securityContext"].update(readOnlyRootFilesystem=False),
        _checks("CKV_K8S_22"),
        _checks("container-security-context-readonlyrootfilesystem:critical"),
    ),
    "capabilities": Broken(
        lambda tiller, _: container(tiller)["securityContext"].pop("capabilities"), _checks("CKV_K8S_28 CKV_K8S_37")
    ),
    "escalation": Broken(
        lambda tiller, _: container(tiller)["securityContext"].update(allowPrivilegeEscalation=True),
        _checks("CKV_K8S_20"),
    ),
    "user-of-the-host": Broken(
        lambda tiller, _: pod(tiller)["securityContext"].update(runAsUser=1000),
        _checks("CKV_K8S_40"),
        _checks("container-security-context-user-group-id:critical"),
    ),
    "no-seccomp": Broken(
        lambda tiller, _: pod(tiller)["securityContext"].pop("seccompProfile"),
        _checks("CKV_K8S_31"),
        _checks("container-seccomp-profile:warning"),
    ),
    "token-of-any-age": Broken(
        lambda tiller, _: pod(tiller).update(automountServiceAccountToken=True), _checks("CKV_K8S_38")
    ),
    "host-network": Broken(lambda tiller, _: pod(tiller).update(hostNetwork=True), _checks("CKV_K8S_19")),
    "open-to-the-cluster": Broken(
        lambda tiller, _: container(tiller).update(args=["--listen=:44134"]), _checks("CKV_K8S_45")
    ),
    "any-image": Broken(
        lambda tiller, _: container(tiller).update(image="ghcr.io/helm/tiller:latest"),
        _checks("CKV_K8S_14"),
        _checks("container-image-tag:critical"),
    ),
    "not-probed": Broken(
        lambda tiller, _: [container(tiller).pop(probe) for probe in ("livenessProbe", "readinessProbe")],
        _checks("CKV_K8S_8 CKV_K8S_9"),
    ),
    "open-to-pods": Broken(
        # checkov takes the NetworkPolicy of any namespace for one of this: see `helm init`, where there is none.
        lambda _, policy: policy["spec"].update(podSelector={"matchLabels": {"app": "other"}}),
        kube_score=_checks("networkpolicy-targets-pod:critical pod-networkpolicy:critical"),
    ),
}
"""By the namespace that the broken copy is put into."""


def copies(manifests: list[Manifest]) -> list[Manifest]:
    """Copies of a Tiller and its NetworkPolicy, whole and with each protection taken out."""
    (tiller,), (policy,) = of_kind("Deployment", manifests), of_kind("NetworkPolicy", manifests)
    made = []
    for name, take_out in {WHOLE: _nothing, **{name: broken.take_out for name, broken in BROKEN.items()}}.items():
        moved = [_moved(manifest, name) for manifest in (tiller, policy)]
        take_out(*moved)
        made += moved
    return made


def _nothing(_tiller: Manifest, _policy: Manifest) -> None:
    """Leave it whole."""


def _moved(manifest: Manifest, namespace: str) -> Manifest:
    moved = copy.deepcopy(manifest)
    moved["metadata"]["namespace"] = namespace
    return moved

"""Findings of the scanners that we do not change, each with its reason.

They stand here and not as annotations on the objects: a user's cluster carries nothing about our tests.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.scanners.scanners import Finding


@dataclass(frozen=True)
class Waiver:
    """A check that is known to fail.

    Attributes:
        scanner: `checkov` or `kube_score`.
        check: as `Finding.check`.
        object: kind, namespace and name, with `{team}` for a team's name and `{managed}` for each namespace of it.
        reason: why it stays.
    """

    scanner: str
    check: str
    object: str
    reason: str


TILLER = "Deployment {team}-tiller/tiller-deploy"

ALWAYS = (
    Waiver(
        "checkov",
        "CKV_K8S_34",
        TILLER,
        "It forbids Tiller as such, by the name of its image and the labels by which Helm's clients find it; this "
        "package is for those who still need one.",
    ),
    Waiver(
        "checkov",
        "CKV2_K8S_5",
        "RoleBinding {team}-tiller/tiller-storage",
        "Tiller stores releases in Secrets, whose names are those of releases to come. It does so in a namespace of "
        "its own, where nobody else reads Secrets.",
    ),
    Waiver(
        "kube_score",
        "container-image-pull-policy:critical",
        TILLER,
        "It wants Always, also of an image with a digest, which no pull can change. A Tiller that restarts must not "
        "depend on a registry; the image is public, so that no pull secret is evaded.",
    ),
    Waiver(
        "kube_score",
        "pod-networkpolicy:warning",
        TILLER,
        "Ingress is closed, or it would be critical; it wants egress closed too. Tiller calls the API server and DNS, "
        "whose addresses only the cluster's owner knows, and what it may do there its Roles say.",
    ),
)
"""For any settings."""

WITHOUT_DIGEST = (
    Waiver(
        "checkov",
        "CKV_K8S_43",
        TILLER,
        "The digest of the published image is for the user to give; the tag is that of the last release, which ended "
        "its line.",
    ),
    Waiver("checkov", "CKV_K8S_15", TILLER, "As kube-score's container-image-pull-policy; content with a digest."),
)
"""Where the image has no digest."""

RULE_BY_RULE = (
    Waiver(
        "checkov",
        "CKV2_K8S_5",
        "RoleBinding {managed}/tiller-{team}",
        "Charts hold Secrets, and Tiller compares what it installed with what is there. It reads those of its team's "
        "namespaces alone.",
    ),
)
"""Where each rule of a Role stands alone: checkov does not see these in a Role of several rules."""


EXPOSED = (
    Waiver(
        "checkov",
        "CKV_K8S_44",
        "Service {team}-tiller/tiller-deploy",
        "It forbids a Service for Tiller, which by default asks nobody who calls. Ours asks for a certificate, "
        "and the NetworkPolicy admits the namespaces of its clients alone.",
    ),
    Waiver("checkov", "CKV_K8S_45", TILLER, "It wants Tiller on the loopback; then no Service could reach it."),
    Waiver(
        "kube_score",
        "deployment-replicas:warning",
        TILLER,
        "It wants two of what a Service leads to. Two Tillers would both believe that they hold the lock on a release.",
    ),
)
"""With `expose: cluster` and the rights that are opted into."""


def waived(scanner: str, waivers: Iterable[Waiver], teams: Mapping[str, Sequence[str]]) -> set[Finding]:
    """Return what may fail.

    Args:
        scanner: the name of the scanner.
        waivers: the table.
        teams: the managed namespaces of each team.
    """
    return {
        Finding(waiver.check, waiver.object.format(team=team, managed=namespace))
        for waiver in waivers
        if waiver.scanner == scanner
        for team, namespaces in teams.items()
        for namespace in namespaces
    }

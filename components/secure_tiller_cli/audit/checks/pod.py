"""Tiller's pod: its version, what it may use, and whether it is what its description says."""

import re
from collections.abc import Iterator

from secure_tiller_cli.audit import settings
from secure_tiller_cli.audit.case import Case
from secure_tiller_cli.audit.facts import place
from secure_tiller_cli.audit.finding import Finding, Level

LAST = (2, 17, 0)
LIMITS = ("cpu", "memory")
UPGRADE = "run the last Tiller, ghcr.io/helm/tiller:v2.17.0, and plan to leave Helm 2, which nobody mends any more"

FLAWS: tuple[tuple[tuple[int, int, int], Level, str], ...] = (
    ((2, 7, 2), Level.CRITICAL, "TLS does not keep clients without a certificate out"),
    ((2, 12, 2), Level.HIGH, "CVE-2019-1000008 (a chart's files are written outside of its folder)"),
    ((2, 15, 2), Level.HIGH, "CVE-2019-18658 (a chart's links lead to other files)"),
    ((2, 16, 11), Level.HIGH, "CVE-2020-15184, CVE-2020-15185, CVE-2020-15186, CVE-2020-15187"),
)
"""The first version without a flaw, how bad it is, and which (Helm's release notes and security advisories)."""

_TAG = re.compile(r"v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?![\d.])")


def version(image: str) -> tuple[int, int, int] | None:
    """Return the version that the tag of an image names; None: it names none."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    found = _TAG.match(tag)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def version_is_the_last(case: Case) -> Iterator[Finding]:
    found = version(case.tiller.image)
    if found is None or found >= (3, 0, 0):
        text = f"its image, {case.tiller.image or '(none)'}, does not tell a version of Tiller"
        yield Finding(Level.MEDIUM, "version-unknown", text, "name the version in the tag, beside a digest")
        return
    words = ".".join(map(str, found))
    flaws = [(level, what) for fixed, level, what in FLAWS if found < fixed]
    if flaws:
        worst = min((level for level, _ in flaws), key=lambda level: level.rank)
        text = f"is version {words}, with known flaws: {'; '.join(what for _, what in flaws)}"
        yield Finding(worst, "flawed-version", text, UPGRADE)
    elif found < LAST:
        yield Finding(Level.LOW, "old-version", f"is version {words}, which is not the last of Helm 2", UPGRADE)


def has_limits(case: Case) -> Iterator[Finding]:
    places = (case.tiller.container, case.tiller.spec)  # of the container, or of its whole pod
    limits = [((place.get("resources") or {}).get("limits") or {}) for place in places]
    if missing := [name for name in LIMITS if not any(name in of for of in limits)]:
        text = f"has no limit of {' and '.join(missing)}: it can starve the other pods of its node"
        yield Finding(Level.MEDIUM, "no-limits", text, "set resources.limits of its container")


def is_not_root(case: Case) -> Iterator[Finding]:
    own, of_pod = (one.get("securityContext") or {} for one in (case.tiller.container, case.tiller.spec))
    user = own.get("runAsUser", of_pod.get("runAsUser"))
    remedy = "set runAsNonRoot and runAsUser: 65534 in its securityContext, and nothing privileged"
    if own.get("privileged"):
        yield Finding(Level.HIGH, "privileged", "is privileged: whoever takes it over owns its node", remedy)
    if user == 0:
        yield Finding(Level.MEDIUM, "runs-as-root", "runs as root", remedy)
    elif not user and not own.get("runAsNonRoot", of_pod.get("runAsNonRoot")):
        yield Finding(Level.LOW, "may-run-as-root", "may run as root: only its image says as whom it runs", remedy)


def runs_as_described(case: Case) -> Iterator[Finding]:
    """A rollout that is stuck leaves a pod of before, and somebody may have changed a pod's image."""
    other = []
    for pod in case.tiller.pods:
        spec = pod.get("spec") or {}
        containers = (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
        own = next((one for one in containers if one["name"] == case.tiller.container["name"]), None)
        if own is None or settings.read(own) != case.settings or own["image"] != case.tiller.image:
            other.append(place(pod)[1])
    if other:
        text = f"pods run otherwise than described above: {', '.join(sorted(other))}"
        yield Finding(Level.HIGH, "pods-differ", text, "see that its rollout ends, and delete pods that stay behind")

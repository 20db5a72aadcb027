"""The pod: Tiller's version, what it may use, as whom it runs, and whether it is what its description says."""

from collections.abc import Iterator

from tiller_facts import flags, quantities, versions
from tiller_facts.kinds import RUNNING
from tiller_facts.practices.case import Case, Cluster
from tiller_facts.practices.model import Finding, Practice, Report, Status, some
from tiller_facts.severity import Severity
from tiller_facts.values import NotKnownError, at, each, maybe

RESOURCES = ("cpu", "memory")


def is_recognised(cluster: Cluster, report: Report) -> Iterator[Finding]:
    """Find out whether there may be Tillers that are not seen."""
    if refused := cluster.facts.refusals(RUNNING):
        text, unknown = "there may be Tillers in some namespaces that are not seen", (2, 4, 5)
        yield report.unlisted("tillers-unknown", text, refused, severity=Severity.CRITICAL, unknown=unknown)


def may_be_one(case: Case, report: Report) -> Iterator[Finding]:
    """Find out whether something is a Tiller only by its port."""
    if case.tiller.suspected:
        text = "may be a Tiller: a container of it has Tiller's port, and nothing else says what it runs"
        yield report("suspected", text, status=Status.SUSPECTED, unknown=(1, 2, 3, 4, 5))


def version_is_supported(case: Case, report: Report) -> Iterator[Finding]:
    """Find known flaws of its version."""
    image = case.tiller.image
    version = versions.of_image(image)
    if version is None:
        text, remedy = "its image names no released version of Tiller", "name the version in the tag, before a digest"
        detail = image or "no image"
        yield report("version-unknown", text, severity=Severity.MEDIUM, detail=detail, remedy=remedy)
    elif flaws := versions.flaws(version):
        severity = min((flaw.severity for flaw in flaws), key=lambda one: one.rank)
        detail = f"{versions.words(version)}: {'; '.join(flaw.name for flaw in flaws)}"
        yield report("flawed-version", "is a version with known flaws", severity=severity, detail=detail)
    elif version < versions.LAST:
        text, detail = "is not the last version of Helm 2", versions.words(version)
        yield report("old-version", text, severity=Severity.LOW, detail=detail)


def has_limits(case: Case, report: Report) -> Iterator[Finding]:
    """Find limits that are missing."""
    places = (case.tiller.container, case.tiller.spec)  # of the container, or of its whole pod
    if missing := [name for name in RESOURCES if not any(_limit(one, name) for one in places)]:
        text = f"has no limit of {' and '.join(missing)}: it can starve the other pods of its node"
        yield report("no-limits", text)


def _limit(place: object, name: str) -> object:
    """Return the limit of a resource; nothing where it is 0, which Kubernetes takes for none, or no quantity."""
    return quantities.parse(str(at(place, "resources", "limits", name)))


def is_not_root(case: Case, report: Report) -> Iterator[Finding]:
    """Find out as whom it runs."""
    user, other = _secured(case, "runAsUser"), _secured(case, "runAsNonRoot")
    if at(case.tiller.container, "securityContext", "privileged"):
        text = "is privileged: whoever takes it over owns its node"
        yield report("privileged", text, severity=Severity.HIGH)
    if user == 0:
        yield report("runs-as-root", "runs as root")
    elif not user and not other:
        text = "may run as root: only its image says as whom it runs"
        yield report("may-run-as-root", text, severity=Severity.LOW)


def _secured(case: Case, setting: str) -> object:
    own, of_pod = (at(one, "securityContext", setting) for one in (case.tiller.container, case.tiller.spec))
    return of_pod if own is None else own


def runs_as_described(case: Case, report: Report) -> Iterator[Finding]:
    """Find pods that a stuck rollout left, or whose image somebody changed."""
    others = [pod for pod in case.tiller.pods if not _is_as_described(case, maybe(pod.data, "spec"))]
    if others:
        text = f"pods do not run as described: {some(sorted(map(str, others)))}"
        yield report("pods-differ", text, about=others[0])


def _is_as_described(case: Case, spec: object) -> bool:
    containers = (*each(spec, "containers"), *each(spec, "initContainers"))
    own = next((one for one in containers if maybe(one, "name") == maybe(case.tiller.container, "name")), None)
    try:
        return own is not None and flags.read(own) == case.flags and at(own, "image") == case.tiller.image
    except NotKnownError:
        return True


SUPPORTED_VERSION = Practice(
    code="supported-version",
    severity=Severity.HIGH,
    title="Tiller is the last version of Helm 2",
    why="Versions before 2.16.11 have known flaws. Nobody repairs Helm 2 any more.",
    remedy="run the last Tiller, ghcr.io/helm/tiller:v2.17.0, and plan to leave Helm 2",
    findings={
        "flawed-version": "older than 2.16.11, with the known flaws",
        "old-version": "2.16.11 or newer, and not the last",
        "version-unknown": "the tag of its image names no released version of Helm 2",
    },
    of_tiller=version_is_supported,
)

LIMITS = Practice(
    code="limits",
    severity=Severity.MEDIUM,
    title="Tiller cannot take more than its share of a node",
    why="`cpu` and `memory` must be limited, for the container or for its whole pod. Otherwise Tiller can starve its "
    "neighbours.",
    remedy="set resources.limits of Tiller's container",
    findings={"no-limits": "no limit of CPU or memory"},
    of_tiller=has_limits,
)

NOT_ROOT = Practice(
    code="not-root",
    severity=Severity.MEDIUM,
    title="Tiller does not run as root",
    why="Whoever takes over a privileged container owns its node.",
    remedy="set runAsNonRoot and runAsUser: 65534 in its securityContext, and remove privileged: true",
    findings={
        "privileged": "its container is privileged",
        "runs-as-root": "runs as user 0",
        "may-run-as-root": "neither `runAsNonRoot` nor a `runAsUser`",
    },
    of_tiller=is_not_root,
)

PODS_AS_DESCRIBED = Practice(
    code="pods-as-described",
    severity=Severity.HIGH,
    title="Tiller's pods run as their workload describes them",
    why="A stuck rollout leaves an earlier pod, and somebody may have changed a pod's image.",
    remedy="complete its rollout, and delete pods that stay behind",
    findings={"pods-differ": "pods of it do not run as its description says"},
    of_tiller=runs_as_described,
    compares=True,
)

TILLER_RECOGNISED = Practice(
    code="tiller-recognised",
    severity=Severity.MEDIUM,
    title="Every Tiller can be recognised",
    why="A container is a Tiller if it is started by that name, if its image is called so, or if Helm's client "
    "finds its pod by the labels `app: helm` and `name: tiller`. A container that has only Tiller's port is "
    "suspected to be a Tiller.",
    remedy="call its image or its command tiller if it is one; otherwise take port 44134 out of its ports",
    findings={
        "suspected": "a container has Tiller's port, and nothing else says that it is one",
        "tillers-unknown": "a kind that runs Tillers could not be listed",
    },
    of_tiller=may_be_one,
    of_cluster=is_recognised,
)

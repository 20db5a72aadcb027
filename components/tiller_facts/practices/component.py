"""The component: what a transform can undo of SecureTiller, and no other practice sees.

Each is a promise that its page (docs/component.md) makes. What Pod Security `restricted` asks of Tiller's pod is not
repeated here: the namespace enforces it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tiller_facts.facts import Json
from tiller_facts.identity import POD_SECURITY_LABEL, REASON_ANNOTATION
from tiller_facts.kinds import DEPLOYMENTS, NAMESPACES, NETWORK_POLICIES, ROLES
from tiller_facts.practices.case import Cluster
from tiller_facts.practices.model import Finding, Practice, Report
from tiller_facts.severity import Severity
from tiller_facts.values import NotKnownError, at, each, texts

RECORDS = frozenset(("secrets", "pods/exec", "pods/attach", "pods/ephemeralcontainers", "*"))
"""Resources that show the releases: where they are stored, and the ways into the pod that reads them."""


@dataclass(frozen=True)
class Promise:
    """A promise about an object of the component.

    Attributes:
        part: of the component (`identity.PARTS`).
        kind: of the object.
        is_broken: whether an object breaks it. Raises NotKnownError.
        words: the loss, with the object as their subject.
    """

    part: str
    kind: str
    is_broken: Callable[[Json], bool]
    words: str


def component_is_intact(cluster: Cluster, report: Report) -> Iterator[Finding]:
    """Find what is not as the component made it."""
    refused = cluster.facts.refusals(PROMISED)
    if refused and any(found.part for found in cluster.facts.objects):
        text = "whether SecureTiller's objects are as the component made them could not be seen"
        yield report.unlisted("component-unknown", text, refused)
    for found in cluster.facts.objects:
        for promise in PROMISES:
            if (found.part, found.kind) != (promise.part, promise.kind):
                continue
            try:
                if promise.is_broken(found.data):
                    yield report("changed", f"{found} {promise.words}", about=found)
            except NotKnownError:
                yield report.not_known()


def _is_not_restricted(data: Json) -> bool:
    return bool(at(data, "metadata", "labels", POD_SECURITY_LABEL) != "restricted")


def _is_privileged(data: Json) -> bool:
    level = at(data, "metadata", "labels", POD_SECURITY_LABEL)
    return level not in ("restricted", "baseline") and not at(data, "metadata", "annotations", REASON_ANNOTATION)


def _is_open(data: Json) -> bool:
    selects = at(data, "spec", "podSelector", "matchLabels") or at(data, "spec", "podSelector", "matchExpressions")
    types = list(each(data, "spec", "policyTypes"))
    return bool(selects or "Ingress" not in types or at(data, "spec", "ingress"))


def _shows_records(data: Json) -> bool:
    return any(not RECORDS.isdisjoint(texts(rule, "resources")) for rule in each(data, "rules"))


def _has_lasting_token(data: Json) -> bool:
    return at(data, "spec", "template", "spec", "automountServiceAccountToken") is not False


def _is_writable(data: Json) -> bool:
    containers = each(data, "spec", "template", "spec", "containers")
    return any(at(one, "securityContext", "readOnlyRootFilesystem") is not True for one in containers)


def _is_mutable(data: Json) -> bool:
    return at(data, "immutable") is not True


PROMISES = (
    Promise("namespace", "Namespace", _is_not_restricted, "does not enforce Pod Security `restricted` on Tiller"),
    Promise("namespace:", "Namespace", _is_privileged, "admits privileged pods, without a reason"),
    Promise("deny-ingress", "NetworkPolicy", _is_open, "leaves Tiller's probe port, with its metrics, open to pods"),
    Promise("tls", "Secret", _is_mutable, "lets a key be swapped in place"),
    Promise("people", "Role", _shows_records, "shows the releases, with all values of charts, to the team's people"),
    Promise("deployment", "Deployment", _has_lasting_token, "mounts a token that does not end within the hour"),
    Promise("deployment", "Deployment", _is_writable, "has a container that can write to its own file system"),
)

PROMISED = (DEPLOYMENTS, NAMESPACES, NETWORK_POLICIES, ROLES)
"""Kinds that a cluster must list to show whether the promises are kept."""


COMPONENT_INTACT = Practice(
    code="component-intact",
    severity=Severity.HIGH,
    title="SecureTiller's objects are as the component made them",
    why="This practice covers what no other practice sees:\n\n"
    "- Tiller's namespace enforces Pod Security `restricted`.\n"
    "- A managed namespace admits privileged pods with a reason only.\n"
    "- The policy that closes the probe port selects every pod, and admits nobody.\n"
    "- The TLS Secret is immutable.\n"
    "- The people's Role shows no releases.\n"
    "- Tiller's token ends within the hour.\n"
    "- Tiller's containers cannot write to their own file systems.",
    remedy="remove the transform that changed it, or write a setting of the component instead",
    findings={
        "changed": "an object of the component is not as the component makes it",
        "component-unknown": "a kind of the component's objects could not be listed",
    },
    of_cluster=component_is_intact,
)

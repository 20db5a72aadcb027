"""Labels and annotations that controllers and container runtimes act on, on a team's objects and on Tiller's pod."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from secure_tiller.plan.validation.objects import is_reserved
from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.paths import Path, at, mapping, stated
from secure_tiller_cli.preview.rules.objects import Fault, form_of, new_faults
from secure_tiller_cli.preview.rules.rest import FIXED, OURS
from secure_tiller_cli.preview.rules.tiller import TEMPLATE
from tiller_facts.identity import POD_SECURITY, POD_SECURITY_LABEL, STACK_ANNOTATION, TEAM_LABEL, TRUSTS_ANNOTATION

OBJECT: Path = ("metadata",)
POD: Path = (*TEMPLATE, "metadata")
SECTIONS = ("labels", "annotations")
ACTED_ON = ("Namespace", "Secret", "Service", "ServiceAccount")
"""Kinds whose labels and annotations controllers act on, as on those of a pod."""

PROVIDERS = frozenset(("pulumi.com/autonamed",))
"""Annotations that the Kubernetes provider writes."""

EFFECTS = tuple(
    (re.compile(words), effect)
    for words, effect in (
        (
            r"apparmor|seccomp\.|userns|\bselinux\b|katacontainers\.io|io\.kubernetes\.cri",
            "which sets how a pod is confined",
        ),
        (
            r"/(agent-|connect-|admission-|lib-|proxy-)?(auto-)?inject(ed|or)?\b|/inject-|istio\.io/|^istio-injection$"
            r"|linkerd\.io/|hashicorp\.com/|dapr\.io/|kuma\.io/|instrumentation\.opentelemetry\.io/"
            r"|sidecar\.|admission\.datadoghq\.com/|instana\.io/|dynatrace\.com/",
            "by which a controller can put containers of its own into a pod",
        ),
        (r"velero\.io/|k8up\.", "by which a controller can run a command in a pod"),
        (
            r"eks\.amazonaws\.com/|iam\.amazonaws\.com/|iam\.gke\.io/|azure\.workload\.identity/|^aadpodidbinding$",
            "which can give an account rights in a cloud",
        ),
        (r"cattle\.io/|capsule\.clastix\.io/|hnc\.x-k8s\.io/", "which can give others rights in a namespace"),
        (
            r"k8s\.v1\.cni\.cncf\.io/|\bcni\.|projectcalico\.org/|cilium\.io/|\bovn\.|kube-ovn",
            "which can change the network of a pod",
        ),
        (
            r"emberstack\.com/|replicator\.|replicate-|kubed\.|kubernetes-replicator|clustersecret\.",
            "by which a controller can copy an object to other namespaces",
        ),
        (
            r"load-?balancer|external-dns\.|metallb\.|tailscale\.com/|networking\.gke\.io/|cloud\.google\.com/"
            r"|getambassador\.io/|ingress\.(kubernetes|class)",
            "by which a controller can open a Service to the outside",
        ),
        (
            r"gatekeeper\.sh/|kyverno\.io/|pod-security\.|security\.openshift\.io/|openshift\.io/sa\.scc",
            "which admission obeys",
        ),
        (
            r"keel\.sh/|reloader\.stakater\.com/|flagger\.app/|argocd\.argoproj\.io/sync|\bjanitor/|\bdownscaler/",
            "by which a controller can change or delete an object",
        ),
    )
)
"""Known words in keys, and the effect of such keys."""

OFF = frozenset(("false", "disabled"))


@dataclass(frozen=True)
class Mark:
    """A label or an annotation."""

    change: Change
    where: Path
    """The path of the metadata that holds it."""
    section: str
    key: str

    @property
    def path(self) -> Path:
        return *self.where, self.section, self.key

    @property
    def value(self) -> Any:
        return at(self.change.new, self.path)


def foreign(team: Team) -> Iterator[Meaning]:
    """Report labels and annotations that have a known effect on an object, or that no settings can write."""
    found: dict[tuple[str, str, str], list[Mark]] = {}
    for mark in _gained(team):
        code, what, effect = "metadata-acts", stated(mark.path, mark.value), _effect(mark)
        words = effect and f", {effect}"
        if mark.value is not None and (
            is_reserved(mark.key) or (_is_acted_on(mark) and not _can_settings_write(team, mark))
        ):
            code, words = "metadata-foreign", f"{words}; no team's file can ask for it"
        if words:
            found.setdefault((code, what, words), []).append(mark)
    for (code, what, words), marks in found.items():
        names = {"resources": tuple(f"{mark.change.kind} {mark.change.name}" for mark in marks), "what": what}
        explains = tuple((mark.change, mark.path) for mark in marks)
        yield Meaning(code, f"{{resources}}: {{what}}{words}", names, risk=True, explains=explains)


def own(team: Team) -> Iterator[Meaning]:
    """Report labels and annotations of the component's own that are missing, or have another value."""
    for change, where in _places(team):
        for path, what in new_faults(change, partial(_lost, team, change, where)):
            names = {"resource": f"{change.kind} {change.name}", "what": what}
            sentence = "{resource} lacks what the component writes: {what}"
            yield Meaning("metadata-lost", sentence, names, risk=True, explains=((change, path),))


def _places(team: Team) -> Iterator[tuple[Change, Path]]:
    """Yield the metadata of each object of the component that is created or changed, and of Tiller's pod."""
    for change in team.changes:
        if change.counts and change.operation not in ("delete", "clean up") and form_of(change):
            yield change, OBJECT
            if change.kind == "Deployment":
                yield change, POD


def _gained(team: Team) -> Iterator[Mark]:
    """Yield the labels and annotations that are new or have another value, and are not the component's."""
    for change, where in _places(team):
        for section in SECTIONS:
            written = mapping(at(form_of(change), (*where, section)))
            before, after = (mapping(at(found, (*where, section))) for found in (change.old, change.new))
            off = (key for key, value in before.items() if _is_off(value))
            for key in dict.fromkeys((*after, *off)):
                is_foreign = key not in written and key not in OURS and key not in PROVIDERS
                if is_foreign and after.get(key) != before.get(key):
                    yield Mark(change, where, section, key)


def _is_acted_on(mark: Mark) -> bool:
    return mark.where == POD or mark.change.kind in ACTED_ON


def _can_settings_write(team: Team, mark: Mark) -> bool:
    """Return whether a team's file can have written it: it writes the same value on every object."""
    others = [
        change
        for change in team.changes
        if change.operation != "delete" and (change.kind, change.part) in FIXED and form_of(change)
    ]
    apart = [change for change in others if change is not mark.change or mark.where == POD]
    alike = all(at(_present(c), ("metadata", mark.section, mark.key)) == mark.value for c in apart)
    return alike and (len(apart) > 1 or mark.change.operation == "create")


def _present(change: Change) -> Mapping[str, Any]:
    return change.new or change.state.inputs


def _effect(mark: Mark) -> str:
    was_off = mark.value is None and _is_off(at(mark.change.old, mark.path))
    if _is_off(mark.value) or (mark.value is None and not was_off):
        return ""
    return next((effect for words, effect in EFFECTS if words.search(mark.key)), "")


def _is_off(value: Any) -> bool:
    return str(value).lower() in OFF


def _lost(team: Team, change: Change, where: Path, found: Mapping[str, Any]) -> Iterator[Fault]:
    for section in SECTIONS:
        for key, form in mapping(at(form_of(change), (*where, section))).items():
            path = (*where, section, key)
            level = at(found, (*where, section, POD_SECURITY_LABEL))
            wanted = level if key.startswith(f"{POD_SECURITY}/") else form
            if not _is_kept(team, key, at(found, path), wanted):
                yield path, stated(path, at(found, path))


def _is_kept(team: Team, key: str, value: Any, wanted: Any) -> bool:
    if key == TEAM_LABEL:
        return bool(value in (team.name, team.former or team.name))
    if key == STACK_ANNOTATION:
        return isinstance(value, str) and value.endswith(_stack(team))
    if key == TRUSTS_ANNOTATION:
        return bool(value)
    return bool(value == wanted)


def _stack(team: Team) -> str:
    """Return the end of the stack's identity, from the team's URN: `/<project>/<stack>`."""
    stack, _, rest = team.urn.removeprefix("urn:pulumi:").partition("::")
    return f"/{rest.partition('::')[0]}/{stack}"

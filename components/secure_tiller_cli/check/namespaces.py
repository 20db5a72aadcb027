"""The fences around Tiller and its charts: Pod Security of the namespaces, and who may connect to Tiller's."""

from collections.abc import Iterator, Mapping
from itertools import chain

from secure_tiller.plan.every_team import of_every_team
from secure_tiller_cli.check.differences import FILLED_IN, of_spec
from secure_tiller_cli.check.observed_state import Object, ObservedState, Readable, Unreadable
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.restore import RESTORE
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller
from tiller_facts.identity import ADMIT_CLIENTS, DENY_INGRESS, POD_SECURITY, POD_SECURITY_LABEL

MADE = "Pod Security of the stack's namespaces"
EXISTING = "Pod Security of existing namespaces"
POLICY = "NetworkPolicy closes Tiller's namespace"

_CLOSED = of_every_team()["NetworkPolicy", "deny-ingress"]["spec"]


def judge(tiller: DeployedTiller, seen: ObservedState) -> Iterator[Result]:
    """Yield the results about the namespaces."""
    yield _made(tiller, seen.namespaces)
    if set(tiller.managed) - set(tiller.created):
        yield _existing(tiller, seen.namespaces)
    yield _policy(tiller, seen.policies)


def _made(tiller: DeployedTiller, namespaces: Mapping[str, Readable[Object | None]]) -> Result:
    wrong: dict[str, list[str]] = {}
    for name, planned in sorted(tiller.created.items()):
        found = namespaces[name]
        if isinstance(found, Unreadable):
            return found.result(tiller.name, MADE)
        labels = {key: value for key, value in planned.items() if key.startswith(f"{POD_SECURITY}/")}
        if differences := [f"{name}: {difference}" for difference in _changed(labels, found)]:
            wrong[name] = differences
    if wrong:
        look = f"kubectl get pods --namespace {word(next(iter(wrong)))}"
        remedy = f"restore the labels: {RESTORE}; then see what runs there: {look}"
        return Result(tiller.name, MADE, Status.FAILED, join_limited(chain.from_iterable(wrong.values())), remedy)
    levels = (f"{name} enforces {labels.get(POD_SECURITY_LABEL)}" for name, labels in tiller.created.items())
    return Result(tiller.name, MADE, Status.PASSED, join_limited(levels, len(tiller.created)))


def _changed(labels: Mapping[str, str], found: Object | None) -> Iterator[str]:
    if found is None:
        yield "is not there"
        return
    there = found["metadata"].get("labels") or {}
    for key, value in labels.items():
        if there.get(key) != value:
            yield f"the label {key} is {there.get(key, '(missing)')}, not {value}"


def _existing(tiller: DeployedTiller, namespaces: Mapping[str, Readable[Object | None]]) -> Result:
    """Somebody else's namespaces: their level is no promise of the stack, so a weak one is a warning."""
    levels: dict[str, str] = {}
    for name in sorted(set(tiller.managed) - set(tiller.created)):
        found = namespaces[name]
        if isinstance(found, Unreadable):
            return found.result(tiller.name, EXISTING)
        if found is None:
            text = f"{name} is not there"
            remedy = f"take it out of the settings; or create it again: kubectl create namespace {word(name)}"
            return Result(tiller.name, EXISTING, Status.FAILED, text, remedy)
        levels[name] = (found["metadata"].get("labels") or {}).get(POD_SECURITY_LABEL, "")
    weak = [name for name, level in levels.items() if level in ("", "privileged")]
    text = join_limited((f"{name} enforces {level or 'no level'}" for name, level in levels.items()), len(levels))
    if weak:
        label = f"kubectl label --overwrite namespace {word(weak[0])} {POD_SECURITY_LABEL}=baseline"
        remedy = f"{label}; else a chart's pod can own its node"
        return Result(tiller.name, EXISTING, Status.WARNING, text, remedy)
    return Result(tiller.name, EXISTING, Status.PASSED, text)


def _policy(tiller: DeployedTiller, policies: Readable[tuple[Object, ...]]) -> Result:
    if isinstance(policies, Unreadable):
        return policies.result(tiller.name, POLICY)
    by_name = {policy["metadata"]["name"]: policy["spec"] for policy in policies}
    closing = by_name.pop(DENY_INGRESS, None)
    if closing is None or {key: value for key, value in closing.items() if value != []} != _CLOSED:
        what = "has been changed" if closing is not None else "is not there"
        text = f"{DENY_INGRESS} {what}: pods can connect to Tiller's namespace"
        return Result(tiller.name, POLICY, Status.FAILED, text, f"restore it: {RESTORE}")
    if tiller.exposed:
        admitting = by_name.pop(ADMIT_CLIENTS, None)
        if admitting is None:
            text = f"{ADMIT_CLIENTS} is not as planned: it is not there, and no client in the cluster can connect"
            return Result(tiller.name, POLICY, Status.FAILED, text, f"restore it: {RESTORE}")
        if different := of_spec(tiller.policies.get(ADMIT_CLIENTS, {}), admitting, FILLED_IN):
            text = f"{ADMIT_CLIENTS} is not as planned: {join_limited(different)}"
            return Result(tiller.name, POLICY, Status.FAILED, text, f"restore it: {RESTORE}")
    # Policies add up: one more can only open.
    if opening := [name for name, spec in by_name.items() if spec.get("ingress")]:
        text = f"{DENY_INGRESS} is there, but others admit connections: {join_limited(opening)}"
        remedy = f"look whether it must: kubectl --namespace {word(tiller.namespace)} describe networkpolicies"
        return Result(tiller.name, POLICY, Status.WARNING, text, remedy)
    admitted = f"; {ADMIT_CLIENTS} admits the clients in the cluster" if tiller.exposed else ""
    return Result(tiller.name, POLICY, Status.PASSED, f"{DENY_INGRESS} closes every pod{admitted}")

"""The fences around Tiller and its charts: Pod Security of the namespaces, and who may connect to Tiller's."""

from collections.abc import Iterator, Mapping

from secure_tiller.deployed import Deployed
from secure_tiller.names import ADMIT_CLIENTS, DENY_INGRESS
from secure_tiller.plan import POD_SECURITY, POD_SECURITY_LABEL
from secure_tiller.proof.differences import FILLED_IN, of_spec
from secure_tiller.proof.result import Result, Status, in_words
from secure_tiller.proof.seen import Object, Seen, Told, Untold

MADE = "Pod Security of the stack's namespaces"
EXISTING = "Pod Security of existing namespaces"
POLICY = "NetworkPolicy closes Tiller's namespace"

_CLOSED = {"podSelector": {}, "policyTypes": ["Ingress"]}


def judge(tiller: Deployed, seen: Seen) -> Iterator[Result]:
    """Yield the results about the namespaces."""
    yield _made(tiller, seen.namespaces)
    if set(tiller.managed) - set(tiller.created):
        yield _existing(tiller, seen.namespaces)
    yield _policy(tiller, seen.policies)


def _made(tiller: Deployed, namespaces: Mapping[str, Told[Object | None]]) -> Result:
    wrong: list[str] = []
    for name, planned in sorted(tiller.created.items()):
        found = namespaces[name]
        if isinstance(found, Untold):
            return found.result(tiller.name, MADE)
        labels = {key: value for key, value in planned.items() if key.startswith(f"{POD_SECURITY}/")}
        wrong += (f"{name}: {difference}" for difference in _changed(labels, found))
    if wrong:
        remedy = "pulumi up --refresh brings the labels back; then see what runs there: kubectl get pods"
        return Result(tiller.name, MADE, Status.FAILED, in_words(wrong), remedy)
    levels = (f"{name} enforces {labels.get(POD_SECURITY_LABEL)}" for name, labels in tiller.created.items())
    return Result(tiller.name, MADE, Status.PASSED, in_words(levels, len(tiller.created)))


def _changed(labels: Mapping[str, str], found: Object | None) -> Iterator[str]:
    if found is None:
        yield "is not there"
        return
    there = found["metadata"].get("labels") or {}
    for key, value in labels.items():
        if there.get(key) != value:
            yield f"the label {key} is {there.get(key, '(missing)')}, not {value}"


def _existing(tiller: Deployed, namespaces: Mapping[str, Told[Object | None]]) -> Result:
    """Somebody else's namespaces: their level is no promise of the stack, so a weak one is a warning."""
    levels: dict[str, str] = {}
    for name in sorted(set(tiller.managed) - set(tiller.created)):
        found = namespaces[name]
        if isinstance(found, Untold):
            return found.result(tiller.name, EXISTING)
        if found is None:
            text = f"{name} is not there"
            return Result(tiller.name, EXISTING, Status.FAILED, text, "make it again, or take it out of the settings")
        levels[name] = (found["metadata"].get("labels") or {}).get(POD_SECURITY_LABEL, "")
    weak = [name for name, level in levels.items() if level in ("", "privileged")]
    text = in_words((f"{name} enforces {level or 'no level'}" for name, level in levels.items()), len(levels))
    if weak:
        remedy = f"kubectl label namespace {weak[0]} {POD_SECURITY_LABEL}=baseline; else a chart's pod can own its node"
        return Result(tiller.name, EXISTING, Status.WARNING, text, remedy)
    return Result(tiller.name, EXISTING, Status.PASSED, text)


def _policy(tiller: Deployed, policies: Told[tuple[Object, ...]]) -> Result:
    if isinstance(policies, Untold):
        return policies.result(tiller.name, POLICY)
    by_name = {policy["metadata"]["name"]: policy["spec"] for policy in policies}
    closing = by_name.pop(DENY_INGRESS, None)
    if closing is None or {key: value for key, value in closing.items() if value != []} != _CLOSED:
        what = "has been changed" if closing is not None else "is not there"
        text = f"{DENY_INGRESS} {what}: pods can connect to Tiller's namespace"
        return Result(tiller.name, POLICY, Status.FAILED, text, "pulumi up --refresh brings it back")
    if tiller.exposed:
        admitting = by_name.pop(ADMIT_CLIENTS, None)
        if different := of_spec(tiller.policies.get(ADMIT_CLIENTS, {}), admitting or {}, FILLED_IN):
            text = f"{ADMIT_CLIENTS} is not as planned: {in_words(different)}"
            return Result(tiller.name, POLICY, Status.FAILED, text, "pulumi up --refresh brings it back")
    # Policies add up: one more can only open.
    if opening := [name for name, spec in by_name.items() if spec.get("ingress")]:
        text = f"{DENY_INGRESS} is there, but others admit connections: {in_words(opening)}"
        remedy = f"look whether it must: kubectl --namespace {tiller.namespace} describe networkpolicies"
        return Result(tiller.name, POLICY, Status.WARNING, text, remedy)
    beside = f"; {ADMIT_CLIENTS} admits the clients in the cluster" if tiller.exposed else ""
    return Result(tiller.name, POLICY, Status.PASSED, f"{DENY_INGRESS} closes every pod{beside}")

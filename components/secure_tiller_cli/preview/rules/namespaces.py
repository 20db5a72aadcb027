"""Namespaces: which a Tiller manages, what becomes of those that leave, and what charts may run in them."""

from collections.abc import Iterator

from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.digest import UNKNOWN
from secure_tiller_cli.preview.findings import Meaning, whole
from secure_tiller_cli.preview.paths import Path, at, items, within
from secure_tiller_cli.preview.rules.tiller import ENVIRONMENT
from tiller_facts.identity import POD_SECURITY, POD_SECURITY_LABEL, REASON_ANNOTATION

OWN = "namespace"
MANAGED = "namespace:"
RIGHTS = "manage:"
LABELS: Path = ("metadata", "labels")
REASON: Path = ("metadata", "annotations", REASON_ANNOTATION)
VARIABLE = "TILLER_NAMESPACE"
LEVELS = ("", "privileged", "baseline", "restricted")
"""Pod Security Standards from the weakest; the first is none at all."""


def are_managed(team: Team) -> Iterator[Meaning]:
    """Say which namespaces a Tiller begins to manage, and which become the stack's own.

    Of a new team only those that are there already: `life.comes` reports what it creates.
    """
    if team.operation == "delete":
        return
    roles = {r.part.removeprefix(RIGHTS): r for r in team.of("Role", RIGHTS) if r.operation == "create"}
    created = {n.part.removeprefix(MANAGED): n for n in team.of("Namespace", MANAGED) if n.operation == "create"}
    for name in sorted({*roles, *created} if team.operation == "same" else {*roles} - {*created}):
        explains = whole(roles.get(name), team.one("RoleBinding", f"{RIGHTS}{name}"), created.get(name))
        code, sentence = _begins(created=name in created, managed=name in roles)
        yield Meaning(code, sentence, {"name": name}, risk=name not in created, explains=explains)


def _begins(*, created: bool, managed: bool) -> tuple[str, str]:
    if created and managed:
        return "namespace-comes", "namespace {name} is created, and Tiller manages it"
    if created:
        return "namespace-owned", "namespace {name}, which Tiller managed before, is made by the stack from now on"
    return "namespace-joins", "Tiller gains its rights in {name}, a namespace that is there already"


def leave(team: Team) -> Iterator[Meaning]:
    """Say what becomes of managed namespaces that leave: those that are only Tiller's no more, kept or deleted."""
    left = {r.part.removeprefix(RIGHTS): r for r in team.of("Role", RIGHTS) if r.operation == "delete"}
    gone = {n.part.removeprefix(MANAGED): n for n in team.of("Namespace", MANAGED) if n.operation == "delete"}
    for name in sorted({*left, *gone}):
        role, namespace = left.get(name), gone.get(name)
        explains = whole(role, namespace, team.one("RoleBinding", f"{RIGHTS}{name}"))
        if namespace and not namespace.stays:
            sentence = "namespace {name} is deleted with everything in it"
            yield Meaning("namespace-deleted", sentence, {"name": name}, risk=True, explains=explains)
        elif role:
            sentence = "Tiller manages {name} no more; the namespace stays with everything in it"
            yield Meaning("namespace-leaves", sentence, {"name": name}, explains=explains)
        else:
            sentence = (
                "namespace {name} is the stack's no more, and stays with everything in it; Tiller still manages it"
            )
            yield Meaning("namespace-given-away", sentence, {"name": name}, explains=explains)


def moves(team: Team) -> Iterator[Meaning]:
    """Say that Tiller gets another namespace of its own."""
    for change in team.of("Namespace", OWN):
        if change.operation == "replace":
            names = {"old": str(at(change.old, ("metadata", "name"))), "new": change.place}
            sentence = "Tiller moves from {old} to {new}: {old} is deleted with all release records"
            yield Meaning("tiller-moves", sentence, names, risk=True, explains=tuple(_moves_along(team, change)))


def _moves_along(team: Team, moved: Change) -> Iterator[tuple[Change, Path]]:
    """Yield what only follows Tiller to its other namespace; whom bindings are for, another rule looks at."""
    yield moved, ("metadata", "name")
    for change in team.changes:
        yield change, ("metadata", "namespace")
        if change.kind == "CertRequest":
            yield change, ("dnsNames",)
        if change.kind == "RoleBinding":
            yield from ((change, path) for path in change.paths if path[0] == "subjects" and path[-1] == "namespace")
        if change.kind == "Deployment":
            own = enumerate(items(at(change.new, ENVIRONMENT)))
            yield from ((change, (*ENVIRONMENT, i)) for i, e in own if e == {"name": VARIABLE, "value": moved.place})


def pod_security(team: Team) -> Iterator[Meaning]:
    """Say which pods a namespace lets run from now on: another level than before, or one that takes over the node."""
    for change in team.remaining("Namespace"):
        before = _level(change, old=True) if change.old else ("restricted" if change.part == OWN else "baseline")
        after = _level(change)
        weaker = _rank(after) < _rank(before)
        if after == before or not (change.old or weaker):
            continue
        names = {
            "name": change.place,
            "old": before or "none",
            "new": "unknown" if after == UNKNOWN else after or "none",
        }
        sentence = "{name} enforces Pod Security {new}, " + ("weaker than {old}" if weaker else "stricter than {old}")
        if reason := at(change.new, REASON):
            names["reason"] = str(reason)
            sentence += "; the reason given: {reason}"
        labels = tuple((*LABELS, f"{POD_SECURITY}/{mode}") for mode in ("enforce", "audit", "warn"))
        explains = tuple((change, path) for path in (*labels, REASON))
        yield Meaning("pod-security", sentence, names, risk=weaker, explains=explains)


def reasons(team: Team) -> Iterator[Meaning]:
    """Say that another reason is given for the same level."""
    for change in team.of("Namespace"):
        if any(within(path, REASON) for path in change.paths) and _level(change) == _level(change, old=True):
            names = {"name": change.place, "reason": str(at(change.new, REASON) or "none")}
            yield Meaning(
                "pod-security-reason",
                "the reason for the Pod Security of {name} is now: {reason}",
                names,
                explains=((change, REASON),),
            )


def retention(team: Team) -> Iterator[Meaning]:
    """Say which namespaces will or will not be deleted when they leave one day.

    Of one that is there this changes nothing else, so that only a preview with `--show-sames` shows it. One that comes
    is held to what the component does with namespaces by default: it keeps the managed ones.
    """
    for change in (c for c in team.changes if c.kind == "Namespace" and c.operation != "delete"):
        old, new = change.step.oldState, change.step.newState
        before = old.retainOnDelete if old else change.part != OWN
        if not new or before == new.retainOnDelete:
            continue
        if new.retainOnDelete:
            yield Meaning("retained", "namespace {name} will stay when it leaves the settings", {"name": change.place})
        else:
            sentence = (
                "namespace {name} will be deleted, with everything in it, when it leaves the settings or the stack is "
                "destroyed"
            )
            yield Meaning("not-retained", sentence, {"name": change.place}, risk=True)


def _level(change: Change, *, old: bool = False) -> str:
    return str(at(change.old if old else change.new, (*LABELS, POD_SECURITY_LABEL)) or "")


def _rank(level: str) -> int:
    """Return how strict a level is; one that is not known yet, or that nobody knows, counts as none."""
    return LEVELS.index(level) if level in LEVELS else 0

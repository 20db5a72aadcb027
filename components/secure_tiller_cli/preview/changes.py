"""The steps of a preview as changes of teams: whose each resource is, which part of a Tiller, and what differs."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from secure_tiller_cli.preview import paths
from secure_tiller_cli.preview.digest import Digest, State, Step
from secure_tiller_cli.preview.paths import Path
from tiller_facts import identity
from tiller_facts.identity import COMPONENT

STACK = "pulumi:pulumi:Stack"

OPERATIONS: Mapping[str, str] = {
    "create-replacement": "replace",
    "delete-replaced": "replace",
    "discard-replaced": "replace",
    "remove-pending-replace": "replace",
    "read-replacement": "replace",
    "import-replacement": "replace",
    "import": "create",
    "read-discard": "read",
}
"""Words of the engine (pulumi, pkg/resource/deploy/step.go) that a reviewer can take for one of the plain ones."""

PLAIN = ("create", "update", "replace", "delete")
"""The operations that a reviewer counts."""

_KUBERNETES = {kind for made in identity.PARTS.values() for kind, _ in made}
PARTS: Mapping[str, tuple[str, ...]] = {
    "PrivateKey": ("server", "server-ca", "server-ca:", "client:", "client-ca:"),
    "CertRequest": ("server", "client:"),
    "SelfSignedCert": ("server-ca", "server-ca:", "client-ca:"),
    "LocallySignedCert": ("server", "client:"),
    **{kind: tuple(p for p, made in identity.PARTS.items() if kind in dict(made)) for kind in _KUBERNETES},
}
"""The parts of a SecureTiller (`secure_tiller.component`), by kind; after a `:` at the end a name follows."""

_KEY = re.compile(r"(?P<part>[^@#]*)(?P<generation>@[0-9.]+)?(?P<request>#.*)?", re.DOTALL)


@dataclass(frozen=True)
class Change:
    """The planned operation on one resource of a team, or of none."""

    step: Step
    team: str
    """URN of the SecureTiller that it belongs to; empty: of none."""
    name: str
    """Its logical name."""
    part: str
    """The rest of the logical name after the team's name and `-`, without the generation of a key."""
    generation: str
    """Of a PrivateKey: `@2`, `@1.2`; empty for the first."""
    operation: str
    """`create`, `update`, `replace`, `delete` or `same`; another word of the engine's where none of these serves."""

    @cached_property
    def kind(self) -> str:
        """The last word of its type."""
        return self.state.type.rsplit(":", 1)[-1]

    @cached_property
    def state(self) -> State:
        """As it is to be; as it was, if it is to go."""
        return _any_state(self.step)

    @property
    def old(self) -> Mapping[str, Any]:
        """Its properties before; none if there is nothing before."""
        return self.step.oldState.inputs if self.step.oldState else {}

    @property
    def new(self) -> Mapping[str, Any]:
        """Its properties after; none if there is nothing after."""
        return self.step.newState.inputs if self.step.newState and self.operation != "delete" else {}

    @property
    def stays(self) -> bool:
        """Whether its object stays in the cluster when the stack deletes it."""
        return bool(self.step.oldState and self.step.oldState.retainOnDelete)

    @property
    def place(self) -> str:
        """The name of its object in the cluster, before it goes or as it is to be; empty if not known."""
        return str(paths.at(self.new or self.old, ("metadata", "name")) or "")

    @property
    def namespace(self) -> str:
        """The namespace of its object in the cluster; empty if not known."""
        return str(paths.at(self.new or self.old, ("metadata", "namespace")) or "")

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Where its properties differ; nothing for what comes or goes as a whole, or stays."""
        if not (self.counts and self.step.oldState and self.step.newState):
            return ()
        return tuple(paths.differing(self.old, self.new))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The differences, in words for the detail: paths, or what the provider says where the properties are alike."""
        said = sorted(
            {*(self.step.detailedDiff or ()), *(self.step.diffReasons or ()), *(self.step.replaceReasons or ())}
        )
        return tuple(map(paths.written, self.paths)) or tuple(said)

    @property
    def known(self) -> bool:
        """Whether it is of the parts that a SecureTiller is made of."""
        return any(_is_part(self.part, part) for part in PARTS.get(self.kind, ()))

    @property
    def counts(self) -> bool:
        """Whether anything happens."""
        return self.operation not in ("same", "read", "refresh")


@dataclass
class Team:
    """One SecureTiller, and what is to happen to its resources."""

    urn: str
    name: str
    changes: list[Change] = field(default_factory=list)
    """In the order of kind and name, whatever the engine's was; the component itself is among them."""
    former: str = ""
    """The name it had before, if it is being renamed."""

    def of(self, kind: str, part: str = "") -> Iterator[Change]:
        """Yield what happens to resources of a kind: of one part, or of every part with a variable rest (`manage:`)."""
        for change in self.changes:
            if change.counts and change.kind == kind and _is_part(change.part, part):
                yield change

    def remaining(self, kind: str, part: str = "") -> Iterator[Change]:
        """Yield the same without resources that are deleted."""
        return (change for change in self.of(kind, part) if change.operation != "delete")

    def one(self, kind: str, part: str) -> Change | None:
        """Return what happens to a resource; None if it stays as it is or there is none."""
        return next((change for change in self.of(kind, part) if change.part == part), None)

    @property
    def operation(self) -> str:
        """The operation on the component itself: `create`, `delete`, or `same` in every other case."""
        found = self.component
        return found.operation if found and found.operation in ("create", "delete") else "same"

    @property
    def component(self) -> Change | None:
        """The component's own change; None if the preview does not show it."""
        return next((change for change in self.changes if change.kind == "SecureTiller"), None)

    @property
    def namespace(self) -> str:
        """Tiller's namespace, where the preview tells; else empty."""
        inside = (c.namespace for c in self.changes if c.kind in ("Deployment", "ServiceAccount"))
        own = (c.place for c in self.changes if c.kind == "Namespace" and c.part == "namespace")
        return next((name for name in (*own, *inside) if name), "")


@dataclass(frozen=True)
class Stack:
    """A preview, sorted."""

    name: str
    """Of the stack; empty if the preview does not say."""
    project: str
    teams: tuple[Team, ...]
    others: tuple[Change, ...]
    """Resources that are no SecureTiller's, but for the stack itself."""
    drift: tuple[Change, ...]
    """Resources that the refresh found to differ from the stack's state."""


def sort(digest: Digest) -> Stack:
    """Return the steps of a preview by team."""
    refreshed, planned = _phases(digest.steps)
    changes = list(map(_change, _once(planned)))
    teams: dict[str, Team] = {}
    for change in sorted(changes, key=lambda c: (c.team, c.kind, c.name, c.operation)):
        if change.team:
            teams.setdefault(change.team, Team(change.team, _name(change.team))).changes.append(change)
    for team in teams.values():
        team.former = _former(team)
    stack, project = _stack(digest.steps)
    made = {step.urn for step in planned if step.op == "create"}
    drift = (
        _drifted(step, made) for step in refreshed if step.op not in ("refresh", "same", "read") or step.urn in made
    )
    others = (c for c in changes if not c.team and c.state.type != STACK)
    return Stack(
        name=stack,
        project=project,
        teams=tuple(sorted(teams.values(), key=lambda team: (team.name, team.urn))),
        others=tuple(sorted(others, key=lambda c: c.step.urn)),
        drift=tuple(sorted(drift, key=lambda c: c.step.urn)),
    )


def _drifted(step: Step, made: set[str]) -> Change:
    """Return what a refresh found; the plan shows that an object is gone by creating it again."""
    return _change(step.model_copy(update={"op": "delete"}) if step.urn in made else step)


def _phases(steps: list[Step]) -> tuple[list[Step], list[Step]]:
    """Return the steps of the refresh and those of the plan, which begins with the stack itself.

    With `--refresh` the engine first looks at every resource, then the program registers its first one, the stack.
    """
    if not any(step.op == "refresh" for step in steps):
        return [], steps
    begins = next((i for i, s in enumerate(steps) if s.op != "refresh" and _any_state(s).type == STACK), len(steps))
    return steps[:begins], steps[begins:]


def part_of(urn: str, team: str, kind: str) -> str:
    """Return the part of a team's Tiller that a resource of a kind is, without a key's generation; empty if none."""
    prefix = f"{team}-"
    if not _type(urn).endswith(f":{kind}") or not _name(urn).startswith(prefix):
        return ""
    rest = _name(urn).removeprefix(prefix)
    match = _KEY.fullmatch(rest) if kind == "PrivateKey" else None
    return match["part"] if match else rest


def _once(steps: list[Step]) -> Iterator[Step]:
    """Yield the steps without those that are parts of a replacement which is among them as a whole."""
    replaced = {step.urn for step in steps if step.op == "replace"}
    for step in steps:
        if step.op == "replace" or step.urn not in replaced or OPERATIONS.get(step.op) != "replace":
            yield step


def _change(step: Step) -> Change:
    state, name = _any_state(step), _name(step.urn)
    team = step.urn if state.type == COMPONENT else state.parent if _type(state.parent) == COMPONENT else ""
    prefix = f"{_name(team)}-"
    rest = name.removeprefix(prefix) if name.startswith(prefix) else ""
    part, generation = rest, ""
    if state.type.endswith(":PrivateKey") and (match := _KEY.fullmatch(rest)):
        part, generation = match["part"], (match["generation"] or "") + (match["request"] or "")
    return Change(step, team, name, part, generation, _operation(step))


def _operation(step: Step) -> str:
    if step.op == "delete" and step.oldState and step.oldState.delete:
        return "clean up"  # an earlier update replaced it, and was interrupted
    return OPERATIONS.get(step.op, step.op)


def _any_state(step: Step) -> State:
    return step.newState or step.oldState or State(urn=step.urn, type=_type(step.urn))


def _type(urn: str) -> str:
    """Return the type in a URN: `urn:pulumi:<stack>::<project>::<types of the parents>$<type>::<name>`."""
    parts = urn.split("::", 3)
    return parts[2].rsplit("$", 1)[-1] if len(parts) == 4 else ""


def _name(urn: str) -> str:
    """Return the logical name in a URN, which may itself hold `::`."""
    parts = urn.split("::", 3)
    return parts[3] if len(parts) == 4 else ""


def _is_part(part: str, wanted: str) -> bool:
    return part.startswith(wanted) if wanted.endswith(":") else not wanted or part == wanted


def _former(team: Team) -> str:
    """Return the name that the team had before, by the component that its resources belonged to."""
    for change in team.changes:
        old = change.step.oldState
        if old and change.operation != "delete":
            before = _name(old.urn if change.kind == "SecureTiller" else old.parent)
            if before != team.name:
                return before
    return ""


def _stack(steps: Iterable[Step]) -> tuple[str, str]:
    """Return the names of stack and project, which every URN holds."""
    for step in steps:
        parts = step.urn.split("::", 3)
        if len(parts) == 4 and parts[0].startswith("urn:pulumi:"):
            return parts[0].removeprefix("urn:pulumi:"), parts[1]
    return "", ""

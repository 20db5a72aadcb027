"""Tiller's Deployment: what it is started with, whom it trusts, where it runs, and whether it restarts."""

from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller.plan import pod
from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.digest import UNKNOWN
from secure_tiller_cli.preview.findings import Finding, Name, whole
from secure_tiller_cli.preview.paths import Path, at, within
from tiller_facts.identity import TRUSTS_ANNOTATION

TEMPLATE: Path = ("spec", "template")
POD: Path = (*TEMPLATE, "spec")
CONTAINER: Path = (*POD, "containers", 0)
ARGUMENTS: Path = (*CONTAINER, "args")
TRUSTS: Path = (*TEMPLATE, "metadata", "annotations", TRUSTS_ANNOTATION)
SECRET: Path = (*POD, "volumes", 0, "secret", "secretName")

PLACED = {
    "node_selector": (*POD, "nodeSelector"),
    "tolerations": (*POD, "tolerations"),
    "priority_class": (*POD, "priorityClassName"),
}
TIMEOUT = (("spec", "progressDeadlineSeconds"), (*CONTAINER, "startupProbe", "failureThreshold"))


def restarts(team: Team) -> Iterator[Finding]:
    """Say that Tiller is started anew."""
    for deployment in _staying(team):
        # Whom it answers, `trust` and the rules of clients say.
        tls = tuple(_tls(team))
        named = ((deployment, SECRET),) if any(change.operation in ("create", "replace") for change in tls) else ()
        explains = (*named, (deployment, TRUSTS), *whole(*tls))
        if deployment.operation == "replace":
            yield Finding(
                "tiller-replaced",
                "Tiller is taken away and made anew: nobody is answered meanwhile",
                risk=True,
                explains=explains,
            )
        elif any(within(path, TEMPLATE) for path in deployment.paths):
            yield Finding("tiller-restarts", "Tiller restarts once; calls that run end first", explains=explains)


def image(team: Team) -> Iterator[Finding]:
    """Say that another image runs, or in a new Tiller not the default: who made it holds Tiller's rights and keys."""
    path = (*CONTAINER, "image")
    for deployment in team.of("Deployment", "deployment"):
        old, new = at(deployment.old, path) or pod.IMAGE, at(deployment.new, path)
        if deployment.operation != "delete" and old != new:
            names = {"old": str(old), "new": "unknown" if new == UNKNOWN else str(new)}
            change = "changes from {old} to {new}" if deployment.old else "is {new}, and not the default {old}"
            yield Finding("image", f"Tiller's image {change}", names, risk=True, explains=((deployment, path),))


def history(team: Team) -> Iterator[Finding]:
    """Say that another number of revisions is kept."""
    for deployment in _staying(team):
        old, new = (_flags(properties).get("--history-max", "") for properties in (deployment.old, deployment.new))
        if old != new and new.isdecimal() and int(new) > 0:
            sentence = "Tiller keeps {new} revisions of a release in place of {old}"
            explains = ((deployment, ARGUMENTS),)
            yield Finding("history", sentence, {"old": old or "all", "new": new}, explains=explains)


def settings(team: Team) -> Iterator[Finding]:
    """Say that compute resources, the choice of nodes, or the time for a rollout change."""
    for deployment in _staying(team):
        if changed := _changed(deployment, (*CONTAINER, "resources")):
            names: dict[str, Name] = {"resources": tuple(_values(deployment, changed))}
            yield Finding(
                "resources",
                "compute resources of Tiller change: {resources}",
                names,
                explains=tuple((deployment, p) for p in changed),
            )
        placed = {word: path for word, path in PLACED.items() if _changed(deployment, path)}
        if placed:
            explains = tuple((deployment, path) for path in placed.values())
            yield Finding(
                "placement", "where Tiller runs changes: {settings}", {"settings": tuple(placed)}, explains=explains
            )
        if any(_changed(deployment, path) for path in TIMEOUT):
            names = {"seconds": _number(at(deployment.new, TIMEOUT[0]))}
            explains = tuple((deployment, path) for path in TIMEOUT)
            yield Finding("rollout", "an update waits {seconds} s for a new Tiller", names, explains=explains)


def trust(team: Team) -> Iterator[Finding]:
    """Say which CAs that are not the stack's Tiller trusts from now on, or no more."""
    for deployment in team.of("Deployment", "deployment"):
        if team.operation == "delete" or deployment.operation == "delete":
            return
        explains: tuple[tuple[Change, Path], ...] = ((deployment, TRUSTS),) if deployment.old else ()
        if at(deployment.new, TRUSTS) == UNKNOWN:
            yield Finding(
                "trust-unknown", "whom Tiller answers is unknown until the update", risk=True, explains=explains
            )
            return
        before, after = _anchors(deployment.old), _anchors(deployment.new)
        if gained := sorted(name for name in after if after[name] != before.get(name)):
            sentence = "Tiller answers whomever the CA {cas} signs for"
            yield Finding("ca-trusted", sentence, {"cas": tuple(gained)}, risk=True, explains=explains)
        if lost := sorted({*before} - {*after}):
            sentence = "Tiller does not trust the CA {cas} any more"
            yield Finding("ca-not-trusted", sentence, {"cas": tuple(lost)}, explains=explains)


def arguments(team: Team) -> Iterator[Finding]:
    """Say that Tiller is started without something that the component promises, or with something unknown."""
    for deployment in team.of("Deployment", "deployment"):
        if deployment.operation == "delete":
            return
        before, after = _flags(deployment.old), _flags(deployment.new)
        known = {*before, *after, *PROMISED}
        changed = {name for name in known if not deployment.old or before.get(name) != after.get(name)}
        for name in sorted(changed & {*PROMISED}):
            if not _is_kept(team, name, after.get(name)):
                names = {"wanted": f"{name}={PROMISED[name]}", "said": f"{name}={after.get(name)}"}
                sentence = f"Tiller is started {'with {said} in place of' if name in after else 'without'} {{wanted}}"
                yield Finding("argument", sentence, names, risk=True, explains=((deployment, ARGUMENTS),))
        for name in sorted(changed - {*PROMISED, "--history-max"}):
            sentence = "Tiller is started with another {argument} than before, which no team's file can ask for"
            explains = ((deployment, ARGUMENTS),)
            yield Finding("argument", sentence, {"argument": name}, risk=True, explains=explains)


PROMISED: Mapping[str, str] = dict(
    argument.split("=", 1) for argument in pod.arguments() if "--history" not in argument
)
"""What every Tiller is started with, by the name of the argument."""

EXPOSED = dict(argument.split("=", 1) for argument in pod.arguments(exposed=True))["--listen"]


def _is_kept(team: Team, name: str, value: str | None) -> bool:
    """Tell whether an argument is as the component writes it: an exposed Tiller comes with a Service."""
    exposed = any(change.operation == "create" for change in team.of("Service", "service"))
    return value == PROMISED[name] or (name == "--listen" and value == EXPOSED and exposed)


def _staying(team: Team) -> Iterator[Change]:
    """Yield the change of the Deployment, unless it comes or goes with its team."""
    yield from (c for c in team.of("Deployment", "deployment") if c.operation in ("update", "replace"))


def _tls(team: Team) -> Iterator[Change]:
    yield from team.of("Secret", "tls")


def _changed(deployment: Change, path: Path) -> list[Path]:
    return [changed for changed in deployment.paths if within(changed, path)]


def _values(deployment: Change, changed: list[Path]) -> Iterator[str]:
    for path in changed:
        old, new = at(deployment.old, path), at(deployment.new, path)
        yield f"{'.'.join(map(str, path[len(CONTAINER) + 1 :]))} {old or 'none'} → {new or 'none'}"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _flags(properties: Mapping[str, Any]) -> dict[str, str]:
    arguments = at(properties, ARGUMENTS)
    texts = [str(argument) for argument in arguments] if isinstance(arguments, list) else []
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def _anchors(properties: Mapping[str, Any]) -> dict[str, str]:
    """Return the CAs that are not the stack's, by name, with what tells their content."""
    words = str(at(properties, TRUSTS) or "").split()
    pairs = (word.removeprefix("ca:").partition("#") for word in words if word.startswith("ca:"))
    return {name: content for name, _, content in pairs}

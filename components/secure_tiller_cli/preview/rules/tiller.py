"""Tiller's Deployment: what it is started with, whom it trusts, where it runs, and whether it restarts."""

from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller.plan import pod
from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.digest import UNKNOWN
from secure_tiller_cli.preview.findings import Meaning, Name
from secure_tiller_cli.preview.paths import Path, at, within
from secure_tiller_cli.preview.rules import contents
from secure_tiller_cli.preview.rules.contents import TRUSTS, anchors
from tiller_facts import flags
from tiller_facts.values import settle

TEMPLATE: Path = ("spec", "template")
POD: Path = (*TEMPLATE, "spec")
CONTAINER: Path = (*POD, "containers", 0)
ARGUMENTS: Path = (*CONTAINER, "args")
ENVIRONMENT: Path = (*CONTAINER, "env")
NAME: Path = ("metadata", "name")
SECRET: Path = (*POD, "volumes", 0, "secret", "secretName")

PLACED = {
    "node_selector": (*POD, "nodeSelector"),
    "tolerations": (*POD, "tolerations"),
    "priority_class": (*POD, "priorityClassName"),
}
TIMEOUT = (("spec", "progressDeadlineSeconds"), (*CONTAINER, "startupProbe", "failureThreshold"))


def restarts(team: Team) -> Iterator[Meaning]:
    """Report that Tiller restarts."""
    for deployment in _staying(team):
        # Whom it answers, `trust` and the rules of clients say.
        tls = tuple(team.of("Secret", "tls"))
        named = ((deployment, SECRET),) if any(change.operation in ("create", "replace") for change in tls) else ()
        renewed = [each for secret in tls for each in (*contents.explained(team, secret), (secret, NAME))]
        explains = (*named, (deployment, TRUSTS), *renewed)
        if deployment.operation == "replace":
            yield Meaning(
                "tiller-replaced",
                "Tiller is deleted and created again: it answers nobody until then",
                risk=True,
                explains=explains,
            )
        elif any(within(path, TEMPLATE) for path in deployment.paths):
            yield Meaning("tiller-restarts", "Tiller restarts once; calls that run end first", explains=explains)


def image(team: Team) -> Iterator[Meaning]:
    """Say that another image runs, or in a new Tiller not the default: who made it holds Tiller's rights and keys."""
    path = (*CONTAINER, "image")
    for deployment in team.remaining("Deployment", "deployment"):
        old, new = at(deployment.old, path) or pod.IMAGE, at(deployment.new, path)
        if old != new:
            names = {"old": str(old), "new": "unknown" if new == UNKNOWN else str(new)}
            change = "changes from {old} to {new}" if deployment.old else "is {new}, and not the default {old}"
            yield Meaning("image", f"Tiller's image {change}", names, risk=True, explains=((deployment, path),))


def history(team: Team) -> Iterator[Meaning]:
    """Say that another number of revisions is kept."""
    for deployment in _staying(team):
        old, new = (_history(properties) for properties in (deployment.old, deployment.new))
        if old != new and new:
            sentence = "Tiller keeps {new} revisions of a release in place of {old}"
            explains = ((deployment, ARGUMENTS),)
            yield Meaning("history", sentence, {"old": str(old or "all"), "new": str(new)}, explains=explains)


def settings(team: Team) -> Iterator[Meaning]:
    """Say that compute resources, the choice of nodes, or the time for a rollout change."""
    for deployment in _staying(team):
        if changed := _changed(deployment, (*CONTAINER, "resources")):
            names: dict[str, Name] = {"resources": tuple(_values(deployment, changed))}
            yield Meaning(
                "resources",
                "compute resources of Tiller change: {resources}",
                names,
                explains=tuple((deployment, p) for p in changed),
            )
        placed = {word: path for word, path in PLACED.items() if _changed(deployment, path)}
        if placed:
            explains = tuple((deployment, path) for path in placed.values())
            yield Meaning(
                "placement", "where Tiller runs changes: {settings}", {"settings": tuple(placed)}, explains=explains
            )
        if any(_changed(deployment, path) for path in TIMEOUT):
            names = {"seconds": _number(at(deployment.new, TIMEOUT[0]))}
            explains = tuple((deployment, path) for path in TIMEOUT)
            yield Meaning("rollout", "an update waits {seconds} s for a new Tiller", names, explains=explains)


def trust(team: Team) -> Iterator[Meaning]:
    """Say which CAs that are not the stack's Tiller trusts from now on, or no more."""
    if team.operation == "delete":
        return
    for deployment in team.remaining("Deployment", "deployment"):
        explains: tuple[tuple[Change, Path], ...] = ((deployment, TRUSTS),) if deployment.old else ()
        if at(deployment.new, TRUSTS) == UNKNOWN:
            yield Meaning(
                "trust-unknown", "whom Tiller answers is unknown until the update", risk=True, explains=explains
            )
            return
        before, after = anchors(deployment.old), anchors(deployment.new)
        if gained := sorted(name for name in after if after[name] != before.get(name)):
            sentence = "Tiller answers whomever the CA {cas} signs for"
            yield Meaning("ca-trusted", sentence, {"cas": tuple(gained)}, risk=True, explains=explains)
        if lost := sorted({*before} - {*after}):
            sentence = "Tiller does not trust the CA {cas} any more"
            yield Meaning("ca-not-trusted", sentence, {"cas": tuple(lost)}, explains=explains)


def arguments(team: Team) -> Iterator[Meaning]:
    """Say that Tiller is started without something that the component writes, or with something else."""
    for deployment in team.remaining("Deployment", "deployment"):
        before, after = _arguments(deployment.old), _arguments(deployment.new)
        wanted = _written(exposed=any(change.operation == "create" for change in team.of("Service", "service")))
        explains = ((deployment, ARGUMENTS),)
        for argument in wanted:
            if argument not in after and (argument in before or not deployment.old):
                sentence = "Tiller is started without {wanted}"
                yield Meaning("argument", sentence, {"wanted": argument}, risk=True, explains=explains)
        for argument in dict.fromkeys(after):
            if argument not in (*wanted, *before):
                sentence = "Tiller is started with {argument}, which no team's file can ask for"
                yield Meaning("argument", sentence, {"argument": _shown(argument)}, risk=True, explains=explains)


HISTORY = "--history-max"


def _written(*, exposed: bool) -> list[str]:
    """Return what every Tiller is started with."""
    return [argument for argument in pod.arguments(exposed=exposed) if not argument.startswith(HISTORY)]


def _shown(argument: str) -> str:
    """Return an argument without its value, which may be secret, unless the component writes one of that name."""
    name = argument.partition("=")[0]
    return argument if any(each.startswith(f"{name}=") for each in _written(exposed=False)) else name


def _arguments(properties: Mapping[str, Any]) -> list[str]:
    arguments = at(properties, ARGUMENTS)
    texts = map(str, arguments) if isinstance(arguments, list) else ()
    return [text for text in texts if not text.startswith(HISTORY)]


def _history(properties: Mapping[str, Any]) -> int:
    return settle(flags.read(at(properties, CONTAINER) or {}).history_max, hidden=0, unknown=0)


def _staying(team: Team) -> Iterator[Change]:
    """Yield the change of the Deployment, unless it comes or goes with its team."""
    yield from (c for c in team.of("Deployment", "deployment") if c.operation in ("update", "replace"))


def _changed(deployment: Change, path: Path) -> list[Path]:
    return [changed for changed in deployment.paths if within(changed, path)]


def _values(deployment: Change, changed: list[Path]) -> Iterator[str]:
    for path in changed:
        old, new = at(deployment.old, path), at(deployment.new, path)
        yield f"{'.'.join(map(str, path[len(CONTAINER) + 1 :]))} {old or 'none'} → {new or 'none'}"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)

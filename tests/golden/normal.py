"""A real preview without what differs from run to run, and without what nothing reads: so small that it can be kept.

Left out: resources that stay as they are (but for the stack and the teams), outputs but a team's `expirations`, where
in the program each resource was made, the settings, how long it took. Times are moved to the year 2030; names of the
run, serial numbers, the ends of made-up names and hashes are numbered; of certificates nothing is left.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from secure_tiller_cli.preview.changes import STACK
from tiller_facts.identity import COMPONENT

NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)
"""When each kept preview was made."""

STATE = ("urn", "custom", "type", "inputs", "parent", "protect", "retainOnDelete", "delete")
STEP = ("op", "urn", "detailedDiff", "diffReasons", "replaceReasons")

PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----\n?", re.DOTALL)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
NUMBERED = (
    (re.compile(r"(?<=-tls-)[0-9a-f]{8}\b"), "{:08x}"),
    (re.compile(r'(?<="serial": ")[0-9A-F]+(?=")'), "{:X}"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "{:032x}"),
    (re.compile(r"(?<=#)[0-9a-f]{12}\b"), "{:012x}"),
)


def normal(preview: str, stack: str, suffix: str, now: datetime) -> str:
    """Return what is kept of the output of `pulumi preview --json --show-sames`: a step on each line.

    Args:
        preview: the output.
        stack: the run's name of the stack, which becomes `production`.
        suffix: what the run's names of teams end with.
        now: when the preview was made.
    """
    digest = json.loads(preview)
    found = digest.get("steps", [])
    changed = {step["urn"] for step in found if not _stays(step)}
    steps = [_step(step) for step in _in_order(found) if step["urn"] in changed]
    summary = dict(digest["changeSummary"])
    if "same" in summary:
        summary["same"] -= len(digest["steps"]) - len(steps)
    head = {"diagnostics": digest.get("diagnostics", []), "changeSummary": summary}
    lines = ",\n".join(json.dumps(step, sort_keys=True) for step in steps)
    text = f'{json.dumps(head)[:-1]}, "steps": [\n{lines}\n]}}\n'
    text = PEM.sub(r"(\1)", text).replace(stack, "production").replace(suffix, "")
    text = TIME.sub(lambda found: _moved(found[0], now), text)
    for pattern, form in NUMBERED:
        text = pattern.sub(_numbering(form), text)
    return text


def _in_order(steps: list[Any]) -> list[Any]:
    """The refresh's steps, then the plan's, each in the order of names: the engine's is chance."""
    begins = [i for i, step in enumerate(steps) if _type(step) == STACK][-1] if steps else 0
    by_name: Callable[[Any], tuple[bool, str, str]] = lambda step: (_type(step) != STACK, step["urn"], step["op"])  # noqa: E731
    return sorted(steps[:begins], key=by_name) + sorted(steps[begins:], key=by_name)


def _stays(step: Any) -> bool:
    """Whether nothing happens to a resource, not even to what is kept about it."""
    if step["op"] not in ("same", "refresh") or _type(step) in (STACK, COMPONENT):
        return False
    old, new = (_state(step.get(word, {})) for word in ("oldState", "newState"))
    return bool(old == new)


def _step(step: Any) -> Any:
    kept = {key: step[key] for key in STEP if step.get(key)}
    states = {word: _state(step[word]) for word in ("oldState", "newState") if step.get(word)}
    return kept | states


def _state(state: Any) -> Any:
    kept = {key: state[key] for key in STATE if state.get(key)}
    dependencies = state.get("propertyDependencies", {})
    if looked_at := {
        key: sorted(dependencies[key] or []) for key in ("caCertPem", "stringData") if key in dependencies
    }:
        kept["propertyDependencies"] = looked_at
    if state.get("type") == COMPONENT and "expirations" in state.get("outputs", {}):
        kept["outputs"] = {"expirations": state["outputs"]["expirations"]}
    return kept


def _type(step: Any) -> str:
    return str((step.get("newState") or step.get("oldState"))["type"])


def _moved(text: str, now: datetime) -> str:
    """A time as far from the new year as it was from now, to the hour: what a run takes does not show."""
    hours = round((datetime.fromisoformat(text) - now) / timedelta(hours=1))
    return (NEW_YEAR + timedelta(hours=hours)).isoformat()


def _numbering(form: str) -> Callable[[re.Match[str]], str]:
    """Gives the same number to the same text, in the order in which they are met."""
    met: dict[str, int] = {}
    return lambda found: form.format(met.setdefault(found[0], len(met) + 1))

"""Previews made in memory: what the component registers for two settings, compared as the engine would.

What they cannot prove: that the engine and its providers say it like this; tests/cluster/test_preview_summary.py does.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pulumi
from pulumi.output import Unknown

from secure_tiller import SecureTiller
from secure_tiller.args import SecureTillerArgs
from secure_tiller_cli.preview.digest import SECRET, UNKNOWN, Digest
from secure_tiller_cli.preview.paths import mapping
from tests.support.recording import Registered, is_secret, run

STACK = "urn:pulumi:test::secure-tiller::pulumi:pulumi:Stack::secure-tiller-test"
TYPES = "urn:pulumi:test::secure-tiller::secure-tiller:index:SecureTiller"
REPLACED = ("PrivateKey", "CertRequest", "SelfSignedCert", "LocallySignedCert")
"""Kinds whose providers change nothing in place."""

Resources = dict[str, dict[str, Any]]
"""The state of each resource by its URN, in the engine's form."""


def resources(team: str, args: SecureTillerArgs, *, protect: bool = False) -> Resources:
    """The resources that a team's settings register; a run takes a tenth of a second."""
    made: Resources = json.loads(_resources(team, json.dumps(args), protect))
    return made


@cache
def _resources(team: str, args: str, protect: bool) -> str:
    recording = run(lambda: SecureTiller(team, json.loads(args), pulumi.ResourceOptions(protect=protect)))
    return json.dumps({_urn(team, found): _state(team, found) for found in recording.resources})


def preview(before: Resources, after: Resources, **fields: Any) -> Digest:
    """The preview of an update that makes one of the other."""
    steps = [step("same", STACK, {"type": "pulumi:pulumi:Stack"}, {"type": "pulumi:pulumi:Stack"})]
    for urn in sorted({*before, *after}):
        old, new = before.get(urn), after.get(urn)
        steps.append(step(_operation(old, new), urn, old, new))
    same = sum(step["op"] == "same" for step in steps)
    return Digest.model_validate({"changeSummary": {"same": same}, "steps": steps, **fields})


def step(op: str, urn: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, Any]:
    """A step of a preview."""
    states = {"oldState": old, "newState": new}
    return {"op": op, "urn": urn, **{word: {"urn": urn, **state} for word, state in states.items() if state}}


def urn_of(team: str, type_: str, part: str) -> str:
    """The URN of a part of a team's Tiller."""
    return f"{TYPES}${type_}::{team}-{part}"


def text_of(digest: Digest) -> str:
    """A preview as Pulumi prints it."""
    return json.dumps(digest.model_dump(exclude_none=True))


def _operation(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    if not old or not new:
        return "create" if new else "delete"
    if old["inputs"] == new["inputs"]:
        return "same"
    kind = new["type"].rsplit(":", 1)[-1]
    before, after = (mapping(each["inputs"].get("metadata")) for each in (old, new))
    moved = any(before.get(key) != after.get(key) for key in ("name", "namespace"))
    immutable = new["inputs"].get("immutable") is True
    return "replace" if kind in REPLACED or moved or immutable else "update"


def _urn(team: str, found: Registered) -> str:
    return f"{TYPES}::{team}" if found.type.endswith(":SecureTiller") else f"{TYPES}${found.type}::{found.name}"


def _state(team: str, found: Registered) -> dict[str, Any]:
    component = found.type.endswith(":SecureTiller")
    return {
        "type": found.type,
        "inputs": {} if component else _shown(found.inputs),
        "parent": STACK if component else f"{TYPES}::{team}",
        "protect": found.protect,
        "retainOnDelete": found.retain_on_delete,
    }


def _is_hash(key: str, value: Any) -> bool:
    """Return whether a value is the opaque name of a CA, which is another one in each run."""
    return key == "commonName" and isinstance(value, str) and re.fullmatch("[0-9a-f]{32}", value) is not None


def _shown(value: Any) -> Any:
    """An input as a preview shows it; what a run makes by chance, which is all PEM, is alike in all."""
    if is_secret(value):
        return SECRET
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: "0" * 32 if _is_hash(key, item) else _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, str) and ("-----BEGIN" in value or "-0a1b2c3d" in value):
        return "(PEM)"
    return value

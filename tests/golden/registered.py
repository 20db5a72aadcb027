"""The resources of Tillers as the version before registered them, `registered.jsonl`: one line for each.

`python -m tests.golden.registered` writes the file again, after a change of what the component registers that was
meant, and that tests/cluster/test_earlier_state.py shows to be harmless for a state of the version before.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pulumi

from secure_tiller import SecureTiller
from secure_tiller.plan.pem import fingerprints, opaque_name
from tests.support.recording import Recording, Registered, is_secret, run
from tests.support.samples import DORAS_REQUEST, FULL, OWN_CA, OWN_SERVER, PARTNER, own_certificate, smallest

FILE = Path(__file__).with_suffix(".jsonl")

Lines = dict[str, Any]

GIVEN = smallest(certificates={"server_certificate": own_certificate(key=OWN_SERVER.key_pem)})
SETTINGS: dict[str, Any] = {"full": FULL, "given": GIVEN}

PEMS = {
    PARTNER.pem: "<PEM of a partner's CA>",
    DORAS_REQUEST: "<PEM of Dora's request>",
    OWN_CA.pem: "<PEM of the user's CA>",
    fingerprints(OWN_CA.pem): "<fingerprint of the user's CA>",
    fingerprints(OWN_SERVER.pem): "<fingerprint of the user's certificate>",
    OWN_SERVER.pem: "<PEM of the user's certificate>",
    OWN_SERVER.key_pem: "<PEM of the user's key>",
}
"""The patterns of what differs from run to run, by its placeholder."""


def registered(**changed: Any) -> dict[str, Lines]:
    """Return each resource by type and name, for each of the settings.

    Args:
        changed: settings in place of those of the same name.
    """
    return {name: of(settings) for name, settings in {**SETTINGS, **changed}.items()}


def of(settings: Any) -> Lines:
    """Return each resource of a team with these settings, by type and name; a run takes a tenth of a second."""
    return copy.deepcopy(_of(json.dumps(settings)))


@cache
def _of(settings: str) -> Lines:
    return _lines(run(_program(json.loads(settings))))


def kept() -> dict[str, Lines]:
    """Return the same of the version before."""
    every: dict[str, Lines] = {}
    for settings, name, line in map(json.loads, FILE.read_text().splitlines()):
        every.setdefault(settings, {})[name] = line
    return every


def _program(settings: Any) -> Callable[[], object]:
    return lambda: SecureTiller("blue", settings, pulumi.ResourceOptions(protect=True))


def _lines(recording: Recording) -> Lines:
    pems = {**PEMS, **dict(pem for resource in recording.resources for pem in _made(resource))}
    return {f"{r.type} {_named(r.name, pems)}": _named(_line(r), pems) for r in recording.resources}


def _line(found: Registered) -> Lines:
    return {
        "inputs": found.inputs,
        "depends on": sorted(urn.split("::", 2)[-1] for urn in found.depends_on),
        "parent": found.parent.rsplit("::", 1)[-1],
        "protect": found.protect,
        "retain on delete": found.retain_on_delete,
        "timeouts": list(found.timeouts),
    }


def _made(resource: Registered) -> Iterator[tuple[str, str]]:
    """Yield each PEM that a provider made, and the name of a CA that follows from it, with what stands for it."""
    for field in ("privateKeyPem", "publicKeyPem", "certRequestPem", "certPem"):
        if field in resource.state and field not in resource.inputs:
            yield resource.state[field], f"<{field} of {resource.name}>"
    if "publicKeyPem" in resource.state:
        yield opaque_name(resource.state["publicKeyPem"]), f"<name of {resource.name}>"


def _named(value: Any, pems: dict[str, str]) -> Any:
    """Return a value that is the same in every run, with secrets as `{"secret": ...}`."""
    if is_secret(value):
        return {"secret": _named(value["value"], pems)}
    if isinstance(value, dict):
        return {key: _named(item, pems) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, pems) for item in value]
    if isinstance(value, str):
        for pem, name in pems.items():
            value = value.replace(pem, name)
        return re.sub("#[0-9a-f]{8,}", "#<digest>", value)
    return value


if __name__ == "__main__":
    found = [[settings, *item] for settings, lines in registered().items() for item in sorted(lines.items())]
    FILE.write_text("".join(f"{json.dumps(line, sort_keys=True)}\n" for line in found))

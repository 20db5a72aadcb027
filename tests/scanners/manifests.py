"""The objects that scanners look at: those of a stack, as its state has them, and variations of them.

No Secret's data is among them: it is replaced before anything is written.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

Manifest = dict[str, Any]

PLACEHOLDER = {"placeholder": "bm8gZGF0YSBoZXJl"}

MADE_UP_DIGEST = f"sha256:{0xDECADE:064x}"
"""Of no image: the digest of the published Tiller is for the user to give."""

RULE = ":rule-"
"""Stands between the name of a Role and the position of its rule."""


def sent(state: str) -> list[Manifest]:
    """Every Kubernetes object of a stack's exported state, as the component sent it."""
    return [_without_secrets(resource["inputs"]) for resource in _resources(state)]


def kept(state: str) -> list[Manifest]:
    """The same objects as the API server answered: with its defaults, and with what other controllers wrote."""
    return [
        # Two underscores: what the provider notes for itself.
        _without_secrets({key: value for key, value in resource["outputs"].items() if not key.startswith("__")})
        for resource in _resources(state)
    ]


def planned(preview: str) -> list[Manifest]:
    """Every Kubernetes object that a preview (`--json`) would create, as the component would send it."""
    states = (step["newState"] for step in json.loads(preview)["steps"])
    return [_without_secrets(state["inputs"]) for state in states if state["type"].startswith("kubernetes:")]


def with_digest(manifests: list[Manifest]) -> list[Manifest]:
    """The objects, with images that carry a digest."""
    changed = copy.deepcopy(manifests)
    for manifest in of_kind("Deployment", changed):
        container(manifest)["image"] += f"@{MADE_UP_DIGEST}"
    return changed


def rule_by_rule(manifests: list[Manifest]) -> list[Manifest]:
    """The objects, with a Role and a RoleBinding for each rule, because checkov overlooks a rule among others."""
    rules = {place_of(role): role["rules"] for role in of_kind("Role", manifests)}
    return [part for manifest in manifests for part in _rules_apart(manifest, rules)]


def _rules_apart(manifest: Manifest, rules: dict[str, list[Manifest]]) -> Iterator[Manifest]:
    if manifest["kind"] not in ("Role", "RoleBinding"):
        yield manifest
        return
    for position, rule in enumerate(rules[place_of(manifest)]):
        part = copy.deepcopy(manifest)
        part["metadata"]["name"] += f"{RULE}{position}"
        if part["kind"] == "Role":
            part["rules"] = [rule]
        else:
            part["roleRef"]["name"] += f"{RULE}{position}"
        yield part


def place_of(manifest: Manifest) -> str:
    """Namespace and name of an object; a RoleBinding has those of its Role."""
    return f"{manifest['metadata'].get('namespace', '')}/{manifest['metadata']['name']}"


def of_kind(kind: str, manifests: list[Manifest]) -> list[Manifest]:
    """The objects of one kind."""
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def pod(deployment: Manifest) -> Manifest:
    """The pod of a Deployment, to be changed."""
    spec: Manifest = deployment["spec"]["template"]["spec"]
    return spec


def container(deployment: Manifest) -> Manifest:
    """The one container of a Deployment, to be changed."""
    (only,) = pod(deployment)["containers"]
    found: Manifest = only
    return found


def _resources(state: str) -> list[Manifest]:
    resources = json.loads(state)["deployment"]["resources"]
    return [resource for resource in resources if resource["type"].startswith("kubernetes:")]


def _without_secrets(manifest: Manifest) -> Manifest:
    if manifest["kind"] != "Secret":
        return manifest
    return {key: PLACEHOLDER if key in ("data", "stringData") else value for key, value in manifest.items()}

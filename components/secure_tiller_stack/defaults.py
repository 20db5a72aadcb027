"""The settings of every team of a stack that does not say otherwise."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from secure_tiller.args import SecureTillerArgs
from secure_tiller.plan import validation
from secure_tiller.plan.schema import SettingsSchema
from secure_tiller.plan.validation import Settings
from secure_tiller.problems import Problem, shown
from secure_tiller_stack.args import DefaultsArgs

KEY = "secure-tiller:defaults"

FORM = SettingsSchema(DefaultsArgs)

_PROBE = "any"
"""Name of the namespace and the client of the team on which the defaults are tried."""


def read(value: object) -> tuple[DefaultsArgs, tuple[Problem, ...]]:
    """Return the defaults, and everything that is wrong with them by themselves; they are empty if anything is.

    Args:
        value: `secure-tiller:defaults` as plain data; None when it is not set.
    """
    if value is None:
        return {}, ()
    sound, malformed = FORM.read("", value)
    unreviewed = tuple(_unreviewed(sound))
    tried = cast(
        "DefaultsArgs", {key: value for key, value in sound.items() if not unreviewed or key != "pod_security"}
    )
    # Tried on the smallest team, so that a mistake here is reported once, and not by every team.
    probe = apply_defaults({"namespaces": {_PROBE: {}}, "clients": {_PROBE: {}}, **_rules(tried)}, tried)
    wrong = validation.rules(Settings("team", cast("SecureTillerArgs", probe)))
    problems = (*unreviewed, *(_of_defaults(problem) for problem in (*malformed, *wrong)))
    return ({} if problems else sound), problems


def apply_defaults(team: object, defaults: DefaultsArgs) -> object:
    """Return the settings of a team, with the defaults where it says nothing; of a wrong form it stays as it is."""
    if not isinstance(team, Mapping):
        return team
    common: dict[str, Any] = {key: value for key, value in defaults.items() if key != "pod_security"}
    if "certificates" in common and "server_certificate" in (_map(team, "certificates")):
        # How long it lives is its issuer's to say.
        common["certificates"] = {key: life for key, life in common["certificates"].items() if key != "server"}
    merged = _laid_over(team, common)
    if "pod_security" in defaults and isinstance(team.get("namespaces"), Mapping):
        merged["namespaces"] = dict(_secured(team["namespaces"], defaults["pod_security"]))
    return merged


def _rules(defaults: DefaultsArgs) -> Mapping[str, object]:
    """Return a rule for the team on which the preset `none` is tried: every team may bring its own."""
    rights = defaults.get("rights", {})
    if rights.get("preset") != "none" or "rules" in rights:
        return {}
    return {"rights": {"rules": [{"api_groups": [""], "resources": ["configmaps"], "verbs": ["get"]}]}}


def _unreviewed(defaults: DefaultsArgs) -> Iterator[Problem]:
    if (level := defaults.get("pod_security")) == "privileged":
        why = "privileged pods own the node, and with it the keys of every team: each namespace needs a reason"
        remedy = "say it of the one namespace, with its `pod_security_reason`"
        yield Problem("", f"{KEY}.pod_security", shown(level), why, remedy)


def _of_defaults(problem: Problem) -> Problem:
    key = problem.key.removeprefix(f"namespaces.{_PROBE}.")
    return replace(problem, team="", key=KEY if key == "(settings)" else f"{KEY}.{key}")


def _laid_over(own: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Any]:
    """Return a map over another: maps in both are laid over each other, of anything else the own one holds."""
    both = {
        key: _laid_over(own[key], common[key])
        for key in own.keys() & common.keys()
        if isinstance(own[key], Mapping) and isinstance(common[key], Mapping)
    }
    return {**common, **own, **both}


def _secured(namespaces: Mapping[str, object], level: str) -> Iterator[tuple[str, object]]:
    for name, namespace in namespaces.items():
        ours = isinstance(namespace, Mapping) and not namespace.get("existing", False)
        yield name, {"pod_security": level, **cast("Mapping[str, object]", namespace)} if ours else namespace


def _map(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = settings.get(key)
    return value if isinstance(value, Mapping) else {}

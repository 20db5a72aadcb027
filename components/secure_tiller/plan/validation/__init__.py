"""The rules for the settings of one team: tables of small checks. Nothing here asks the cluster.

Rules between teams are in `secure_tiller.plan.conflicts`.
"""

from collections.abc import Iterator

from secure_tiller.plan import schema
from secure_tiller.plan.validation import certificates, clients, namespaces, objects, pod, rights
from secure_tiller.plan.validation.settings import Check, Settings
from secure_tiller.problems import Problem

__all__ = ["CHECKS", "Settings", "check", "rules"]

CHECKS: tuple[Check, ...] = (
    *namespaces.CHECKS,
    *clients.CHECKS,
    *rights.CHECKS,
    *certificates.CHECKS,
    *pod.CHECKS,
    *objects.CHECKS,
)


def check(name: str, args: object) -> tuple[Problem, ...]:
    """Return everything that is wrong with the settings of one team: form first, then each rule of the tables."""
    sound, malformed = schema.SETTINGS.read(name, args)
    return (*malformed, *rules(Settings(name, sound)))


def rules(settings: Settings) -> Iterator[Problem]:
    """Yield everything that the rules of the tables have against settings of the right form."""
    return (problem for rule in CHECKS for problem in rule(settings))

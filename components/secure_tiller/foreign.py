"""What keeps a Tiller from taking over objects of somebody else: it is made only where that cannot happen.

pulumi-kubernetes before 4.29 creates by applying: it writes into an object that exists, and later deletes it. From 4.29
on it refuses what exists, unless it is told to upsert. So where it upserts, somebody must have looked first.
"""

import os
import re
from collections.abc import Iterable
from importlib import metadata
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from secure_tiller.plan.model import TillerPlan
from secure_tiller.plan.objects import objects
from secure_tiller.problems import ConfigurationError, Problem
from tiller_facts.kinds import Object

CREATES_ALONE = (4, 29)
"""The first pulumi-kubernetes that refuses to create what exists (its release notes)."""
UPSERT = "upsert_existing_objects"
"""The provider's argument that lets it write into what exists."""
UPSERT_VARIABLE = "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"
"""The environment variable with the same meaning."""
UPSERT_KEY = "upsertExistingObjects"
"""The key of the default provider's configuration with the same meaning."""

REMEDY = (
    "let secure_tiller_stack.deploy(teams, cluster=...) make the Tillers; or call "
    "provider = secure_tiller_stack.look(teams, cluster=...) first, and give this component that provider"
)

_looked: WeakKeyDictionary[pulumi.ProviderResource, dict[str, frozenset[Object]]] = WeakKeyDictionary()
"""By provider and team, the objects that somebody has looked for on the provider's cluster."""


def mark_looked_at(provider: pulumi.ProviderResource, plans: Iterable[TillerPlan]) -> None:
    """Note that nothing foreign stands in the way of Tillers, on the cluster of a provider.

    Args:
        provider: of the objects.
        plans: of the Tillers.
    """
    _looked.setdefault(provider, {}).update((plan.name, _made_by(plan)) for plan in plans)


def guarded(
    tiller: TillerPlan, provider: pulumi.ProviderResource | None, opts: pulumi.ResourceOptions
) -> pulumi.ResourceOptions:
    """Return the options with which a Tiller takes over nothing of somebody else.

    Args:
        tiller: its plan.
        provider: of its objects; None: not known.
        opts: the options that it was given.

    Raises:
        ConfigurationError: nobody has looked at the cluster, and the provider would take over what exists.
    """
    if isinstance(get_monitor(), MockMonitor):  # a unit test: there is no cluster
        return opts
    if provider and _made_by(tiller) <= _looked.get(provider, {}).get(tiller.name, frozenset()):
        return opts
    version = _version(provider)
    if _numbers(version) < CREATES_ALONE:
        raise _refused(tiller.name, f"pulumi-kubernetes {version}")
    if _upserts():
        raise _refused(tiller.name, f"pulumi-kubernetes {version} with upserting on")
    upserting = getattr(provider, UPSERT, None)
    if provider is None or not isinstance(upserting, pulumi.Output):
        return opts

    def after(value: object) -> pulumi.Resource:
        if _is_on(value):
            raise _refused(tiller.name, f"pulumi-kubernetes {version} with {UPSERT}")
        return provider

    # The argument is known once the provider is registered: no resource begins before that.
    gate = pulumi.ResourceOptions(depends_on=[upserting.apply(after)])
    return pulumi.ResourceOptions.merge(opts, gate)


def creates_alone() -> bool:
    """Return whether the installed provider refuses to create what exists, unless it is told to upsert."""
    return _numbers(_version(None)) >= CREATES_ALONE


def _made_by(plan: TillerPlan) -> frozenset[Object]:
    return frozenset(Object(one.kind, one.namespace, one.name) for one in objects(plan) if one.name)


def _version(provider: pulumi.ProviderResource | None) -> str:
    """Return the version of a provider: the one that its options ask for, else the installed one."""
    return getattr(provider, "_version", None) or metadata.version("pulumi-kubernetes")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


def _upserts() -> bool:
    """Return whether the surroundings let the provider upsert."""
    return _is_on(os.environ.get(UPSERT_VARIABLE)) or _is_on(pulumi.Config("kubernetes").get(UPSERT_KEY))


def _is_on(value: object) -> bool:
    """Return whether a switch is on: in doubt it is."""
    return str(value).lower() not in ("none", "", "0", "f", "false")


def _refused(team: str, which: str) -> ConfigurationError:
    why = (
        f"{which} takes over objects of somebody else under this Tiller's names, and deletes them with it. Nobody has "
        "looked for such objects on the cluster, for this team with these settings and for this provider"
    )
    return ConfigurationError([Problem(team, "(the look at the cluster)", "(missing)", why, REMEDY)])

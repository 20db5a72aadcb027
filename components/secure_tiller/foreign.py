"""The refusal of a Tiller whose provider could take over objects of somebody else.

pulumi-kubernetes before 4.29 creates by applying: it writes into an object that exists, and later deletes it. From 4.29
on it refuses an object that exists, unless upserting is on. A provider that could write into such an object is accepted
only after a look at its cluster.
"""

import os
import re
from collections.abc import Iterable
from importlib import metadata
from weakref import WeakKeyDictionary

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi.output import Unknown
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from secure_tiller.plan.model import TillerPlan
from secure_tiller.plan.objects import objects
from secure_tiller.problems import ConfigurationError, Problem
from tiller_facts.kinds import Object

CREATES_ALONE = (4, 29)
"""The first pulumi-kubernetes that refuses to create an object that exists (its release notes)."""
UPSERT = "upsert_existing_objects"
"""The provider's argument that turns upserting on."""
UPSERT_VARIABLE = "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"
"""The environment variable with the same meaning."""
UPSERT_KEY = "upsertExistingObjects"
"""The same for the engine, and in the configuration of the default provider."""
GET_RESOURCE = "pulumi:pulumi:getResource"
"""The engine's function that returns the state of a resource; the SDK resolves references with it."""

REMEDY = (
    "make the Tillers by secure_tiller_stack.deploy(teams, cluster=...); or first call "
    "provider = secure_tiller_stack.look(teams, cluster=...), and give that provider to this component"
)

_looked: WeakKeyDictionary[pulumi.ProviderResource, dict[str, frozenset[Object]]] = WeakKeyDictionary()
"""By provider and team, the objects that a look at the provider's cluster covered."""


def mark_looked_at(provider: pulumi.ProviderResource, plans: Iterable[TillerPlan]) -> None:
    """Record that a look at the cluster of a provider found nothing foreign in the way of Tillers.

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
        provider: the explicit provider of its objects; None: the default provider.
        opts: the options of the component.

    Raises:
        ConfigurationError: nobody has looked at the cluster, and the provider could take over an object that exists.
    """
    if isinstance(get_monitor(), MockMonitor):  # a unit test: there is no cluster
        return opts
    if provider and _made_by(tiller) <= _looked.get(provider, {}).get(tiller.name, frozenset()):
        return opts
    if not isinstance(provider, kubernetes.Provider | None):
        # A component plugin's stand-in, or an object of the SDK's general class.
        raise _refused(tiller.name, "a Kubernetes provider of unknown version and settings could take over")
    version = _version(provider)
    if _numbers(version) < CREATES_ALONE:
        raise _refused(tiller.name, f"pulumi-kubernetes {version} takes over")
    if _upserts():
        raise _refused(tiller.name, f"pulumi-kubernetes {version} with upserting on takes over")
    if provider is None:
        return opts

    async def after(urn: str) -> pulumi.Resource:
        known = await pulumi.runtime.invoke_async(GET_RESOURCE, {"urn": urn})
        value = known["state"].get(UPSERT_KEY)
        # A value that a preview does not know, the update does.
        if not isinstance(value, Unknown) and _is_on(value):
            raise _refused(tiller.name, f"pulumi-kubernetes {version} with {UPSERT} takes over")
        return provider

    # The SDK does not give back this argument of a provider; the engine does, before any resource is registered.
    gate = pulumi.ResourceOptions(depends_on=[provider.urn.apply(after)])
    return pulumi.ResourceOptions.merge(opts, gate)


def creates_alone() -> bool:
    """Return whether the installed provider refuses to create an object that exists, unless upserting is on."""
    return _numbers(_version(None)) >= CREATES_ALONE


def _made_by(plan: TillerPlan) -> frozenset[Object]:
    return frozenset(Object(one.kind, one.namespace, one.name) for one in objects(plan) if one.name)


def _version(provider: pulumi.ProviderResource | None) -> str:
    """Return the version that a provider's options require, else the installed one."""
    return getattr(provider, "_version", None) or metadata.version("pulumi-kubernetes")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


def _upserts() -> bool:
    """Return whether the environment or the configuration turns upserting on."""
    return _is_on(os.environ.get(UPSERT_VARIABLE)) or _is_on(pulumi.Config("kubernetes").get(UPSERT_KEY))


def _is_on(value: object) -> bool:
    """Return whether the value of a switch means on; an unknown word does."""
    return str(value).lower() not in ("none", "", "0", "f", "false")


def _refused(team: str, takes_over: str) -> ConfigurationError:
    why = (
        f"{takes_over} objects of somebody else that have this Tiller's names, and later deletes them. "
        "Nobody has looked for such objects on this provider's cluster, for this team with these settings"
    )
    return ConfigurationError([Problem(team, "(the look at the cluster)", "(missing)", why, REMEDY)])

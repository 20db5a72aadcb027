"""The Tillers of one program: what two of them may not both claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import ReferenceType, WeakKeyDictionary, ref

import pulumi
from pulumi.resource import DependencyProviderResource

from secure_tiller.plan.conflicts import in_cluster, in_trust
from secure_tiller.plan.validation import Settings
from secure_tiller.problems import ConfigurationError, Problem, shown

KUBERNETES = "kubernetes"
"""The package of the providers that make Tillers."""


@dataclass(frozen=True)
class _Made:
    """A Tiller that a program has made."""

    settings: Settings
    provider: ReferenceType[pulumi.ProviderResource] | None
    """The provider of its objects; None: not known."""
    parent: ReferenceType[pulumi.Resource] | None

    def is_elsewhere(self, provider: object | None) -> bool:
        """Return whether its cluster is another one than that of a provider. In doubt it is not."""
        own = self.provider() if self.provider else None
        return own is not None and provider is not None and own is not provider

    def has_the_name_of(self, settings: Settings, parent: pulumi.Resource | None) -> bool:
        """Return whether a Tiller below a parent would have the logical names of this one."""
        own = self.parent() if self.parent else None
        return self.settings.name == settings.name and own is parent


_made: WeakKeyDictionary[pulumi.Resource, list[_Made]] = WeakKeyDictionary()
"""By program, of which its stack is the root, the Tillers that it has made."""


def require_apart(tillers: Sequence[Settings], provider: object | None, parent: pulumi.Resource | None) -> None:
    """Refuse Tillers that would reach into each other, or into another one that the same program has made.

    Names of objects are compared on one cluster, CAs on all: a certificate is good wherever its CA is trusted.

    Args:
        tillers: the settings of those that are to be made.
        provider: of their objects; any other object stands for a provider that is still to be made; None: not known.
        parent: of the components; None: they have none.

    Raises:
        ConfigurationError: it carries everything that two of them lay claim to.
    """
    others = _others()
    twice = [one for one in tillers if any(other.has_the_name_of(one, parent) for other in others)]
    if twice:
        raise ConfigurationError(map(_made_twice, twice))
    near = [other.settings for other in others if not other.is_elsewhere(provider)]
    every = [other.settings for other in others]
    if problems := (*in_cluster([*near, *tillers]), *in_trust([*every, *tillers])):
        raise ConfigurationError(problems)


def claim(settings: Settings, provider: pulumi.ProviderResource | None, parent: pulumi.Resource | None) -> None:
    """Note what a Tiller has that is now made; see `require_apart`."""
    _others().append(_Made(settings, ref(provider) if provider else None, ref(parent) if parent else None))


def _others() -> list[_Made]:
    program = pulumi.runtime.get_root_resource()
    # Without a stack it is somebody's unit test.
    return [] if program is None else _made.setdefault(program, [])


def _made_twice(settings: Settings) -> Problem:
    why = "names a Tiller that this program has made already, by `deploy` or by itself"
    return Problem(settings.name, "(its name)", shown(settings.name), why, "make it once, or give it another name")


def kubernetes_provider(opts: pulumi.ResourceOptions) -> pulumi.ProviderResource | None:
    """Return the explicit provider of a Tiller's objects; None: not known.

    It is looked for as the SDK does (`Resource._get_providers`). In a component plugin each call makes a stand-in of
    its own for one provider, so that a stand-in says nothing.

    Raises:
        ConfigurationError: what the options give is no provider.
    """
    given = given_providers(opts)
    inherited = opts.parent.get_provider(f"{KUBERNETES}:core/v1:Namespace") if opts.parent else None
    found = given.get(KUBERNETES) or inherited
    return None if isinstance(found, DependencyProviderResource) else found


def given_providers(opts: pulumi.ResourceOptions) -> Mapping[str, pulumi.ProviderResource]:
    """Return the explicit providers of options, by package.

    Raises:
        ConfigurationError: what the options give is no provider.
    """
    several: Any = opts.providers or []
    if isinstance(several, pulumi.ProviderResource) or not isinstance(several, Mapping | Sequence):
        raise _no_providers(several)
    given = [*(several.values() if isinstance(several, Mapping) else several)]
    for each in [*given, *([opts.provider] if opts.provider else [])]:
        if not isinstance(each, pulumi.ProviderResource):
            raise _no_providers(each)
    by_package = dict(several) if isinstance(several, Mapping) else {each.package: each for each in given}
    if opts.provider:
        by_package.setdefault(opts.provider.package, opts.provider)
    return by_package


def _no_providers(given: object) -> ConfigurationError:
    why = "must be a list of provider objects"
    remedy = "write providers=[provider], with the provider that secure_tiller_stack.look(teams, cluster=...) returned"
    return ConfigurationError([Problem("", "opts.providers", shown(type(given).__name__), why, remedy)])

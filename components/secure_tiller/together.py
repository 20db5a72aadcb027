"""The Tillers of one program, and the refusal of those that claim the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from weakref import ReferenceType, WeakKeyDictionary, ref

import pulumi
from pulumi.resource import DependencyProviderResource

from secure_tiller.args import SecureTillerArgs
from secure_tiller.plan.conflicts import in_cluster, in_trust, trusted_too
from secure_tiller.plan.validation import Settings
from secure_tiller.problems import ConfigurationError, LateConfigurationError, Problem, shown

KUBERNETES = "kubernetes"
"""The package of the providers that make Tillers."""


@dataclass(eq=False)
class Claim:
    """The claims of a Tiller that a program has made."""

    settings: Settings
    """Outputs among them are replaced as they become known."""
    provider: ReferenceType[pulumi.ProviderResource] | None
    """The provider of its objects; None: unknown."""
    parent: ReferenceType[pulumi.Resource] | None

    def is_elsewhere(self, provider: object | None) -> bool:
        """Return whether its cluster is surely another one than that of a provider.

        In a component plugin each call makes a stand-in of its own for one provider: two of them can be of one cluster.
        """
        own = self.provider() if self.provider else None
        unknown = any(each is None or isinstance(each, DependencyProviderResource) for each in (own, provider))
        return not unknown and own is not provider

    def has_the_name_of(self, settings: Settings, parent: pulumi.Resource | None) -> bool:
        """Return whether a Tiller below a parent would have the logical names of this one."""
        below_the_same = self.parent() is parent if self.parent and parent else not (self.parent or parent)
        return self.settings.name == settings.name and below_the_same

    def learn_cas(self, texts: Mapping[str, str], others: Sequence["Claim"]) -> None:
        """Take over the CAs of `trusted_client_cas`, some of which have become known.

        Of two Tillers, the one whose CAs become known last compares them.

        Raises:
            LateConfigurationError: another Tiller of the program trusts one of them too.
        """
        certificates = {**self.settings.certificates, "trusted_client_cas": dict(texts)}
        args = cast("SecureTillerArgs", {**self.settings.args, "certificates": certificates})
        self.settings = Settings(self.settings.name, args)
        if problems := [*trusted_too(self.settings, (each.settings for each in others if each is not self))]:
            raise LateConfigurationError(problems)


_made: WeakKeyDictionary[pulumi.Resource, list[Claim]] = WeakKeyDictionary()
"""By program, of which its stack is the root, the Tillers that it has made."""


def require_apart(tillers: Sequence[Settings], provider: object | None, parent: pulumi.Resource | None) -> None:
    """Refuse Tillers that conflict with each other, or with one that the same program has made.

    Names of objects are compared on one cluster, CAs on all: a certificate is good wherever its CA is trusted.

    Args:
        tillers: the settings of those that are to be made.
        provider: of their objects; another object: a provider that is still to be made; None: unknown.
        parent: of the components; None: they have none.

    Raises:
        ConfigurationError: it carries every conflict.
    """
    others = _others()
    twice = [one for one in tillers if any(other.has_the_name_of(one, parent) for other in others)]
    if twice:
        raise ConfigurationError(map(_made_twice, twice))
    near = [other.settings for other in others if not other.is_elsewhere(provider)]
    every = [other.settings for other in others]
    if problems := (*in_cluster([*near, *tillers]), *in_trust([*every, *tillers])):
        raise ConfigurationError(problems)


def claim(
    settings: Settings, provider: pulumi.ProviderResource | None, parent: pulumi.Resource | None
) -> Callable[[Mapping[str, str]], None]:
    """Record the claims of a Tiller that is now made; see `require_apart`.

    Returns:
        What takes the CAs of `trusted_client_cas`, once all of them are known: `Claim.learn_cas`.
    """
    # The caller may use its own map for the next Tiller.
    kept = Settings(settings.name, _copied(settings.args))
    made, others = Claim(kept, ref(provider) if provider else None, ref(parent) if parent else None), _others()
    others.append(made)
    return lambda texts: made.learn_cas(texts, others)


def _copied(value: Any) -> Any:
    """Return a value with its maps and lists copied, and outputs as they are."""
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [*map(_copied, value)] if isinstance(value, list | tuple) else value


def _others() -> list[Claim]:
    program = pulumi.runtime.get_root_resource()
    # Without a stack the program is a unit test.
    return [] if program is None else _made.setdefault(program, [])


def _made_twice(settings: Settings) -> Problem:
    why = "names a Tiller that this program has made already"
    return Problem(settings.name, "(its name)", shown(settings.name), why, "make it once, or give it another name")


def read_options(given: object) -> pulumi.ResourceOptions:
    """Return the options of a component; by default there are none.

    Raises:
        ConfigurationError: they are something else, or their parent is no resource.
    """
    if given is None:
        return pulumi.ResourceOptions()
    if not isinstance(given, pulumi.ResourceOptions):
        raise _wrong("opts", given, "must be a pulumi.ResourceOptions", "write opts=pulumi.ResourceOptions(...)")
    if not isinstance(given.parent, pulumi.Resource | None):
        raise _wrong("opts.parent", given.parent, "must be a resource", "give the resource itself, or leave it out")
    return given


def kubernetes_provider(opts: pulumi.ResourceOptions) -> pulumi.ProviderResource | None:
    """Return the explicit provider of a Tiller's objects, as the SDK finds it (`Resource._get_providers`).

    None: the objects have the default provider.

    Raises:
        ConfigurationError: the options give something else as a provider.
    """
    inherited = opts.parent.get_provider(f"{KUBERNETES}:core/v1:Namespace") if opts.parent else None
    return given_providers(opts).get(KUBERNETES) or inherited


def given_providers(opts: pulumi.ResourceOptions) -> Mapping[str, pulumi.ProviderResource]:
    """Return the explicit providers of options, by package.

    Raises:
        ConfigurationError: the options give something else as a provider.
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
    remedy = "write providers=[provider], with the provider that secure_tiller_stack.look(teams, cluster=...) returned"
    return _wrong("opts.providers", given, "must be a list of provider objects", remedy)


def _wrong(key: str, given: object, why: str, remedy: str) -> ConfigurationError:
    return ConfigurationError([Problem("", key, shown(type(given).__name__), why, remedy)])

"""The component as a plugin, for programs in every language of Pulumi: `plugin/` serves it.

A thin shell over the component and the look. A team's call comes alone: what it may not share with others of its stack
is compared with those that the engine has handed over before, to this process. `one_process` refuses a second one.
"""

import json
import re
import sys
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn, NotRequired, TypeVar
from weakref import WeakKeyDictionary

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi.errors import InputPropertyErrorDetails
from pulumi.provider import ConstructResult, main
from pulumi.provider.experimental.analyzer import (
    Analyzer,
    ComponentDefinition,
    PropertyDefinition,
)
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError
from pulumi.resource import DependencyResource
from pulumi.runtime.settings import set_root_resource

from secure_tiller import component, together
from secure_tiller.args import SecureTillerArgs
from secure_tiller.component import this_stack
from secure_tiller.plan.validation import Settings
from secure_tiller.problems import Problem, RefusedError, plain
from secure_tiller.version import VERSION
from secure_tiller_stack import deployment, takeovers
from secure_tiller_stack import kubeconfig as kubeconfigs
from secure_tiller_stack.args import ClusterArgs, TeamArgs
from secure_tiller_stack.collector import collect_rarely
from secure_tiller_stack.configuration import Stack, read_values
from secure_tiller_stack.deployment import PROVIDER, naming_arguments, read_options, refused
from secure_tiller_stack.foreign_data import json_value
from secure_tiller_stack.kubeconfig import Access
from secure_tiller_stack.one_process import require_the_only_one
from secure_tiller_stack.preflight import Cluster

NAME = "secure-tiller"
NAMESPACE = "helm2"
"""Apart from our own distribution, `pulumi-secure-tiller`: the generated SDK of Python is `helm2_secure_tiller`."""

Value = TypeVar("Value")


class TillerArgs(TeamArgs):
    """The settings of one team's Tiller, and its cluster."""

    cluster: ClusterArgs
    """The cluster that the Tiller is for. The component looks at it first, and makes the Kubernetes provider from it:
    all Tillers of the stack that name the same cluster share one."""

    provider_name: NotRequired[str]
    """The logical name of that provider. A program with Tillers on two clusters chooses two. Another name replaces
    every object in the cluster. Default: `cluster`."""


@dataclass(frozen=True)
class _Known:
    """A cluster that a program has looked at."""

    access: Access
    uid: str
    provider: kubernetes.Provider


_known: WeakKeyDictionary[pulumi.Resource, dict[str, _Known]] = WeakKeyDictionary()
"""By program, of which its stack is the root, and by name of their provider, the clusters of its Tillers."""


class SecureTiller(component.SecureTiller):
    __doc__ = component.SecureTiller.__doc__

    def __init__(self, name: str, args: TillerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Look at the cluster, and create the resources of one team; arguments and errors as for `deploy`."""
        settings: dict[str, Any] = dict(args)
        cluster, provider_name = settings.pop("cluster", None), settings.pop("provider_name", PROVIDER)
        with naming_arguments():
            stack = read_values({"teams": {name: settings}, "cluster": cluster})
            common = read_options(opts)
            known, seen = _look(stack, provider_name, common.parent)
        (team,) = stack.teams
        made = takeovers.Made()
        provider = deployment.looked_at(stack, known.provider)
        super().__init__(name, team.args, deployment.options_of(team, provider, made, common))
        done = deployment.follow(team, self, made, known.access, seen)
        # The engine waits for outputs alone.
        self.deployment = pulumi.Output.all(self.deployment, done).apply(lambda both: str(both[0]))


def _look(stack: Stack, provider_name: object, parent: pulumi.Resource | None) -> tuple[_Known, Cluster]:
    """Look at the cluster of a Tiller; one that shares its provider with others is looked at for each of them.

    Raises:
        ConfigurationError: what the program has made before does not go together with it.
        ClusterError: the cluster is refused.
    """
    program = pulumi.runtime.get_root_resource()
    known = {} if program is None else _known.setdefault(program, {})
    deployment.require_name(provider_name, [])
    access = kubeconfigs.find(stack.cluster)
    other = known.get(str(provider_name))
    if other and other.access != access:
        why = f"is the provider of another Tiller's cluster, {other.access.place}"
        raise refused("provider_name", provider_name, why, "name the same cluster, or choose another `provider_name`")
    provider = other.provider if other else object()
    together.require_apart([Settings(team.name, team.args) for team in stack.teams], provider, parent)
    seen = deployment.ask(stack, access, every_team=False)
    for name, one in known.items():
        if one.uid == seen.uid and name != provider_name:
            why = "is the second provider of one cluster: what two Tillers claim there would not be compared"
            raise refused("provider_name", provider_name, why, f"use the same for all Tillers of a cluster: {name}")
    deployment.report(seen)
    if not other:
        other = _Known(access, seen.uid, deployment.provider_of(access, seen, str(provider_name)))
        known[str(provider_name)] = other
    return other, seen


class TillerProvider(ComponentProvider):
    """The plugin: hands over inputs as the component takes them, and refusals as the engine takes them."""

    def __init__(self, engine: str = "") -> None:
        """Make the plugin with its schema.

        Args:
            engine: its address; empty: none runs, as where the schema is written.
        """
        super().__init__([SecureTiller], NAME, NAMESPACE, VERSION)
        self._engine = engine
        self.schema = json.dumps(_described(json_value(self.schema or "")))
        self._programs: dict[tuple[str, bool], pulumi.Resource] = {}

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Create one Tiller."""
        run = this_stack(), pulumi.runtime.is_dry_run()
        set_root_resource(self._programs.setdefault(run, _stack_resource()))
        try:
            if self._engine:
                require_the_only_one(self._engine)
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            _report(name, error.inner)
        except RefusedError as error:
            _report(name, error)

    def map_inputs(self, inputs: pulumi.Inputs, component_def: ComponentDefinition) -> pulumi.Inputs:
        """Return inputs under the names of Python, and whole numbers as such; the component judges all of it."""
        mapped: pulumi.Inputs = self._fields(inputs, component_def.inputs, component_def.inputs_mapping)
        return mapped

    def get_state(self, instance: pulumi.ComponentResource, component_def: ComponentDefinition) -> dict[str, Any]:
        """Return the outputs of a Tiller."""
        state = super().get_state(instance, component_def)
        return {key: reporting(str(instance.pulumi_resource_name), value) for key, value in state.items()}

    def _fields(self, fields: Any, forms: Mapping[str, PropertyDefinition], names: Mapping[str, str]) -> Any:
        if not isinstance(fields, Mapping):
            return fields
        for key, name in names.items():
            if key != name and key in fields and name in fields:
                why, remedy = "stands here in two spellings, with a capital and with `_`", "leave one of the two"
                raise refused(key, "(not shown)", why, remedy)
        return {names.get(key, key): self._field(value, forms.get(key)) for key, value in fields.items()}

    def _field(self, value: Any, form: PropertyDefinition | None) -> Any:
        match value:
            case float() if value.is_integer():  # no setting takes another number
                return int(value)
            case list():
                return [self._field(each, form and form.items) for each in value]
            case dict() if form and form.ref and (named := self.get_type_definition(form)):
                return self._fields(value, named.properties, named.properties_mapping)
            case dict():
                return {key: self._field(each, form and form.additional_properties) for key, each in value.items()}
            case _:
                return value


def _stack_resource() -> pulumi.Resource:
    """Return a stand-in for the stack, which is the program's root."""
    project, stack = pulumi.get_project(), pulumi.get_stack()
    return DependencyResource(f"urn:pulumi:{stack}::{project}::pulumi:pulumi:Stack::{project}-{stack}")


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the descriptions of what types inherit, which the SDK leaves out."""
    (tiller,) = schema["resources"].values()
    documented = Analyzer(NAME)
    inputs, outputs = "inputProperties", "properties"
    for part, base in ((inputs, SecureTillerArgs), (inputs, TeamArgs), (outputs, component.SecureTiller)):
        fields, _ = documented.analyze_type(base, is_component_output=part == outputs)
        for name, field in fields.items():
            if field.description:
                tiller[part][name].setdefault("description", field.description)
    return schema


def _report(name: str, error: Exception) -> NoReturn:
    """Raise a refusal of a Tiller as the SDK's error of inputs, a line for each problem; any other error as it is."""
    if not isinstance(error, RefusedError):
        raise error
    problems = [_property(name, problem) for problem in error.problems]
    raise pulumi.InputPropertiesError(f"{error.headline}; {error.outcome}.", problems) from None


def _property(name: str, problem: Problem) -> InputPropertyErrorDetails:
    key, why, remedy = (_as_in_the_schema(plain(text)) for text in (problem.key, problem.why, problem.remedy))
    # The engine prints the value at a path in full, whatever it holds: with the name in front it is no path.
    return {"property_path": f"{name}: {key}", "reason": f"{problem.value}: {why}; remedy: {remedy}"}


def _as_in_the_schema(text: str) -> str:
    """Return a text with the names of inputs as the schema has them."""
    return re.sub(r"\w+", lambda word: _names_in_the_schema().get(word[0], word[0]), text)


@cache
def _names_in_the_schema() -> Mapping[str, str]:
    """Return the names of inputs in the schema, by their name in Python."""
    found = Analyzer(NAME).analyze([SecureTiller])
    (tiller,) = found["component_definitions"].values()
    mappings = (tiller.inputs_mapping, *(each.properties_mapping for each in found["type_definitions"].values()))
    return {python: schema for mapping in mappings for schema, python in mapping.items()}


def reporting(name: str, output: Any) -> Any:
    """Return an output whose refusals are the SDK's errors of inputs."""
    if not isinstance(output, pulumi.Output):
        return output

    async def reported(part: Awaitable[Value]) -> Value:
        try:
            return await part
        except RefusedError as error:
            _report(name, error)

    parts = (output.resources(), output.future(with_unknowns=True), output.is_known(), output.is_secret())
    return pulumi.Output(*map(reported, parts))  # type: ignore[arg-type]


def engine_of(arguments: Sequence[str]) -> str:
    """Return the engine's address, which is the last of the plugin's arguments; empty: there are none.

    Flags of the command come before it (pulumi/sdk 3.274.1, resource/plugin/plugin.go, buildPluginArguments).
    """
    return arguments[-1] if arguments else ""


def serve() -> None:
    """Serve the plugin to an engine."""
    collect_rarely()
    main(TillerProvider(engine_of(sys.argv[1:])), sys.argv[1:])


if __name__ == "__main__":
    print(json.dumps(json_value(TillerProvider().schema or ""), indent=2))

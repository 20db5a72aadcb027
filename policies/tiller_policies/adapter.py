"""The rules as policies of Pulumi's SDK: the one module that needs it."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    Policy,
    PolicyComplianceFramework,
    PolicyProviderResource,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from tiller_policies.resources import Resource
from tiller_policies.rule import Rule
from tiller_policies.rules import RULES
from tiller_policies.values import UNKNOWN

GUIDE = PolicyComplianceFramework(
    name="Securing your Helm Installation",
    version="2.17",
    reference="https://v2.helm.sh/docs/securing_installation/",
    specification="Best Practices for Securing Helm and Tiller",
)
"""The Helm project's guide, whose practices the rules stand for."""


def policies() -> list[Policy]:
    """Return a policy for each rule."""
    return [_of_stack(rule) if rule.of_stack else _of_resource(rule) for rule in RULES]


def _of_resource(rule: Rule) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for violation in rule.check([_resource(args)]):
            report(rule.message(violation), None)

    return ResourceValidationPolicy(rule.name, rule.description, validate, **_metadata(rule))


def _of_stack(rule: Rule) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for violation in rule.check([_resource(resource) for resource in args.resources]):
            report(rule.message(violation), violation.resource.urn)

    return StackValidationPolicy(rule.name, rule.description, validate, **_metadata(rule))


def _metadata(rule: Rule) -> dict[str, Any]:
    return {
        "severity": Severity(rule.severity),
        "framework": GUIDE if rule.practice else None,
        "tags": ["helm", "tiller", *([f"practice-{rule.practice}"] if rule.practice else [])],
        "remediation_steps": rule.remedy,
        "url": rule.url,
    }


def _resource(given: ResourceValidationArgs | PolicyResource) -> Resource:
    return Resource(given.urn, given.resource_type, plain(given.props), _cluster(given.provider))


def _cluster(provider: PolicyProviderResource | None) -> Hashable:
    """What tells clusters apart: the settings by which a provider finds its own, whatever it is called."""
    if provider is None:
        return ""
    found = plain(provider.props)
    settings = [found.get(name) for name in ("kubeconfig", "context", "cluster")]
    return provider.urn if UNKNOWN in settings else tuple(map(str, settings))


def plain(value: Any) -> Any:
    """Return what the SDK hands over as plain maps and lists, with UNKNOWN where it would raise."""
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_item(value, position) for position in range(len(value))]
    return value


def _item(value: Any, key: Any) -> Any:
    try:
        return plain(value[key])
    except UnknownValueError:
        return UNKNOWN

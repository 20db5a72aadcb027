"""The policies in the words of Pulumi's SDK: the one module that needs it."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
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

from tiller_facts.practices import Cluster
from tiller_facts.values import UNKNOWN
from tiller_policies.policies import POLICIES, PracticePolicy
from tiller_policies.resources import Resource, facts

GUIDE = PolicyComplianceFramework(
    name="Securing your Helm Installation",
    version="2.17",
    reference="https://v2.helm.sh/docs/securing_installation/",
    specification="Best Practices for Securing Helm and Tiller",
)
"""The Helm project's guide, whose practices the policies stand for."""


def policies() -> list[Policy]:
    """Return every policy; one that compares nothing judges each resource before it is made."""
    return [_of_stack(one) if one.practice.compares else _of_resource(one) for one in POLICIES]


def _of_resource(policy: PracticePolicy) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for violation in policy.violations(Cluster(facts([_resource(args)]))):
            report(violation.message, None)

    return ResourceValidationPolicy(policy.name, policy.practice.title, validate, **_metadata(policy))


def _of_stack(policy: PracticePolicy) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for violation in policy.violations(Cluster(facts(map(_resource, args.resources)))):
            report(violation.message, violation.urn)

    return StackValidationPolicy(policy.name, policy.practice.title, validate, **_metadata(policy))


def _metadata(policy: PracticePolicy) -> dict[str, Any]:
    practice = policy.practice
    return {
        "enforcement_level": EnforcementLevel(policy.level),
        "severity": Severity(policy.severity),
        "framework": GUIDE if practice.guide else None,
        "tags": ["helm", "tiller", *([f"practice-{practice.guide}"] if practice.guide else [])],
        "remediation_steps": practice.remedy,
        "url": practice.page,
    }


def _resource(given: ResourceValidationArgs | PolicyResource) -> Resource:
    return Resource(given.urn, given.resource_type, plain(given.props), _cluster(given.provider))


def _cluster(provider: PolicyProviderResource | None) -> Hashable:
    """Return what separates clusters: the settings by which a provider finds its own, whatever it is called."""
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

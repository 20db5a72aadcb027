"""What a transform can undo of the component SecureTiller, and no other rule sees.

Each is a promise that its page (docs/component.md) makes. What Pod Security `restricted` asks of Tiller's pod is not
repeated here: the namespace enforces it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tiller_policies.resources import Resource, objects
from tiller_policies.rule import Violation
from tiller_policies.values import as_far_as_known, at, each, texts

PARENT = "secure-tiller:index:SecureTiller$"
"""Stands in the URN of what the component makes."""

ENFORCE = "pod-security.kubernetes.io/enforce"
REASON = "secure-tiller/pod-security-reason"
"""The annotation without which the component opens no namespace to privileged pods."""

RECORDS = frozenset(("secrets", "pods/exec", "pods/attach", "pods/ephemeralcontainers", "*"))
"""What shows the releases: where they are stored, and the way into the pod that reads them."""

Broken = Callable[[Mapping[str, Any]], bool]


def intact(resources: Sequence[Resource]) -> Iterator[Violation]:
    """What the component made is as it made it."""
    for resource in objects(resources):
        if PARENT in resource.urn:
            yield from as_far_as_known(_broken(resource))


def _broken(resource: Resource) -> Iterator[Violation]:
    for kind, part, broken, words in PROMISES:
        if resource.kind == kind and re.search(part, resource.logical_name) and broken(resource.props):
            yield Violation(resource, f"{resource} {words}")


def _not_restricted(props: Mapping[str, Any]) -> bool:
    return bool(at(props, "metadata", "labels", ENFORCE) != "restricted")


def _privileged(props: Mapping[str, Any]) -> bool:
    level = at(props, "metadata", "labels", ENFORCE)
    return level not in ("restricted", "baseline") and not at(props, "metadata", "annotations", REASON)


def _not_closed(props: Mapping[str, Any]) -> bool:
    selects = at(props, "spec", "podSelector", "matchLabels") or at(props, "spec", "podSelector", "matchExpressions")
    types = list(each(props, "spec", "policyTypes"))
    return bool(selects or "Ingress" not in types or at(props, "spec", "ingress"))


def _shows_records(props: Mapping[str, Any]) -> bool:
    return any(not RECORDS.isdisjoint(texts(rule, "resources")) for rule in each(props, "rules"))


def _token_of_any_age(props: Mapping[str, Any]) -> bool:
    return at(props, "spec", "template", "spec", "automountServiceAccountToken") is not False


def _writable(props: Mapping[str, Any]) -> bool:
    containers = each(props, "spec", "template", "spec", "containers")
    return any(at(one, "securityContext", "readOnlyRootFilesystem") is not True for one in containers)


PROMISES: tuple[tuple[str, str, Broken, str], ...] = (
    ("Namespace", r"-namespace$", _not_restricted, "does not enforce Pod Security `restricted` on Tiller"),
    ("Namespace", r"-namespace:", _privileged, "admits privileged pods, without a reason"),
    ("NetworkPolicy", r"-deny-ingress$", _not_closed, "leaves Tiller's probe port, with its metrics, open to pods"),
    ("Secret", r"-tls$", lambda props: at(props, "immutable") is not True, "lets a key be swapped in place"),
    ("Role", r"-people$", _shows_records, "shows the releases, with all values of charts, to the team's people"),
    ("Deployment", r"-deployment$", _token_of_any_age, "mounts a token that does not end within the hour"),
    ("Deployment", r"-deployment$", _writable, "has a container that can write to its own file system"),
)
"""Kind, part of the logical name, what tells that the promise is broken, and that in words."""

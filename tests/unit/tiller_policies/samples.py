"""Resources of programs, as the pack gets them."""

from collections.abc import Hashable, Iterable

from tests.support import component
from tests.support.cluster_objects import Object
from tests.support.row import Row
from tiller_facts.identity import COMPONENT
from tiller_facts.practices import Cluster
from tiller_policies.policies import POLICIES
from tiller_policies.resources import Resource, facts


def resource(one: Object, name: str = "", cluster: Hashable = "one", parents: str = "") -> Resource:
    """Return the resource that makes an object; its logical name is the object's, unless given."""
    group, _, version = one["apiVersion"].rpartition("/")
    token = f"kubernetes:{group or 'core'}/{version}:{one['kind']}"
    urn = f"urn:pulumi:test::probe::{parents}{token}::{name or one['metadata']['name']}"
    return Resource(urn, token, one, cluster)


def program(row: Row) -> list[Resource]:
    """Return the resources of a program that makes the objects of a row, but for what a controller makes."""
    return [
        resource(one, name, parents=f"{COMPONENT}$" if name else "")
        for one in row.objects
        if "ownerReferences" not in one["metadata"]
        for name in [component.logical_name(one)]
    ]


def violations(resources: Iterable[Resource], alone: Iterable[Resource] | None = None) -> list[tuple[str, str]]:
    """Return policy and message of each violation, judged as the engine has them judged: each alone, or together.

    Args:
        resources: every resource of the program.
        alone: those to judge alone, if not every one.
    """
    every = list(resources)
    together = [Cluster(facts(every))]
    each = [Cluster(facts([one])) for one in (every if alone is None else alone)]
    return [
        (policy.name, violation.message)
        for policy in POLICIES
        for judged in (together if policy.practice.compares else each)
        for violation in policy.violations(judged)
    ]


def broken(*resources: Resource) -> set[str]:
    """Return the policies that resources break."""
    return {name for name, _ in violations(resources)}

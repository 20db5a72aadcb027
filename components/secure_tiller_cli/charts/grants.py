"""The rights that a chart's Roles and RoleBindings grant: nobody can grant a right that he does not hold.

Unless he may `escalate` Roles, or `bind` them (Kubernetes documentation, Using RBAC Authorization, Privilege escalation
prevention and bootstrapping).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from secure_tiller_cli.charts.account import Account
from secure_tiller_cli.charts.finding import Concern, Effect, Group
from secure_tiller_cli.charts.manifest import Manifest
from secure_tiller_cli.charts.rights import in_words
from secure_tiller_stack.cluster.api import unless_refused
from secure_tiller_stack.cluster.lister import find
from secure_tiller_stack.permissions import escalate
from tiller_facts import values
from tiller_facts.kinds import CLUSTER_ROLES, ROLES
from tiller_facts.rbac import Right, Rule

MOST_RIGHTS = 1_000
"""Rights of a Role about which the API server is asked, each with one request."""


def granted(client: Any, account: Account, manifests: Iterable[Manifest], namespace: str) -> Iterator[Concern]:
    """Yield a finding for each Role and RoleBinding that the API server would refuse Tiller to make.

    Args:
        client: of the cluster.
        account: Tiller's.
        manifests: the Roles and RoleBindings that Tiller has the right to make.
        namespace: the release's.
    """
    all_of_them = tuple(manifests)
    brought = {(each.namespace or namespace, each.name) for each in all_of_them if each.kind == "Role"}
    for each in all_of_them:
        inside = each.namespace or namespace
        if each.kind == "Role":
            yield from _beyond(account, each, each.content.get("rules"), inside, escalate(inside))
        else:
            yield from _bound(client, account, each, inside, brought)


def _bound(
    client: Any, account: Account, binding: Manifest, inside: str, brought: Iterable[tuple[str, str]]
) -> Iterator[Concern]:
    kind, name = (values.text(binding.content, "roleRef", key) for key in ("kind", "name"))
    if kind == "Role" and (inside, name) in brought:
        return  # judged where the Role is
    of_role, place = (ROLES, inside) if kind == "Role" else (CLUSTER_ROLES, "")
    right = Right.on(of_role, "bind", inside, name)
    if not account.lacks([right]):
        return
    found = unless_refused({}, find, client, of_role, name, place)
    if found == {}:
        text = f"not checked what the {kind} {name} gives: your account may not read it"
        remedy = "use an account that may get it"
        yield Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, remedy, (binding,))
    elif found is None:
        text = f"binds the {kind} {name}, which is not there: the API server refuses that to whom may not `bind` it"
        yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, "name a Role that is there", (binding,))
    else:
        yield from _beyond(account, binding, found.get("rules"), inside, right)


def _beyond(account: Account, manifest: Manifest, rules: Any, inside: str, unless: Right) -> Iterator[Concern]:
    if not _is_readable(rules):
        text = "not checked what it gives: its rules have no form that is known"
        yield Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, "correct its rules", (manifest,))
        return
    given = chain.from_iterable(Rule.read(rule).rights(inside) for rule in rules or ())
    rights = tuple(islice(given, MOST_RIGHTS + 1))  # the product of a rule's words grows without bound
    if len(rights) > MOST_RIGHTS:
        text = f"not checked what it gives: it names more than {MOST_RIGHTS:,} rights"
        yield Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, "name fewer, or `*`", (manifest,))
        return
    missing = account.lacks(rights)
    if missing and account.lacks([unless]):
        text = f"gives more than Tiller holds, which the API server refuses: {in_words(missing)}"
        remedy = "let the cluster's administrators make it, or give no more than the team's rights"
        yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy, (manifest,))


def _is_readable(rules: Any) -> bool:
    """Return whether rules have the form of rbac.authorization.k8s.io/v1."""
    listed = rules or []
    return isinstance(listed, list) and all(
        isinstance(rule, Mapping) and all(isinstance(words, list) for words in rule.values()) for rule in listed
    )

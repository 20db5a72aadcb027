"""Tillers that have left the settings while they hold releases: with the Tiller its release records go."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from secure_tiller.plan.model import TillerPlan
from secure_tiller.problems import Problem, shown
from secure_tiller_stack.args import REMOVED
from secure_tiller_stack.cluster import ClusterFacts, FoundRelease
from tiller_facts.identity import TEAM_LABEL

MOST_SHOWN = 10
"""Releases that a message names; of more it gives the number."""


def with_releases(
    facts: ClusterFacts, plans: Sequence[TillerPlan], formerly: Mapping[str, str], removed: Collection[str]
) -> Iterator[Problem]:
    """Yield a problem for each Tiller that would be deleted with its releases, unless the settings say so."""
    heirs = {formerly.get(plan.name, plan.name): plan.name for plan in plans} | {plan.name: plan.name for plan in plans}
    stack = plans[0].stack
    for namespace, team, releases in _holding(facts):
        if team in heirs:
            why = f"leaves the namespace {namespace}, where this Tiller holds releases: {_named(releases)}"
            remedy = f"set `namespace: {namespace}`; or {_delete(namespace, releases)}"
            wanted = next(plan.namespace.name for plan in plans if plan.name == heirs[team])
            yield Problem(heirs[team], "namespace", shown(wanted), why, remedy)
        elif team not in removed:
            why = f"has left the settings, but its Tiller in {namespace} holds releases: {_named(releases)}"
            remedy = (
                f"put the team back (under another name: with `formerly`); {_delete(namespace, releases)}; or, to lose "
                "the records and keep what they installed, write into the settings: "
                f"secure-tiller:removed: {{{team}: {REMOVED}}}. (If another stack of the name {stack} made it, "
                "give one of the two another name.)"
            )
            yield Problem("", f"secure-tiller:teams.{team}", "(missing)", why, remedy)


def not_renamed(facts: ClusterFacts, formerly: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a problem for each old name whose Tiller would be deleted: with it, the new name only takes namespaces."""
    heirs = {old: new for new, old in formerly.items()}
    for namespace, releases in sorted(facts.departed.items()):
        team = facts.namespaces[namespace].labels.get(TEAM_LABEL, "")
        if team in heirs and not releases:  # one with releases is reported by `with_releases`
            why = f"its Tiller in {namespace} would be deleted, and its namespaces handed over: that is no new name"
            remedy = f"set `namespace: {namespace}` to rename it; else remove `formerly`"
            yield Problem(heirs[team], "formerly", shown(team), why, remedy)


def unanswered(facts: ClusterFacts) -> Iterator[str]:
    """Yield a sentence for the Tillers that will go and whose releases the cluster refused to list."""
    if names := _unlisted(facts):
        yield (
            f"Not checked: whether the Tillers that have left the settings hold releases ({', '.join(names)}). The "
            "cluster refuses the right to list Secrets there. An update asks again."
        )


def unknown_releases(facts: ClusterFacts) -> Iterator[Problem]:
    """Yield a problem for each Tiller that an update would delete without knowing what it holds."""
    for namespace in _unlisted(facts):
        why = "will be deleted, and the cluster does not tell whether the Tiller there still holds releases"
        yield Problem("", f"namespace {namespace}", "(unknown)", why, "let the deployer list Secrets there")


def going(facts: ClusterFacts, removed: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each Tiller that goes with its releases because the settings say so."""
    for namespace, team, releases in _holding(facts):
        if team in removed:
            yield (
                f"team {team} has left: with its namespace {namespace} go the records of {_named(releases)}. What they "
                "installed stays, and no Tiller manages it any more."
            )


def _unlisted(facts: ClusterFacts) -> list[str]:
    return sorted(name for name, releases in facts.departed.items() if releases is None)


def _holding(facts: ClusterFacts) -> Iterator[tuple[str, str, tuple[FoundRelease, ...]]]:
    for namespace, releases in sorted(facts.departed.items()):
        if releases:
            yield namespace, facts.namespaces[namespace].labels.get(TEAM_LABEL, "(unknown)"), releases


def _delete(namespace: str, releases: Sequence[FoundRelease]) -> str:
    names = " ".join(release.name for release in releases)  # values of labels: each is one word for a shell
    purge = f"helm delete --purge --tiller-namespace {namespace} {names}"
    return f"as a client of the team, delete the releases first, with all that they installed: {purge}"


def _named(releases: Sequence[FoundRelease]) -> str:
    more = f" and {len(releases) - MOST_SHOWN} more" if len(releases) > MOST_SHOWN else ""
    return ", ".join(map(str, releases[:MOST_SHOWN])) + more

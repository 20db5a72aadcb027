"""Clients that were taken out of the settings, but are still answered by a running Tiller."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from secure_tiller.plan.model import TillerPlan
from secure_tiller_stack.cluster import ClusterFacts


def not_yet_revoked(plans: Sequence[TillerPlan], still: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield who is still answered by a Tiller that runs although the settings no longer say so.

    Read off the pods, not off the state, so that it is told again after an update whose rollout failed.
    """
    for plan in plans:
        if plan.namespace.name in still:
            who = in_words(still[plan.namespace.name], plan.clients)
            yield (
                f"team {plan.name}: NOT YET REVOKED: {who}. The Tiller that runs answers until this update has rolled "
                "out a new one; if the update fails, it goes on answering."
            )


def leaving(plans: Sequence[TillerPlan], facts: ClusterFacts) -> Iterator[tuple[str, frozenset[str]]]:
    for plan in plans:
        here = [found.trusts for found in facts.tillers or () if found.namespace == plan.namespace.name]
        if gone := frozenset().union(*here).difference(plan.trusts):
            yield plan.namespace.name, gone


def in_words(trusts: Iterable[str], clients: Container[str] = ()) -> str:
    """Return words of `TillerPlan.trusts` as people say them.

    Args:
        trusts: the words.
        clients: those who go on as clients, with another key.
    """
    return ", ".join(_trusted(word, clients) for word in sorted(trusts))


def _trusted(word: str, clients: Container[str]) -> str:
    if word.startswith("ca:"):
        return f"whom the CA {word.removeprefix('ca:').partition('#')[0]} signs for"
    client = re.split("[@#]", word, maxsplit=1)[0]
    return f"client {client}" + (" with the bundle from before" if client in clients else "")

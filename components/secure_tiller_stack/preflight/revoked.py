"""Clients that were taken out of the settings, but are still answered by a running Tiller."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from secure_tiller.plan.model import TillerPlan
from secure_tiller_stack.cluster import ClusterFacts


def not_yet_revoked(plans: Sequence[TillerPlan], still: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield the clients that a Tiller still answers although the settings no longer name them.

    Read off the pods, not off the state, so that it is reported again after an update whose rollout failed.
    """
    for plan in plans:
        if plan.namespace.name in still:
            who = describe_trust(still[plan.namespace.name], plan.clients)
            yield (
                f"team {plan.name}: NOT YET REVOKED: {who}. The Tiller that runs answers until this update has rolled "
                "out a new one; if the update fails, it goes on answering."
            )


def leaving(plans: Sequence[TillerPlan], facts: ClusterFacts) -> Iterator[tuple[str, frozenset[str]]]:
    for plan in plans:
        here = [found.trust_anchors for found in facts.tillers or () if found.namespace == plan.namespace.name]
        if gone := frozenset().union(*here).difference(plan.trust_anchors):
            yield plan.namespace.name, gone


def describe_trust(anchors: Iterable[str], clients: Container[str] = ()) -> str:
    """Return a description of trust anchors for a message.

    Args:
        anchors: words of `TillerPlan.trust_anchors`.
        clients: those who go on as clients, with another key.
    """
    return ", ".join(_trusted(word, clients) for word in sorted(anchors))


def _trusted(word: str, clients: Container[str]) -> str:
    if word.startswith("ca:"):
        return f"whom the CA {word.removeprefix('ca:').partition('#')[0]} signs for"
    client = re.split("[@#]", word, maxsplit=1)[0]
    return f"client {client}" + (" with the bundle from before" if client in clients else "")

"""The facts about the cluster, asked through the official Kubernetes client."""

from secure_tiller_stack.cluster.ask import ask, tillers
from secure_tiller_stack.cluster.facts import (
    ClusterFacts,
    FoundNamespace,
    FoundObjects,
    FoundRelease,
    FoundTiller,
    Questions,
)

__all__ = [
    "ClusterFacts",
    "FoundNamespace",
    "FoundObjects",
    "FoundRelease",
    "FoundTiller",
    "Questions",
    "ask",
    "tillers",
]

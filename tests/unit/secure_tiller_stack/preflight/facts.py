"""Facts about a cluster that is fit, and what is decided about facts; no cluster is asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from secure_tiller.plan.build import plan
from secure_tiller.plan.model import TillerPlan
from secure_tiller.problems import ClusterError, Problem
from secure_tiller_stack.cluster import Facts, FoundNamespace
from secure_tiller_stack.kubeconfig import Access
from secure_tiller_stack.preflight import Cluster, look
from tests.support.samples import BLUE, SMALLEST, STACK

ACCESS = Access(Path("/home/me/.kube/config"), "kind", uid="42")
SHARED_TOOLS = FoundNamespace(labels={"pod-security.kubernetes.io/enforce": "baseline"})
FACTS = Facts(
    server="https://10.0.0.1:6443",
    uid="42",
    version=(1, 36),
    namespaces={"default": FoundNamespace(), "kube-system": FoundNamespace(), "shared-tools": SHARED_TOOLS},
    everybody=frozenset(),
)
PLANS = [plan("blue", BLUE, STACK), plan("green", SMALLEST, STACK)]
GREENS = {"app.kubernetes.io/managed-by": "secure-tiller", "secure-tiller/team": "green"}
OURS = FoundNamespace(GREENS, {"secure-tiller/stack": STACK})


def found(**namespaces: FoundNamespace) -> Facts:
    """Facts with further namespaces; `_` stands for `-` in their names."""
    return replace(FACTS, namespaces={**FACTS.namespaces, **{k.replace("_", "-"): v for k, v in namespaces.items()}})


def fit(
    facts: Facts,
    access: Access = ACCESS,
    deploying: bool = True,
    plans: Sequence[TillerPlan] = PLANS,
    formerly: Mapping[str, str] | None = None,
    removed: Collection[str] = (),
) -> Cluster:
    return look(
        access,
        plans,
        deploying=deploying,
        formerly=formerly,
        removed=removed,
        ask=lambda _access, _questions: facts,
    )


def refused(
    facts: Facts,
    access: Access = ACCESS,
    deploying: bool = True,
    plans: Sequence[TillerPlan] = PLANS,
    formerly: Mapping[str, str] | None = None,
    removed: Collection[str] = (),
) -> tuple[Problem, ...]:
    with pytest.raises(ClusterError) as error:
        fit(facts, access, deploying, plans, formerly, removed)
    return error.value.problems

"""The objects that every team has, for those that compare what there is with what the component makes."""

from collections.abc import Mapping
from functools import cache

from secure_tiller.args import SecureTillerArgs
from secure_tiller.plan.build import plan
from secure_tiller.plan.model import TillerPlan
from secure_tiller.plan.objects import Json, objects
from tiller_facts.kinds import WORDS

STACK = "any/any/any"


@cache
def of_an_exposed_team() -> Mapping[tuple[str, str], Json]:
    """Return the objects of a team that has every kind of object: its Tiller is exposed to a client in the cluster."""
    settings: SecureTillerArgs = {
        "namespaces": {"any": {}},
        "clients": {"any": {"secret": {"namespace": "clients", "name": "any"}}},
        "expose": "cluster",
        "subjects": {"groups": ["any"]},
    }
    return _objects(plan("any", settings, STACK))


@cache
def plan_of_every_team() -> TillerPlan:
    """Return the plan of a team that chooses nothing."""
    return plan("any", {"namespaces": {"any": {}}, "clients": {"any": {}}}, STACK)


@cache
def of_every_team() -> Mapping[tuple[str, str], Json]:
    """Return, by kind and part, the objects of a team that chooses nothing."""
    return _objects(plan_of_every_team())


def _objects(planned: TillerPlan) -> Mapping[tuple[str, str], Json]:
    return {(WORDS[one.kind], one.part): one.manifest for one in objects(planned)}

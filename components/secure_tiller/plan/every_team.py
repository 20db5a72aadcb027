"""The objects that every team has, for those that compare what there is with what the component makes."""

from collections.abc import Mapping
from functools import cache

from secure_tiller.plan.build import plan
from secure_tiller.plan.objects import Json, objects
from tiller_facts.kinds import WORDS


@cache
def of_every_team() -> Mapping[tuple[str, str], Json]:
    """Return, by kind and part, the objects of a team that chooses nothing."""
    smallest = plan("any", {"namespaces": {"any": {}}, "clients": {"any": {}}}, "any/any/any")
    return {(WORDS[one.kind], one.part): one.manifest for one in objects(smallest)}

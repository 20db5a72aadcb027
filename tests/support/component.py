"""The objects that the component SecureTiller makes, as rows of the table of Tillers have them."""

import copy
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from secure_tiller import SecureTiller
from tests.support.cluster_objects import Object
from tests.support.recording import Registered, run

NAME = "blue"

Change = Callable[[Object], None]
IN_CLUSTER = {"ci": {"secret": {"namespace": "pipelines", "name": "tiller-ci"}}}
"""A client in the cluster, which an exposed Tiller needs."""


def made(
    *, exposed: bool = False, appended: Sequence[str] = (), change: Change = lambda _: None
) -> Callable[[], tuple[Object, ...]]:
    """Return what makes the objects of a team's Tiller, Deployment first, when it is called.

    Args:
        exposed: whether clients in the cluster connect.
        appended: arguments that a transform appends to those of Tiller.
        change: a further transform of each object.
    """

    def make() -> tuple[Object, ...]:
        objects = [copy.deepcopy(one.state) for one in _registered(exposed)]
        objects.sort(key=lambda one: bool(one["kind"] != "Deployment"))
        objects[0]["spec"]["template"]["spec"]["containers"][0]["args"] += appended
        for one in objects:
            change(one)
        return tuple(objects)

    return make


def logical_name(one: Object) -> str:
    """Return the logical name of an object that the component made; empty for any other."""
    known = (
        (registered.name, registered.state)
        for registered in (*_registered(exposed=False), *_registered(exposed=True))
        if "secure-tiller/team" in one["metadata"].get("labels", ())
    )
    return next((name for name, state in known if _key(state) == _key(one)), "")


def _key(one: Object) -> tuple[Any, ...]:
    return one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]


@cache
def _registered(exposed: bool) -> tuple[Registered, ...]:
    settings: Any = {"namespaces": {"blue-apps": {}}, "clients": {"alice": {}}}
    if exposed:
        settings = {**settings, "clients": IN_CLUSTER, "expose": "cluster"}
    recording = run(lambda: SecureTiller(NAME, settings))
    return tuple(one for one in recording.resources if one.type.startswith("kubernetes:"))

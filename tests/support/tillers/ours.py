"""Rows about the Tiller of the component."""

from collections.abc import Sequence

from tests.support import component
from tests.support.cluster_objects import (
    BLUE,
)
from tests.support.row import Recognition, Row, Setting
from tests.support.tillers.rows import RIGHT, SOMEWHERE


def ours(
    name: str,
    settings: dict[str, Setting],
    *,
    finds: Sequence[str] = (),
    exposed: bool = False,
    appended: Sequence[str] = (),
) -> Row:
    """Return a row with the Tiller of the component, whose arguments a transform may have appended to."""
    of_component = {**settings, "namespace": BLUE}
    made = component.made(exposed=exposed, appended=appended)
    return Row(name, made, Recognition.YES, of_component, frozenset(finds))


COMPONENT = (
    ours("component", RIGHT),
    ours("component-exposed", SOMEWHERE, finds=("listens-everywhere", "service"), exposed=True),
    ours(
        "component-with-flags-appended",
        {**RIGHT, "verifies": False, "storage": "configmap"},
        finds=("no-verification", "releases-in-configmaps"),
        appended=("-tls-verify=false", "-storage=configmap"),
    ),
    ours(
        "component-with-an-empty-client-ca",
        {**RIGHT, "client_cas": ""},
        finds=("trusts-public-cas",),
        appended=("--tls-ca-cert=",),
    ),
)

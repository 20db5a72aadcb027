"""Rows about the Tiller of the component."""

from collections.abc import Callable, Sequence

from tests.support import component
from tests.support.cluster_objects import BLUE, Object
from tests.support.row import Recognition, Row, Setting
from tests.support.tillers.rows import RIGHT, SOMEWHERE


def ours(
    name: str,
    settings: dict[str, Setting],
    *,
    finds: Sequence[str] = (),
    exposed: bool = False,
    appended: Sequence[str] = (),
    change: Callable[[Object], None] = lambda _: None,
) -> Row:
    """Return a row with the Tiller of the component, whose objects a transform may have changed."""
    of_component = {**settings, "namespace": BLUE}
    made = component.made(exposed=exposed, appended=appended, change=change)
    return Row(name, made, Recognition.YES, of_component, frozenset(finds))


def opens_the_namespace(one: Object) -> None:
    """Let every pod connect to those of Tiller's namespace."""
    if one["metadata"]["name"] == "deny-ingress":
        one["spec"]["ingress"] = [{}]


def lifts_pod_security(one: Object) -> None:
    """Admit any pod to Tiller's namespace."""
    if (one["kind"], one["metadata"]["name"]) == ("Namespace", BLUE):
        del one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]


def lifts_pod_security_and_hides_it(one: Object) -> None:
    """Admit any pod, and take our label off the Deployment by which the namespace could be known."""
    lifts_pod_security(one)
    if one["kind"] == "Deployment":
        del one["metadata"]["labels"]["app.kubernetes.io/managed-by"]


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
    ours("component-without-its-wall", RIGHT, finds=("changed", "probe-port-open"), change=opens_the_namespace),
    ours("component-without-pod-security", RIGHT, finds=("changed",), change=lifts_pod_security),
    ours("component-without-pod-security-or-label", RIGHT, finds=("changed",), change=lifts_pod_security_and_hides_it),
)

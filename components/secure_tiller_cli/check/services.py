"""The ways to Tiller's port besides the port-forward: the Services of its namespace are those of the stack."""

from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller_cli.check.differences import FILLED_IN_A_SERVICE, of_spec
from secure_tiller_cli.check.observed_state import Object, Readable, Unreadable
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.restore import RESTORE
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller

SERVICES = "Services lead to Tiller as planned"


def judge(tiller: DeployedTiller, services: Readable[tuple[Object, ...]]) -> Iterator[Result]:
    """Yield the result about the Services of Tiller's namespace.

    One that the stack has not is wrong whatever it selects: its namespace is Tiller's alone, and endpoints can be
    given to a Service by hand.
    """
    if isinstance(services, Unreadable):
        yield services.result(tiller.name, SERVICES)
        return
    found = {str(service["metadata"]["name"]): service["spec"] for service in services}
    if wrong := [*_changed(tiller, found), *_further(tiller, found)]:
        rest = f"kubectl --namespace {word(tiller.namespace)} get services"
        remedy = f"restore the stack's: {RESTORE}; look at the rest: {rest}"
        yield Result(tiller.name, SERVICES, Status.FAILED, join_limited(wrong), remedy)
    else:
        well = (
            f"{join_limited(found)}, within the cluster" if found else "there is none: the port-forward is the only way"
        )
        yield Result(tiller.name, SERVICES, Status.PASSED, well)


def _changed(tiller: DeployedTiller, found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, planned in tiller.services.items():
        if name not in found:
            yield f"{name} is not there"
        else:
            yield from (f"{name}: {each}" for each in of_spec(planned, found[name], FILLED_IN_A_SERVICE))


def _further(tiller: DeployedTiller, found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name in sorted(set(found) - set(tiller.services)):
        yield f"{name} ({found[name].get('type', 'ClusterIP')}) is not of the stack"

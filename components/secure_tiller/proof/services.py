"""The ways to Tiller's port beside the port-forward: the Services of its namespace are those of the stack."""

from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller.deployed import Deployed
from secure_tiller.proof.differences import FILLED_IN_A_SERVICE, of_spec
from secure_tiller.proof.result import Result, Status, in_words
from secure_tiller.proof.seen import Object, Told, Untold

SERVICES = "Services lead to Tiller as planned"


def judge(tiller: Deployed, services: Told[tuple[Object, ...]]) -> Iterator[Result]:
    """Yield the result about the Services of Tiller's namespace.

    One that the stack has not is wrong whatever it selects: its namespace is Tiller's alone, and endpoints can be
    given to a Service by hand.
    """
    if isinstance(services, Untold):
        yield services.result(tiller.name, SERVICES)
        return
    found = {str(service["metadata"]["name"]): service["spec"] for service in services}
    if wrong := [*_changed(tiller, found), *_further(tiller, found)]:
        remedy = f"pulumi up --refresh mends the stack's; the rest: kubectl --namespace {tiller.namespace} get services"
        yield Result(tiller.name, SERVICES, Status.FAILED, in_words(wrong), remedy)
    else:
        well = f"{in_words(found)}, within the cluster" if found else "there is none: the port-forward is the only way"
        yield Result(tiller.name, SERVICES, Status.PASSED, well)


def _changed(tiller: Deployed, found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, planned in tiller.services.items():
        if name not in found:
            yield f"{name} is not there"
        else:
            yield from (f"{name}: {each}" for each in of_spec(planned, found[name], FILLED_IN_A_SERVICE))


def _further(tiller: Deployed, found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name in sorted(set(found) - set(tiller.services)):
        yield f"{name} ({found[name].get('type', 'ClusterIP')}) is not of the stack"

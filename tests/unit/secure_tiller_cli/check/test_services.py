"""The Services of Tiller's namespace: those of the stack, as they were planned, and no other."""

from typing import Any

import pytest

from secure_tiller_cli.check.observed_state import Object, Unreadable
from secure_tiller_cli.check.services import judge
from secure_tiller_cli.results.result import Result, Status
from tests.unit.secure_tiller_cli.check import samples


def result(services: tuple[Object, ...] | Unreadable, *, exposed: bool = True) -> Result:
    (found,) = judge(samples.exposed() if exposed else samples.blue(), services)
    return found


def test_the_stacks_service_passes_with_what_the_api_server_fills_in() -> None:
    assert result((samples.service(),)).status is Status.PASSED
    assert result((), exposed=False).text == "there is none: the port-forward is the only way"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": "NodePort"}, "tiller-deploy: spec.type is NodePort, not ClusterIP"),
        ({"type": "LoadBalancer"}, "spec.type is LoadBalancer"),
        ({"externalIPs": ["192.0.2.1"]}, "spec.externalIPs is"),
        ({"selector": {"app": "spy"}}, "spec.selector.app is spy, not helm"),
        ({"ports": [{"name": "tiller", "port": 44135}]}, "spec.ports[tiller].port is 44135, not 44134"),
    ],
)
def test_a_service_that_was_changed_fails(changes: dict[str, Any], said: str) -> None:
    found = result((samples.service(**changes),))
    assert found.status is Status.FAILED
    assert said in found.text


@pytest.mark.parametrize("exposed", [True, False])
@pytest.mark.parametrize("selector", [samples.SERVICE["selector"], {}, {"app": "other"}])
def test_a_service_that_is_not_the_stacks_fails_whatever_it_selects(selector: dict[str, str], exposed: bool) -> None:
    own = (samples.service(),) if exposed else ()
    found = result((*own, samples.service("open", type="NodePort", selector=selector)), exposed=exposed)
    assert found.status is Status.FAILED
    assert found.text == "open (NodePort) is not of the stack"


def test_the_stacks_service_that_is_not_there_fails() -> None:
    assert result(()).text == "tiller-deploy is not there"


def test_what_the_cluster_does_not_tell_is_not_checked() -> None:
    assert result(Unreadable("refused", "")).status is Status.NOT_CHECKED

"""Records that Tiller cannot use are repaired or removed by commands that lose nothing."""

from typing import Any

import pytest

from secure_tiller_cli.migration import repair
from secure_tiller_cli.migration.copy import differences
from secure_tiller_cli.migration.exit_document import passed_over
from secure_tiller_cli.migration.history import histories
from secure_tiller_cli.migration.report_text import sentences
from secure_tiller_cli.migration.selection import Found, select
from secure_tiller_cli.releases import Kind, Status, Unreadable
from secure_tiller_cli.releases.storage import Stored, read
from tests.support import records
from tests.support.fake_core import FakeCore
from tests.support.remedies import commands
from tests.unit.secure_tiller_cli.migration.samples import MANAGERS, ROUTE, copied, record
from tests.unit.secure_tiller_cli.migration.test_report import report

PLACE = "--namespace kube-system"
TORN = Unreadable(Kind.CONFIG_MAP, "kube-system", "web.v2", "web", "is damaged")


def selected(*source: Any, target: tuple[Any, ...] = ()) -> list[str]:
    """Return the commands of the problems of a migration."""
    found = Found(Stored(source), Stored(target), ())
    return [each for problem in select(found, ROUTE, MANAGERS).problems for each in commands(problem.remedy)]


def test_labels_that_were_changed_get_the_values_of_the_content() -> None:
    made = records.config_map(records.release("shop", 1))
    made["metadata"]["labels"] |= {"STATUS": "DELETED", "VERSION": "7"}
    core = FakeCore()
    core.put("configmap", "kube-system", made)
    (item,) = read(core, Kind.CONFIG_MAP, "kube-system").unreadable
    assert commands(repair.remedy(item)) == [
        f"kubectl label --overwrite configmap {PLACE} shop.v1 VERSION=1 STATUS=DEPLOYED"
    ]


def test_a_record_that_cannot_be_repaired_is_saved_before_it_goes() -> None:
    (command,) = commands(repair.remedy(TORN))
    saved = f"(umask 077 && set -C && kubectl get configmaps {PLACE} web.v2 --output yaml > kube-system-web.v2.yaml)"
    assert command == f"{saved} && kubectl delete configmaps {PLACE} web.v2"


@pytest.mark.parametrize("said", [passed_over(TORN).remedy, "\n".join(sentences(report()))])
def test_whoever_is_said_to_repair_a_record_gets_the_command(said: str) -> None:
    assert "&& kubectl delete configmaps --namespace kube-system" in said


@pytest.mark.parametrize(
    ("revision", "status", "command"),
    [
        (4, Status.PENDING_UPGRADE, "helm rollback --tiller-namespace kube-system web 0"),
        (4, Status.PENDING_ROLLBACK, "helm rollback --tiller-namespace kube-system web 0"),
        (1, Status.PENDING_INSTALL, "helm delete --purge --tiller-namespace kube-system web"),
        (4, Status.DELETING, "helm delete --purge --tiller-namespace kube-system web"),
    ],
)
def test_what_was_not_ended_is_ended_by_its_tiller(revision: int, status: Status, command: str) -> None:
    (found,) = selected(record("web", revision, status=status))
    assert found.startswith(command)


def test_of_revisions_in_several_namespaces_those_of_the_last_stay() -> None:
    (found,) = selected(record("web", 1, namespace="green-apps"), record("web", 2, namespace="blue-apps"))
    assert f"kubectl delete configmaps {PLACE} web.v1" in found


def test_a_name_that_is_taken_is_looked_at_where_it_is_taken() -> None:
    (found,) = selected(record("web", first_deployed=1), target=(copied("web", 1, first_deployed=2),))
    assert found.startswith("kubectl get secrets --namespace blue-tiller --selector OWNER=TILLER,NAME=web")


def test_a_copy_that_differs_is_deleted_in_the_target_alone() -> None:
    old, other = record("web"), copied("web", manifest="kind: Other\n")
    (problem,) = differences(histories([old], ()), [old], [other], ROUTE)
    assert commands(problem.remedy) == ["kubectl delete secrets --namespace blue-tiller web.v1"]

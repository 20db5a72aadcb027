"""The releases of the team are selected, and the problems that stop them are found."""

import pytest

from secure_tiller_cli.migration.old_tiller import RunningTiller
from secure_tiller_cli.migration.selection import Found, Selection, select
from secure_tiller_cli.releases import Kind, Record, Status, Unreadable
from secure_tiller_cli.releases.storage import Stored
from tests.unit.secure_tiller_cli.migration.samples import MANAGERS, ROUTE, copied, record

THEIRS = (record("theirs", namespace="green-apps"), record("lone", namespace="nobodys"))


def selected(*source: Record, target: tuple[Record, ...] = (), chosen: tuple[str, ...] = ()) -> Selection:
    return select(Found(Stored(source), Stored(target), ()), ROUTE, MANAGERS, chosen)


def whys(selection: Selection) -> list[str]:
    return [f"{problem.key}: {problem.why}" for problem in selection.problems]


def test_the_releases_in_the_teams_namespaces_are_selected_and_the_others_counted_by_namespace() -> None:
    found = selected(record("web"), record("web", 2), record("blog"), *THEIRS, record("old", namespace="nobodys"))
    assert [item.name for item in found.histories] == ["blog", "web"]
    assert found.left_alone == {"green-apps": 1, "nobodys": 2}
    assert [item.name for item in found.missing] == ["blog.v1", "web.v2", "web.v1"]
    assert found.problems == ()


def test_of_the_teams_releases_some_can_be_chosen() -> None:
    found = selected(record("web"), record("blog"), chosen=("web",))
    assert [item.name for item in found.histories] == ["web"]
    assert found.left_alone == {"blue-apps": 1}


@pytest.mark.parametrize(
    ("source", "target", "chosen", "why"),
    [
        (
            (record("web", status=Status.PENDING_INSTALL),),
            (),
            (),
            "release web: is PENDING_INSTALL in its last revision",
        ),
        ((record("web"), record("web", 2, status=Status.PENDING_UPGRADE)), (), (), "release web: is PENDING_UPGRADE"),
        ((record("web", status=Status.DELETING),), (), (), "release web: is DELETING"),
        ((record("web", status=Status.UNKNOWN),), (), (), "release web: is UNKNOWN"),
        (
            (record("web"), record("web", 2, namespace="green-apps")),
            (),
            (),
            "release web: its revisions are of several namespaces: blue-apps, green-apps",
        ),
        (
            (record("web"),),
            (copied("web", first_deployed=1),),
            (),
            "release web: the Tiller in blue-tiller has another",
        ),
        (
            (record("web"), *THEIRS),
            (),
            ("web", "theirs"),
            "release theirs: is in green-apps, which blue does not manage",
        ),
        (
            (record("web", namespace="shared"),),
            (),
            (),
            "release web: is in a namespace that several teams manage: blue, gre",
        ),
    ],
)
def test_what_stands_in_the_way_is_reported(
    source: tuple[Record, ...], target: tuple[Record, ...], chosen: tuple[str, ...], why: str
) -> None:
    (problem,) = whys(selected(*source, target=target, chosen=chosen))
    assert problem.startswith(why)


@pytest.mark.parametrize(
    ("source", "target", "chosen"),
    [
        # A Tiller that died left it so, and later ones went on.
        ((record("web", status=Status.PENDING_UPGRADE), record("web", 2)), (), ()),
        ((record("web", status=Status.DELETED),), (), ()),
        ((record("web", status=Status.FAILED),), (), ()),
        ((record("web", namespace="shared"),), (), ("web",)),
        ((record("web", namespace="shared"),), (copied("web", namespace="shared"),), ()),
        ((record("other", status=Status.PENDING_UPGRADE, namespace="green-apps"), record("web")), (), ()),
        ((record("web"), record("blog", status=Status.PENDING_UPGRADE)), (), ("web",)),
    ],
)
def test_control_what_does_not_stand_in_the_way(
    source: tuple[Record, ...], target: tuple[Record, ...], chosen: tuple[str, ...]
) -> None:
    assert whys(selected(*source, target=target, chosen=chosen)) == []


def test_a_tiller_that_runs_stands_in_the_way_with_the_command_that_stops_it() -> None:
    running = RunningTiller("kube-system", "tiller-x", "tiller-deploy")
    (problem,) = select(Found(Stored((record(),)), Stored(), (running,)), ROUTE, MANAGERS).problems
    assert problem.remedy == "stop it: kubectl scale deployment tiller-deploy --namespace kube-system --replicas=0"


def test_what_cannot_be_read_is_kept_apart_and_stands_in_nobodys_way() -> None:
    torn = Unreadable(Kind.CONFIG_MAP, "kube-system", "web.v2", "web", "is damaged")
    found = select(Found(Stored((record("web"),), (torn,)), Stored(), ()), ROUTE, MANAGERS)
    assert (found.unreadable, found.problems) == ((torn,), ())

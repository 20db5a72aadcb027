"""The cluster that a command calls is that of the Tiller that it is about, and its UID is compared."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from secure_tiller.plan.model import RolePlan
from secure_tiller.problems import ClusterError
from secure_tiller_cli.commands import app, deployed
from secure_tiller_cli.commands.deployed import StackState
from secure_tiller_cli.output import Failure, line
from secure_tiller_cli.state import ClusterReference, DeployedTiller
from secure_tiller_cli.vet import Chart
from secure_tiller_stack.kubeconfig import Access
from tests.unit.secure_tiller_cli.report.samples import DIGEST
from tests.unit.secure_tiller_cli.state.samples import blue

HERE, THERE = "6f2d7a3e-0c5b-4f0e-9d53-7d0f2f0a1b7c", "0d5f3c1a-4b1e-4a57-8f6f-0d3c2b1a9e8f"
CONTEXTS = [{"name": name, "context": {"cluster": name, "user": name}} for name in ("here", "there")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A kubeconfig with two contexts."""
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump({"contexts": CONTEXTS, "current-context": "there"}))
    return tmp_path / "kubeconfig"


def named(name: str, **cluster: Any) -> DeployedTiller:
    manage = RolePlan("manage:apps", "tiller-manage", "apps", (), ())
    return replace(blue(manage), name=name, cluster=ClusterReference(**cluster))


def two(file: Path) -> tuple[DeployedTiller, ...]:
    """Two Tillers of one stack, by two providers of two clusters."""
    return (
        named("blue", kubeconfig=str(file), context="here", identifier=HERE),
        named("green", kubeconfig=str(file), context="there", identifier=THERE),
    )


class CalledError(Exception):
    """The cluster was to be called."""

    def __init__(self, access: Access) -> None:
        """Keep how."""
        self.access = access


@pytest.fixture
def stack(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack over two clusters; no cluster is called."""

    @contextmanager
    def cluster(access: Access, *_: object) -> Iterator[Any]:
        raise CalledError(access)
        yield

    monkeypatch.setattr(deployed, "read_deployed", lambda *_, **__: StackState(two(file), (), DIGEST))
    monkeypatch.setattr(deployed, "cluster", cluster)
    monkeypatch.setattr(Chart, "require", lambda _: None)


COMMANDS = {
    "check": ["check"],
    "vet": ["vet", "CHART", "--team"],
    "migrate": ["migrate"],
    "migrate that writes": ["migrate", "--apply"],
    "exit-plan": ["exit-plan"],
}


def called(command: list[str], team: str, *options: str) -> Access:
    done = CliRunner().invoke(app, [*command, team, *options])
    assert isinstance(done.exception, CalledError), done.output
    return done.exception.access


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(("team", "uid", "context"), [("blue", HERE, "here"), ("green", THERE, "there")])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_command_about_a_team_calls_the_teams_cluster(command: list[str], team: str, uid: str, context: str) -> None:
    access = called(command, team)
    assert (access.uid, access.context) == (uid, context)


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_the_options_choose_the_way_and_the_uid_is_compared_all_the_same(command: list[str], file: Path) -> None:
    access = called(command, "blue", "--kubeconfig", str(file), "--context", "there")
    assert (access.uid, access.context) == (HERE, "there")


def test_another_cluster_than_the_teams_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def calling(*_: object) -> Iterator[Any]:
        yield SimpleNamespace(configuration=SimpleNamespace(host="https://10.0.0.1:6443"))

    monkeypatch.setattr(deployed, "calling", calling)
    monkeypatch.setattr(deployed, "uid", lambda _: THERE)
    chosen = deployed.access(two(file)[:1], None, file, "there")
    with pytest.raises(ClusterError, match="another cluster"), deployed.cluster(chosen, "", ""):
        pass
    right = deployed.access(two(file)[1:], None, file, "there")
    with deployed.cluster(right, "", ""):
        pass


UNNAMED: dict[str, Any] = {"identifier": "production"}


@pytest.mark.parametrize("identifier", ["", "production", HERE[:-1]])
def test_a_cluster_that_the_stack_does_not_name_is_not_written_to(file: Path, identifier: str) -> None:
    unnamed = [named("blue", kubeconfig=str(file), identifier=identifier)]
    assert deployed.access(unnamed, None, None, None).context == "there"
    with pytest.raises(Failure) as failure:
        deployed.access(unnamed, None, None, None, writes=True)
    assert "cluster_identifier" in line(*failure.value.problems)


def test_a_provider_that_names_a_cluster_beside_the_context_is_not_taken_for_the_contexts(file: Path) -> None:
    beside = [named("blue", kubeconfig=str(file), context="here", cluster="elsewhere", identifier=HERE)]
    with pytest.raises(Failure) as failure:
        deployed.access(beside, None, None, None)
    assert "uses the cluster elsewhere" in line(*failure.value.problems)
    assert deployed.access(beside, None, None, "there").context == "there"


@pytest.mark.parametrize(
    ("one", "other", "may_differ"),
    [
        ({"identifier": HERE}, {"identifier": HERE, "context": "here"}, False),
        ({"identifier": HERE}, {"identifier": THERE}, True),
        ({"identifier": "production"}, {"identifier": "production", "context": "here"}, True),
        ({"context": "here"}, {"context": "there"}, True),
        ({"context": "here"}, {"context": "here"}, False),
        ({"cluster": "here"}, {"cluster": "there"}, True),
        ({"hidden_in": "urn::one"}, {"hidden_in": "urn::other"}, True),
    ],
)
def test_tillers_of_several_clusters_are_not_taken_together(
    file: Path, one: dict[str, str], other: dict[str, str], may_differ: bool
) -> None:
    both = [named("blue", kubeconfig=str(file), **one), named("green", kubeconfig=str(file), **other)]
    for options in ((None, None), (file, "here")):
        if may_differ:
            with pytest.raises(Failure) as failure:
                deployed.access(both, None, *options)
            assert "name one team of blue, green" in line(*failure.value.problems)
        else:
            assert deployed.access(both, None, *options)


def test_the_credentials_of_the_team_are_decrypted_and_no_other_teams(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = file.read_text()
    shown = [
        named("blue", content=content.replace("current-context: there", "current-context: here")),
        named("green", content=content),
    ]
    monkeypatch.setattr(deployed, "read_deployed", lambda *_, **__: StackState(tuple(shown), (), DIGEST))
    assert deployed.access([named("green", hidden_in="urn::one")], None, None, None).context == "there"
    assert deployed.access([named("blue", hidden_in="urn::one")], None, None, None).context == "here"


def test_a_namesake_in_another_cluster_is_no_neighbour(file: Path) -> None:
    here, there = two(file)
    assert deployed.elsewhere(here, there)
    assert not deployed.elsewhere(here, here)
    assert not deployed.elsewhere(here, replace(there, cluster=ClusterReference(**UNNAMED)))


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_of_two_tillers_of_one_name_none_is_chosen(
    command: list[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    namesakes = tuple(replace(each, name="blue") for each in two(file))
    monkeypatch.setattr(deployed, "read_deployed", lambda *_, **__: StackState(namesakes, (), DIGEST))
    done = CliRunner().invoke(app, [*command, "blue"])
    assert done.exit_code == 1
    assert "several Tillers of this name" in done.stderr

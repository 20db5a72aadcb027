"""The examples, each copied into an empty folder and deployed as examples/README.md says, near a foreign namespace.

`pulumi install` is run for the plugin alone: `test_template` installs the programs' one requirement.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from kubernetes import config
from rich.console import Console

from testbed import cluster as local_cluster
from testbed.cluster import Instance
from testbed.pulumi_stack import PROJECT
from testbed.toolchain import Toolchain
from tests.support import pki
from tests.support.command import run_here
from tests.support.live_objects import uid_of
from tests.support.newcomers import Newcomer
from tests.support.pages import fenced
from tests.support.published import EXAMPLE

PAGE = (PROJECT / "examples" / "README.md").read_text()
BEGIN, ONE_CLUSTER, TWO_CLUSTERS, OWN_PKI, LOOK_AND_DO = fenced("sh", PAGE)
INSTALL, INIT = BEGIN.splitlines()
PREVIEW, UP = LOOK_AND_DO.splitlines()
SECOND = Instance("second", 203)


@pytest.fixture
def begin(newcomer: Callable[[str], Newcomer], virtualenv: Path) -> Iterator[Callable[[str], Newcomer]]:
    """Copy an example, install what it needs, and make its stack."""
    begun = list[Newcomer]()

    def copy(name: str) -> Newcomer:
        one = newcomer(f"example-{name}")
        one.project = name
        shutil.copytree(PROJECT / "examples" / name, one.stack.project)
        begun.append(one)
        if name == "yaml":
            manifest = one.stack.project / "Pulumi.yaml"
            manifest.write_text(manifest.read_text().replace(EXAMPLE, one.repository))
            one.shell(INSTALL)
        else:
            (one.stack.project / "venv").symlink_to(virtualenv)
        one.shell(INIT)
        return one

    yield copy
    for one in begun:
        one.stack.destroy()


def set_values(one: Newcomer, commands: str, *values: str) -> None:
    """Run the page's commands, each with a value in place of its own."""
    for line, value in zip(commands.splitlines(), values, strict=True):
        one.shell(f"{line.rpartition(' ')[0]} {value}")


def deploy(one: Newcomer, *teams: str) -> None:
    """Deploy the example, and check what is there; team by team where they are in several clusters."""
    one.shell(PREVIEW)
    one.shell(f"{UP} --yes")
    for team in teams or ("",):
        checked = run_here(one.stack, "check", *filter(None, (team,)), "--stack", "production")
        assert checked.code == 0, checked
    one.stack.preview("--expect-no-changes")
    assert "PRIVATE KEY" not in one.stack.export()


@pytest.mark.parametrize(("name", "team"), [("existing-program", "billing"), ("yaml", "ledger")])
@pytest.mark.timeout(900)  # the plugin is installed
def test_an_example_is_deployed(begin: Callable[[str], Newcomer], name: str, team: str) -> None:
    one = begin(name)
    set_values(one, ONE_CLUSTER, one.context, one.uid)
    deploy(one)
    assert one.stack.outputs()["ci"]["cert"].startswith("-----BEGIN")
    assert f"{team}-deployment" in one.stack.export()
    one.stack.destroy()
    assert one.theirs() == one.before


def test_the_certificates_of_ones_own_pki_are_deployed(begin: Callable[[str], Newcomer]) -> None:
    one = begin("own-pki")
    set_values(one, ONE_CLUSTER, one.context, one.uid)
    authorities = {name: pki.authority(name) for name in ("ca", "clients-ca")}
    server = pki.server(authorities["ca"])
    files = {"server.pem": server.pem, "server.key": server.key_pem} | {
        f"{name}.pem": authority.pem for name, authority in authorities.items()
    }
    for file, text in files.items():
        (one.stack.project / file).write_text(text)
    one.shell(OWN_PKI)
    deploy(one)
    one.stack.destroy()
    assert one.theirs() == one.before


@pytest.fixture
def second(tools: Toolchain, console: Console) -> Iterator[Instance]:
    """A second real cluster."""
    local_cluster.up(SECOND, tools, console)
    yield SECOND
    local_cluster.down(SECOND)


def test_a_fleet_is_deployed_on_two_clusters(
    second: Instance, begin: Callable[[str], Newcomer], tmp_path: Path
) -> None:
    one = begin("two-clusters")
    there = replace(one, api=config.new_client_from_config(str(second.kubeconfig)))
    there.make_foreign()
    both = {**one.environment, "KUBECONFIG": f"{one.environment['KUBECONFIG']}:{second.kubeconfig}"}
    merge = ["kubectl", "config", "view", "--flatten", "--raw"]
    merged = tmp_path / "kubeconfig"
    merged.touch(0o600)
    merged.write_text(subprocess.run(merge, env=both, capture_output=True, text=True, check=True).stdout)
    one.environment = {**one.environment, "KUBECONFIG": str(merged)}
    set_values(one, TWO_CLUSTERS, one.context, one.uid, second.context, uid_of(there.api))
    fleet = {name: {f"orders-{name}", f"search-{name}"} for name in ("east", "west")}
    deploy(one, *fleet["east"], *fleet["west"])
    assert {name: set(teams) for name, teams in one.stack.outputs().items()} == fleet
    one.stack.destroy()
    assert (one.theirs(), there.theirs()) == (one.before, there.before)

"""The scanners, what they look at, and what they said of it: each is run once on each."""

import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.table import Table

from testbed.command import output
from testbed.pulumi_stack import PROJECT
from testbed.toolchain import Toolchain
from tests.scanners import broken, helm_project
from tests.scanners.manifests import Manifest, kept, planned, rule_by_rule, sent, with_digest
from tests.scanners.scanners import Report, Scanners
from tests.support.projects import TestStack
from tiller_facts.identity import TEAM_LABEL

Scan = Callable[[str, str], Report]
"""From the name of a scanner and of what it is to look at to what it says."""


@pytest.fixture(scope="session")
def scanners(tools: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Scanners:
    """Every scanner. `make test` has made the virtualenv of those in Python; else it is made now."""
    done = subprocess.run(["make", ".venv-scanners/ready"], cwd=PROJECT, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Scanners(PROJECT / ".venv-scanners" / "bin", tools.bin, tmp_path_factory.mktemp("scanners"))


@pytest.fixture(scope="session")
def teams(red: str, gold: str) -> dict[str, list[str]]:
    """The managed namespaces of the teams of `deployed`."""
    return {red: [f"{red}-apps", f"{red}-jobs"], gold: [f"{gold}-apps"]}


@pytest.fixture(scope="session")
def one_team(teams: dict[str, list[str]], red: str) -> dict[str, list[str]]:
    """Those of red alone."""
    return {red: teams[red]}


@pytest.fixture(scope="session")
def exposed(new_stack: Callable[[dict[str, Any]], TestStack], open_team: dict[str, list[str]]) -> list[Manifest]:
    """The objects of a team whose client in the cluster connects by a Service, and that opted into every right."""
    ((name, (apps,)),) = open_team.items()
    settings = {
        "namespaces": {apps: {}},
        "clients": {"robot": {"secret": {"namespace": apps, "name": "tiller-client"}}},
        "expose": "cluster",
        "rights": {"network_policies": True, "roles": True},
    }
    return planned(new_stack({name: settings}).preview("--json").stdout)


@pytest.fixture(scope="session")
def open_team(shared_suffix: str) -> dict[str, list[str]]:
    """The managed namespace of that team."""
    return {f"open-{shared_suffix}": [f"open-{shared_suffix}-apps"]}


@pytest.fixture(scope="session")
def subjects(
    deployed: TestStack,
    red: str,
    exposed: list[Manifest],
    tools: Toolchain,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, list[Manifest]]:
    """The scanned objects, by name.

    Where it says so, one team alone: checkov's graph knows no namespaces, and the NetworkPolicy of one team is enough
    for it (checkov 3.3, kubernetes/graph_builder, NetworkPolicyEdgeBuilder).
    """
    state = deployed.export()  # its secrets encrypted
    ours = sent(state)
    one = [manifest for manifest in ours if manifest["metadata"]["labels"][TEAM_LABEL] == red]
    return {
        "as sent": ours,
        "as kept": kept(state),
        "one team, with a digest": with_digest(one),
        "one team, rule by rule": rule_by_rule(one),
        "one team, exposed": exposed,
        "helm init": helm_project.init(tools, tmp_path_factory.mktemp("helm")),
        "the documented Role": helm_project.DOCUMENTED_ROLE,
        "broken copies": broken.copies(one),
    }


@pytest.fixture(scope="session")
def scan(scanners: Scanners, subjects: dict[str, list[Manifest]], request: pytest.FixtureRequest) -> Iterator[Scan]:
    """Scan a subject once, whoever asks; what was counted is shown at the end."""
    reports: dict[tuple[str, str], Report] = {}

    def once(scanner: str, subject: str) -> Report:
        if (scanner, subject) not in reports:
            reports[scanner, subject] = getattr(scanners, scanner)(subjects[subject])
        return reports[scanner, subject]

    yield once
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print()  # pytest is in the middle of a line
        output().print(_figures(reports, {name: len(manifests) for name, manifests in subjects.items()}))


def _figures(reports: dict[tuple[str, str], Report], objects: dict[str, int]) -> Table:
    caption = "What failed of the teams' objects, as sent, as kept and of one team, is what is waived."
    table = Table("scanner", "what it looked at", "objects", "passed", "failed", caption=caption)
    for scanner, subject in sorted(reports, key=lambda key: (key[0], list(objects).index(key[1]))):
        report = reports[scanner, subject]
        counts = (objects[subject], len(report.passed), len(report.failed))
        table.add_row(scanner, subject, *map(str, counts))
    return table

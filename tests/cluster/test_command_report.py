"""`secure-tiller report` of a real stack, as a real Chromium shows it."""

import base64
import dataclasses
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client
from typer.testing import CliRunner, Result

from secure_tiller.plan import pem
from secure_tiller.problems import Problem, RefusedError
from secure_tiller_cli.commands import app
from secure_tiller_cli.commands.deployed import read_deployed
from secure_tiller_cli.results import document
from secure_tiller_cli.results.result import CheckReport, Status
from secure_tiller_cli.results.result import Result as Checked
from testbed.browser import Page, browser
from tests.support import layout
from tests.support.command import run_process, with_our_command
from tests.support.projects import TestStack
from tests.support.remedies import commands, run, succeeded


@pytest.fixture(scope="module")
def tab(chromium: Path) -> Iterator[Page]:
    with browser(chromium) as connection:
        yield Page(connection)


@pytest.fixture
def here(deployed: TestStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the command runs as a user of the stack runs it; returns a folder for what it writes."""
    monkeypatch.chdir(deployed.project)
    for name, value in deployed.environment.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def report(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", *arguments])


def problem(done: Result) -> Problem:
    """The one problem for which the command refuses."""
    assert isinstance(done.exception, RefusedError)
    (found,) = done.exception.problems
    return found


def data(*arguments: str) -> Any:
    done = report("--out", "-", "--format", "json", *arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def checked(file: Path, stack: str, state: str, *results: Checked) -> str:
    proof = CheckReport(stack, datetime.now(UTC).isoformat(), "https://10.96.0.1", state, results)
    file.write_text(json.dumps(document.to_json(proof)))
    return str(file)


def test_the_page_of_a_stack_needs_no_key_of_its_secrets_and_shows_its_teams(
    deployed: TestStack, key_variables: dict[str, str], tab: Page, tmp_path: Path, red: str, gold: str
) -> None:
    file = tmp_path / "report.html"
    environment = {name: value for name, value in deployed.environment.items() if name not in key_variables}
    stack = dataclasses.replace(deployed, environment=environment)
    done = run_process(stack, "report", "--stack", deployed.name, "--out", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{file}: teams 2, to fix 0, to look at 1\n", "")
    tab.open(file.as_uri())
    assert (tab.requested, tab.said) == ([file.as_uri()], [])
    assert tab.evaluate("document.querySelector('h1').innerText").endswith(f"/{deployed.name}")
    for scheme in ("light", "dark"):
        for width in (1280, 360):
            tab.appear(width=width, scheme=scheme)
            assert layout.overlaps(tab) == layout.outside(tab) == layout.faint(tab) == []
            assert not layout.scrolls_sideways(tab)
    paths = tab.evaluate("[...document.querySelectorAll('.path')].map(e => e.innerText.split(/\\s+/).join(' '))")
    begins = "May open a port-forward {} port-forward and Has a certificate for it {} mutual TLS Tiller of"
    assert {path.partition(" namespace ")[0] for path in paths} == {
        f"{begins.format('group red-developers', 'bot rita')} {red}",
        f"{begins.format('nobody but administrators', 'gus')} {gold}",
    }
    places = (f"{red}-apps", f"{red}-jobs", f"{gold}-apps")
    assert sorted(re.findall(r"may install (\S+)", " ".join(paths))) == sorted(places)


def test_nothing_secret_is_on_the_page(deployed: TestStack, here: Path, red: str) -> None:
    made = report("--out", "-").stdout
    assert red in made
    for secret in ("BEGIN", deployed.bundle(red, "rita").key.splitlines()[1], "encryptedkey", str(here)):
        assert secret not in made


@pytest.mark.usefixtures("here")
def test_what_it_says_is_what_the_cluster_has(api: client.ApiClient, red: str) -> None:
    (team,) = [each for each in data()["teams"] if each["name"] == red]
    core = client.CoreV1Api(api)
    for namespace in team["namespaces"]:
        labels = core.read_namespace(namespace["name"]).metadata.labels
        assert labels["pod-security.kubernetes.io/enforce"] == namespace["podSecurity"]
    (pod,) = core.list_namespaced_pod(team["namespace"], label_selector="app=helm").items
    assert pod.spec.containers[0].image == team["image"]
    assert f"--listen={team['listens']}" in pod.spec.containers[0].args
    (certificate,) = [each for each in team["certificates"] if each["name"] == "Tiller"]
    (tls,) = [each for each in pod.spec.volumes if each.secret]
    served = core.read_namespaced_secret(tls.secret.secret_name, team["namespace"])
    text = base64.b64decode(served.data["tls.crt"]).decode()
    assert (certificate["serial"], certificate["ends"]) == (pem.serial(text), pem.ends(text).isoformat())


def test_the_results_of_the_check_are_on_the_page(
    deployed: TestStack, here: Path, tab: Page, red: str, gold: str
) -> None:
    file = here / "check.json"
    missing = report("--out", "-", "--check", str(file)).output
    file.write_text("{}")
    no_check = problem(report("--out", "-", "--check", str(file))).remedy
    of_another = problem(report("--out", "-", "--check", checked(file, "acme/shop/production", ""))).remedy
    command, *same = [each for said in (missing, no_check, of_another) for each in commands(said)]
    proved = run(command, deployed.project, with_our_command(deployed))
    file.write_text(succeeded(proved, *same))
    out = here / "report.html"
    done = report("--out", str(out), "--check", str(here / "check.json"))
    assert done.exit_code == 0, done.output
    results = json.loads(proved.stdout)["results"]
    assert {each["team"] for each in results} == {red, gold}
    tab.open(out.as_uri())
    tab.appear(width=1280)
    assert layout.overlaps(tab) == []
    assert not layout.scrolls_sideways(tab)
    rows = tab.evaluate(
        "[...document.querySelectorAll('#check tbody tr')].map(e => e.innerText.split('\\t').slice(0, 3))"
    )
    assert sorted(rows) == sorted([each["team"], each["check"], each["status"]] for each in results)


def test_a_failed_check_is_the_first_to_read(here: Path, tab: Page, red: str) -> None:
    stack = data()["stack"]
    seen = Checked(red, "port refuses plaintext", Status.FAILED, "it answered", "run pulumi up")
    out = here / "report.html"
    done = report("--out", str(out), "--check", checked(here / "check.json", stack, read_deployed(None).digest, seen))
    assert done.stdout.endswith(": teams 2, to fix 1, to look at 1\n")
    tab.open(out.as_uri())
    first = tab.evaluate("document.querySelector('.findings li').innerText.split(/\\s+/).join(' ')")
    assert first == f"Check failed {red}: port refuses plaintext: it answered"


def test_a_check_of_another_stack_is_refused_in_one_line(deployed: TestStack, here: Path) -> None:
    done = report("--out", "-", "--check", checked(here / "check.json", "acme/shop/production", ""))
    assert (done.stdout, problem(done).key) == ("", str(here / "check.json"))
    assert f"of the stack acme/shop/production, not of organization/secure-tiller/{deployed.name}" in problem(done).why


def test_a_check_of_what_was_deleted_from_the_state_since_is_outdated(deployed: TestStack, here: Path) -> None:
    """The state's own time stays: `pulumi stack import` writes what it is given."""
    stack, state = data()["stack"], read_deployed(None).digest
    proof = checked(here / "check.json", stack, state)
    assert data("--check", proof)["check"]["outdated"] == ""
    exported = deployed.run("stack", "export").stdout
    fewer = json.loads(exported)
    fewer["deployment"]["resources"].pop()
    try:
        deployed.run("stack", "import", stdin=json.dumps(fewer))
        assert "was changed after the check" in data("--check", proof)["check"]["outdated"]
    finally:
        deployed.run("stack", "import", stdin=exported)


@pytest.mark.usefixtures("here")
def test_a_stack_that_is_not_there_is_refused_in_one_line() -> None:
    done = report("--out", "-", "--stack", "nowhere")
    assert "nowhere" in problem(done).key

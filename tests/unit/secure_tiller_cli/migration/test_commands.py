"""The commands migrate and exit-plan: options, output and exit codes, on what stands in for stack and cluster."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from secure_tiller_cli.commands import app, deployed
from secure_tiller_cli.commands.deployed import StackState
from secure_tiller_cli.migration import run as migration_run
from secure_tiller_cli.releases import Status
from tests.support import records
from tests.support.fake_core import FakeCore, tiller_pod
from tests.unit.secure_tiller_cli.migration.samples import tiller

TORN = {"metadata": {"name": "torn.v1", "labels": {"OWNER": "TILLER", "NAME": "torn"}}, "data": {"release": "H4sI"}}

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> FakeCore:
    @contextmanager
    def cluster(*_: Any) -> Iterator[Any]:
        yield core

    core = FakeCore()
    monkeypatch.setattr(deployed, "read_deployed", lambda _: StackState((tiller(),), (), ""))
    monkeypatch.setattr(deployed, "access", lambda *_, **__: None)
    monkeypatch.setattr(deployed, "cluster", cluster)
    monkeypatch.setattr(migration_run, "judge", lambda *_: {})
    core.put("configmap", "kube-system", records.config_map(records.release("shop", 1)))
    return core


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_dry_run_is_what_happens_without_being_asked_for(core: FakeCore) -> None:
    done = run("migrate", "blue")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "dry run, nothing was changed: --apply copies 1 record" in done.stdout
    assert core.names("secret", "blue-tiller") == set()


def test_with_apply_it_is_done(core: FakeCore) -> None:
    assert run("migrate", "blue", "--apply").exit_code == 0
    assert core.names("secret", "blue-tiller") == {"shop.v1"}
    assert run("migrate", "blue", "--apply", "--remove-source").exit_code == 0
    assert core.names("configmap", "kube-system") == set()
    assert run("migrate", "blue").exit_code == 0


def test_what_stands_in_the_way_ends_it_with_1_and_one_line_and_json_has_it_too(core: FakeCore) -> None:
    core.pods.append(tiller_pod("kube-system"))
    done = run("migrate", "blue", "--apply", "--format", "json")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    (problem,) = json.loads(done.stdout)["problems"]
    assert "replicas=0" in problem["remedy"]
    assert core.names("secret", "blue-tiller") == set()


@pytest.mark.parametrize("source", ["", "a/b", "../pods", "Kube-System"])
def test_a_source_that_is_no_namespace_is_refused_for_the_api_would_list_all_of_them(source: str) -> None:
    done = run("migrate", "blue", "--from", source)
    assert done.exit_code == 2
    assert "is no name of a namespace" in done.stderr


def test_a_release_whose_last_record_is_torn_stays_whole(core: FakeCore) -> None:
    core.put("configmap", "kube-system", records.config_map(records.release("torn", 1)))
    last = {"metadata": {"name": "torn.v2", "labels": {"OWNER": "TILLER", "NAME": "torn"}}, "data": TORN["data"]}
    core.put("configmap", "kube-system", last)
    done = run("migrate", "blue", "--apply", "--remove-source")
    assert (done.exit_code, core.names("secret", "blue-tiller")) == (4, {"shop.v1"})
    assert core.names("configmap", "kube-system") == {"torn.v1", "torn.v2"}
    assert "release torn: its last revision cannot be read, so all its records stay in kube-system" in done.stdout


def test_old_records_that_the_new_tiller_has_not_are_not_called_needless(core: FakeCore) -> None:
    def secret(revision: int, status: Status) -> None:
        core.put("secret", "blue-tiller", records.config_map(records.release("shop", revision, status=status)))

    core.put("configmap", "kube-system", records.config_map(records.release("shop", 2)))
    secret(2, Status.SUPERSEDED)
    secret(3, Status.DEPLOYED)
    found = run("migrate", "blue").stdout
    assert "blue-tiller does not have its revisions 1: keep those" in found
    assert "nobody needs them" not in found
    secret(1, Status.DEPLOYED)
    assert "nobody needs them: kubectl delete" in run("migrate", "blue").stdout


def test_a_torn_record_ends_it_with_4_and_the_rest_is_done(core: FakeCore) -> None:
    core.put("configmap", "kube-system", TORN)
    assert run("migrate", "blue", "--apply", "--remove-source").exit_code == 4
    assert core.names("secret", "blue-tiller") == {"shop.v1"}
    assert core.names("configmap", "kube-system") == {"torn.v1"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bleu"], "did you mean 'blue'"),
        (["blue", "--release", "shpo"], "did you mean 'shop'"),
        (["blue", "--remove-source"], "--remove-source"),
        (["blue", "--from", "blue-tiller"], "--from"),
        (["blue", "--storage", "memory"], "--storage"),
        ([], "TEAM"),
    ],
)
def test_a_wrong_use_ends_with_2_and_changes_nothing(core: FakeCore, arguments: list[str], said: str) -> None:
    done = run("migrate", *arguments, *(["--apply"] if "--remove-source" not in arguments else []))
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr
    assert core.names("secret", "blue-tiller") == set()


def test_only_the_releases_that_are_named_are_migrated(core: FakeCore) -> None:
    core.put("configmap", "kube-system", records.config_map(records.release("blog", 1)))
    core.put("configmap", "kube-system", records.config_map(records.release("wiki", 1)))
    assert run("migrate", "blue", "--apply", "--release", "shop", "--release", "wiki").exit_code == 0
    assert core.names("secret", "blue-tiller") == {"shop.v1", "wiki.v1"}


def test_the_exit_plan_is_markdown_or_json(core: FakeCore) -> None:
    core.put("secret", "blue-tiller", records.config_map(records.release("shop", 1)))
    text, machine = run("exit-plan", "blue"), run("exit-plan", "blue", "--format", "json")
    assert (text.exit_code, machine.exit_code) == (0, 0)
    assert text.stdout.startswith("# From Tiller to Helm 3: team `blue`\n")
    assert json.loads(machine.stdout)["releases"][0]["name"] == "shop"


def test_records_that_helm_2to3_would_pass_over_end_the_exit_plan_with_4(core: FakeCore) -> None:
    core.put("secret", "blue-tiller", TORN)
    done = run("exit-plan", "blue")
    assert (done.exit_code, done.stderr.startswith("secure-tiller: secret blue-tiller/torn.v1: ")) == (4, True)
    assert "## 1. Remove the team" in done.stdout

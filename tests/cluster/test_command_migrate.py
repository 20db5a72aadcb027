"""`secure-tiller migrate` and `exit-plan`, on releases that a real Tiller of `helm init` made for two teams.

One walk: the old Tiller serves the teams movers and stayers from a namespace that stands for kube-system, and its
releases of the team movers become those of that team's own Tiller.
"""

import base64
import contextlib
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from secure_tiller_cli.migration import copy
from testbed.demo.place import Place
from testbed.helm import Helm
from testbed.pulumi_stack import PROJECT
from testbed.waiting import until
from tests.support import records
from tests.support.command import Ended, run_here, run_process
from tests.support.live_objects import kubeconfig_of
from tests.support.projects import TestStack

LEDGER = str(PROJECT / "tests" / "charts" / "ledger")
OWN = {"web.v1", "web.v2", "web.v3", "broken.v1", "broken.v2", "gone.v1", "closed.v1", "aged.v1"}
"""The records of the team's releases."""
THEIRS = {"theirs.v1"}
GONE_API = "---\napiVersion: extensions/v1beta1\nkind: Deployment\nmetadata:\n  name: aged\n"

Contents = dict[str, tuple[dict[str, str], str]]
"""Of the records of a namespace, by name: the labels, and what Tiller wrote."""


@dataclass
class Walk:
    """The steps of the walk, and the observations after each.

    Attributes:
        stack: of the teams.
        api: a client of the cluster.
        suffix: of the names.
        ended: how each run of the command ended, by what it was run for.
        source: the records of the old Tiller after each run.
        target: those of the team's own.
        said: how each run of Helm ended, by its purpose.
    """

    stack: TestStack
    api: client.ApiClient
    suffix: str
    ended: dict[str, Ended] = field(default_factory=dict)
    source: dict[str, Contents] = field(default_factory=dict)
    target: dict[str, Contents] = field(default_factory=dict)
    said: dict[str, "subprocess.CompletedProcess[str]"] = field(default_factory=dict)

    @property
    def team(self) -> str:
        return f"movers-{self.suffix}"

    @property
    def others(self) -> str:
        return f"stayers-{self.suffix}"

    @property
    def old(self) -> str:
        """The namespace of the old Tiller."""
        return f"old-{self.suffix}"

    @property
    def core(self) -> Any:
        return client.CoreV1Api(self.api)

    def migrate(self, purpose: str, *options: str) -> Ended:
        """Run the command in this process, and look at the records after it."""
        ended = self.run("migrate", self.team, "--from", self.old, *options)
        self.ended[purpose], self.source[purpose] = ended, self.records("config_map", self.old)
        self.target[purpose] = self.records("secret", f"{self.team}-tiller")
        return ended

    def run(self, *arguments: str) -> Ended:
        return run_here(self.stack, *arguments, "--stack", self.stack.name)

    def records(self, kind: str, namespace: str) -> Contents:
        listed = getattr(self.core, f"list_namespaced_{kind}")(namespace, label_selector="OWNER=TILLER").items
        return {item.metadata.name: (item.metadata.labels, item.data["release"]) for item in listed}

    def helm(self, namespace: str, client_name: str = "") -> Helm:
        """The Helm client of a Tiller, with a certificate or none."""
        home = self.stack.project / f"helm-{namespace}"
        if client_name:
            bundle = self.stack.bundle(namespace.removesuffix("-tiller"), client_name)
            return Helm.of(bundle, self.stack.environment, home, namespace)
        return Helm(self.stack.environment, home, namespace)

    def shell(self, line: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["sh", "-c", line],
            env=dict(self.stack.environment),
            cwd=self.stack.project,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def walk(new_stack: Callable[..., TestStack], cluster: Place, api: client.ApiClient, suffix: str) -> Iterator[Walk]:
    def team(name: str, person: str) -> dict[str, object]:
        apps = {f"{name}-{suffix}-apps": {"retain_on_delete": False}}
        return {"namespaces": apps, "clients": {person: {}}, "subjects": {"groups": [f"{name}-developers"]}}

    stack = new_stack({f"movers-{suffix}": team("movers", "mo"), f"stayers-{suffix}": team("stayers", "sue")})
    walk = Walk(stack, api, suffix)
    try:
        stack.up()
        _install_the_old_tiller(walk)
        _make_releases(walk)
        _be_refused(walk)
        _migrate(walk, cluster)
        _use_the_new_tiller(walk)
        _go_on(walk)
        walk.ended["plan"] = walk.run("exit-plan", walk.team)
        yield walk
    finally:
        stack.discard()
        for kind, names in (("clusterrolebinding", f"{walk.old} {walk.old}-weak"), ("clusterrole", walk.old)):
            walk.shell(f"kubectl delete {kind} {names} --ignore-not-found")
        walk.shell(f"kubectl delete namespace {walk.old} --wait=false --ignore-not-found").check_returncode()


def _install_the_old_tiller(walk: Walk) -> None:
    old = walk.old
    for line in (
        f"kubectl create namespace {old}",
        f"kubectl create serviceaccount tiller --namespace {old}",
        f"kubectl create clusterrolebinding {old} --clusterrole cluster-admin --serviceaccount {old}:tiller",
        f"helm init --home helm-{old} --tiller-namespace {old} --service-account tiller --skip-refresh --wait",
    ):
        walk.shell(line).check_returncode()


def _make_releases(walk: Walk) -> None:
    helm, inside = walk.helm(walk.old), f"--namespace={walk.team}-apps"

    def do(*arguments: str, fails: bool = False) -> None:
        done = helm.run(*arguments, tls=False)
        assert (done.returncode != 0) is fails, done.stderr

    for name, *options in (("web",), ("broken",), ("gone",), ("closed", "--set=closed=true")):
        do("install", LEDGER, f"--name={name}", inside, *options)
    do("install", LEDGER, "--name=theirs", f"--namespace={walk.others}-apps")
    do("upgrade", "web", LEDGER, "--set=text=second")
    do("upgrade", "web", LEDGER, "--set=text=third")
    do("upgrade", "broken", LEDGER, "--set=key=no key at all", fails=True)
    do("delete", "gone")
    _forge(walk, name="aged", manifest=GONE_API)


def _forge(walk: Walk, original: str = "web.v1", **changes: Any) -> str:
    """Add a record to those of the old Tiller, made of one of them; return its name."""
    message = records.message(walk.core.read_namespaced_config_map(original, walk.old).data["release"])
    message.info.status.code = changes.pop("status", 1)
    for key, value in changes.items():
        setattr(message, key, value)
    made = records.config_map(message)
    walk.core.create_namespaced_config_map(walk.old, made)
    return str(made["metadata"]["name"])


def _be_refused(walk: Walk) -> None:
    walk.migrate("while the old Tiller runs")
    walk.migrate("while it runs, to do it", "--apply")
    stop = re.search(r"kubectl scale .*--replicas=0", walk.ended["while it runs, to do it"].err)
    assert stop, walk.ended
    walk.shell(stop[0]).check_returncode()
    until(lambda: not walk.core.list_namespaced_pod(walk.old).items, "the old Tiller's pod is gone")
    pending = _forge(walk, version=4, status=7)
    walk.migrate("while a release is pending", "--apply")
    walk.core.delete_namespaced_config_map(pending, walk.old)
    walk.migrate("a release that is not there", "--apply", "--release", "wed")
    walk.migrate("another team's release", "--apply", "--release", "theirs")
    walk.migrate("removal alone", "--remove-source")


def _migrate(walk: Walk, cluster: Place) -> None:
    own = f"{walk.team}-tiller"
    walk.migrate("dry")
    walk.migrate("dry, as JSON", "--format", "json")
    walk.migrate("without rights", "--apply", "--kubeconfig", str(_weak(walk, cluster)))
    with _quota(walk, own, 3):
        walk.migrate("interrupted", "--apply")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copy, "secret", _other_than(copy.secret, "closed.v1"))
        walk.migrate("a copy that differs", "--apply", "--remove-source", "--release", "closed")
    walk.core.delete_namespaced_secret("closed.v1", own)
    walk.ended["resumed"] = _as_a_process(walk, "--apply", "--format", "json")
    walk.migrate("again", "--apply")
    walk.core.patch_namespaced_config_map("theirs.v1", walk.old, {"metadata": {"labels": {"seen": "yes"}}})
    torn = walk.core.read_namespaced_config_map("gone.v1", walk.old)
    made = {"metadata": {"name": "torn.v1", "labels": {**torn.metadata.labels, "NAME": "torn"}}}
    walk.core.create_namespaced_config_map(walk.old, {**made, "data": {"release": torn.data["release"][:-400]}})
    walk.migrate("with a torn record", "--apply", "--remove-source")


def _weak(walk: Walk, cluster: Place) -> Path:
    """Return a kubeconfig of an account that may look at the old Tiller, and at nothing else."""
    for line in (
        f"kubectl create serviceaccount weak --namespace {walk.old}",
        f"kubectl create role weak --namespace {walk.old} --verb=list --resource=configmaps,pods",
        f"kubectl create rolebinding weak --namespace {walk.old} --role=weak --serviceaccount={walk.old}:weak",
        f"kubectl create clusterrole {walk.old} --verb=get --resource=namespaces",
        f"kubectl create clusterrolebinding {walk.old}-weak --clusterrole={walk.old} --serviceaccount={walk.old}:weak",
    ):
        walk.shell(line).check_returncode()
    may = f"kubectl auth can-i get namespaces/kube-system --as system:serviceaccount:{walk.old}:weak"
    until(lambda: walk.shell(may).returncode == 0, "the account has its rights")
    file = walk.stack.project / "weak"
    file.touch(mode=0o600)
    file.write_text(kubeconfig_of(walk.api, cluster.kubeconfig, walk.old, "weak"))
    return file


@contextlib.contextmanager
def _quota(walk: Walk, namespace: str, more: int) -> Iterator[None]:
    """Let a namespace take so many Secrets more, and then refuse: an interruption in a known place."""
    limit = len(walk.core.list_namespaced_secret(namespace).items) + more
    spec = {"metadata": {"name": "few"}, "spec": {"hard": {"count/secrets": str(limit)}}}
    walk.core.create_namespaced_resource_quota(namespace, spec)

    def counted() -> bool:
        return bool((walk.core.read_namespaced_resource_quota("few", namespace).status.used or {}).get("count/secrets"))

    until(counted, "the quota is counted")
    yield
    walk.core.delete_namespaced_resource_quota("few", namespace)


def _other_than(right: Callable[[Any], Any], name: str) -> Callable[[Any], Any]:
    """Return a function that makes the Secrets of records, and one of them wrong."""

    def made(record: Any) -> Any:
        secret = right(record)
        if record.name == name:
            message = records.message(record.encoded)
            message.manifest += "\n"
            secret["data"] = {"release": base64.b64encode(records.encoded(message).encode()).decode()}
        return secret

    return made


def _as_a_process(walk: Walk, *options: str) -> Ended:
    done = run_process(walk.stack, "migrate", walk.team, "--from", walk.old, "--stack", walk.stack.name, *options)
    walk.source["resumed"] = walk.records("config_map", walk.old)
    walk.target["resumed"] = walk.records("secret", f"{walk.team}-tiller")
    return Ended(done.returncode, done.stdout, done.stderr)


def _use_the_new_tiller(walk: Walk) -> None:
    helm = walk.helm(f"{walk.team}-tiller", "mo")
    for purpose, *arguments in (
        ("ls", "ls", "--all"),
        ("history", "history", "web"),
        ("get", "get", "values", "web"),
        ("upgrade", "upgrade", "web", LEDGER, "--set=text=fourth"),
        ("rollback", "rollback", "web", "1"),
        ("repair", "upgrade", "broken", LEDGER, "--set=text=repaired"),
        ("upgrade closed", "upgrade", "closed", LEDGER, "--set=closed=true,text=open"),
        ("upgrade aged", "upgrade", "aged", LEDGER),
        ("history after", "history", "web"),
    ):
        walk.said[purpose] = helm.run(*arguments)
    walk.said["ls of others"] = walk.helm(f"{walk.others}-tiller", "sue").run("ls", "--all")


def _go_on(walk: Walk) -> None:
    """Put back what was removed, as if it had not been: the new Tiller has gone on since."""
    for name, (labels, encoded) in walk.source["again"].items():
        if name in OWN:
            made = {"metadata": {"name": name, "labels": labels}, "data": {"release": encoded}}
            walk.core.create_namespaced_config_map(walk.old, made)
    walk.core.delete_namespaced_config_map("torn.v1", walk.old)
    walk.migrate("gone on", "--apply", "--remove-source")


def test_while_the_old_tiller_runs_nothing_is_done_and_the_command_that_stops_it_is_printed(walk: Walk) -> None:
    for purpose in ("while the old Tiller runs", "while it runs, to do it"):
        ended = walk.ended[purpose]
        assert (ended.code, walk.target[purpose]) == (1, {})
        assert f"kubectl scale deployment tiller-deploy --namespace {walk.old} --replicas=0" in ended.err
    assert re.search(r"^ *web .* 3 .*DEPLOYED .*3 to copy", walk.ended["while the old Tiller runs"].out, re.MULTILINE)


@pytest.mark.parametrize(
    ("purpose", "code", "said"),
    [
        ("while a release is pending", 1, "release web: is PENDING_UPGRADE in its last revision, 4"),
        (
            "a release that is not there",
            2,
            "release wed: the Tiller in {old} has no release of this name; did you mean",
        ),
        ("another team's release", 1, "release theirs: is in {others}-apps, which {team} does not manage"),
        ("removal alone", 2, "--remove-source"),
        ("without rights", 1, "use an account that may list secrets in {team}-tiller"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(walk: Walk, purpose: str, code: int, said: str) -> None:
    ended = walk.ended[purpose]
    assert ended.code == code
    assert said.format(old=walk.old, team=walk.team, others=walk.others) in ended.err
    assert (set(walk.source[purpose]) >= OWN | THEIRS, walk.target[purpose]) == (True, {})


def test_a_dry_run_lists_the_teams_releases_counts_the_others_and_changes_nothing(walk: Walk) -> None:
    ended = walk.ended["dry"]
    assert (ended.code, walk.target["dry"]) == (0, {})
    assert "dry run, nothing was changed: --apply copies 8 records" in ended.out
    assert f"left alone, releases by namespace: {walk.others}-apps 1" in ended.out
    found = {item["name"]: item for item in walk.ended["dry, as JSON"].json["releases"]}
    listed = {name: (len(item["revisions"]), item["status"]) for name, item in found.items()}
    assert listed == {
        "aged": (1, "DEPLOYED"),
        "broken": (2, "FAILED"),
        "closed": (1, "DEPLOYED"),
        "gone": (1, "DELETED"),
        "web": (3, "DEPLOYED"),
    }


def test_what_the_teams_tiller_may_not_do_and_what_the_cluster_no_longer_serves_is_warned_of(walk: Walk) -> None:
    found = {item["name"]: item["warnings"] for item in walk.ended["dry, as JSON"].json["releases"]}
    assert {name for name, warnings in found.items() if warnings} == {"aged", "closed"}
    (closed,), (aged,) = found["closed"], found["aged"]
    assert (closed["objects"], "may not" in closed["text"]) == ("NetworkPolicy closed", True)
    assert "no longer serves Deployment in extensions/v1beta1" in aged["text"]
    assert "helm-mapkubeapis does so: for Helm 2 its version 0.2.0" in walk.ended["dry"].out


def test_the_warnings_are_true(walk: Walk) -> None:
    assert "networkpolicies" in walk.said["upgrade closed"].stderr
    assert "extensions/v1beta1" in walk.said["upgrade aged"].stderr


def test_an_interruption_leaves_whole_copies_and_is_resumed(walk: Walk) -> None:
    ended, copies = walk.ended["interrupted"], walk.target["interrupted"]
    assert ended.code == 1
    assert "exceeded quota" in ended.err
    assert "copied 3 of 8 records" in ended.out
    assert len(copies) == 3
    resumed = walk.ended["resumed"]
    assert (resumed.code, resumed.err) == (0, "")
    assert resumed.json["records"] == {"toCopy": 5, "copied": 5, "verified": 8, "removed": 0}
    assert copies.items() <= walk.target["resumed"].items()


def test_control_a_copy_that_differs_is_found_and_nothing_is_removed(walk: Walk) -> None:
    ended = walk.ended["a copy that differs"]
    assert ended.code == 1
    assert "release closed: its copy is not equal: closed.v1" in ended.err
    assert set(walk.source["a copy that differs"]) == OWN | THEIRS


def test_the_copies_are_the_old_records_byte_for_byte_with_their_labels(walk: Walk) -> None:
    source, target = walk.source["resumed"], walk.target["resumed"]
    assert set(target) == OWN
    as_read = {name: (labels, base64.b64decode(data).decode()) for name, (labels, data) in target.items()}
    assert as_read == {name: source[name] for name in OWN}


def test_a_second_run_finds_nothing_to_copy(walk: Walk) -> None:
    ended = walk.ended["again"]
    assert ended.code == 0
    assert "copied 0 records; all 8 of these releases" in ended.out
    assert walk.target["again"] == walk.target["resumed"]


def test_a_torn_record_is_reported_and_stays_and_the_rest_is_removed_only_where_it_was_copied(walk: Walk) -> None:
    ended = walk.ended["with a torn record"]
    assert ended.code == 4
    kept = f"left where it is: configmap {walk.old}/torn.v1 (by its label of release torn): is damaged"
    assert kept in ended.out
    assert "removed 8 of 8 records" in ended.out
    assert set(walk.source["with a torn record"]) == THEIRS | {"torn.v1"}
    assert walk.target["with a torn record"] == walk.target["resumed"]


def test_the_new_tiller_lists_exactly_the_teams_releases(walk: Walk) -> None:
    rows = [re.split(r"\s*\t\s*", row) for row in walk.said["ls"].stdout.splitlines()[1:]]
    assert sorted((name, revision, status) for name, revision, _, status, *_ in rows) == [
        ("aged", "1", "DEPLOYED"),
        ("broken", "2", "FAILED"),
        ("closed", "1", "DEPLOYED"),
        ("gone", "1", "DELETED"),
        ("web", "3", "DEPLOYED"),
    ]


def test_the_other_teams_tiller_has_none_of_them_and_the_old_ones_record_of_theirs_is_as_it_was(walk: Walk) -> None:
    assert (walk.said["ls of others"].returncode, walk.said["ls of others"].stdout) == (0, "")
    assert walk.source["gone on"]["theirs.v1"][1] == walk.source["dry"]["theirs.v1"][1]


def test_history_upgrade_rollback_and_get_go_on_where_the_old_tiller_ended(walk: Walk) -> None:
    for purpose in ("history", "get", "upgrade", "rollback", "repair"):
        assert walk.said[purpose].returncode == 0, walk.said[purpose].stderr
    assert walk.said["get"].stdout.strip() == "text: third"
    revisions = [row.split("\t")[0].strip() for row in walk.said["history after"].stdout.splitlines()[1:]]
    assert revisions == ["1", "2", "3", "4", "5"]
    entry = walk.core.read_namespaced_config_map("web", f"{walk.team}-apps")
    assert entry.data == {"text": "first"}


def test_releases_that_the_new_tiller_has_gone_on_with_are_left_alone(walk: Walk) -> None:
    ended = walk.ended["gone on"]
    assert ended.code == 0, ended.err
    for name in ("web", "broken"):
        assert f"release {name}: the Tiller in {walk.team}-tiller has gone on with it" in ended.out
    kept = {name for name in walk.source["gone on"] if name.partition(".")[0] in ("web", "broken")}
    assert kept == {"web.v1", "web.v2", "web.v3", "broken.v1", "broken.v2"}
    assert "gone.v1" not in walk.source["gone on"]


def test_the_exit_plan_converts_each_release_but_the_deleted_one(walk: Walk) -> None:
    plan = walk.ended["plan"]
    assert plan.code == 0
    converted = re.findall(
        rf"^helm3 2to3 convert --dry-run .* --tiller-ns {walk.team}-tiller (\S+)$", plan.out, re.MULTILINE
    )
    assert converted == ["aged", "broken", "closed", "web"]
    assert f"helm3 mapkubeapis --namespace {walk.team}-apps aged" in plan.out
    assert f"{{{walk.team}: with-releases}}" in plan.out

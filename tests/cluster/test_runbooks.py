"""docs/runbooks.md, walked in its order on one stack: what each page promises is seen, and its control before it."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from kubernetes import client

from secure_tiller_cli.diagnosis import Accepted, Credentials, Refused
from testbed.demo.checks import CHART
from testbed.demo.place import Place
from testbed.helm import Helm
from testbed.pulumi_stack import PROJECT
from testbed.tiller import ask
from testbed.waiting import until
from tests.support import ageing, walks
from tests.support.projects import PASSPHRASE, TestStack
from tests.support.walks import Done

PAGE = PROJECT / "docs" / "runbooks.md"
KEY = "A client's key leaked"
STATE = "The state leaked"
LOST = "The state or its passphrase is lost"
EXPIRED = "Certificates have expired"
UNDONE = "`kubectl rollout undo` after a rotation"
NEW = "another passphrase"
STOPPED = "Tiller must stop at once"
SECTIONS = (KEY, STATE, LOST, EXPIRED, UNDONE, STOPPED)


@dataclass
class Walk:
    """A walk through the book, under names of its own.

    Attributes:
        team: stands for the page's blue.
        stack: stands for its production.
        done: how each command ended, by section and by its line.
        answers: of Tiller, by section, by client and by which of its bundles: "old" or "new".
        seen: other things that were seen, by a word.
    """

    team: str
    stack: TestStack
    done: dict[tuple[str, str], Done] = field(default_factory=dict)
    answers: dict[tuple[str, str, str], Accepted | Refused] = field(default_factory=dict)
    seen: dict[str, object] = field(default_factory=dict)

    def take(self, section: str, after: Callable[[str], None] | None = None) -> None:
        """Run the commands of a section, and look at things after each."""
        exports: list[str] = []
        for _, block in walks.blocks(PAGE, section):
            for line in block.splitlines():
                self.done[section, line] = self.run("; ".join([*exports, line]))
                exports += [line] if line.startswith("export ") else []
                if after:
                    after(line)

    def run(self, line: str) -> Done:
        """Run a line under the names of this walk; `secure-tiller` is that of the tests."""
        line = line.replace("blue", self.team).replace("production", self.stack.name)
        path = f"{Path(sys.executable).parent}{os.pathsep}{self.stack.environment['PATH']}"
        return walks.run(self.stack, line, {"PATH": path})

    def bundle(self, name: str) -> Credentials:
        """Return what lies in the folder of a client."""
        folder = self.stack.project / name
        return Credentials(*((folder / f"{part}.pem").read_text() for part in ("ca", "cert", "key")))

    def know(self, passphrase: str) -> None:
        """Go on with a passphrase, as a reader does who has set it in the shell."""
        environment = {**self.stack.environment, "PULUMI_CONFIG_PASSPHRASE": passphrase}
        self.stack = dataclasses.replace(self.stack, environment=environment)

    def ask(self, section: str, which: str, bundles: dict[str, Credentials]) -> None:
        """Ask Tiller with the bundles of clients."""
        for name, bundle in bundles.items():
            answer = ask(f"{self.team}-tiller", self.stack.environment, bundle)
            self.answers[section, name, which] = answer

    def bundles(self) -> dict[str, Credentials]:
        """Return the bundles that lie in the clients' folders."""
        return {name: self.bundle(name) for name in ("alice", "ci")}


@pytest.fixture(scope="module")
def walk(new_stack: Callable[..., TestStack], cluster: Place, api: client.ApiClient, suffix: str) -> Iterator[Walk]:
    team = f"book-{suffix}"
    clients: dict[str, dict[str, object]] = {"alice": {}, "ci": {}}
    namespaces = {f"{team}-apps": {"retain_on_delete": False}}
    walk = Walk(team, new_stack({team: {"namespaces": namespaces, "clients": clients}}, PASSPHRASE))
    (walk.stack.project / "new-passphrase").write_text(f"{NEW}\n")
    with walk.stack:
        walk.stack.up()
        for name in clients:
            walk.run(f"secure-tiller bundle blue {name} --out {name}").check_returncode()
        helm = Helm.of(walk.bundle("ci"), walk.stack.environment, walk.stack.project / "helm", f"{team}-tiller")
        image = f"--set=image={cluster.busybox}"
        installed = helm.run("install", str(CHART), "--name=kept", f"--namespace={team}-apps", image, "--wait")
        installed.check_returncode()
        _walk(walk, api)
        yield walk


def _walk(walk: Walk, api: client.ApiClient) -> None:
    for section in (KEY, STATE, LOST):
        old = walk.bundles()
        walk.ask(section, "before", old)
        if section == LOST:
            walk.seen["workload before"] = _workload(walk, api)
            walk.know("forgotten")
            walk.seen["without the passphrase"] = walk.run("pulumi preview")
        walk.take(section)
        if section != KEY:
            walk.know(NEW)
        _settle(walk, api)  # a client takes the first pod that it finds
        walk.ask(section, "old", old)
        walk.ask(section, "new", walk.bundles())
    walk.seen["releases"] = walk.run(". ci/env && helm ls --tiller-connection-timeout 5").stdout
    walk.seen["workload after"] = _workload(walk, api)
    walk.seen["TLS Secrets"] = _tls_secrets(walk, api)
    _expire(walk)
    walk.take(EXPIRED)
    _settle(walk, api)
    walk.ask(EXPIRED, "new", walk.bundles())

    def look(line: str) -> None:
        if line.startswith("kubectl rollout undo"):
            until(lambda: _events(walk, api), f"a pod of {walk.team} that cannot start")
            walk.ask(UNDONE, "during", walk.bundles())

    walk.take(UNDONE, look)
    walk.ask(UNDONE, "new", walk.bundles())

    def count(line: str) -> None:
        if line.startswith("kubectl delete pod"):
            walk.seen["pods after the stop"] = _pods(walk, api)

    walk.take(STOPPED, count)
    walk.ask(STOPPED, "new", walk.bundles())
    walk.seen["preview"] = walk.run("pulumi preview --refresh --expect-no-changes")


def _workload(walk: Walk, api: client.ApiClient) -> set[str]:
    listed = client.AppsV1Api(api).list_namespaced_deployment(f"{walk.team}-apps").items
    return {deployment.metadata.uid for deployment in listed}


def _tls_secrets(walk: Walk, api: client.ApiClient) -> int:
    selector = "type=kubernetes.io/tls"
    return len(client.CoreV1Api(api).list_namespaced_secret(f"{walk.team}-tiller", field_selector=selector).items)


def _pods(walk: Walk, api: client.ApiClient) -> int:
    return len(client.CoreV1Api(api).list_namespaced_pod(f"{walk.team}-tiller").items)


def _settle(walk: Walk, api: client.ApiClient) -> None:
    """Wait until the pods of older revisions are gone, with whose Secret in the kubelet's cache others could start."""
    until(lambda: _pods(walk, api) == 1, f"the older pods of {walk.team} are gone")


def _events(walk: Walk, api: client.ApiClient) -> bool:
    selector = "reason=FailedMount"
    return bool(client.CoreV1Api(api).list_namespaced_event(f"{walk.team}-tiller", field_selector=selector).items)


def _expire(walk: Walk) -> None:
    """Let every certificate have ended yesterday, and give the clients what the stack has."""
    team = walk.team
    with ageing.state(walk.stack) as state:
        for part in ("server", "client:alice", "client:ci"):
            ca = "server-ca" if part == "server" else part.replace("client:", "client-ca:")
            state.age(f"{team}-{part}", -timedelta(days=1), ca=f"{team}-{ca}")
            if part != "server":
                pem = state.certificate(f"{team}-{part}")
                (walk.stack.project / part.removeprefix("client:") / "cert.pem").write_text(pem)
    walk.ask(EXPIRED, "old", walk.bundles())


@pytest.mark.parametrize("section", SECTIONS)
def test_every_command_ends_as_the_page_says(walk: Walk, section: str) -> None:
    of_section = {line: done for (at, line), done in walk.done.items() if at == section}
    assert of_section
    assert [wrong for line, done in of_section.items() if (wrong := walks.difference(line, done))] == []


def test_the_book_is_walked_to_its_end() -> None:
    assert {line.removeprefix("## ") for line in PAGE.read_text().splitlines() if line.startswith("## ")} == {*SECTIONS}


@pytest.mark.parametrize("section", [KEY, STATE, LOST])
@pytest.mark.parametrize("client", ["alice", "ci"])
def test_control_before_that_a_bundle_is_answered(walk: Walk, section: str, client: str) -> None:
    assert isinstance(walk.answers[section, client, "before"], Accepted)


@pytest.mark.parametrize(
    ("section", "client"),
    [
        (KEY, "alice"),
        (STATE, "alice"),
        (STATE, "ci"),
        (LOST, "alice"),
        (LOST, "ci"),
        (EXPIRED, "alice"),
        (EXPIRED, "ci"),
    ],
)
def test_an_old_bundle_is_refused(walk: Walk, section: str, client: str) -> None:
    assert isinstance(walk.answers[section, client, "old"], Refused)


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("client", ["alice", "ci"])
def test_the_new_bundle_is_answered(walk: Walk, section: str, client: str) -> None:
    assert isinstance(walk.answers[section, client, "new"], Accepted)


def test_a_leaked_key_of_one_client_does_not_concern_the_other(walk: Walk) -> None:
    assert isinstance(walk.answers[KEY, "ci", "old"], Accepted)


def test_control_without_the_passphrase_nothing_can_be_done(walk: Walk) -> None:
    refused = walk.seen["without the passphrase"]
    assert isinstance(refused, subprocess.CompletedProcess)
    assert "incorrect passphrase" in refused.stdout + refused.stderr


def test_release_records_and_workloads_outlive_a_lost_state(walk: Walk) -> None:
    assert "kept" in str(walk.seen["releases"])
    assert walk.seen["workload after"] == walk.seen["workload before"] != set()


def test_no_old_key_of_tiller_stays_after_a_lost_state(walk: Walk) -> None:
    assert walk.seen["TLS Secrets"] == 1


@pytest.mark.parametrize("client", ["alice", "ci"])
def test_clients_notice_nothing_of_a_rollout_that_was_undone(walk: Walk, client: str) -> None:
    assert isinstance(walk.answers[UNDONE, client, "during"], Accepted)


def test_a_tiller_that_must_stop_has_no_pod_until_it_is_started_again(walk: Walk) -> None:
    assert walk.seen["pods after the stop"] == 0


def test_after_it_the_cluster_is_as_the_stack_says(walk: Walk) -> None:
    preview = walk.seen["preview"]
    assert isinstance(preview, subprocess.CompletedProcess)
    assert preview.returncode == 0, preview.stdout + preview.stderr

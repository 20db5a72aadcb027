"""A rollout that fails: the update fails too, the old Tiller serves on, and who is not yet revoked is said by name."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from kubernetes import client

from secure_tiller_cli.diagnosis import Accepted, Credentials, Refused
from testbed.tiller import ask
from testbed.toolchain.pins import HELM
from tests.support.live_objects import tls_secret_name
from tests.support.projects import TestStack
from tiller_facts.identity import TRUSTS_ANNOTATION

NEVER_STARTS = "localhost/absent/tiller:v2.17.0"


@dataclass
class Failure:
    """A client was removed together with a change that keeps the new Tiller from starting; then that was mended.

    Attributes:
        team: its name.
        stack: the stack it is in.
        bundles: of ann, who is removed, and of bob.
        failed: the update that failed, and the same once more.
        answers: to ann and bob after each failure.
        mounted: whether the TLS Secret that Tiller mounts was there after the settings had been taken back.
        trusted: the clients that each pod of Tiller answered, terminating or not, after the update with a good image;
            a pod that has ended answers nobody.
    """

    team: str
    stack: TestStack
    bundles: dict[str, Credentials]
    failed: list["subprocess.CompletedProcess[str]"] = field(default_factory=list)
    answers: list[tuple[Accepted | Refused, Accepted | Refused]] = field(default_factory=list)
    mounted: bool = False
    trusted: set[str] = field(default_factory=set)

    def ask(self) -> tuple[Accepted | Refused, Accepted | Refused]:
        """Return the answers to ann and bob."""
        ann, bob = (ask(f"{self.team}-tiller", self.stack.environment, self.bundles[name]) for name in ("ann", "bob"))
        return ann, bob


@pytest.fixture(scope="module")
def failure(new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str) -> Iterator[Failure]:
    team = f"halt-{suffix}"
    apps = {"namespaces": {f"{team}-apps": {"retain_on_delete": False}}}
    with new_stack({team: {**apps, "clients": {"ann": {}, "bob": {}}}}) as stack:
        stack.up()
        seen = Failure(team, stack, {name: stack.bundle(team, name) for name in ("ann", "bob")})
        halting = {"image": NEVER_STARTS, "rollout_timeout": "10s"}
        stack.configure_teams({team: {**apps, "clients": {"bob": {}}, "pod": halting}})
        for _ in range(2):
            seen.failed.append(stack.up(check=False))
            seen.answers.append(seen.ask())
        stack.configure_teams({team: {**apps, "clients": {"ann": {}, "bob": {}}}})
        stack.up()
        seen.mounted = _mounted_secret_is_there(api, f"{team}-tiller")
        stack.configure_teams({team: {**apps, "clients": {"bob": {}}}})
        stack.up()
        pods = client.CoreV1Api(api).list_namespaced_pod(f"{team}-tiller").items
        running = (pod for pod in pods if pod.status.phase not in ("Succeeded", "Failed"))  # others have ended
        seen.trusted = {pod.metadata.annotations[TRUSTS_ANNOTATION] for pod in running}
        yield seen


def _mounted_secret_is_there(api: client.ApiClient, namespace: str) -> bool:
    deployment = client.AppsV1Api(api).read_namespaced_deployment("tiller-deploy", namespace)
    secrets = client.CoreV1Api(api).list_namespaced_secret(namespace).items
    return tls_secret_name(deployment.spec.template) in {secret.metadata.name for secret in secrets}


@pytest.mark.parametrize("attempt", [0, 1], ids=["the first time", "tried again"])
def test_the_update_fails_and_says_who_is_not_yet_revoked(failure: Failure, attempt: int) -> None:
    done = failure.failed[attempt]
    assert done.returncode != 0
    assert f"team {failure.team}: NOT YET REVOKED: client ann" in done.stdout
    assert "if the update fails, it goes on answering" in done.stdout


@pytest.mark.parametrize("attempt", [0, 1], ids=["the first time", "tried again"])
def test_what_it_says_is_true_and_the_others_are_served_on(failure: Failure, attempt: int) -> None:
    assert failure.answers[attempt] == (Accepted(HELM), Accepted(HELM))


def test_the_update_gives_up_when_the_settings_say_so(failure: Failure) -> None:
    assert f"{failure.team}-deployment" in failure.failed[0].stdout
    assert NEVER_STARTS in failure.failed[0].stdout + failure.failed[0].stderr


def test_taking_the_settings_back_leaves_tiller_the_secret_that_it_mounts(failure: Failure) -> None:
    assert failure.mounted


def test_when_the_mended_update_ends_no_pod_is_left_that_answers_who_was_revoked(failure: Failure) -> None:
    assert failure.trusted == {"bob"}
    ann, bob = failure.ask()
    assert isinstance(ann, Refused)
    assert bob == Accepted(HELM)


def test_control_nothing_is_said_when_everybody_is_revoked(failure: Failure) -> None:
    assert "NOT YET REVOKED" not in failure.stack.preview().stdout

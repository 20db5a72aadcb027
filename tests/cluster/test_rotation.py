"""Changing keys: gracefully, by the list `server_cas`, and at once, by the word `generation`."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography import x509
from kubernetes import client

from secure_tiller_cli.diagnosis import Accepted, AnsweredError, Credentials, Refused
from testbed.tiller import ask
from testbed.toolchain.pins import HELM
from testbed.waiting import until
from tests.support.projects import TestStack

STEPS = ([1], [1, 2], [2, 1], [2])


@dataclass
class Rotation:
    """The observations on the way from one CA to another, and from one generation to the next.

    Attributes:
        stack: with the teams `rota`, whose CA changes step by step, and `lost`, whose state is taken for stolen.
        bundles: of rota's client after each step.
        answers: to rota's client after each step, with the bundle of that step and with the one of the step before.
        interrupted: the same, while the step [2, 1] was cut off by SIGKILL.
        lost: the bundles of lost's client in generation 1 and 2.
        planned: the operations of the preview of generation 2, by resource of the team lost.
        revoked: the output of the update to generation 2.
    """

    stack: TestStack
    bundles: list[Credentials] = field(default_factory=list)
    answers: list[tuple[Any, Any]] = field(default_factory=list)
    interrupted: tuple[Any, Any] | None = None
    lost: list[Credentials] = field(default_factory=list)
    planned: dict[tuple[str, str], str] = field(default_factory=dict)
    revoked: str = ""


def _settings(suffix: str, cas: list[int], generation: int) -> dict[str, dict[str, object]]:
    apps = {"retain_on_delete": False}
    return {
        f"rota-{suffix}": {
            "namespaces": {f"rota-{suffix}-apps": apps},
            "clients": {"ann": {}},
            "certificates": {"server_cas": cas},
        },
        f"lost-{suffix}": {
            "namespaces": {f"lost-{suffix}-apps": apps},
            "clients": {"ann": {}},
            "certificates": {"generation": generation},
        },
    }


@pytest.fixture(scope="module")
def rotation(new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str) -> Iterator[Rotation]:
    with new_stack(_settings(suffix, [1], 1)) as stack:
        yield _walked(stack, api, suffix)


def _walked(stack: TestStack, api: client.ApiClient, suffix: str) -> Rotation:
    seen = Rotation(stack)
    for cas in STEPS:
        generation = 1 if cas == [1] else 2
        stack.configure_teams(_settings(suffix, cas, generation))
        if cas == [1, 2]:
            seen.planned = _planned(stack.preview("--json").stdout, f"lost-{suffix}")
        if cas == [2, 1]:
            _kill_in_the_middle(stack, api, f"rota-{suffix}")
            seen.interrupted = _both_answers(stack, suffix, seen.bundles[-2:])
            _take_up_again(stack)
        seen.revoked += stack.up().stdout
        seen.bundles.append(stack.bundle(f"rota-{suffix}", "ann"))
        seen.lost.append(stack.bundle(f"lost-{suffix}", "ann"))
        seen.answers.append(_both_answers(stack, suffix, seen.bundles[-2:]))
    return seen


def _both_answers(stack: TestStack, suffix: str, bundles: list[Credentials]) -> tuple[Any, Any]:
    first, last = (ask(f"rota-{suffix}-tiller", stack.environment, b) for b in (bundles[0], bundles[-1]))
    return first, last


def _kill_in_the_middle(stack: TestStack, api: client.ApiClient, team: str) -> None:
    """Begin an update and kill it, with every program that it started, once its new TLS Secret is in the cluster."""
    core = client.CoreV1Api(api)

    def secrets() -> set[str]:
        listed = core.list_namespaced_secret(f"{team}-tiller", label_selector=f"secure-tiller/team={team}").items
        return {secret.metadata.name for secret in listed}

    before = secrets()
    with subprocess.Popen(
        ["pulumi", "--non-interactive", "up", "--yes", "--skip-preview", "--stack", stack.name],
        cwd=stack.project,
        env=dict(stack.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as update:
        until(lambda: secrets() != before, "the new TLS Secret is there")
        os.killpg(update.pid, signal.SIGKILL)


def _take_up_again(stack: TestStack) -> None:
    """Clear the lock and the pending operations of an update that was killed."""
    stack.run("cancel", "--yes", "--stack", stack.name)
    stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--stack", stack.name)


def _planned(preview: str, team: str) -> dict[tuple[str, str], str]:
    planned = {}
    for step in json.loads(preview)["steps"]:
        kind, name = step["urn"].rsplit("::", 2)[-2:]
        if name.startswith(team) and step["op"] != "same":
            planned[kind.rsplit(":", 1)[-1], name.removeprefix(f"{team}-")] = step["op"]
    return planned


def _serials(pem: str) -> list[int]:
    return [certificate.serial_number for certificate in x509.load_pem_x509_certificates(pem.encode())]


@pytest.mark.parametrize("step", range(len(STEPS)), ids=[str(cas) for cas in STEPS])
def test_at_each_step_the_client_is_answered_with_the_bundle_of_this_step_and_of_the_one_before(
    rotation: Rotation, step: int
) -> None:
    assert rotation.answers[step] == (Accepted(HELM), Accepted(HELM))


def test_an_update_killed_in_the_middle_leaves_the_client_answered(rotation: Rotation) -> None:
    assert rotation.interrupted == (Accepted(HELM), Accepted(HELM))


def test_clients_trust_every_ca_of_the_list_in_its_order(rotation: Rotation) -> None:
    first, both, turned, second = (_serials(bundle.ca) for bundle in rotation.bundles)
    assert (len(first), len(second)) == (1, 1)
    assert both == first + second
    assert turned == second + first


def test_the_rotation_keeps_the_clients_own_certificate(rotation: Rotation) -> None:
    assert len({bundle.cert for bundle in rotation.bundles}) == 1


def test_control_after_the_last_step_a_bundle_with_the_first_ca_alone_refuses_the_server(
    rotation: Rotation, suffix: str
) -> None:
    old = rotation.bundles[0]
    with pytest.raises(AnsweredError):  # Tiller would answer: the call was not made
        ask(f"rota-{suffix}-tiller", rotation.stack.environment, old)


def test_another_generation_replaces_every_key_and_the_preview_says_so(rotation: Rotation) -> None:
    parts = ("server-ca", "server", "client-ca:ann", "client:ann")
    keys = {name: op for (kind, name), op in rotation.planned.items() if kind == "PrivateKey"}
    assert keys == {**{f"{part}@2": "create" for part in parts}, **dict.fromkeys(parts, "delete")}


def test_another_generation_locks_out_the_bundles_of_the_one_before(rotation: Rotation, suffix: str) -> None:
    # The new CA with the old credentials, so that it is Tiller that refuses them.
    old = Credentials(rotation.lost[-1].ca, rotation.lost[0].cert, rotation.lost[0].key)
    assert isinstance(ask(f"lost-{suffix}-tiller", rotation.stack.environment, old), Refused)


def test_control_the_new_generations_bundle_is_answered(rotation: Rotation, suffix: str) -> None:
    new = rotation.lost[-1]
    assert ask(f"lost-{suffix}-tiller", rotation.stack.environment, new) == Accepted(HELM)
    assert rotation.lost[0].key != rotation.lost[-1].key


def test_the_update_says_whose_old_key_is_still_good_until_it_has_rolled_out(rotation: Rotation, suffix: str) -> None:
    assert f"team lost-{suffix}: NOT YET REVOKED: client ann with the bundle from before" in rotation.revoked

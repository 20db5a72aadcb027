"""The port-forward by kubectl, with a program in its place."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from secure_tiller_cli.diagnosis import ForwardError, forwarded
from secure_tiller_cli.programs import ProgramError
from secure_tiller_stack.kubeconfig import Access

LISTENS = "echo 'Forwarding from 127.0.0.1:4711 -> 44134'; exec sleep 60"

Kubectl = Callable[[str], dict[str, str]]


@pytest.fixture
def kubectl(tmp_path: Path) -> Kubectl:
    """Put a script in the place of kubectl; gives the environment in which it is found."""

    def make(script: str) -> dict[str, str]:
        program = tmp_path / "kubectl"
        program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\n{script}\n')
        program.chmod(0o700)
        return {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}

    return make


FILE = Access(Path("/somewhere/config"), "here")


def test_the_port_on_which_kubectl_listens_is_given(kubectl: Kubectl, tmp_path: Path) -> None:
    with forwarded(FILE, "blue-tiller", environment=kubectl(LISTENS)) as port:
        assert port == 4711
    asked = (tmp_path / "arguments").read_text().split()
    assert {"--kubeconfig=/somewhere/config", "--context=here", "--namespace=blue-tiller", ":44134"} < set(asked)
    assert "--address=127.0.0.1" in asked


def test_a_warning_before_that_does_no_harm(kubectl: Kubectl) -> None:
    with forwarded(FILE, "blue-tiller", environment=kubectl(f"echo 'W1125 a warning' >&2; {LISTENS}")) as port:
        assert port == 4711


def test_kubectl_upgrades_by_post(kubectl: Kubectl) -> None:
    script = f'test "$KUBECTL_PORT_FORWARD_WEBSOCKETS" = false || exit 1; {LISTENS}'
    with forwarded(FILE, "blue-tiller", environment=kubectl(script)) as port:
        assert port == 4711


def test_the_content_of_a_kubeconfig_is_for_its_owner_alone_and_goes(kubectl: Kubectl, tmp_path: Path) -> None:
    content = Access(None, "here", content="the content")
    with forwarded(content, "blue-tiller", environment=kubectl(LISTENS)):
        (argument,) = [word for word in (tmp_path / "arguments").read_text().split() if word.startswith("--kubeconfig")]
        file = Path(argument.partition("=")[2])
        assert file.read_text() == "the content"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.exists()


def test_the_words_of_a_kubectl_that_fails_are_reported(kubectl: Kubectl) -> None:
    environment = kubectl("echo 'error: unable to forward: forbidden' >&2; exit 1")
    with (
        pytest.raises(ForwardError, match=r"blue-tiller: error: unable"),
        forwarded(FILE, "blue-tiller", environment=environment),
    ):
        pass


def test_a_kubectl_that_says_nothing_is_given_up(kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secure_tiller_cli.diagnosis.forward.SECONDS", 0.1)
    with (
        pytest.raises(ForwardError, match="no word within"),
        forwarded(FILE, "blue-tiller", environment=kubectl("exec sleep 60")),
    ):
        pass


def test_without_kubectl_the_remedy_is_to_install_it(tmp_path: Path) -> None:
    with (
        pytest.raises(ProgramError, match="install kubectl"),
        forwarded(FILE, "blue-tiller", environment={"PATH": str(tmp_path)}),
    ):
        pass


def test_a_kubectl_that_may_not_be_run_is_named(kubectl: Kubectl, tmp_path: Path) -> None:
    kubectl(LISTENS)
    (tmp_path / "kubectl").chmod(0o600)
    with (
        pytest.raises(ProgramError, match="cannot be run"),
        forwarded(FILE, "blue-tiller", environment={"PATH": str(tmp_path)}),
    ):
        pass

"""`make demo`, `make env` and `make demo CLUSTER=existing`, run by somebody who has Pulumi's own CLI on PATH.

An older one comes first there. The cluster is a further local one, so that a demo on the first is not disturbed.
"""

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from testbed.cluster import Instance, down, up
from testbed.demo.place import PUBLIC_BUSYBOX
from testbed.pulumi_stack import PROJECT
from testbed.toolchain import Toolchain, image
from testbed.toolchain.pins import BUSYBOX_IMAGE
from tests.support.pulumi_cli import NEWER, install, install_older, own_cache

THEIRS = Instance("theirs", 2)
STACK_FILE = PROJECT / "stacks" / "Pulumi.local.yaml"


@pytest.fixture
def environment(tools: Toolchain, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a user's shell; the cluster and the toolchain that are made in it are removed at the end."""
    cli = install(tmp_path / "Pulumi's own CLI", tools)
    older = install_older(tmp_path / "older")
    stack_file = STACK_FILE.read_bytes()
    down(THEIRS)
    with own_cache("test-demo") as cache:
        try:
            yield {
                **os.environ,
                "PATH": os.pathsep.join([str(older), str(cli), os.environ["PATH"]]),
                "SECURE_TILLER_CLUSTER": f"{THEIRS.name}:{THEIRS.number}",
                "XDG_CACHE_HOME": str(cache),
                "XDG_STATE_HOME": str(tmp_path / "state"),
            }
        finally:
            down(THEIRS)
    assert not (older / "asked").exists(), (older / "asked").read_text()
    assert STACK_FILE.read_bytes() == stack_file


@pytest.fixture
def existing(environment: dict[str, str], tools: Toolchain, console: Console, tmp_path: Path) -> dict[str, str]:
    """The same with a cluster, which is reached by nothing but a kubeconfig."""
    # Their nodes can pull the public image; these cannot, so it is brought there.
    archive = tmp_path / "busybox.tar"
    public = dataclasses.replace(BUSYBOX_IMAGE, reference=PUBLIC_BUSYBOX)
    busybox = tools.node / BUSYBOX_IMAGE.program
    image.write(public, busybox, archive, busybox)
    up(THEIRS, dataclasses.replace(tools, images={**tools.images, PUBLIC_BUSYBOX: archive}), console)
    return environment | {"KUBECONFIG": str(THEIRS.kubeconfig)}


def _make(environment: dict[str, str], *words: str) -> str:
    """Run a target with the Python of the tests, and return what it printed."""
    command = ["make", *words, f"RUN={sys.executable}", "ENVIRONMENT="]
    return _run(command, environment)


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _in_a_shell(environment: dict[str, str], exports: str, *commands: str) -> str:
    """Return the output of commands in a shell that has evaluated the output of `make env`."""
    return _run(["bash", "-eu", "-c", "\n".join([exports, *commands])], environment)


def _assert_shown(demo: str) -> None:
    assert f"using context {THEIRS.context} at {THEIRS.server}" in demo
    assert demo.count("as it should be") == 15  # each of 14 lines, and the sum
    assert "WRONG" not in demo
    assert "missing" not in demo, "something was built"


def _assert_the_command_answers(environment: dict[str, str], exports: str) -> None:
    """Run the commands that the demo's last lines name: the stack, the cluster and the command itself are found."""
    calls = ("command -v secure-tiller", "secure-tiller check", "secure-tiller audit", "secure-tiller report --out -")
    program, blue, green, *rest = _in_a_shell(environment, exports, *calls).splitlines()
    assert Path(program).parent == Path(sys.prefix) / "bin"
    assert [re.sub(r"\d+", "N", line) for line in (blue, green)] == [
        "team blue: N checks passed",
        "team green: N checks passed",
    ]
    assert "2 Tillers in the cluster" in "\n".join(rest)
    assert "</html>" in rest[-1]


def test_the_demo_shows_what_it_promises_and_its_shell_has_the_same_pulumi(environment: dict[str, str]) -> None:
    demo = _make(environment, "demo")

    _assert_shown(demo)
    assert 'eval "$(make -s env)"' in demo
    exports = _make(environment, "-s", "env")
    shown = _in_a_shell(
        environment, exports, "pulumi version", "pulumi preview --expect-no-changes --suppress-progress"
    )
    assert shown.startswith(NEWER)
    assert "warning" not in shown
    _assert_the_command_answers(environment, exports)
    assert f"{THEIRS.context} removed" in _make(environment, "-s", "down")


def test_the_demo_shows_what_it_promises_on_an_existing_cluster(existing: dict[str, str]) -> None:
    demo = _make(existing, "demo", "CLUSTER=existing")

    _assert_shown(demo)
    assert 'eval "$(make -s env CLUSTER=existing)"' in demo
    exports = _make(existing, "-s", "env", "CLUSTER=existing")
    shown = _in_a_shell(existing, exports, "pulumi version", "pulumi destroy --yes --skip-preview --suppress-progress")
    assert shown.startswith(NEWER)
    assert "deleted" in shown

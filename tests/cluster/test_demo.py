"""`make demo CLUSTER=existing`, on a cluster that is reached by nothing but a kubeconfig.

It is a second local cluster, so that a demo which runs on the first is not disturbed.
"""

import dataclasses
import os
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

THEIRS = Instance("theirs", 2)


@pytest.fixture
def environment(tools: Toolchain, console: Console, tmp_path: Path) -> Iterator[dict[str, str]]:
    # Their nodes can pull the public image; these cannot, so it is brought there.
    archive = tmp_path / "busybox.tar"
    public = dataclasses.replace(BUSYBOX_IMAGE, reference=PUBLIC_BUSYBOX)
    busybox = tools.node / BUSYBOX_IMAGE.program
    image.write(public, busybox, archive, busybox)
    down(THEIRS)
    try:
        up(THEIRS, dataclasses.replace(tools, images={**tools.images, PUBLIC_BUSYBOX: archive}), console)
        yield {**os.environ, "KUBECONFIG": str(THEIRS.kubeconfig), "XDG_STATE_HOME": str(tmp_path / "state")}
    finally:
        down(THEIRS)


def test_the_demo_shows_what_it_promises_on_an_existing_cluster(environment: dict[str, str]) -> None:
    stack_file = PROJECT / "stacks" / "Pulumi.local.yaml"
    before = stack_file.read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "testbed.demo", "--existing"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"using context {THEIRS.context} at {THEIRS.server}" in done.stdout
    assert done.stdout.count("as it should be") == 15  # each of 14 lines, and the sum
    assert "WRONG" not in done.stdout
    assert 'eval "$(make -s env CLUSTER=existing)"' in done.stdout
    assert stack_file.read_bytes() == before

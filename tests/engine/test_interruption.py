"""When the engine is interrupted, or killed, nothing of the program runs on."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from testbed.pulumi_stack import Stack
from testbed.toolchain import Toolchain
from testbed.waiting import until
from tests.engine.python_projects import new_stack


@pytest.mark.parametrize("stubborn", [False, True], ids=["heeds-interrupts", "ignores-interrupts"])
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_update_leaves_no_process(
    tools: Toolchain, tmp_path: Path, ending: signal.Signals, stubborn: bool
) -> None:
    _end_an_update(new_stack(tmp_path, tools.environment, "patient.py"), ending, stubborn=stubborn)


@pytest.mark.timeout(400)
def test_a_killed_engine_leaves_no_process(tools: Toolchain, tmp_path: Path) -> None:
    usage = subprocess.run(["pulumi-language-python", "-h"], env=tools.environment, capture_output=True, text=True)
    # Pulumi's own host looks after its engine every five minutes, ours every second.
    seconds = 10 if "secure-tiller" in usage.stderr else 330
    _end_an_update(new_stack(tmp_path, tools.environment, "patient.py"), signal.SIGKILL, stubborn=True, seconds=seconds)


def _end_an_update(stack: Stack, ending: signal.Signals, *, stubborn: bool, seconds: float = 10) -> None:
    listed = stack.project / "processes"
    engine = subprocess.Popen(
        ["pulumi", "--non-interactive", "up", "--yes", "--skip-preview", "--stack", stack.name],
        cwd=stack.project,
        env={**stack.environment, "IGNORES_INTERRUPTS": "1" if stubborn else ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    processes: list[int] = []
    try:
        until(listed.exists, "the program runs", seconds=30)
        processes = [int(process) for process in listed.read_text().split()]
        assert all(map(_runs, processes))

        engine.send_signal(ending)

        assert engine.wait(timeout=20) != 0
        until(lambda: not any(map(_runs, processes)), "language host, program and child ended", seconds=seconds)
    finally:
        for process in [engine.pid, *processes]:
            if _runs(process):
                os.kill(process, signal.SIGKILL)
        engine.wait()


def _runs(process: int) -> bool:
    try:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2]
    except FileNotFoundError:
        return False
    return not after_name.startswith(" Z")

"""Other programs are run within limits of time and size, and nothing that they started outlives them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from secure_tiller_cli import programs
from secure_tiller_cli.programs import Ended, ProgramError, lines, run, started
from testbed.waiting import until

MANY = 1_000_000
"""Bytes, more than a pipe holds."""


def sh(script: str, seconds: float = 20) -> Ended:
    return run(["sh", "-c", script], seconds=seconds)


def gone(pid: int) -> bool:
    """Return whether a process ends within 5 seconds."""
    limit = time.monotonic() + 5
    while time.monotonic() < limit:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":  # ended; nobody has asked for its exit code
            return True
        time.sleep(0.02)
    return False


def written(file: Path) -> int:
    """Return the number that a program writes into a file."""
    limit = time.monotonic() + 5
    while time.monotonic() < limit:
        if file.is_file() and (text := file.read_text().strip()):
            return int(text)
        time.sleep(0.02)
    raise AssertionError(f"{file} is not written")


def test_both_outputs_and_the_exit_code_are_returned() -> None:
    assert sh("echo out; echo err >&2; exit 7") == Ended(7, "out\n", "err\n")


def test_what_is_no_utf_8_is_replaced() -> None:
    assert sh(r"printf 'a\377b'").out == "a�b"


def test_a_program_that_fills_one_output_and_then_the_other_does_not_wait_for_ever() -> None:
    done = sh(f"head -c {MANY} /dev/zero >&2; head -c {MANY} /dev/zero; head -c {MANY} /dev/zero >&2")
    assert (len(done.out), len(done.err)) == (MANY, 2 * MANY)


def test_its_standard_input_is_empty() -> None:
    assert sh("cat").out == ""


@pytest.mark.parametrize(
    ("program", "remedy"),
    [
        ("pulumi", "install the Pulumi CLI"),
        ("helm", "install Helm 2's client"),
        ("kubectl", "install kubectl"),
        ("other", "install other"),
    ],
)
def test_a_program_that_is_not_there_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, remedy: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramError) as failed:
        run([program], seconds=1)
    (problem,) = failed.value.problems
    assert (problem.key, problem.why) == (program, "cannot be run: No such file or directory")
    assert remedy in problem.remedy
    (tmp_path / program).write_text("")  # it is there, and may not be run
    with pytest.raises(ProgramError, match="cannot be run: Permission denied"):
        run([program], seconds=1)


def test_a_program_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    begun = time.monotonic()
    with pytest.raises(ProgramError) as failed:
        sh(f"sleep 60 & echo $! > {child}; wait", seconds=2)
    assert time.monotonic() - begun < programs.GRACE_SECONDS
    assert gone(written(child))
    (problem,) = failed.value.problems
    assert (problem.key, problem.why) == ("sh -c", "has not ended within 2 s")


def test_control_a_child_outlives_a_program_that_is_ended_alone(tmp_path: Path) -> None:
    child = tmp_path / "child"
    process = subprocess.Popen(["sh", "-c", f"sleep 60 & echo $! > {child}; wait"], stdout=subprocess.DEVNULL)
    pid = written(child)
    process.kill()
    process.wait()
    assert Path(f"/proc/{pid}").exists()
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)


def test_a_program_that_does_not_want_to_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "GRACE_SECONDS", 0.2)
    begun = time.monotonic()
    with pytest.raises(ProgramError, match="has not ended within"):
        sh("trap '' TERM; while :; do sleep 0.1; done", seconds=0.3)
    assert time.monotonic() - begun < 5


def test_a_program_that_is_asked_to_end_may_first_undo_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(ProgramError):
        sh(f"trap 'echo 1 > {tmp_path}/undone; exit' TERM; while :; do sleep 0.05; done", seconds=2)
    assert written(tmp_path / "undone") == 1


def test_a_child_that_keeps_the_output_open_is_not_waited_for_longer_than_that(tmp_path: Path) -> None:
    child = tmp_path / "child"
    with pytest.raises(ProgramError, match="has not ended within"):
        sh(f"sleep 60 & echo $! > {child}", seconds=2)
    assert gone(written(child))


def test_a_program_that_closes_its_outputs_and_goes_on_is_ended() -> None:
    with pytest.raises(ProgramError, match="has not ended within"):
        sh("exec >&- 2>&-; sleep 60", seconds=2)


@pytest.mark.parametrize("output", [1, 2])
def test_a_program_that_writes_without_end_is_ended(monkeypatch: pytest.MonkeyPatch, output: int) -> None:
    assert len(sh(f"head -c {MANY} /dev/zero >&{output}").out) == (MANY if output == 1 else 0)
    monkeypatch.setattr(programs, "LARGEST_OUTPUT", 2**20)
    with pytest.raises(ProgramError, match="writes more than 1 MiB"):
        sh(f"cat /dev/zero >&{output}")


def test_an_interrupt_ends_it_too() -> None:
    with pytest.raises(KeyboardInterrupt), started(["sleep", "60"]) as process:
        raise KeyboardInterrupt
    assert process.returncode == -signal.SIGTERM


INTERRUPTED = """
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from secure_tiller_cli.programs import run, threads

signal.signal(signal.SIGINT, signal.default_int_handler)  # also where whoever starts it ignores the signal

def many():
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: run(["sh", "-c", f"echo x >> {sys.argv[1]}; sleep 60"], seconds=90), range(6)))

with threads(1) as pool:
    pool.submit(many).result()
"""


def test_an_interrupt_ends_what_other_threads_run_and_starts_nothing_more(tmp_path: Path) -> None:
    log = tmp_path / "log"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(log)], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        until(lambda: log.is_file() and log.read_text() == "x\nx\n", "two programs run")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert log.read_text() == "x\nx\n"
    assert "KeyboardInterrupt" in said


def test_it_runs_in_the_environment_that_is_given() -> None:
    with started(["sh", "-c", "echo $WORD"], {"PATH": os.environ["PATH"], "WORD": "here"}) as process:
        assert list(lines(process, 5)) == ["here\n"]


def test_lines_come_as_they_are_written_and_end_when_the_time_is_up() -> None:
    with started(["sh", "-c", "echo one; sleep 60 & wait"]) as process:
        found = lines(process, 0.5)
        assert next(found) == "one\n"
        assert list(found) == []
    assert process.returncode == -signal.SIGKILL

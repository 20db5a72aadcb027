"""How Tiller is stopped: the probe and the script of its pod, run by a shell here with files in place of the kernel's.

That a call outlives the renewal of a real Tiller is tested on the cluster.
"""

import subprocess
from pathlib import Path

import pytest

from secure_tiller.plan.pod import DRAIN, STAYS_READY, STOPPING, arguments

# As /proc/net/tcp has them (Linux, Documentation/networking/proc_net_tcp.rst).
HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
REST = "00000000:00000000 00:00000000 00000000 65534        0 1 1 0 20 4 30 10 -1"
LISTENING = f"   0: 0100007F:AC66 00000000:0000 0A {REST}"
CONNECTED = f"   1: 0100007F:AC66 0100007F:D431 01 {REST}"
CLOSING = CONNECTED.replace(" 01 ", " 06 ")
OTHER_PORT = CONNECTED.replace(":AC66", ":AC67")
AS_A_CLIENT = f"   2: 0100007F:D431 0100007F:AC66 01 {REST}"
OVER_IPV6 = CONNECTED.replace("0100007F:AC66", "0000000000000000FFFF00000100007F:AC66")
LOOKS = 9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("tcp", "tcp6"):
        (tmp_path / name).write_text(f"{HEADER}\n{LISTENING}\n")
    return tmp_path


# In place of pauses: count them, and let the files of a folder named after the count take the place of those before.
PAUSE = "sleep() {{ echo . >> {0}/pauses; n=$(wc -l < {0}/pauses); [ ! -d {0}/$n ] || cp {0}/$n/* {0}; }}; "


def script(command: tuple[str, ...], folder: Path) -> list[str]:
    """Return a command of the pod that reads the files of a folder and makes no pauses."""
    shell, option, text = command
    text = text.replace("/proc/net/", f"{folder}/").replace(STOPPING, str(folder / "stopping"))
    return [shell, option, PAUSE.format(folder) + text]


def looks(folder: Path, command: tuple[str, ...] = DRAIN) -> int:
    """Run the script before stopping, and return how many times it looked."""
    subprocess.run(script(command, folder), check=True, timeout=20)
    return len((folder / "pauses").read_text().splitlines())


def connect(folder: Path, *lines: str, file: str = "tcp", look: int = 0) -> None:
    """Let these be the connections, from a look on."""
    place = folder / str(look) if look else folder
    place.mkdir(exist_ok=True)
    (place / file).write_text("\n".join([HEADER, LISTENING, *lines, ""]))


def test_a_pod_that_serves_nobody_stops_after_nine_looks(folder: Path) -> None:
    assert looks(folder) == LOOKS


@pytest.mark.parametrize("line", [CLOSING, OTHER_PORT, AS_A_CLIENT], ids=["closing", "other port", "as a client"])
def test_what_is_no_call_of_a_client_does_not_hold_the_pod(folder: Path, line: str) -> None:
    connect(folder, line)
    assert looks(folder) == LOOKS


@pytest.mark.parametrize(("file", "line"), [("tcp", CONNECTED), ("tcp6", OVER_IPV6)])
def test_a_call_holds_the_pod_until_it_ends_and_nine_looks_more(folder: Path, file: str, line: str) -> None:
    connect(folder, line, file=file)
    connect(folder, file=file, look=10)
    assert looks(folder) == 9 + LOOKS


def test_a_call_that_begins_before_the_end_holds_the_pod_again(folder: Path) -> None:
    connect(folder, CONNECTED, look=5)
    connect(folder, look=7)
    assert looks(folder) == 6 + LOOKS


@pytest.mark.parametrize(("right", "wrong"), [(" 01 ", " 07 "), (":AC66 ", ":AC67 ")], ids=["state", "port"])
def test_control_a_script_that_looks_for_something_else_breaks_the_call(folder: Path, right: str, wrong: str) -> None:
    broken = tuple(word.replace(right, wrong) for word in DRAIN)
    assert broken != DRAIN
    connect(folder, CONNECTED)
    assert looks(folder, broken) == LOOKS


def test_a_pod_is_ready_until_it_is_asked_to_stop(folder: Path) -> None:
    ready = script(STAYS_READY, folder)
    assert subprocess.run(ready, check=False).returncode == 0
    looks(folder)
    assert subprocess.run(ready, check=False).returncode != 0


@pytest.mark.parametrize(("exposed", "address"), [(False, "127.0.0.1:44134"), (True, ":44134")])
def test_tiller_listens_on_all_interfaces_only_if_it_is_exposed(exposed: bool, address: str) -> None:
    assert f"--listen={address}" in arguments(exposed=exposed)

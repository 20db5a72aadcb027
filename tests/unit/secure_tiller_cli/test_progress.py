"""On a terminal the command shows its progress while it works, and removes it when it ends."""

import re
import sys

from testbed.pulumi_stack import PROJECT
from tests.support.terminal import on_terminal

WITHOUT_TEAMS = """
import sys, time
from secure_tiller_cli.commands import deployed, main

def read_deployed(*_, **__):
    time.sleep(0.3)
    return deployed.StackState((), (), "")

deployed.read_deployed = read_deployed
sys.argv = ["secure-tiller", "check", "red"]
main()
"""
ERASE_LINE = "\x1b[2K"


def test_an_error_begins_its_line_after_the_progress_has_left_it() -> None:
    paths = ":".join([str(PROJECT / "components"), str(PROJECT)])
    written = on_terminal([sys.executable, "-c", WITHOUT_TEAMS], {"PYTHONPATH": paths})
    progress, error = written.split("secure-tiller: team red:")
    assert "reading the stack" in progress
    assert ERASE_LINE in progress.rpartition("reading the stack")[2]
    assert re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", error).count("\n") == 1

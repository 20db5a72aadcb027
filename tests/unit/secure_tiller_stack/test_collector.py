"""How often Python looks for garbage in our processes, and that it does not do so at their end."""

import os
import subprocess
import sys

import pytest

from testbed.pulumi_stack import PROJECT

SEEN = """
import atexit, gc, sys
from types import SimpleNamespace

before = gc.get_threshold()
atexit.register(lambda: print(gc.get_threshold()[0] // before[0] > 10, gc.get_freeze_count() > 0))
"""
"""Whether Python looks ten times as rarely, and passes all objects by: registered first, so that it is called last."""
STARTS = {
    "command": """
sys.modules["secure_tiller_cli.commands"] = SimpleNamespace(main=lambda: None)
import secure_tiller_cli
secure_tiller_cli.main()
""",
    "program": """
from secure_tiller_stack import deployment, program
deployment.create = lambda _: {}
program._configuration = lambda: None
program.run()
""",
    "plugin": """
from secure_tiller_stack import plugin
plugin.main = lambda *_: None
plugin.serve()
""",
    "imported": "from secure_tiller_stack import deploy, program, plugin",
}


@pytest.mark.parametrize(
    ("start", "seen"),
    [("command", "True True"), ("program", "True True"), ("plugin", "True True"), ("imported", "False False")],
)
def test_our_processes_look_for_garbage_rarely_and_those_of_others_as_they_did(start: str, seen: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SEEN + STARTS[start]],
        env={**os.environ, "PYTHONPATH": str(PROJECT / "components")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == seen

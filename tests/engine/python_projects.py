"""Folders that the Python language host runs: a program with its stack, a policy pack, a component plugin."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from testbed.pulumi_stack import Stack

_PROGRAMS = Path(__file__).parent / "programs"


def write(folder: Path, manifest: str, program: str, *, virtualenv: str = sys.prefix, **settings: object) -> Path:
    """Write what the engine hands to the language host.

    Args:
        folder: where to; it is made.
        manifest: Pulumi.yaml, PulumiPolicy.yaml or PulumiPlugin.yaml.
        program: the name of a file in `programs/`, or the program's text.
        virtualenv: runs the program; without another word the one of the tests, which has Pulumi's SDK.
        settings: further keys of the manifest.
    """
    folder.mkdir()
    runtime = {"name": "python", "options": {"virtualenv": virtualenv}}
    (folder / manifest).write_text(yaml.safe_dump({"runtime": runtime, **settings}))
    if program.endswith(".py"):
        shutil.copyfile(_PROGRAMS / program, folder / "__main__.py")
    else:
        (folder / "__main__.py").write_text(program)
    return folder


def new_stack(folder: Path, environment: Mapping[str, str], program: str, **settings: object) -> Stack:
    """Make a project of one program, with a stack and a backend of its own; `settings` as for `write`."""
    project = write(folder / "project", "Pulumi.yaml", program, name="probe", **settings)  # type: ignore[arg-type]
    (folder / "backend").mkdir()
    own = {"PULUMI_BACKEND_URL": f"file://{folder / 'backend'}", "PULUMI_CONFIG_PASSPHRASE": "engine"}
    stack = Stack("test", {**environment, **own}, project)
    stack.create()
    return stack

"""The policy pack, as a user of another repository runs it."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from testbed.pulumi_stack import PROJECT, Stack

PACK = PROJECT / "policies"
PYTHON = PACK / ".venv" / "bin" / "python"


@dataclass(frozen=True)
class Verdict:
    """The answer of the engine.

    Attributes:
        passed: whether it went on.
        levels: of each policy that was broken.
        text: everything it printed.
    """

    passed: bool
    levels: dict[str, str]
    text: str


def install() -> None:
    """Make the pack's virtualenv, as the README says. `make test` has made it; else it is made now."""
    done = subprocess.run(["make", "policies"], cwd=PROJECT, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def judge(stack: Stack, *options: str, command: tuple[str, ...] = ("preview",), pack: Path = PACK) -> Verdict:
    """Return what the engine says of a stack with the pack."""
    done = stack.run(*command, "--stack", stack.name, "--policy-pack", str(pack), *options, check=False)
    found = re.findall(r"^ +- \[(\w+)\](?: \[severity: \w+\])? +([\w-]+)  \(", done.stdout, re.MULTILINE)
    version = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())["version"]
    assert f"secure-tiller@v{version}" in done.stdout, f"the pack did not run: {done.stdout}{done.stderr}"
    return Verdict(done.returncode == 0, {policy: level for level, policy in found}, done.stdout + done.stderr)

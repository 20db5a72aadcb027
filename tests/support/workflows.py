"""The commands of a workflow's step, to be run as a runner runs them."""

from pathlib import Path

import yaml


def commands(workflow: Path, job: str, step: str) -> list[str]:
    """Return the program and its arguments for a step, under `shell: bash` (GitHub Actions documentation)."""
    content = yaml.safe_load(workflow.read_text())
    assert content["defaults"]["run"]["shell"] == "bash"
    (script,) = (found["run"] for found in content["jobs"][job]["steps"] if found.get("name") == step)
    return ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]

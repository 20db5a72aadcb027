"""The program deploys a team with the oldest packages that its ranges allow, on the pinned engine."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

from testbed.pulumi_stack import PROJECT
from tests.support.projects import TestStack

_RANGE = re.compile(r"([\w.-]+)>=([\w.]+)")


def _oldest() -> dict[str, str]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["cli"]]
    return {found[1]: found[2] for line in lines if (found := _RANGE.match(line))}


def _install(packages: dict[str, str], folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pinned = [f"{name}=={version}" for name, version in packages.items()]
    # pip takes more than a minute to resolve these pins, most of it CPU time.
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
    subprocess.run([*install, *pinned], check=True)
    return folder


def test_a_team_is_deployed_with_the_oldest_packages_and_the_newest_plan_no_change(
    new_stack: Callable[..., TestStack], suffix: str, tmp_path: Path
) -> None:
    oldest = _oldest()
    assert {"pulumi", "pulumi-kubernetes", "pulumi-tls", "kubernetes", "grpcio"} <= oldest.keys()
    team = f"old-{suffix}"
    settings: dict[str, object] = {"namespaces": {f"{team}-apps": {"retain_on_delete": False}}, "clients": {"ann": {}}}
    with new_stack({team: settings}) as stack:
        virtualenv = stack.project / ".venv"
        virtualenv.unlink()
        virtualenv.symlink_to(_install(oldest, tmp_path / "oldest"))
        stack.up()
        bundle = stack.bundle(team, "ann")
        virtualenv.unlink()
        virtualenv.symlink_to(PROJECT / ".venv")
        stack.preview("--expect-no-changes")
    assert bundle.cert.startswith("-----BEGIN CERTIFICATE-----")

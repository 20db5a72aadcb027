"""Helm 3 as a person has it who goes the way of `exit-plan`: named helm3, with its plugins within reach."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from testbed.toolchain.pins import HELM_2TO3, MAPKUBEAPIS
from tests.support.remedies import run

PLUGINS = {
    "helm-2to3": ("helm-2to3", "2to3", HELM_2TO3),
    "helm-mapkubeapis": ("mapkubeapis", "mapkubeapis", MAPKUBEAPIS),
}
"""By repository: the program as it is built, as the plugin calls it, and its version."""


@dataclass(frozen=True)
class Person:
    """Somebody with a kubeconfig and a Helm 3 of their own."""

    home: Path
    environment: Mapping[str, str]

    def run(self, command: str, folder: Path, answer: str = "") -> "subprocess.CompletedProcess[str]":
        return run(command, folder, self.environment, answer)


def person(
    home: Path, built: Mapping[str, Path], environment: Mapping[str, str], user: str = "", *groups: str
) -> Person:
    """Return somebody whom the administrator's kubeconfig impersonates; the administrator, without a name.

    Args:
        home: a folder to make, for what is theirs alone.
        built: the folders of Helm 3 and its plugins.
        environment: the administrator's.
        user: the name.
        groups: they belong to.
    """
    programs = home / "bin"
    programs.mkdir(parents=True)
    (programs / "helm3").symlink_to(built["helm3"] / "helm")
    kubeconfig = yaml.safe_load(Path(environment["KUBECONFIG"]).read_text())
    if user:
        for each in kubeconfig["users"]:
            each["user"] |= {"as": user, "as-groups": list(groups)} if groups else {"as": user}
    file = home / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(kubeconfig))
    own = {
        "HOME": str(home),
        "HELM_HOME": str(home / ".helm"),
        "KUBECONFIG": str(file),
        "PATH": f"{programs}:{environment['PATH']}",
        "GIT_CONFIG_GLOBAL": str(_elsewhere(home, built)),
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        **{f"HELM_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")},
    }
    return Person(home, {**environment, **own})


def _elsewhere(home: Path, built: Mapping[str, Path]) -> Path:
    """Have git take the plugins' repositories from this machine, with what their hooks would download."""
    for name, (program, called, version) in PLUGINS.items():
        repository = home / "github" / name
        shutil.copytree(built[name], repository)
        (repository / "bin").mkdir()
        (repository / program).rename(repository / "bin" / called)
        plugin = repository / "plugin.yaml"
        plugin.write_text(re.sub(r"^hooks:\n(?: .*\n)*", "", plugin.read_text(), flags=re.MULTILINE))
        who = "-c user.name=t -c user.email=t@example.org"
        done = run(f"git init -q && git add . && git {who} commit -qm t && git tag {version}", repository)
        assert done.returncode == 0, done.stderr
    config = home / "gitconfig"
    config.write_text(f'[url "file://{home}/github/"]\n\tinsteadOf = https://github.com/helm/\n')
    return config

"""The stacks of this repository: a newcomer does what the README says, in an empty folder."""

import re
from collections.abc import Callable

import pytest
from kubernetes import client

from testbed.pulumi_stack import PROJECT
from tests.support.cluster_objects import item
from tests.support.live_objects import create
from tests.support.newcomers import UID, Newcomer
from tests.support.pages import changed, fenced

PART = (PROJECT / "README.md").read_text().split("\n## Use it on your cluster\n")[1].split("\n## ")[0]
CHECK_OUT, INIT, LOOK_AND_DO, BUNDLE, AS_THAT_CLIENT = fenced("sh", PART)
(SETTINGS,) = fenced("yaml", PART)
(INSTALL,) = re.findall(r"`(\.venv/bin/pip install .*?) && export PATH=\$PWD/\.venv/bin:\$PATH`", PART)
UID_LINE = next(line for line in SETTINGS.splitlines(keepends=True) if UID in line)


def settings(one: Newcomer, *changes: tuple[str, str]) -> str:
    """Return the page's stack file for this cluster and team."""
    context = ("context: production", f"context: {one.context}")
    return changed(SETTINGS, *changes, context, ("    blue:", f"    {one.team}:"), ("blue-", f"{one.team}-"))


def refused(one: Newcomer, words: str) -> None:
    """Check that a preview and an update are refused with some words, and touch nothing of somebody else."""
    for command in (one.stack.preview, one.stack.up):
        done = command(check=False)
        assert done.returncode != 0
        assert words in (done.stdout + done.stderr).partition("Diagnostics:")[2]
        assert one.theirs() == one.before


@pytest.mark.timeout(1500)  # it installs packages
def test_the_readme_leads_from_an_empty_folder_to_a_bundle(newcomer: Callable[[str], Newcomer]) -> None:
    one = newcomer("read")
    one.project = "secure-tiller"
    legacy = f"{one.team}-legacy"
    create(one.api, item("Namespace", legacy, "", metadata={"labels": {"owner": "somebody-else"}}))
    one.shell(CHECK_OUT, inside=False)
    stacks = one.stack.project / "stacks"
    for name in ("production", "staging"):
        (stacks / f"Pulumi.{name}.yaml").unlink()
    one.shell(re.sub(r"--secrets-provider=\S+", "--secrets-provider=passphrase", INIT))
    file = stacks / "Pulumi.production.yaml"
    salt = file.read_text()

    file.write_text(salt + settings(one, (UID_LINE, "")))
    refused(one, one.uid)
    foreign = ("blue-legacy: {existing: true}", f"{one.foreign}: {{}}")
    file.write_text(salt + settings(one, (UID, one.uid), foreign))
    refused(one, one.foreign)

    goes_with_the_stack = ("blue-apps: {}", "blue-apps: {retain_on_delete: false}")
    file.write_text(salt + settings(one, (UID, one.uid), goes_with_the_stack))
    preview, up = LOOK_AND_DO.splitlines()
    one.shell(f"{preview}\n{up} --yes\n{INSTALL}")
    on_path = "export PATH=$PWD/.venv/bin:$PATH\n"
    one.shell(on_path + BUNDLE.replace("blue", one.team))
    assert (one.stack.project / "alice" / "key.pem").exists()
    one.shell(AS_THAT_CLIENT)
    one.shell(f"{on_path}secure-tiller check --stack production")
    one.stack.preview("--expect-no-changes")
    one.stack.destroy()
    assert one.theirs() == one.before
    kept = client.CoreV1Api(one.api).read_namespace(legacy).metadata
    assert (kept.labels["owner"], kept.deletion_timestamp) == ("somebody-else", None)

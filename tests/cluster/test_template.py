"""`pulumi new` from the published repository: a newcomer does what docs/own-repository.md says, in an empty folder."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from secure_tiller.version import VERSION
from testbed.pulumi_stack import PROJECT
from tests.support.newcomers import Newcomer, resources
from tests.support.pages import changed, fenced
from tests.support.published import LATER
from tests.support.workflows import commands

NEW, LOOK_AND_DO, PROVE = fenced("sh", (PROJECT / "docs" / "own-repository.md").read_text())
TESTED = {
    name.replace("_", "-"): version
    for name, version in re.findall(r"^(\S+)==(\S+)$", (PROJECT / "constraints.txt").read_text(), re.MULTILINE)
}
PREVIEW, UP = LOOK_AND_DO.splitlines()
CHECK, BUNDLE = PROVE.splitlines()


def settings(one: Newcomer) -> Path:
    return one.stack.project / "stacks" / "Pulumi.production.yaml"


def write(one: Newcomer, *changes: tuple[str, str]) -> None:
    """Change the stack's file."""
    settings(one).write_text(changed(settings(one).read_text(), *changes))


def refused(one: Newcomer, *words: str) -> str:
    """Check that previews and updates are refused with one message and register nothing; return the message."""
    for command in (one.stack.preview, one.stack.up):
        done = command(check=False)
        said = (done.stdout + done.stderr).partition("Diagnostics:")[2]
        assert done.returncode != 0
        assert said.count("(1 problem)") == 1, said
        assert "Traceback" not in said
        assert all(word in said for word in words), said
        assert {each["type"] for each in resources(one.stack)} <= {"pulumi:pulumi:Stack"}
        assert one.theirs() == one.before
    return said


def of_the_workflow(one: Newcomer, step: str, temp: Path) -> None:
    """Run a step of the project's workflow."""
    runner = {"RUNNER_TEMP": str(temp), "GITHUB_STEP_SUMMARY": str(temp / "summary.md"), "STACK": "production"}
    command = commands(one.stack.project / ".github" / "workflows" / "preview.yml", "preview", step)
    subprocess.run(command, cwd=one.stack.project, env={**one.environment, **runner}, check=True)


@pytest.mark.timeout(1500)  # it installs packages three times
def test_the_page_leads_from_an_empty_folder_to_a_tiller_and_to_its_next_version(
    newcomer: Callable[[str], Newcomer], tmp_path: Path
) -> None:
    one = newcomer("new")
    local, one.environment = one.environment, {**one.environment, "PIP_NO_INDEX": "0"}
    one.shell(NEW, inside=False)  # from the index, which has newer versions than those that the tests ran
    one.environment = local
    assert yaml.safe_load((one.stack.project / "Pulumi.yaml").read_text())["name"] == "tillers"
    assert {each["name"] for each in json.loads(one.shell("pulumi stack ls --json"))} == {"production"}
    assert "# Who gets a certificate." in settings(one).read_text()
    installed = one.shell(".venv/bin/pip list --format freeze").replace("_", "-").splitlines()
    assert {f"{name}=={TESTED[name]}" for name in ("pulumi", "pulumi-kubernetes", "pulumi-tls", "pydantic")} <= {
        *installed
    }

    write(one, ("context: production", f"context: {one.context}"), ("blue", one.team))
    said = refused(one, "secure-tiller:cluster")
    (uid,) = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", said))
    assert uid == one.uid
    misspelt = "      subject: {}\n      clients:\n"
    write(one, ("# uid:", f"uid: {uid}"))
    apps = f"{one.team}-apps: "
    write(one, (f"{apps}{{}}", f"{apps}{{}}\n        {one.foreign}: {{}}"))
    refused(one, one.foreign)
    write(one, (f"\n        {one.foreign}: {{}}", ""), ("      clients:\n", misspelt))
    refused(one, "subject = ", "did you mean 'subjects'?")
    write(one, (misspelt, "      clients:\n"), (f"{apps}{{}}", f"{apps}{{retain_on_delete: false}}"))

    one.shell(PREVIEW)
    one.shell(f"{UP} --yes")
    assert one.team in one.shell(CHECK)
    one.shell(BUNDLE.replace("blue", one.team))
    assert (one.stack.project / "alice" / "key.pem").exists()
    one.stack.preview("--expect-no-changes")

    requirements = one.stack.project / "requirements.txt"
    requirements.write_text(requirements.read_text().replace(f"@v{VERSION}", f"@v{LATER}"))
    one.shell("pulumi install")
    assert LATER in one.shell(".venv/bin/secure-tiller --version")
    one.stack.preview("--expect-no-changes")

    one.shell("rm -r .venv")
    of_the_workflow(one, "Install the program and the command", tmp_path)
    of_the_workflow(one, "Preview", tmp_path)
    assert "nothing changes" in (tmp_path / "summary.md").read_text()
    one.stack.destroy()
    assert one.theirs() == one.before

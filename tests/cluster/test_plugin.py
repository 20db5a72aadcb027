"""The component as a plugin: a newcomer's programs, each from an empty folder by what docs/plugin.md says; options."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from secure_tiller.version import VERSION
from tests.support.command import run_here
from tests.support.newcomers import IN_PYTHON, IN_YAML, UP, Newcomer, resources
from tiller_facts.identity import COMPONENT


def one_message(done: "subprocess.CompletedProcess[str]", words: str, lines: int = 1) -> None:
    """Check that a command was refused for one reason."""
    printed = done.stdout + done.stderr
    assert done.returncode != 0, printed
    summary = printed.partition("Diagnostics:")[2]
    assert summary.count("; nothing was changed.") == 1, printed
    assert summary.count("has a problem: ") == lines + 1, printed
    assert words in summary, printed


@pytest.mark.timeout(1500)  # it installs packages twice
@pytest.mark.parametrize(
    ("word", "section", "program"), [("yml", IN_YAML, "Pulumi.yaml"), ("py", IN_PYTHON, "__main__.py")]
)
def test_the_page_leads_from_an_empty_folder_to_a_tiller_and_back(
    newcomer: Callable[[str], Newcomer], word: str, section: str, program: str
) -> None:
    one = newcomer(word)
    text = one.follow(section, program, one.foreign)
    for command in (one.stack.preview, one.stack.up):
        one_message(command(check=False), f"namespaces.{one.foreign}")
        assert {each["type"] for each in resources(one.stack)} <= {
            "pulumi:pulumi:Stack",
            "pulumi:providers:secure-tiller",
        }
        assert one.theirs() == one.before

    packages = yaml.safe_load((one.stack.project / "Pulumi.yaml").read_text())["packages"]
    one.write(program, text)
    if program == "Pulumi.yaml":
        with (one.stack.project / program).open("a") as manifest:
            manifest.write(yaml.safe_dump({"packages": packages}))
    one.shell(UP)
    assert one.stack.outputs()["ci"]["key"].startswith("-----BEGIN")
    assert "PRIVATE KEY" not in one.stack.export()
    one.stack.preview("--expect-no-changes")
    checked = run_here(one.stack, "check", "--stack", "production")
    assert checked.code == 0, checked.out + checked.err
    assert one.team in checked.out
    if program == "__main__.py":
        options_in_python(one, text)
        require_both_in_one_virtualenv(one)
    one.stack.destroy()
    assert one.theirs() == one.before


TRANSFORM = """
def label(args):
    if args.type_ == "kubernetes:core/v1:ServiceAccount":
        metadata = {**args.props["metadata"], "annotations": {"changed": "yes"}}
        return pulumi.ResourceTransformResult({**args.props, "metadata": metadata}, args.opts)

opts = pulumi.ResourceOptions(transforms=[label])
"""
UNDER_A_PARENT = """
platform = pulumi.ComponentResource("own:index:Platform", "platform")
opts = pulumi.ResourceOptions(parent=platform, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)])
"""


def options_in_python(one: Newcomer, text: str) -> None:
    """Check what a preview plans with options that only programs have."""
    program = text.replace("import pulumi\n", "import pulumi\nOPTS", 1).replace(
        "    clients=", "    opts=opts,\n    clients="
    )
    one.write("__main__.py", program.replace("OPTS", TRANSFORM))
    assert planned(one) == {f"{one.team}-service-account": "update"}
    one.write("__main__.py", program.replace("OPTS", UNDER_A_PARENT))
    assert planned(one) == {"platform": "create"}


def require_both_in_one_virtualenv(one: Newcomer) -> None:
    """Install our own distribution next to the generated SDK."""
    one.shell(f"venv/bin/pip install --quiet 'pulumi-secure-tiller[tested] @ git+{one.repository}@v{VERSION}'")
    one.shell("venv/bin/python -c 'import helm2_secure_tiller, secure_tiller'")


def planned(one: Newcomer) -> dict[str, str]:
    """Return what a preview changes, by logical name."""
    steps = json.loads(one.stack.preview("--json").stdout)["steps"]
    return {each["urn"].rsplit("::", 1)[1]: each["op"] for each in steps if each["op"] not in ("same", "read")}


OPTIONS = """
name: tillers
runtime: yaml
resources:
  first: {type: "pulumi:providers:tls"}
  TEAM:
    type: secure-tiller:SecureTiller
    properties:
      cluster: {context: CONTEXT, uid: any}
      namespaces: {TEAM-apps: {retainOnDelete: false}}
      clients: {ci: {generation: 2}}
    options: OPTIONS
"""
DEPLOY = """
import pulumi
from secure_tiller_stack import deploy

teams = {"TEAM": {"namespaces": {"TEAM-apps": {"retain_on_delete": False}}, "clients": {"ci": {"generation": 2}}}}
deploy(teams, cluster={"context": "CONTEXT", "uid": "any"})
"""


def in_yaml(one: Newcomer, team: str, options: Mapping[str, object], program: str = OPTIONS) -> None:
    """Write a program in YAML whose Tiller has options."""
    text = program.replace("TEAM", team).replace("CONTEXT", one.context).replace("OPTIONS", json.dumps(options))
    packages = yaml.safe_dump({"packages": {"secure-tiller": f"{one.repository}/plugin@{VERSION}"}})
    (one.stack.project / "Pulumi.yaml").write_text(text + packages)


def keys(one: Newcomer) -> dict[str, str]:
    """Return the public keys of the state, by URN."""
    return {
        each["urn"]: each["outputs"]["publicKeyPem"]
        for each in resources(one.stack)
        if each["type"] == "tls:index/privateKey:PrivateKey"
    }


@pytest.mark.timeout(1500)
def test_a_stack_of_deploy_goes_over_without_a_change_and_options_work(
    newcomer: Callable[[str], Newcomer], virtualenv: Path
) -> None:
    one = newcomer("opt")
    one.stack.project.mkdir()
    runtime = {"name": "python", "options": {"virtualenv": str(virtualenv)}}
    (one.stack.project / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "tillers", "runtime": runtime}))
    (one.stack.project / "__main__.py").write_text(DEPLOY.replace("TEAM", one.team).replace("CONTEXT", one.context))
    one.shell("pulumi stack init production")
    one.stack.up()
    made = keys(one)
    assert made

    in_yaml(one, one.team, {})
    one.shell("pulumi install")
    assert planned(one) == {"first": "create"}
    in_yaml(one, one.team, {"protect": True, "dependsOn": ["${first}"]})
    one.stack.up()
    assert keys(one) == made
    protected = {each["type"] for each in resources(one.stack) if each.get("protect")}
    assert {COMPONENT, "kubernetes:core/v1:Namespace", "kubernetes:apps/v1:Deployment"} <= protected

    in_yaml(one, one.team, {})
    one.stack.up()
    one.stack.destroy()


def test_an_output_that_turns_out_wrong_is_refused_during_the_update(newcomer: Callable[[str], Newcomer]) -> None:
    one = newcomer("late")
    one.stack.project.mkdir()
    in_yaml(one, one.team, {})
    manifest = one.stack.project / "Pulumi.yaml"
    program = yaml.safe_load(manifest.read_text())
    key = {"type": "tls:PrivateKey", "properties": {"algorithm": "ECDSA", "ecdsaCurve": "P256"}}
    program["resources"]["key"] = key
    program["resources"][one.team]["properties"]["clients"] = {"ci": {"csr": "${key.publicKeyPem}"}}
    manifest.write_text(yaml.safe_dump(program))
    one.shell("pulumi install && pulumi stack init production")
    one.stack.preview()
    done = one.stack.up(check=False)
    summary = done.stdout.partition("Diagnostics:")[2]
    assert f"- property {one.team}: clients.ci.csr has a problem: (not shown): " in summary, done.stdout
    assert "; what was done before stays." in summary
    assert "Unexpected" not in summary
    assert "Traceback" not in summary
    one.stack.destroy()


TWO_PROCESSES = """
name: tillers
runtime: yaml
resources:
  own: {type: "pulumi:providers:secure-tiller"}
  TEAM:
    type: secure-tiller:SecureTiller
    properties: {cluster: {context: CONTEXT, uid: any}, namespaces: {TEAM-apps: {}}, clients: {ci: {}}}
  TEAM-two:
    type: secure-tiller:SecureTiller
    properties: {cluster: {context: CONTEXT, uid: any}, namespaces: {TEAM-apps: {}}, clients: {ci: {}}}
    options: OPTIONS
"""


@pytest.mark.parametrize(
    ("word", "options", "words"),
    [
        ("twice", {}, "is managed by team"),  # the control
        ("third", {"provider": "${own}"}, "another process of this plugin makes Tillers in this run"),
    ],
)
def test_two_tillers_that_claim_the_same_are_refused_whichever_process_makes_them(
    newcomer: Callable[[str], Newcomer], word: str, options: dict[str, str], words: str
) -> None:
    one = newcomer(word)
    one.stack.project.mkdir()
    in_yaml(one, one.team, options, TWO_PROCESSES)
    one.shell("pulumi install && pulumi stack init production")
    one_message(one.stack.preview(check=False), words)

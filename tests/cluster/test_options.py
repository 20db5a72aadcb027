"""Resource options and programs of users' own: the component behaves as Pulumi users expect."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from kubernetes import client

from tests.support import ageing
from tests.support.ageing import DAY
from tests.support.projects import TestStack

BEGINNING = """
import pulumi
import pulumi_tls as tls
from secure_tiller import SecureTiller
from secure_tiller_stack import look

config = pulumi.Config()
"""


def looked(*names: str) -> str:
    """The line of a program that looks at the cluster for its Tillers, before it makes them itself."""
    teams = ", ".join(f'"{name}": {settings(name)}' for name in names)
    return f'cluster = look({{{teams}}}, cluster={{"uid": "any"}})'


def settings(name: str, *clients: str) -> str:
    """The settings of a Tiller, as they stand in a program."""
    namespaces = {f"{name}-apps": {"retain_on_delete": False}}
    return repr({"namespaces": namespaces, "clients": {client: {} for client in clients or ("ann",)}})


@pytest.fixture
def program(new_stack: Callable[..., TestStack]) -> Callable[[str], TestStack]:
    """Make a stack whose program begins as above and goes on with a text."""

    def make(text: str) -> TestStack:
        stack = new_stack({})
        stack.configure({})
        write(stack, text)
        return stack

    return make


def write(stack: TestStack, text: str) -> None:
    """Give a stack another program, whose project expects no settings."""
    project = yaml.safe_load((stack.project / "Pulumi.yaml").read_text())
    (stack.project / "Pulumi.yaml").write_text(yaml.safe_dump({**project, "config": {}}))
    (stack.project / "__main__.py").write_text(BEGINNING + text)


def planned(stack: TestStack) -> dict[str, dict[str, Any]]:
    """The steps of a preview, by URN."""
    return {step["urn"]: step for step in json.loads(stack.preview("--json").stdout)["steps"]}


NO_DEFAULTS = {"pulumi:disable-default-providers": ["*"]}


def test_with_default_providers_disabled_explicit_ones_reach_every_resource(
    program: Callable[[str], TestStack], suffix: str
) -> None:
    stack = program(f"""
{looked(f"one-{suffix}")}
keys = tls.Provider("keys")
SecureTiller("one-{suffix}", {settings(f"one-{suffix}")}, pulumi.ResourceOptions(providers=[cluster, keys]))
""")
    stack.configure(dict(NO_DEFAULTS))
    used = {step["newState"].get("provider", "").rsplit("::", 2)[-2] for step in _children(planned(stack))}
    assert used == {"cluster", "keys"}


def test_control_without_a_provider_for_keys_the_preview_fails(
    program: Callable[[str], TestStack], suffix: str
) -> None:
    stack = program(f"""
{looked(f"one-{suffix}")}
SecureTiller("one-{suffix}", {settings(f"one-{suffix}")}, pulumi.ResourceOptions(providers=[cluster]))
""")
    stack.configure(dict(NO_DEFAULTS))
    refused = stack.preview(check=False)
    assert refused.returncode != 0
    assert "Default provider for 'tls' disabled" in refused.stdout + refused.stderr


def test_two_instances_in_one_program_share_nothing(program: Callable[[str], TestStack], suffix: str) -> None:
    stack = program(looked(f"one-{suffix}", f"two-{suffix}") + "".join(f"""
SecureTiller("{name}-{suffix}", {settings(f"{name}-{suffix}")}, pulumi.ResourceOptions(providers=[cluster]))
""" for name in ("one", "two")))  # fmt: skip
    steps = _children(planned(stack))
    of_one, of_two = ([step for step in steps if f"::{name}-{suffix}" in step["urn"]] for name in ("one", "two"))
    assert len(of_one) == len(of_two) == len(steps) / 2


def test_inside_another_component_every_resource_is_below_it_and_an_alias_keeps_the_state(
    program: Callable[[str], TestStack], suffix: str
) -> None:
    name = f"one-{suffix}"
    alone = f"""
{looked(name)}
SecureTiller("{name}", {settings(name)}, pulumi.ResourceOptions(providers=[cluster]))
"""
    inside = f"""
{looked(name)}

class Platform(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("company:index:Platform", name, {{}}, opts)
        moved = [pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]
        SecureTiller("{name}", {settings(name)}, pulumi.ResourceOptions(parent=self, aliases=moved))

Platform("platform", pulumi.ResourceOptions(providers=[cluster]))
"""
    with program(alone) as stack:
        stack.up()
        write(stack, inside)
        steps = planned(stack)
    assert all("company:index:Platform$secure-tiller:index:SecureTiller$" in step["urn"] for step in _children(steps))
    assert {step["op"] for urn, step in steps.items() if "::platform" not in urn} == {"same"}


@pytest.fixture(scope="module")
def protected(new_stack: Callable[..., TestStack], suffix: str) -> Iterator[TestStack]:
    """A stack whose one team is protected, and waits for a resource of the program's own."""
    stack, name = new_stack({}), f"kept-{suffix}"
    stack.configure({})
    text = f"""
{looked(name)}
first = tls.PrivateKey("first", algorithm="ED25519")
clients = {{name: {{}} for name in config.get_object("clients") or ["ann", "bob"]}}
opts = pulumi.ResourceOptions(
    providers=[cluster], protect=True, depends_on=[first]
)
SecureTiller("{name}", {settings(name)} | {{"clients": clients}}, opts)
"""
    write(stack, text)
    with stack:
        stack.up()
        yield stack


def test_protection_guards_the_namespaces_and_tiller_against_destroy(protected: TestStack, suffix: str) -> None:
    before = _in_state(protected)
    refused = protected.run("destroy", "--yes", "--skip-preview", "--stack", protected.name, check=False)
    assert refused.returncode != 0
    assert "is protected" in refused.stdout + refused.stderr
    assert _in_state(protected) == before
    guarded = {name.rsplit("::", 1)[-1].removeprefix(f"kept-{suffix}") for name, kept in before.items() if kept}
    assert guarded == {"", "-namespace", f"-namespace:kept-{suffix}-apps", "-deployment"}


def test_protection_blocks_neither_a_renewal_nor_a_revocation(protected: TestStack, suffix: str) -> None:
    name = f"kept-{suffix}"
    with ageing.state(protected) as state:
        state.age(f"{name}-server", DAY, f"{name}-server-ca")
        state.age(f"{name}-client-ca:ann", DAY)
    protected.configure({"secure-tiller:clients": ["ann"]})
    planned_now = {urn.rsplit("::", 1)[-1]: step["op"] for urn, step in planned(protected).items()}
    done = protected.up(check=False)
    assert done.returncode == 0, done.stdout
    assert planned_now[f"{name}-server"] == planned_now[f"{name}-client-ca:ann"] == "replace"
    assert planned_now[f"{name}-client:bob"] == "delete"


def test_what_the_component_depends_on_comes_before_all_that_it_creates(protected: TestStack) -> None:
    order = [r["urn"].rsplit("::", 1)[-1] for r in json.loads(protected.export())["deployment"]["resources"]]
    first = order.index("first")
    assert [name for name in order[:first] if name.startswith("kept-")] == []


def test_a_transform_changes_what_no_setting_does(
    program: Callable[[str], TestStack], suffix: str, api: client.ApiClient
) -> None:
    name = f"bent-{suffix}"
    stack = program(f"""
{looked(name)}

def pull_secret(args):
    if args.type_ == "kubernetes:apps/v1:Deployment":
        spec = args.props["spec"]["template"]["spec"]
        spec["imagePullSecrets"] = [{{"name": "registry"}}]
        return pulumi.ResourceTransformResult(args.props, args.opts)

opts = pulumi.ResourceOptions(providers=[cluster], transforms=[pull_secret])
SecureTiller("{name}", {settings(name)}, opts)
""")
    with stack:
        stack.up()
        deployment = client.AppsV1Api(api).read_namespaced_deployment("tiller-deploy", f"{name}-tiller")
        assert [secret.name for secret in deployment.spec.template.spec.image_pull_secrets] == ["registry"]
        stack.preview("--expect-no-changes")


def _children(steps: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps for what the component creates."""
    return [step for urn, step in steps.items() if "secure-tiller:index:SecureTiller$" in urn]


def _in_state(stack: TestStack) -> dict[str, bool]:
    """Every resource of the component in the state, by URN, and whether it is protected."""
    resources = json.loads(stack.export())["deployment"]["resources"]
    return {r["urn"]: r.get("protect", False) for r in resources if "secure-tiller:index:SecureTiller" in r["urn"]}

"""Policy packs and component plugins in Python."""

import json
from pathlib import Path

import pytest

from testbed.toolchain import Toolchain
from tests.engine.python_projects import new_stack, write

_BOX = "import pulumi; pulumi.ComponentResource('probe:index:Box', '{name}')"


@pytest.mark.parametrize(("name", "allowed"), [("tidy", True), ("jumble", False)])
def test_a_mandatory_rule_blocks_what_breaks_it(tools: Toolchain, tmp_path: Path, name: str, allowed: bool) -> None:
    pack = write(tmp_path / "pack", "PulumiPolicy.yaml", "policy_pack.py")
    stack = new_stack(tmp_path, tools.environment, _BOX.format(name=name))

    done = stack.preview("--policy-pack", str(pack), check=False)

    assert "boxes@v1.0.0" in done.stdout, "the pack did not run"
    assert (done.returncode == 0) is allowed, done.stdout
    assert ("jumble is no name for a box" in done.stdout) is not allowed


def test_a_policy_pack_without_its_virtualenv_blocks(tools: Toolchain, tmp_path: Path) -> None:
    pack = write(tmp_path / "pack", "PulumiPolicy.yaml", "policy_pack.py", virtualenv="missing")
    stack = new_stack(tmp_path, tools.environment, _BOX.format(name="tidy"))

    done = stack.preview("--policy-pack", str(pack), check=False)

    assert done.returncode != 0
    assert str(pack / "missing") in done.stdout + done.stderr


def test_a_component_plugin_shows_its_schema(tools: Toolchain, tmp_path: Path) -> None:
    plugin = write(tmp_path / "boxes", "PulumiPlugin.yaml", "component_plugin.py")
    stack = new_stack(tmp_path, tools.environment, "import pulumi")

    schema = json.loads(stack.run("package", "get-schema", str(plugin)).stdout)

    box = schema["resources"]["boxes:index:Box"]
    assert box["isComponent"]
    assert box["inputProperties"] == {"edge": {"type": "integer"}}
    assert box["properties"] == {"volume": {"type": "integer"}}


def test_a_program_uses_a_component_of_a_plugin(tools: Toolchain, tmp_path: Path) -> None:
    plugin = write(tmp_path / "boxes", "PulumiPlugin.yaml", "component_plugin.py")
    providers = {"providers": [{"name": "boxes", "path": str(plugin)}]}
    stack = new_stack(tmp_path, tools.environment, "component_consumer.py", plugins=providers)

    stack.up()

    assert stack.outputs() == {"volume": 27}

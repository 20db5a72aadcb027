"""The programs of docs/plugin.md, in YAML and with the generated SDK for Python, before an API server of the tests.

Each begins in an empty folder, and follows the page up to a preview. `tests/cluster/test_plugin.py` deploys them.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.toolchain import Toolchain
from tests.support.api_server import kubeconfig, running
from tests.support.newcomers import IN_PYTHON, IN_YAML, Newcomer, clone

TRANSFORM = """
def annotated(args):
    if args.type_ == "kubernetes:core/v1:ServiceAccount":
        metadata = {**args.props["metadata"], "annotations": {"changed": "yes"}}
        return pulumi.ResourceTransformResult({**args.props, "metadata": metadata}, args.opts)

opts = pulumi.ResourceOptions(transforms=[annotated])
"""

pytestmark = pytest.mark.timeout(1500)  # packages are installed


@pytest.fixture(scope="module")
def newcomer(
    tools: Toolchain, yaml_host: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Newcomer]]:
    """Begin in an empty folder, beside one checkout."""
    checkout = clone(tmp_path_factory.mktemp("clone") / "secure-tiller")
    with running() as server:

        def begin() -> Newcomer:
            folder, own = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("own")
            environment = {key: value for key, value in tools.environment.items() if key != "PYTHONPATH"} | {
                "PATH": f"{tools.environment['PATH']}:{yaml_host}",
                "KUBECONFIG": str(kubeconfig(own, server.url)),
                "PULUMI_BACKEND_URL": f"file://{own}",
                "PULUMI_CONFIG_PASSPHRASE": "newcomer",
            }
            return Newcomer(folder, "gold", checkout, environment, "here", "uid of kube-system")

        yield begin


def planned(one: Newcomer) -> list[dict[str, Any]]:
    """Return the resources that a preview creates."""
    return [step["newState"] for step in json.loads(one.stack.preview("--json").stdout)["steps"]]


@pytest.mark.parametrize(("section", "program"), [(IN_YAML, "Pulumi.yaml"), (IN_PYTHON, "__main__.py")])
def test_the_page_leads_from_an_empty_folder_to_a_preview(
    newcomer: Callable[[], Newcomer], section: str, program: str
) -> None:
    one = newcomer()
    text = one.follow(section, program)
    made = {each["urn"].split("$")[-1] for each in planned(one)}
    assert "kubernetes:apps/v1:Deployment::gold-deployment" in made
    if program == "__main__.py":
        require_that_a_transform_reaches_what_the_plugin_makes(one, text)
        require_both_in_one_virtualenv(one)


def require_that_a_transform_reaches_what_the_plugin_makes(one: Newcomer, text: str) -> None:
    program = text.replace("import pulumi\n", f"import pulumi\n{TRANSFORM}", 1)
    one.write("__main__.py", program.replace("    clients=", "    opts=opts,\n    clients="))
    (account,) = [each for each in planned(one) if each["type"] == "kubernetes:core/v1:ServiceAccount"]
    assert account["inputs"]["metadata"]["annotations"] == {"changed": "yes"}


def require_both_in_one_virtualenv(one: Newcomer) -> None:
    """Install our own distribution next to the generated SDK."""
    one.shell("venv/bin/pip install --quiet --constraint ../secure-tiller/constraints.txt ../secure-tiller")
    one.shell("venv/bin/python -c 'import helm2_secure_tiller, secure_tiller'")
    names = one.shell("venv/bin/pip list --format freeze")
    assert "helm2_secure_tiller==" in names
    assert "pulumi-secure-tiller==" in names

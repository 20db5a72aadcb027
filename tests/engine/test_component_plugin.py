"""The component as a plugin, for programs in YAML, on the real engine and before an API server of the tests' own.

What a preview makes of them, and how it is refused. `tests/cluster/test_plugin.py` deploys such programs.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed.pulumi_stack import PROJECT, Stack
from testbed.toolchain import Toolchain
from tests.engine.python_projects import write
from tests.engine.test_importers import UNREACHABLE
from tests.support.api_server import ApiServer, kubeconfig, of_stack, running
from tiller_facts.identity import COMPONENT

Json = dict[str, Any]
Program = Callable[..., Stack]


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with running() as server:
        yield server


@pytest.fixture
def program(tools: Toolchain, yaml_host: Path, server: ApiServer, tmp_path: Path) -> Program:
    """Return a function that makes a stack of some resources, whose Tillers come from the plugin."""
    plugin = write(tmp_path / "plugin", "PulumiPlugin.yaml", (PROJECT / "plugin" / "__main__.py").read_text())
    environment = {
        **tools.environment,
        "PATH": f"{tools.environment['PATH']}:{yaml_host}",
        "PYTHONPATH": str(PROJECT / "components"),
        "KUBECONFIG": str(kubeconfig(tmp_path, server.url)),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}",
        "PULUMI_CONFIG_PASSPHRASE": "engine",
    }

    def make(outputs: Mapping[str, str] | None = None, **resources: Json) -> Stack:
        project = tmp_path / "project"
        project.mkdir()
        manifest = {"name": "probe", "runtime": "yaml", "resources": resources, "outputs": outputs or {}}
        manifest["packages"] = {"secure-tiller": str(plugin)}
        (project / "Pulumi.yaml").write_text(yaml.safe_dump(manifest))
        stack = Stack("test", environment, project)
        stack.create()
        return stack

    return make


def tiller(name: str, options: Json | None = None, **settings: Any) -> Json:
    """Return a Tiller with some settings; None takes one away."""
    smallest = {"namespaces": {f"{name}-apps": {}}, "clients": {"ci": {}}, "cluster": {"uid": "any"}}
    given = {key: value for key, value in {**smallest, **settings}.items() if value is not None}
    return {"type": "secure-tiller:SecureTiller", "properties": given, "options": options or {}}


def planned(stack: Stack) -> list[Json]:
    """Return the resources that a preview creates."""
    return [step["newState"] for step in json.loads(stack.preview("--json").stdout)["steps"]]


def refusal(stack: Stack, tiller: str = "blue", command: str = "preview") -> list[str]:
    """Return the lines with which an update or a preview is refused, and check that nothing was registered."""
    done = stack.up(check=False) if command == "up" else stack.preview(check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    summary = done.stdout.partition("Diagnostics:")[2]
    assert summary.count("error: ") == 1, done.stdout
    (lines,) = re.findall(rf"error: {COMPONENT} resource '{tiller}' has a problem: .*\n((?:\s+- .*\n)*)", summary)
    assert "; nothing was changed." in summary
    resources = json.loads(stack.export())["deployment"].get("resources", ())
    assert {resource["type"] for resource in resources} <= {"pulumi:pulumi:Stack", "pulumi:providers:secure-tiller"}
    return [line.strip().removeprefix(f"- property {tiller}: ") for line in lines.splitlines()]


def test_a_tiller_is_planned_through_the_provider_of_its_cluster(program: Program) -> None:
    pod = {"historyMax": 7, "tolerations": [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}]}
    made = planned(program({"ci": '${blue.bundles["ci"]}'}, blue=tiller("blue", pod=pod)))
    (provider,) = [each for each in made if each["type"] == "pulumi:providers:kubernetes"]
    assert provider["inputs"]["clusterIdentifier"] == "uid of kube-system"
    objects = [each for each in made if each["type"].startswith("kubernetes:")]
    assert all(each["provider"].startswith(provider["urn"]) for each in objects)
    (deployment,) = [each for each in objects if each["type"] == "kubernetes:apps/v1:Deployment"]
    spec = deployment["inputs"]["spec"]["template"]["spec"]
    assert "--history-max=7" in spec["containers"][0]["args"]
    assert spec["tolerations"][0]["tolerationSeconds"] == 30


def test_what_is_not_known_yet_is_accepted_where_outputs_are(program: Program) -> None:
    key = {"type": "tls:PrivateKey", "properties": {"algorithm": "ECDSA", "ecdsaCurve": "P256"}}
    request = {"privateKeyPem": "${key.privateKeyPem}", "subject": {"commonName": "ci"}}
    csr = {"type": "tls:CertRequest", "properties": request}
    blue = tiller("blue", clients={"ci": {"csr": "${csr.certRequestPem}"}})
    made = planned(program({"ci": '${blue.bundles["ci"]}'}, key=key, csr=csr, blue=blue))
    assert [each for each in made if each["urn"].endswith("::blue-client:ci")]


def test_options_reach_the_tiller(program: Program) -> None:
    keys = {"type": "pulumi:providers:tls"}
    options = {"protect": True, "providers": ["${keys}"], "dependsOn": ["${keys}"], "aliases": [{"name": "old"}]}
    made = planned(program(keys=keys, blue=tiller("blue", options)))
    private = [each for each in made if each["type"] == "tls:index/privateKey:PrivateKey"]
    assert private
    assert all("::keys::" in each["provider"] for each in private)
    protected = {each["type"] for each in made if each.get("protect")}
    assert protected == {COMPONENT, "kubernetes:core/v1:Namespace", "kubernetes:apps/v1:Deployment"}


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({"cluster": {"uid": "other"}}, ['cluster.uid has a problem: "other": the cluster at']),
        (
            {"cluster": {"uid": "any", "context": "there"}},
            ['cluster.context has a problem: "there": must be a context'],
        ),
        ({"pod": {"historyMax": 10.5}}, ["pod.historyMax has a problem: 10.5: must be a whole number"]),
        (
            {"pod": {"historyMax": 0}, "expose": "world"},
            ['expose has a problem: "world": ', "pod.historyMax has a problem: 0: must be from 1"],
        ),
        ({"namespaces": {}}, ["namespaces has a problem: {}: "]),
    ],
)
def test_a_refusal_is_one_line_for_each_problem_and_registers_nothing(
    program: Program, settings: Json, lines: list[str]
) -> None:
    found = refusal(program(blue=tiller("blue", **settings)), command="up")
    assert len(found) == len(lines), found
    assert all(line.startswith(wanted) for line, wanted in zip(sorted(found), lines, strict=True)), found


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"cluster": None}, "cluster: Missing required property 'cluster'"),
        ({"cluster": {}}, "uid: Missing required property 'uid'"),
        ({"pod": {"historyMx": 1}}, "Property historyMx does not exist on 'secure-tiller:index:PodArgs'"),
        ({"pod": "large"}, "pod: Cannot assign type 'string' to type 'secure-tiller:index:PodArgs'"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused_before_the_plugin_is_asked(
    program: Program, server: ApiServer, settings: Json, words: str
) -> None:
    stack = program(blue=tiller("blue", **settings))
    done = stack.up(check=False)
    assert done.returncode != 0
    assert words in done.stdout.partition("Diagnostics:")[2], done.stdout
    assert server.asked == []
    resources = json.loads(stack.export())["deployment"].get("resources", ())
    assert {resource["type"] for resource in resources} <= {"pulumi:pulumi:Stack", "pulumi:providers:secure-tiller"}


def test_a_cluster_that_is_not_reachable_is_refused(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "unreachable"
    file.write_text(UNREACHABLE)
    (line,) = refusal(program(blue=tiller("blue", cluster={"uid": "any", "kubeconfig": str(file)})), command="up")
    assert line.startswith("cluster at http://127.0.0.1:9 has a problem: ")


def test_what_is_somebody_elses_is_refused(program: Program, server: ApiServer) -> None:
    server.answers["/api/v1/namespaces"] = (200, {"items": [of_stack("blue-apps", "other", "o/p/other")]})
    (line,) = refusal(program(blue=tiller("blue")), command="up")
    assert line.startswith("namespaces.blue-apps has a problem: ")


def test_a_kubernetes_provider_is_refused(program: Program) -> None:
    own = {"type": "pulumi:providers:kubernetes"}
    (line,) = refusal(program(own=own, blue=tiller("blue", {"providers": ["${own}"]})))
    assert line.startswith("opts.providers has a problem: ")


def test_two_tillers_of_one_stack_that_claim_the_same_are_refused(program: Program) -> None:
    after = {"dependsOn": ["${blue}"]}
    stack = program(blue=tiller("blue"), green=tiller("green", after, namespaces={"blue-apps": {}}))
    (line,) = refusal(stack, "green")
    assert "blue-apps" in line

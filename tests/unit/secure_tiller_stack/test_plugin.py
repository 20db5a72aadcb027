"""The component as a plugin: what it makes of the inputs of a program in any language, and how it refuses."""

import asyncio
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_tls as tls
import pytest
from pulumi.output import UNKNOWN
from pulumi.provider import ConstructResult
from pulumi.runtime.settings import set_root_resource

from secure_tiller import ConfigurationError, Problem
from secure_tiller_stack import takeovers
from secure_tiller_stack.plugin import TillerProvider, engine_of, reporting
from testbed.pulumi_stack import PROJECT
from tests.support.api_server import ApiServer, let_depart, of_stack
from tests.support.recording import Recording, is_secret, run
from tests.support.samples import OWN_SERVER, own_certificate
from tiller_facts.identity import COMPONENT

SMALLEST: Any = {"namespaces": {"green-apps": {}}, "clients": {"ci": {}}, "cluster": {"uid": "any"}}
PLUGIN = TillerProvider()


def construct(name: str = "green", opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> ConstructResult:
    """Ask the plugin for a Tiller as the engine does; None takes an input away."""
    given = {key: value for key, value in {**SMALLEST, **inputs}.items() if value is not None}
    root = pulumi.runtime.get_root_resource()
    made = PLUGIN.construct(name, COMPONENT, given, opts)
    if root:
        set_root_resource(root)  # each call of the engine has a context of its own
    return made


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """One plugin process for each test, which has no memory of the others."""
    monkeypatch.setattr("tests.unit.secure_tiller_stack.test_plugin.PLUGIN", copy.deepcopy(PLUGIN))


def refused(*programs: Callable[[], object]) -> list[str]:
    """Return the lines with which the last of some calls is refused."""
    lines: list[str] = []

    def program() -> None:
        for each in programs[:-1]:
            each()
        with pytest.raises(pulumi.InputPropertiesError) as raised:
            programs[-1]()
        errors = raised.value.errors or []
        lines.extend([raised.value.message, *(f"{error['property_path']} {error['reason']}" for error in errors)])

    run(program)
    assert all(line.isprintable() for line in lines)
    return lines


pytestmark = pytest.mark.usefixtures("file", "plugin")


def made(**inputs: Any) -> Recording:
    return run(lambda: construct(**inputs))


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        ([], ""),
        (["127.0.0.1:40001"], "127.0.0.1:40001"),
        (["--logtostderr", "-v=3", "127.0.0.1:40001"], "127.0.0.1:40001"),
        (["--tracing", "http://127.0.0.1:9411", "127.0.0.1:40001"], "127.0.0.1:40001"),
    ],
)
def test_the_address_of_the_engine_comes_after_the_flags(arguments: list[str], address: str) -> None:
    assert engine_of(arguments) == address


def test_the_committed_schema_is_current() -> None:
    written = json.loads((PROJECT / "plugin" / "schema.json").read_text())
    assert written == json.loads(PLUGIN.schema or ""), "run `make schema`"


def test_every_input_and_output_has_a_description() -> None:
    schema = json.loads(PLUGIN.schema or "")
    (tiller,) = schema["resources"].values()
    parts = (*schema["types"].values(), tiller, {"properties": tiller["inputProperties"]})
    fields = {name: field for part in parts for name, field in part["properties"].items()}
    assert [name for name, field in fields.items() if not field.get("description")] == []


def test_names_of_the_schema_and_whole_floats_reach_the_component() -> None:
    recording = made(
        namespaces={"green-apps": {"podSecurity": "restricted", "retainOnDelete": False}},
        clients={"ci": {"generation": 2.0}},
        pod={"historyMax": 10.0, "tolerations": [{"key": "gpu", "effect": "NoExecute", "tolerationSeconds": 30.0}]},
        certificates={"serverCas": [2.0, 1.0], "client": {"renewBefore": "5d"}},
        rights={"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    )
    pod = recording.one("Deployment", "green-deployment").inputs["spec"]["template"]["spec"]
    assert "--history-max=10" in pod["containers"][0]["args"]
    assert pod["tolerations"] == [{"key": "gpu", "effect": "NoExecute", "tolerationSeconds": 30}]
    assert not recording.one("Namespace", "green-namespace:green-apps").retain_on_delete
    assert recording.one("PrivateKey", "green-server-ca:2")


def test_it_makes_the_provider_of_its_cluster(file: Path) -> None:
    recording = made(providerName="west")
    inputs = recording.one("kubernetes", "west").inputs
    assert (inputs["kubeconfig"], inputs["clusterIdentifier"]) == (str(file), "uid of kube-system")
    objects = [one for one in recording.resources if one.type.startswith("kubernetes:")]
    assert objects
    assert all("::west::" in one.provider for one in objects)


def blue(**inputs: Any) -> ConstructResult:
    return construct("blue", **{"namespaces": {"blue-apps": {}}, **inputs})


def test_tillers_of_one_cluster_share_its_provider() -> None:
    recording = run(lambda: [construct(), blue()])
    assert [one.name for one in recording.resources if one.type.startswith("pulumi:providers:")] == ["cluster"]
    assert sorted(one.name for one in recording.resources if one.type == COMPONENT) == ["blue", "green"]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"namespaces": {"green-apps": {}}}, "green-apps"),
        ({"namespace": "green-tiller"}, "green-tiller"),
        ({"providerName": "second"}, "is the second provider of one cluster"),
        ({"cluster": {"uid": "uid of kube-system"}}, "is the provider of another Tiller's cluster"),
    ],
)
def test_what_does_not_go_together_with_another_tiller_of_the_stack_is_refused(
    inputs: dict[str, Any], words: str
) -> None:
    (_, line) = refused(construct, lambda: blue(**inputs))
    assert words in line


def test_a_preview_and_the_update_after_it_are_two_programs() -> None:
    run(construct, preview=True)
    assert made()


def test_another_tiller_of_the_stack_is_not_taken_for_one_that_has_left(server: ApiServer) -> None:
    let_depart(server)
    assert made()


def test_a_tiller_that_leaves_its_namespace_with_releases_is_refused(server: ApiServer) -> None:
    let_depart(server)
    (_, line) = refused(lambda: construct("red", namespaces={"red-apps": {}}, namespace="red-new"))
    assert "leaves the namespace red-tiller, where this Tiller holds releases" in line


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"cluster": None}, "green: cluster.uid (missing): must name the one cluster"),
    ({"cluster": {"uid": "other"}}, 'green: cluster.uid "other": the cluster at'),
    ({"cluster": {"uid": "any", "context": "there"}}, 'green: cluster.context "there": must be a context of'),
    ({"cluster": {"uid": "any", "contxt": "x"}}, "green: cluster.contxt (not shown): is an unknown key"),
    ({"cluster": "here"}, 'green: cluster "here": must be a map'),
    ({"providerName": ""}, 'green: providerName "": must be text'),
    ({"namespaces": None}, "green: namespaces (missing): is required"),
    ({"namespaces": ["a"]}, 'green: namespaces ["a"]: must be a map of names to settings'),
    ({"namespaces": {"green-apps": True}}, "green: namespaces.green-apps true: must be a map"),
    ({"namespaces": {"green-apps": {"existing": "yes"}}}, "must be true or false"),
    ({"namespaces": {"green-apps": {"podSecurty": "baseline"}}}, "green: namespaces.green-apps.podSecurty"),
    ({"namespaces": {"green-apps": {"podSecurity": "privileged"}}}, "podSecurityReason"),
    ({"clients": {"ci": {"generation": 1.5}}}, "green: clients.ci.generation 1.5: must be a whole number"),
    ({"clients": {"ci": {"csr": 3.0}}}, "green: clients.ci.csr 3: must be"),
    ({"subjects": {"groups": "devs"}}, 'green: subjects.groups "devs": must be a list'),
    ({"subjects": {"serviceAccounts": [{"name": "x"}]}}, "green: subjects.serviceAccounts[0].namespace"),
    ({"pod": {"historyMax": "10"}}, 'green: pod.historyMax "10": must be a whole number'),
    ({"pod": []}, "green: pod []: must be a map"),
    ({"labels": {"cost": 7.0}}, "green: labels.cost 7: must be text"),
    ({"protect": "no"}, 'green: protect "no": must be true or false'),
    ({"expose": "world"}, 'green: expose "world"'),
    ({"nonsense": 1.0}, "green: nonsense 1: is an unknown key"),
    ({"providerName": "a", "provider_name": "b"}, "green: providerName"),
    ({"namespaces": {"green-apps": {"podSecurity": "baseline", "pod_security": "restricted"}}}, "green: podSecurity"),
    ({"pod": {"historyMax": 10.0, "history_max": 20.0}}, "stands here in two spellings"),
]


@pytest.mark.parametrize(("inputs", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_wrong_input_is_one_line_under_the_name_that_the_schema_has(inputs: dict[str, Any], words: str) -> None:
    (_, line) = refused(lambda: construct(**inputs))
    assert words in line
    assert "; remedy: " in line
    assert "_" not in line.split()[1]


def test_a_path_in_a_refusal_stays_as_it_is(tmp_path: Path) -> None:
    (_, line) = refused(lambda: construct(cluster={"uid": "any", "kubeconfig": str(tmp_path / "no_such_file")}))
    assert "no_such_file" in line


def test_every_wrong_input_has_a_line() -> None:
    message, *lines = refused(lambda: construct(pod={"historyMax": 0.0, "image": 3.0}, expose="world"))
    assert message == "The configuration is refused; nothing was changed."
    assert len(lines) == 3


def test_a_private_key_in_a_wrong_place_is_not_shown() -> None:
    (_, line) = refused(lambda: construct(clients={"ci": {"csr": OWN_SERVER.key_pem}}))
    assert "PRIVATE KEY-----" not in line


def test_what_is_somebody_elses_is_refused(server: ApiServer) -> None:
    found = {"items": [of_stack("green-apps", "other", "o/p/other")]}
    server.answers["/api/v1/namespaces"] = (200, found)
    (message, line) = refused(construct)
    assert message == "The cluster is refused; nothing was changed."
    assert "green: namespaces.green-apps" in line


def test_a_kubernetes_provider_is_refused() -> None:
    def program() -> ConstructResult:
        return construct(opts=pulumi.ResourceOptions(providers={"kubernetes": kubernetes.Provider("own")}))

    (_, line) = refused(program)
    assert "green: opts.providers" in line


def test_a_refused_tiller_registers_nothing() -> None:
    def program() -> None:
        with pytest.raises(pulumi.InputPropertiesError):
            construct(expose="world")

    assert run(program).resources == []


def test_other_options_reach_the_component() -> None:
    def program() -> None:
        parent = pulumi.ComponentResource("test:index:Platform", "platform")
        keys = tls.Provider("keys")
        opts = pulumi.ResourceOptions(parent=parent, protect=True, providers={"tls": keys}, aliases=[pulumi.Alias("g")])
        construct(opts=opts)

    recording = run(program)
    tiller = recording.one("SecureTiller", "green")
    assert tiller.protect
    assert tiller.aliases == ("g",)
    assert "Platform::platform" in tiller.parent
    assert "::keys::" in recording.one("PrivateKey", "green-server-ca").provider


def test_bundles_are_secret() -> None:
    recording = run(lambda: pulumi.export("bundles", construct().state["bundles"]))
    assert is_secret(recording.outputs_of("pulumi:Stack")["bundles"])


def test_secret_inputs_stay_secret() -> None:
    def program() -> None:
        given = {**own_certificate(key=None), "key": pulumi.Output.secret(OWN_SERVER.key_pem)}
        construct(certificates={"serverCertificate": given})

    recording = run(program)
    assert is_secret(recording.one("Secret", "green-tls").inputs["stringData"])


def test_an_unknown_input_of_a_preview_is_accepted_where_outputs_are() -> None:
    def program() -> None:
        construct(clients={"ci": {"csr": pulumi.Output.from_input(UNKNOWN)}})

    recording = run(program, preview=True)
    assert recording.one("LocallySignedCert", "green-client:ci")


def test_an_output_that_decides_which_resources_there_are_is_refused() -> None:
    (_, line) = refused(lambda: construct(clients=pulumi.Output.from_input({"ci": {}})))
    assert "green: clients (an output): must be plain" in line


def test_the_deployment_waits_for_the_look_at_what_the_update_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeovers, "look", lambda *_: pulumi.Output.secret(None))  # a mark that whatever waits takes on
    recording = run(lambda: pulumi.export("deployment", construct().state["deployment"]))
    assert is_secret(recording.outputs_of("pulumi:Stack")["deployment"])


def test_a_refusal_during_the_update_is_of_the_same_kind() -> None:
    def refuse(_: object) -> None:
        raise ConfigurationError([Problem("green", "clients.ci.csr", "(not shown)", "is none", "make one")])

    async def program() -> None:
        with pytest.raises(pulumi.InputPropertiesError) as raised:
            await reporting("green", pulumi.Output.from_input("").apply(refuse)).future()
        (error,) = raised.value.errors or []
        assert (error["property_path"], error["reason"]) == (
            "green: clients.ci.csr",
            "(not shown): is none; remedy: make one",
        )

    asyncio.run(program())

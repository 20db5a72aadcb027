"""`deploy` and `look`, for other programs: they make the Tillers, and register nothing of a call that is refused."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_tls as tls
import pytest

from secure_tiller import ClusterError, ConfigurationError, SecureTiller
from secure_tiller_stack import deploy, look
from tests.support.api_server import NONE, SHARED_TOOLS, ApiServer, kubeconfig, let_depart, namespace, of_stack
from tests.support.recording import Recording, is_secret, revealed, run
from tests.support.samples import BLUE, OWN_SERVER, SMALLEST, own_certificate, smallest
from tiller_facts.identity import COMPONENT

pytestmark = pytest.mark.usefixtures("file")

ANY: Any = {"uid": "any"}
GREEN: Any = {"green": SMALLEST}
BOTH: Any = {"blue": BLUE, "green": SMALLEST}


def components(recording: Recording) -> list[str]:
    return sorted(one.name for one in recording.resources if one.type == COMPONENT)


def refused(program: Callable[[], object], error: type[Exception], registered: int = 0) -> tuple[Any, ...]:
    """Return the problems with which the end of a program is refused; before it registered some resources itself."""
    found: list[Any] = []

    def caught() -> None:
        with pytest.raises(error) as raised:
            program()
        found.extend(raised.value.problems)  # type: ignore[attr-defined]

    assert len(run(caught).resources) == registered
    return tuple(found)


def test_it_returns_a_component_for_each_team() -> None:
    made: dict[str, SecureTiller] = {}
    recording = run(lambda: made.update(deploy(BOTH, cluster=ANY)))
    assert sorted(made) == components(recording) == ["blue", "green"]
    assert all(isinstance(one, SecureTiller) for one in made.values())


def test_it_exports_nothing() -> None:
    assert run(lambda: deploy(GREEN, cluster=ANY)).outputs_of("pulumi:Stack") == {}


def test_everything_is_made_through_the_provider_of_the_cluster(file: Path) -> None:
    recording = run(lambda: deploy(GREEN, cluster=ANY, provider_name="west"))
    inputs = recording.one("kubernetes", "west").inputs
    assert (inputs["kubeconfig"], inputs["clusterIdentifier"]) == (str(file), "uid of kube-system")
    objects = [one for one in recording.resources if one.type.startswith("kubernetes:")]
    assert objects
    assert all("::west::" in one.provider for one in objects)


def test_defaults_hold_for_every_team() -> None:
    recording = run(lambda: deploy(GREEN, cluster=ANY, defaults={"labels": {"cost": "7"}}))
    assert recording.one("Deployment", "green-deployment").inputs["metadata"]["labels"]["cost"] == "7"


def test_a_key_of_a_server_certificate_stands_with_it_as_a_secret() -> None:
    def program() -> None:
        given = {**own_certificate(key=None), "key": pulumi.Output.secret(OWN_SERVER.key_pem)}
        teams: Any = {"green": smallest(certificates={"server_certificate": given})}
        deploy(teams, cluster=ANY)

    secret = run(program).one("Secret", "green-tls").inputs["stringData"]
    assert is_secret(secret)
    assert revealed(secret)["tls.key"] == OWN_SERVER.key_pem


@pytest.mark.parametrize("way", ["provider", "a list", "a map"])
def test_options_reach_each_component(way: str) -> None:
    def program() -> None:
        parent = pulumi.ComponentResource("test:index:Platform", "platform")
        keys = tls.Provider("keys")
        given: dict[str, Any] = {
            "provider": {"provider": keys},
            "a list": {"providers": [keys]},
            "a map": {"providers": {"tls": keys}},
        }
        opts = pulumi.ResourceOptions(parent=parent, protect=True, **given[way])
        deploy(BOTH, cluster=ANY, opts=opts)

    recording = run(program)
    for team in ("blue", "green"):
        tiller = recording.one("SecureTiller", team)
        assert (tiller.parent.endswith("::platform"), tiller.protect) == (True, True)
        assert "::keys::" in recording.one("CertRequest", f"{team}-server").provider


def test_a_program_makes_the_component_itself_after_a_look() -> None:
    def program() -> None:
        cluster = look(GREEN, cluster=ANY)
        SecureTiller("green", GREEN["green"], pulumi.ResourceOptions(providers=[cluster]))

    assert components(run(program)) == ["green"]


def test_after_a_look_a_renamed_team_keeps_its_namespace(server: ApiServer) -> None:
    server.answers["/api/v1/namespaces"] = (200, {"items": [of_stack("red-tiller", "red"), SHARED_TOOLS]})
    server.answers |= {f"/api/v1/{kind}": NONE for kind in ("secrets", "serviceaccounts")}
    server.answers |= {"/apis/apps/v1/deployments": NONE, "/apis/networking.k8s.io/v1/networkpolicies": NONE}
    settings = smallest(namespace="red-tiller")

    def program() -> None:
        teams: Any = {"green": {**settings, "formerly": "red"}}
        cluster = look(teams, cluster=ANY)
        SecureTiller("green", settings, pulumi.ResourceOptions(providers=[cluster], aliases=[pulumi.Alias(name="red")]))

    assert components(run(program)) == ["green"]


def test_a_look_registers_the_provider_alone() -> None:
    (only,) = run(lambda: look(GREEN, cluster=ANY)).resources
    assert (only.type, only.name) == ("pulumi:providers:kubernetes", "cluster")


CALLS = pytest.mark.parametrize("call", [deploy, look])
Call = Callable[..., Any]


@CALLS
def test_a_foreign_namespace_in_the_way_is_refused(server: ApiServer, call: Call) -> None:
    server.answers["/api/v1/namespaces"] = (200, {"items": [namespace("kube-system"), namespace("green-apps")]})
    (problem,) = refused(lambda: call(GREEN, cluster=ANY), ClusterError)
    assert "green-apps" in str(problem)


@CALLS
@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"teams": {}}, "teams"),
        ({"teams": None}, "teams"),
        ({"teams": {"green": smallest(clients={})}}, "clients"),
        ({"cluster": "production"}, "cluster"),
        ({"cluster": {"uid": "any", "contxt": "here"}}, "cluster.contxt"),
        ({"kubeconfig": 7}, "kubeconfig"),
        ({"removed": ["blue"]}, "removed"),
        ({"provider_name": ""}, "provider_name"),
        ({"provider_name": 7}, "provider_name"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_refused_by_its_name_and_asks_the_cluster_nothing(
    server: ApiServer, call: Call, arguments: dict[str, Any], key: str
) -> None:
    given = {"teams": GREEN, "cluster": ANY, **arguments}
    problems = refused(lambda: call(given.pop("teams"), **given), ConfigurationError)
    assert [problem.key for problem in problems] == [key]
    assert server.asked == []


@CALLS
def test_a_kubeconfig_that_is_an_output_is_refused(call: Call) -> None:
    def program() -> None:
        call(GREEN, cluster=ANY, kubeconfig=pulumi.Output.secret("text"))

    (problem,) = refused(program, ConfigurationError)
    assert (problem.key, problem.why) == ("kubeconfig", "must be text")
    assert 'pulumi.Config().require("kubeconfig")' in problem.remedy


@CALLS
def test_a_missing_key_of_a_server_certificate_is_to_be_an_output_and_no_value_of_a_stack_file(call: Call) -> None:
    teams: Any = {"green": smallest(certificates={"server_certificate": own_certificate(key=None)})}
    (problem,) = refused(lambda: call(teams, cluster=ANY), ConfigurationError)
    assert "a secret output" in problem.remedy
    assert "pulumi config set" not in problem.remedy


@CALLS
def test_a_team_that_left_is_missed_in_the_arguments(server: ApiServer, call: Call) -> None:
    let_depart(server)
    (problem,) = refused(lambda: call(GREEN, cluster=ANY), ClusterError)
    assert problem.key == "teams.red"
    assert "removed: {red: with-releases}" in problem.remedy
    assert "file" not in f"{problem.why} {problem.remedy}"


@CALLS
@pytest.mark.parametrize(
    ("cluster", "key"),
    [({}, "cluster.uid"), ({"uid": "another"}, "cluster.uid"), ({"uid": "any", "context": "there"}, "cluster.context")],
)
def test_a_wrong_cluster_is_refused_by_the_name_of_the_argument(call: Call, cluster: Any, key: str) -> None:
    (problem,) = refused(lambda: call(GREEN, cluster=cluster), ClusterError)
    assert problem.key == key
    assert "secure-tiller:" not in str(problem)


@CALLS
def test_a_cluster_that_does_not_answer_is_refused(call: Call, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens
        (tmp_path / "other").mkdir()
        file = kubeconfig(tmp_path / "other", f"http://127.0.0.1:{closed.getsockname()[1]}")
        (problem,) = refused(lambda: call(GREEN, cluster={**ANY, "kubeconfig": str(file)}), ClusterError)
    assert "cannot be reached" in problem.why


MAKERS = pytest.mark.parametrize("maker", [deploy, SecureTiller])


def make(maker: Any, opts: Any) -> None:
    """Make a Tiller with options, in one of two ways."""
    if maker is deploy:
        deploy(GREEN, cluster=ANY, opts=opts)
    else:
        SecureTiller("green", SMALLEST, opts)


@MAKERS
@pytest.mark.parametrize("given", ["west", kubernetes.Provider, {"parent": None}], ids=str)
def test_options_of_another_type_are_refused(given: Any, maker: Any) -> None:
    (problem,) = refused(lambda: make(maker, given), ConfigurationError)
    assert problem.key == "opts"


@MAKERS
def test_a_parent_that_is_no_resource_is_refused(server: ApiServer, maker: Any) -> None:
    opts = pulumi.ResourceOptions(parent="platform")  # type: ignore[arg-type]
    (problem,) = refused(lambda: make(maker, opts), ConfigurationError)
    assert (problem.key, problem.value) == ("opts.parent", '"str"')
    assert server.asked == []


@pytest.mark.parametrize("way", ["provider", "providers"])
def test_a_kubernetes_provider_is_refused(server: ApiServer, way: str) -> None:
    def program() -> None:
        own = kubernetes.Provider("own")
        opts = pulumi.ResourceOptions(provider=own) if way == "provider" else pulumi.ResourceOptions(providers=[own])
        deploy(GREEN, cluster=ANY, opts=opts)

    (problem,) = refused(program, ConfigurationError, registered=1)
    assert problem.key == "opts.providers"
    assert server.asked == []


@pytest.mark.parametrize("providers", ["west", ["west"], {"kubernetes": "west"}, [kubernetes.Provider], 7], ids=str)
@MAKERS
def test_what_is_no_provider_is_refused(providers: Any, maker: Any) -> None:
    (problem,) = refused(lambda: make(maker, pulumi.ResourceOptions(providers=providers)), ConfigurationError)
    assert (problem.key, "must be a list of provider objects" in problem.why) == ("opts.providers", True)


def test_a_single_provider_is_no_list() -> None:
    def program() -> None:
        own: Any = kubernetes.Provider("own")
        SecureTiller("green", SMALLEST, pulumi.ResourceOptions(providers=own))

    refused(program, ConfigurationError, registered=1)


# Twice

OTHER: Any = {"other": smallest(namespaces={"other-apps": {}})}


def after_one(call: Callable[[], object]) -> tuple[Any, ...]:
    """Return the problems with which a call is refused in a program that has called `deploy` before."""
    found: list[Any] = []
    alone = len(run(lambda: deploy(GREEN, cluster=ANY)).resources)

    def program() -> None:
        deploy(GREEN, cluster=ANY)
        with pytest.raises(ConfigurationError) as raised:
            call()
        found.extend(raised.value.problems)

    assert len(run(program).resources) == alone, "what is refused registers nothing"
    return tuple(found)


@CALLS
@pytest.mark.parametrize("teams", [GREEN, OTHER], ids=["the same teams", "other teams"])
def test_a_second_call_is_refused_in_one_problem(call: Call, teams: Any) -> None:
    (problem,) = after_one(lambda: call(teams, cluster=ANY))
    assert problem.key == "provider_name"
    assert "name all teams of a cluster in one call" in problem.remedy


@CALLS
def test_a_second_call_for_the_same_cluster_is_refused_under_another_name_too(call: Call) -> None:
    (problem,) = after_one(lambda: call(OTHER, cluster=ANY, provider_name="second"))
    assert problem.key == "cluster"


def test_a_second_call_for_another_cluster_is_accepted(server: ApiServer) -> None:
    def program() -> None:
        deploy(GREEN, cluster=ANY)
        server.answers["/api/v1/namespaces/kube-system"] = (200, namespace("kube-system-of-another"))
        deploy(OTHER, cluster=ANY, provider_name="second")

    assert components(run(program)) == ["green", "other"]


@CALLS
def test_a_call_that_was_refused_is_none(call: Call) -> None:
    def program() -> None:
        with pytest.raises(ClusterError):
            call(GREEN, cluster={"uid": "another"})
        deploy(GREEN, cluster=ANY)

    assert components(run(program)) == ["green"]


def test_a_component_of_the_same_name_is_refused_after_it() -> None:
    (problem,) = after_one(lambda: SecureTiller("green", smallest(namespaces={"others": {}})))
    assert "names a Tiller that this program has made already" in problem.why


@CALLS
def test_a_component_of_the_same_name_before_it_is_refused(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    monkeypatch.undo()  # the component is accepted without a look
    found: list[Any] = []

    def program() -> None:
        own = kubernetes.Provider("own")
        SecureTiller("green", SMALLEST, pulumi.ResourceOptions(provider=own))
        with pytest.raises(ConfigurationError) as raised:
            call(BOTH, cluster=ANY)
        found.extend(raised.value.problems)

    assert components(run(program)) == ["green"]
    assert [problem.team for problem in found] == ["green"]
    assert server.asked == []


def test_a_component_that_claims_a_namespace_of_a_team_is_refused() -> None:
    def program() -> None:
        cluster = look(GREEN, cluster=ANY)
        SecureTiller("green", SMALLEST, pulumi.ResourceOptions(providers=[cluster]))
        SecureTiller("red", SMALLEST, pulumi.ResourceOptions(providers=[cluster]))

    with pytest.raises(ConfigurationError, match="managed by team green too"):
        run(program)


def test_two_programs_in_one_process_are_not_one() -> None:
    for _ in range(2):
        assert components(run(lambda: deploy(GREEN, cluster=ANY))) == ["green"]

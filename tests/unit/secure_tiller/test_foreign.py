"""A Tiller that could take over objects of somebody else is refused, unless somebody has looked."""

from collections.abc import Callable
from importlib import metadata
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
from pulumi.output import UNKNOWN
from pulumi.resource import DependencyProviderResource

from secure_tiller import ConfigurationError, SecureTiller, foreign
from secure_tiller.component import this_stack
from secure_tiller.plan.build import plan
from tests.support.recording import Recording, run
from tests.support.samples import SMALLEST, smallest
from tiller_facts.identity import COMPONENT

Versions = Callable[[str], None]

VERSION = foreign._version


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the component take the recorder for an engine, and let pulumi-kubernetes 4.25 be installed."""
    monkeypatch.setattr(foreign, "MockMonitor", ())
    monkeypatch.setattr(foreign, "_version", lambda _: "4.25.0")
    monkeypatch.delenv(foreign.UPSERT_VARIABLE, raising=False)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Versions:
    """Let another pulumi-kubernetes be installed, whose resources ask for its version as the SDK lets them."""

    def install(version: str) -> None:
        monkeypatch.setattr(foreign, "_version", lambda _: version)

    return install


def cluster(name: str = "cluster") -> kubernetes.Provider:
    return kubernetes.Provider(name, kubeconfig="/config", context=name)


def made(provider: Callable[[], pulumi.ProviderResource | None] = cluster, settings: Any = SMALLEST) -> Recording:
    """Return what a program registers whose Tiller has a provider; None: the default one."""

    def program() -> None:
        given = provider()
        SecureTiller("green", settings, pulumi.ResourceOptions(providers=[given] if given else None))

    return run(program)


def looked_at(*teams: str, settings: Any = SMALLEST) -> Callable[[], kubernetes.Provider]:
    """Return a function that makes a provider whose cluster somebody has looked at for teams."""

    def look() -> kubernetes.Provider:
        provider = cluster()
        foreign.mark_looked_at(provider, [plan(team, settings, this_stack()) for team in teams])
        return provider

    return look


def accepted(recording: Recording) -> bool:
    return any(one.type == COMPONENT for one in recording.resources)


def refused(provider: Callable[[], pulumi.ProviderResource | None] = cluster, settings: Any = SMALLEST) -> str:
    """Return the one message with which a Tiller is refused."""
    said: list[str] = []

    def program() -> None:
        given = provider()
        with pytest.raises(ConfigurationError) as error:
            SecureTiller("green", settings, pulumi.ResourceOptions(providers=[given] if given else None))
        (problem,) = error.value.problems
        said.append(str(problem))

    assert not accepted(run(program)), "nothing of it is registered"
    return said[0]


def stand_in() -> pulumi.ProviderResource:
    return DependencyProviderResource("urn:pulumi:test::test::pulumi:providers:kubernetes::west::0a1b2c3d")


@pytest.mark.parametrize("provider", [cluster, lambda: None, stand_in], ids=["its own", "the default", "a stand-in"])
def test_without_a_look_the_refusal_names_both_ways(provider: Callable[[], Any]) -> None:
    said = refused(provider)
    assert "secure_tiller_stack.deploy(teams, cluster=...)" in said
    assert "provider = secure_tiller_stack.look(teams, cluster=...)" in said


def test_what_somebody_has_looked_for_is_made() -> None:
    assert accepted(made(looked_at("blue", "green")))


def test_a_look_for_another_team_does_not_count() -> None:
    refused(looked_at("blue"))


def test_a_look_through_another_provider_does_not_count() -> None:
    def other() -> kubernetes.Provider:
        looked_at("green")()
        return cluster("other")

    refused(other)


@pytest.mark.parametrize(
    "changed",
    [
        {"namespaces": {"green-apps": {}, "more": {}}},
        {"namespace": "elsewhere"},
        {"clients": {"bob": {"secret": {"namespace": "green-apps", "name": "theirs"}}}},
    ],
    ids=str,
)
def test_a_look_for_other_objects_does_not_count(changed: dict[str, Any]) -> None:
    refused(looked_at("green"), smallest(**changed))


def test_a_look_for_an_existing_namespace_does_not_count_for_making_it() -> None:
    existing = smallest(namespaces={"green-apps": {"existing": True}})
    refused(looked_at("green", settings=existing), smallest(namespaces={"green-apps": {}}))


def test_settings_that_make_the_same_objects_need_no_other_look() -> None:
    assert accepted(made(looked_at("green"), smallest(pod={"history_max": 7})))


def test_a_provider_of_a_parent_counts() -> None:
    def program() -> None:
        options = pulumi.ResourceOptions(providers=[looked_at("green")()])
        parent = pulumi.ComponentResource("test:index:Platform", "platform", {}, options)
        SecureTiller("green", SMALLEST, pulumi.ResourceOptions(parent=parent))

    assert accepted(run(program))


@pytest.mark.parametrize(("version", "serves"), [("4.25.0", False), ("4.28.9", False), ("4.29.0", True), ("5.0", True)])
def test_a_provider_that_refuses_what_exists_needs_no_look(installed: Versions, version: str, serves: bool) -> None:
    installed(version)
    if serves:
        assert accepted(made())
    else:
        assert f"pulumi-kubernetes {version} takes over" in refused()


def test_the_version_that_a_provider_asks_for_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "_version", VERSION)
    monkeypatch.setattr(metadata, "version", {"pulumi-kubernetes": "4.34.2"}.__getitem__)
    older = pulumi.ResourceOptions(version="4.25.0")
    assert "pulumi-kubernetes 4.25.0" in refused(lambda: kubernetes.Provider("cluster", opts=older))


@pytest.mark.parametrize(("value", "on"), [("true", True), ("1", True), ("yes", True), ("false", False), ("", False)])
def test_the_environment_can_let_it_upsert(
    installed: Versions, monkeypatch: pytest.MonkeyPatch, value: str, on: bool
) -> None:
    installed("4.34.2")
    monkeypatch.setenv(foreign.UPSERT_VARIABLE, value)
    if on:
        assert "4.34.2 with upserting on" in refused()
    else:
        assert accepted(made())


def test_the_configuration_of_the_default_provider_can_let_it_upsert(installed: Versions) -> None:
    installed("4.34.2")
    pulumi.runtime.set_all_config({"kubernetes:upsertExistingObjects": "true"})
    try:
        assert "with upserting on" in refused(lambda: None)
    finally:
        pulumi.runtime.set_all_config({})


class Newer(kubernetes.Provider):
    """A provider that registers itself as the SDK's does from 4.29 on: with JSON text, of which it keeps nothing."""

    def __init__(self, value: pulumi.Input[str] | None) -> None:
        arguments = {"kubeconfig": pulumi.Output.secret("/config"), foreign.UPSERT_KEY: value}
        pulumi.ProviderResource.__init__(self, "kubernetes", "cluster", arguments)


def with_argument(value: pulumi.Input[str] | None) -> Callable[[], kubernetes.Provider]:
    return lambda: Newer(value)


@pytest.mark.parametrize("given", [str, pulumi.Output.from_input, pulumi.Output.secret])
def test_an_argument_of_the_provider_can_let_it_upsert_and_then_nothing_is_registered(
    installed: Versions, given: Callable[[str], pulumi.Input[str]]
) -> None:
    installed("4.34.2")
    registered: list[Any] = []

    def program() -> None:
        registered.append(SecureTiller("green", SMALLEST, pulumi.ResourceOptions(providers=[Newer(given("true"))])))

    with pytest.raises(ConfigurationError, match="with upsert_existing_objects takes over"):
        run(program)


@pytest.mark.parametrize("value", ["false", None])
def test_an_argument_that_is_off_changes_nothing(installed: Versions, value: str | None) -> None:
    installed("4.34.2")
    recording = made(with_argument(value))
    assert recording.one("Deployment", "green-deployment")


def by_the_name_of_its_package() -> pulumi.ProviderResource:
    return pulumi.ProviderResource("kubernetes", "cluster", {"upsertExistingObjects": "true"})


@pytest.mark.parametrize("provider", [stand_in, by_the_name_of_its_package])
def test_a_provider_of_unknown_version_and_settings_is_refused(
    installed: Versions, provider: Callable[[], pulumi.ProviderResource]
) -> None:
    installed("4.34.2")
    assert "of unknown version and settings" in refused(provider)


def test_an_argument_that_a_preview_does_not_know_is_judged_by_the_update(installed: Versions) -> None:
    installed("4.34.2")

    def program() -> None:
        unknown: Any = UNKNOWN
        provider = Newer(pulumi.Output.from_input(unknown))
        SecureTiller("green", SMALLEST, pulumi.ResourceOptions(providers=[provider]))

    assert accepted(run(program, preview=True))


def test_a_tiller_that_is_refused_claims_nothing() -> None:
    def program() -> None:
        with pytest.raises(ConfigurationError, match="Nobody has looked"):
            SecureTiller("green", SMALLEST)
        SecureTiller("green", SMALLEST, pulumi.ResourceOptions(providers=[looked_at("green")()]))

    assert accepted(run(program))


def test_control_with_mocks_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert accepted(made(lambda: None))

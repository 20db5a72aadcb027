"""Objects that somebody puts in the way after the look: the update that takes them over fails, and the next is refused.

Every other file that makes a stack is the control: nothing that the cluster's own controllers add fails an update.
"""

import json
import secrets
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from secure_tiller.plan.build import plan
from secure_tiller.plan.objects import PlannedObject, objects
from secure_tiller.plan.places import Place
from secure_tiller_stack.cluster import api as requests
from secure_tiller_stack.cluster.lister import path
from secure_tiller_stack.takeovers import former_maker
from tests.support.cluster_objects import item
from tests.support.live_objects import existing
from tests.support.projects import PROGRAM, TestStack
from tests.support.remedies import commands, run, succeeded
from tiller_facts.identity import MANAGED_BY, MANAGED_BY_LABEL, SELECTOR
from tiller_facts.kinds import DEPLOYMENTS, NAMESPACES, SECRETS, Kind

AFTER_THE_LOOK = "    provider = looked_at(stack, provider_of(access, cluster, provider_name))\n"


def planned(settings: Any, team: str, stack: str) -> list[PlannedObject]:
    """Return the objects with a name of their own that a stack makes for a team."""
    return [one for one in objects(plan(team, settings, f"organization/secure-tiller/{stack}")) if one.name]


def ours(one: PlannedObject) -> dict[str, Any]:
    """Return an object of ours, but for what an update alone knows."""
    content: dict[str, Any] = json.loads(json.dumps(one.manifest, default=_unknown))
    return content


def foreign(one: PlannedObject) -> dict[str, Any]:
    """Return the object of somebody else that the provider takes for one of ours without a conflict."""
    content = ours(one)
    content["metadata"] = {key: content["metadata"].get(key) for key in ("name", "namespace")}
    if one.kind == SECRETS:
        content["stringData"] = {"tls.crt": "", "tls.key": ""}
    if one.kind == DEPLOYMENTS:
        template = content["spec"]["template"]
        template["metadata"] = {"labels": dict(SELECTOR)}
        del template["spec"]["volumes"]
        for container in template["spec"]["containers"]:
            del container["volumeMounts"]
    return content


def _unknown(value: object) -> str:
    assert isinstance(value, Place)
    return "unknown"


def words(one: PlannedObject) -> str:
    """Return how a problem names an object."""
    where = f"{one.kind.resource} in {one.namespace}" if one.namespace else one.kind.resource
    return f'{where} = "{one.name}"'


@dataclass(frozen=True)
class Raced:
    """A stack whose first update met objects of somebody else, made after the look: one of every kind but Secret.

    Attributes:
        stack: it, as it is again.
        team: its only one.
        settings: of the team.
        objects: what was made after the look, under names of the stack.
        done: that update.
        metadata: of what was there after it.
    """

    stack: TestStack
    team: str
    settings: dict[str, Any]
    objects: list[PlannedObject]
    done: "subprocess.CompletedProcess[str]"
    metadata: list[Any]


@pytest.fixture(scope="module")
def raced(
    new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Raced]:
    team, shared = f"raced-{suffix}", f"shared-raced-{suffix}"
    settings: dict[str, Any] = {
        "namespaces": {f"{team}-apps": {"retain_on_delete": False}},
        "clients": {"ann": {"secret": {"namespace": shared, "name": "tiller-client"}}},
        "subjects": {"groups": ["developers"]},
        "expose": "cluster",
    }
    file = tmp_path_factory.mktemp("foreign") / "objects.json"
    with existing(api, item("Namespace", shared, "")), new_stack({team: settings}) as stack:
        wanted = planned(settings, team, stack.name)
        in_the_way = [one for one in wanted if one.kind != SECRETS]
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [*map(foreign, in_the_way)]}))
        with stack.edited(PROGRAM, AFTER_THE_LOOK, hook(file) + AFTER_THE_LOOK):
            done = stack.up(check=False)
        yield Raced(stack, team, settings, in_the_way, done, [metadata_of(api, one) for one in in_the_way])


def hook(file: Path) -> str:
    return f'    __import__("subprocess").run(["kubectl", "create", "--filename", "{file}"], check=True)\n'


def metadata_of(api: client.ApiClient, one: PlannedObject) -> Any:
    return requests.call(api, "GET", path(one.kind, one.namespace, one.name))["metadata"]


def test_the_update_fails_and_names_each_object_that_it_took_over_and_who_made_it(raced: Raced) -> None:
    assert raced.done.returncode != 0
    assert f"took over what somebody else made ({len(raced.objects)} problems)" in raced.done.stdout, raced.done.stdout
    assert [one for one in raced.objects if words(one) not in raced.done.stdout] == []
    assert "was made by kubectl-create at 20" in raced.done.stdout
    assert "Traceback" not in raced.done.stdout


def test_what_it_took_over_is_given_back(raced: Raced) -> None:
    assert {one.kind for one in raced.objects} == KINDS - {SECRETS}
    for metadata in raced.metadata:
        assert MANAGED_BY_LABEL not in metadata["labels"]
        assert "secure-tiller/team" in metadata["labels"], "it was taken over"


@pytest.mark.parametrize("asked", ["preview", "up"])
def test_until_that_is_settled_everything_is_refused_and_names_it(raced: Raced, asked: str) -> None:
    done = getattr(raced.stack, asked)(check=False)
    assert done.returncode != 0
    assert "The cluster is refused" in done.stdout
    inside = [one for one in raced.objects if one.namespace]
    assert [one for one in inside if words(one) not in done.stdout] == []


def test_what_a_team_may_have_is_given_to_it_by_the_command(raced: Raced, api: client.ApiClient) -> None:
    one = raced.objects[0]
    (said,) = [line for line in _remedies(raced) if f" {one.name} && " in line and f"{one.kind} " in line]
    (label,) = [each for each in commands(said) if each.startswith("kubectl label")]
    succeeded(run(label, raced.stack.project, raced.stack.environment))
    assert metadata_of(api, one)["labels"][MANAGED_BY_LABEL] == MANAGED_BY


def _remedies(raced: Raced) -> list[str]:
    lines = raced.done.stdout.splitlines()
    return [line.partition("remedy:")[2] for line in lines if "if nobody needs it:" in line]


def test_when_it_is_deleted_an_update_makes_it_new(raced: Raced) -> None:
    said = _remedies(raced)
    assert len(said) == len(raced.objects)
    whole = next(line for line in said if "kubectl delete namespaces" in line)
    for line in said:  # each by its own command; with a namespace goes what was in it
        delete, _ = commands(line)[0].split(" && ")
        if line != whole:
            subprocess.run([*shlex.split(delete), "--ignore-not-found"], env=dict(raced.stack.environment), check=True)
    succeeded(run(commands(whole)[0], raced.stack.project, confirmed(raced)))


def confirmed(raced: Raced) -> dict[str, str]:
    return {**raced.stack.environment, "PULUMI_SKIP_CONFIRMATIONS": "true"}


def test_what_is_to_leave_the_state_is_named_by_its_urn(raced: Raced) -> None:
    before = raced.stack.export()
    for line in _remedies(raced):
        command = commands(line)[-1]
        succeeded(run(command, raced.stack.project, confirmed(raced)))
        kept = json.loads(raced.stack.export())["deployment"]["resources"]
        assert shlex.split(command)[-1] not in {resource["urn"] for resource in kept}
        raced.stack.import_state(before)


def test_a_secret_in_the_way_is_refused_by_the_provider(raced: Raced, tmp_path: Path) -> None:
    """One of its type has a certificate and a key: what others wrote there is a conflict."""
    file, secret = tmp_path / "objects.json", raced.settings["clients"]["ann"]["secret"] | {"name": "tiller-other"}
    clients = {**raced.settings["clients"], "bob": {"secret": secret}}
    changed = raced.settings | {"clients": clients}
    raced.stack.configure_teams({raced.team: changed})
    (wanted,) = (one for one in planned(changed, raced.team, raced.stack.name) if one.name == "tiller-other")
    file.write_text(json.dumps(foreign(wanted)))
    with raced.stack.edited(PROGRAM, AFTER_THE_LOOK, hook(file) + AFTER_THE_LOOK):
        done = raced.stack.up(check=False)
    assert done.returncode != 0
    assert "field conflict" in done.stdout, done.stdout


SETTINGS: Any = {
    "namespaces": {"apps": {}},
    "clients": {"ann": {"secret": {"namespace": "shared", "name": "tiller-client"}}},
    "subjects": {"groups": ["developers"]},
    "expose": "cluster",
}
KINDS = {one.kind for one in planned(SETTINGS, "blue", "test")}


def apply(api: client.ApiClient, one: PlannedObject) -> None:
    """Apply an object as the provider does: under a name of its own."""
    query = {"fieldManager": "pulumi-kubernetes-0a1b2c3d", "force": "false"}
    where = path(one.kind, one.namespace, one.name)
    requests.call(api, "PATCH", where, query=query, body=ours(one), sends="application/apply-patch+yaml")


@pytest.fixture
def windowed(api: client.ApiClient) -> Iterator[list[PlannedObject]]:
    """Objects of every kind that a team has, in namespaces of this test."""
    team = f"window-{secrets.token_hex(3)}"
    settings = SETTINGS | {"namespaces": {f"{team}-apps": {}}}
    settings["clients"] = {"ann": {"secret": {"namespace": f"{team}-apps", "name": "tiller-client"}}}
    wanted = planned(settings, team, "test")
    yield wanted
    for one in wanted:
        if one.kind == NAMESPACES:
            requests.call(api, "DELETE", path(one.kind, "", one.name))


def test_what_was_made_a_moment_before_is_seen_by_its_fields(
    api: client.ApiClient, windowed: list[PlannedObject]
) -> None:
    seen: dict[Kind, str] = {}
    for one in windowed:
        where = path(one.kind, one.namespace)
        requests.call(api, "POST", where, query={"fieldManager": "them"}, body=foreign(one))
        apply(api, one)
        seen[one.kind] = former_maker(metadata_of(api, one))
    assert {kind for kind, maker in seen.items() if not maker.startswith("them at ")} == set(), seen


def test_control_what_the_provider_makes_is_its_own_whatever_the_controllers_add(
    api: client.ApiClient, windowed: list[PlannedObject]
) -> None:
    for one in windowed:
        apply(api, one)
    time.sleep(2)  # for the controllers
    assert {one.kind: former_maker(metadata_of(api, one)) for one in windowed} == dict.fromkeys(KINDS, "")

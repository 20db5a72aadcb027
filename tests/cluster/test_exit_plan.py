"""`secure-tiller exit-plan`, walked to its end with Helm 3, helm-2to3 and helm-mapkubeapis by those whom it names.

The commands are those of its JSON, in their order. Whoever converts, and the team's people, have kubeconfigs of their
own. At the end the people upgrade each release, and the team has left the stack.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml
from kubernetes import client

from testbed.demo.checks import CHART
from testbed.helm import Helm
from testbed.pulumi_stack import PROJECT
from testbed.waiting import until
from tests.support import records
from tests.support.command import Ended, run_here
from tests.support.helm_3 import Person, person
from tests.support.live_objects import is_rolled_out
from tests.support.projects import TestStack
from tests.support.remedies import Command, commands, succeeded

LEDGER = str(PROJECT / "tests" / "charts" / "ledger")
CONVERTED = {"aged": str(CHART), "shop": str(CHART), "web": LEDGER}
"""The charts of the releases that are converted."""
IMAGE = "--set=image=localhost/busybox:1"
SERVED, GONE = "apiVersion: apps/v1\nkind: Deployment\n", "apiVersion: extensions/v1beta1\nkind: Deployment\n"

Done = CompletedProcess[str]


@dataclass
class Walk:
    """The walk, and what was seen on it.

    Attributes:
        stack: of the team and of another one, which stays.
        api: a client of the cluster.
        suffix: of the names.
        people: by the word of the plan, and `stranger` besides.
        plan: as the command writes it.
        done: how each command of the plan ended, by step.
        said: how each further command ended, by its purpose.
        pods: the UIDs of the pods that run for the releases, before and after.
        started_again: why the Tiller that was stopped gets no pod.
        put_back: the records before one was lost and after it was put back.
    """

    stack: TestStack
    api: client.ApiClient
    suffix: str
    people: dict[str, Person]
    plan: Any = None
    done: dict[str, list[tuple[str, Done]]] = field(default_factory=dict)
    said: dict[str, Done] = field(default_factory=dict)
    pods: dict[str, set[str]] = field(default_factory=dict)
    started_again: str = ""
    put_back: tuple[Any, Any] = (None, None)

    @property
    def team(self) -> str:
        return f"leavers-{self.suffix}"

    @property
    def others(self) -> str:
        return f"others-{self.suffix}"

    @property
    def own(self) -> str:
        return f"{self.team}-tiller"

    def namespace(self, release: str) -> str:
        return f"{self.team}-{'web' if release == 'shop' else 'apps'}"

    @property
    def core(self) -> Any:
        return client.CoreV1Api(self.api)

    def run(self, *arguments: str) -> Ended:
        return run_here(self.stack, *arguments, "--stack", self.stack.name)

    def do(self, purpose: str, who: str, command: str) -> Done:
        self.said[purpose] = self.people[who].run(command, self.stack.project)
        return self.said[purpose]

    def records(self) -> dict[str, Any]:
        listed = self.core.list_namespaced_secret(self.own, label_selector="OWNER=TILLER").items
        return {item.metadata.name: (item.metadata.labels, item.data) for item in listed}

    def running(self) -> set[str]:
        names = {self.namespace(name) for name in CONVERTED}
        return {pod.metadata.uid for name in names for pod in self.core.list_namespaced_pod(name).items}

    def upgrade(self, name: str, replicas: int = 1) -> str:
        text = "fourth" if CONVERTED[name] == LEDGER else ""
        changes = f"--set=text={text}" if text else f"{IMAGE} --set=replicas={replicas}"
        return f"helm3 upgrade {name} {CONVERTED[name]} --namespace {self.namespace(name)} {changes}"


def teams(walk: Walk, *, gone: bool = False) -> dict[str, dict[str, object]]:
    def team(name: str, *namespaces: str) -> dict[str, object]:
        subjects = {"groups": [f"{name}-developers"]}
        return {
            "namespaces": {f"{name}-{each}": {} for each in namespaces},
            "clients": {"lea": {}},
            "subjects": subjects,
        }

    stays = {walk.others: team(walk.others, "apps")}
    return stays if gone else {walk.team: team(walk.team, "apps", "web"), **stays}


@pytest.fixture(scope="module")
def walk(
    new_stack: Callable[..., TestStack],
    api: client.ApiClient,
    suffix: str,
    helm_3: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Walk]:
    stack = new_stack({})
    walk = Walk(stack, api, suffix, {})
    stack.configure_teams(teams(walk))
    homes = tmp_path_factory.mktemp("people")
    for word, *who in (
        ("administrator",),
        ("deployer",),
        ("converter", "carol@example.org"),
        ("people", "lea@example.org", f"{walk.team}-developers"),
        ("stranger", "lea@example.org", f"{walk.others}-developers"),
    ):
        walk.people[word] = person(homes / word, helm_3, stack.environment, *who)
    try:
        stack.up()
        _make_releases(walk)
        _follow(walk)
        _go_on(walk)
        yield walk
    finally:
        stack.discard()
        names = [f"{walk.team}-apps", f"{walk.team}-web", f"{walk.others}-apps"]
        walk.do("end", "administrator", f"kubectl delete namespace --wait=false --ignore-not-found {' '.join(names)}")


def _make_releases(walk: Walk) -> None:
    home = walk.stack.project / "helm"
    helm = Helm.of(walk.stack.bundle(walk.team, "lea"), walk.stack.environment, home, walk.own)
    for name, chart in {**CONVERTED, "gone": LEDGER}.items():
        options = [IMAGE] if chart == str(CHART) else []
        done = helm.run("install", chart, f"--name={name}", f"--namespace={walk.namespace(name)}", *options, "--wait")
        assert done.returncode == 0, done.stderr
    for arguments in (("upgrade", "web", LEDGER, "--set=text=second"), ("delete", "gone")):
        assert helm.run(*arguments).returncode == 0
    name = "aged.v1"
    secret = walk.core.read_namespaced_secret(name, walk.own)
    message = records.message(base64.b64decode(secret.data["release"]).decode())
    assert SERVED in message.manifest
    message.manifest = message.manifest.replace(SERVED, GONE)
    data = {"release": base64.b64encode(records.encoded(message).encode()).decode()}
    walk.core.patch_namespaced_secret(name, walk.own, {"data": data})


def _follow(walk: Walk) -> None:
    """Run the commands of the plan in their order, each by whom it names."""
    walk.pods["before"] = walk.running()
    ended = walk.run("exit-plan", walk.team, "--format", "json")
    assert ended.code == 0, ended.err
    walk.plan = ended.json
    for step in walk.plan["steps"]:
        if step["title"] == "Remove the team":
            walk.pods["as upgraded"] = walk.running()
            walk.stack.configure_teams(teams(walk, gone=True))
        walk.done[step["title"]] = []
        for command in step["commands"]:
            done = walk.people[step["by"]].run(Command(command), walk.stack.project, answer="y\n")
            walk.done[step["title"]].append((command, done))
        _look(walk, step["title"])


def _look(walk: Walk, title: str) -> None:
    """Look, after a step, at what it is for."""
    if title == "Stop Tiller":
        walk.started_again = _start_tiller_again(walk)
        _go_back_and_stop_it_again(walk)
    elif title == "Back up the records":
        _lose_a_record_and_put_it_back(walk)
    elif title == "Verify":
        _upgrade(walk)
    elif title == "Remove Tiller's records":
        ((command, _),) = walk.done["Back up the records"]
        walk.do("back up again", "converter", command)


def _start_tiller_again(walk: Walk) -> str:
    """Scale Tiller as an update of its Deployment would, and return why it has no pod."""
    apps = client.AppsV1Api(walk.api)
    apps.patch_namespaced_deployment("tiller-deploy", walk.own, {"spec": {"replicas": 1}})

    def failures() -> list[str]:
        conditions = apps.read_namespaced_deployment_status("tiller-deploy", walk.own).status.conditions
        return [each.message for each in conditions if (each.type, each.status) == ("ReplicaFailure", "True")]

    until(lambda: bool(failures()), "no pod can be made")
    assert walk.core.list_namespaced_pod(walk.own).items == []
    return failures()[0]


def _go_back_and_stop_it_again(walk: Walk) -> None:
    (text,) = [step["text"] for step in walk.plan["steps"] if step["title"] == "Stop Tiller"]
    (back,) = commands(text.partition("this leads back: ")[2])
    walk.do("back", "administrator", back)
    until(lambda: is_rolled_out(walk.api, walk.own), "Tiller is back")
    for command, _ in walk.done["Stop Tiller"]:
        walk.do(f"again: {command}", "administrator", command)


def _lose_a_record_and_put_it_back(walk: Walk) -> None:
    before = walk.records()
    walk.core.delete_namespaced_secret("web.v2", walk.own)
    (text,) = [step["text"] for step in walk.plan["steps"] if step["title"] == "Back up the records"]
    walk.do("put back", "administrator", commands(text)[0])
    walk.put_back = before, walk.records()


def _upgrade(walk: Walk) -> None:
    """Upgrade each release: as a stranger, as the team without the plan's Roles, and as the plan has it."""
    walk.do("by a stranger", "stranger", walk.upgrade("web"))
    granted = [command for command, _ in walk.done["Give the team's people the rights of their Tiller"]]
    bindings = [command for command in granted if "rolebinding helm3" in command]
    for name in (walk.namespace("web"), walk.namespace("shop")):
        walk.do(f"unbind {name}", "administrator", f"kubectl delete rolebinding helm3 --namespace {name}")
    for name in CONVERTED:
        walk.do(f"{name} without the Roles", "people", walk.upgrade(name))
    for command in bindings:
        walk.do(command, "administrator", command)
    for name in CONVERTED:
        walk.do(f"upgrade {name}", "people", walk.upgrade(name))
    inside = f"--namespace {walk.namespace('web')}"
    walk.do("closed", "people", f"helm3 upgrade web {LEDGER} {inside} --set=closed=true")


def _go_on(walk: Walk) -> None:
    """Use the releases after the team has left."""
    walk.pods["after"] = walk.running()
    for name in CONVERTED:
        walk.do(f"later, {name}", "people", walk.upgrade(name, replicas=2))
        inside = f"--namespace {walk.namespace(name)}"
        walk.do(f"history of {name}", "people", f"helm3 history {name} {inside} --output json")


def test_every_command_of_the_plan_succeeds_for_whom_it_names(walk: Walk) -> None:
    for each in walk.done.values():
        for _, done in each:
            succeeded(done)


def test_the_plan_names_every_step_and_whose_it_is(walk: Walk) -> None:
    assert {step["by"] for step in walk.plan["steps"]} == {"administrator", "converter", "people", "deployer"}
    assert "Rewrite API versions that are gone" in walk.done


def test_an_update_does_not_start_the_tiller_that_was_stopped(walk: Walk) -> None:
    assert "exceeded quota: tiller-stopped" in walk.started_again


def test_until_the_records_are_removed_tiller_can_be_brought_back_and_stopped_again(walk: Walk) -> None:
    for done in (walk.said["back"], *(done for each, done in walk.said.items() if each.startswith("again: "))):
        succeeded(done)


def test_a_record_that_is_lost_comes_back_from_the_backup(walk: Walk) -> None:
    before, after = walk.put_back
    # The others are there, and are left, which kubectl counts as a failure.
    assert succeeded(walk.said["put back"], code=1) == "secret/web.v2 created\n"
    assert before == after


def test_the_backup_is_not_overwritten_after_the_records_are_removed(walk: Walk) -> None:
    assert walk.said["back up again"].returncode != 0
    file = walk.stack.project / f"{walk.own}-releases.yaml"
    assert file.stat().st_mode & 0o777 == 0o600
    names = {item["metadata"]["name"] for item in yaml.safe_load(file.read_text())["items"]}
    assert names == {"aged.v1", "shop.v1", "web.v1", "web.v2", "gone.v1"}


def test_the_records_of_tiller_are_removed(walk: Walk) -> None:
    *_, (command, done) = walk.done["Remove Tiller's records"]
    assert (command.startswith("kubectl get secrets"), done.stdout) == (True, "")
    assert "No resources found" in done.stderr


def test_what_runs_is_what_the_records_say(walk: Walk) -> None:
    compared = [done.stdout for command, done in walk.done["Verify"] if "kubectl diff" in command]
    assert compared == [""] * len(CONVERTED)


@pytest.mark.parametrize("name", CONVERTED)
def test_the_people_upgrade_each_release_by_the_rights_of_the_plan_alone(walk: Walk, name: str) -> None:
    refused = walk.said[f"{name} without the Roles"]
    assert (refused.returncode, "forbidden" in refused.stderr) == (1, True), refused.stderr
    for purpose in (f"upgrade {name}", f"later, {name}"):
        assert walk.said[purpose].returncode == 0, walk.said[purpose].stderr


def test_the_rights_of_the_plan_end_where_those_of_tiller_ended(walk: Walk) -> None:
    assert "forbidden" in walk.said["by a stranger"].stderr
    assert "networkpolicies" in walk.said["closed"].stderr
    asked = f"--namespace {walk.namespace('web')}"
    for right, answer in (
        ("create deployments", "yes"),
        ("update secrets", "yes"),
        ("create pods --subresource=exec", "no"),
        ("create networkpolicies", "no"),
        ("create rolebindings", "no"),
    ):
        assert walk.do(right, "people", f"kubectl auth can-i {right} {asked}").stdout.strip() == answer, right


def test_the_rights_of_whoever_converted_end(walk: Walk) -> None:
    for name in (walk.namespace("web"), walk.namespace("shop")):
        for verb in ("create", "get", "list", "update"):
            asked = walk.do(f"{verb} {name}", "converter", f"kubectl auth can-i {verb} secrets --namespace {name}")
            assert asked.stdout.strip() == "no"


def test_a_release_whose_api_version_is_gone_is_rewritten_and_then_upgraded(walk: Walk) -> None:
    said = walk.said["history of aged"]
    history = json.loads(said.stdout)
    assert [entry["revision"] for entry in history][:3] == [1, 2, 3]
    assert history[1]["description"] == "Kubernetes deprecated API upgrade - DO NOT rollback from this version"
    assert history[-1]["status"] == "deployed"


def test_every_revision_is_converted(walk: Walk) -> None:
    history = json.loads(walk.said["history of web"].stdout)
    assert [entry["revision"] for entry in history][:3] == [1, 2, 3]


def test_what_runs_goes_on_while_the_team_leaves(walk: Walk) -> None:
    assert walk.pods["before"] == walk.pods["as upgraded"] == walk.pods["after"] != set()


def test_the_team_has_left_the_stack(walk: Walk) -> None:
    until(lambda: not _exists(walk, walk.own), "the namespace of its Tiller is gone")
    assert set(walk.stack.outputs()) == {walk.others}
    assert _exists(walk, walk.namespace("web"))


def _exists(walk: Walk, namespace: str) -> bool:
    return any(each.metadata.name == namespace for each in walk.core.list_namespace().items)

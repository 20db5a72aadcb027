"""Remedies with a command, each run on the state that it is printed for."""

import asyncio
import base64
import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from kubernetes import client

from secure_tiller.problems import NotRevokedError
from secure_tiller_cli.migration import old_tiller, repair
from secure_tiller_cli.migration.copy import differences
from secure_tiller_cli.migration.history import State, histories
from secure_tiller_cli.migration.report import Report
from secure_tiller_cli.migration.report_text import sentences
from secure_tiller_cli.migration.route import Route
from secure_tiller_cli.migration.selection import Found, Selection, select
from secure_tiller_cli.releases import Kind, Record
from secure_tiller_cli.releases import Status as Revision
from secure_tiller_cli.releases.storage import Stored, read
from secure_tiller_cli.restore import RESTORE
from secure_tiller_cli.results import document
from secure_tiller_cli.results.result import Result, Status
from secure_tiller_stack import revocation
from secure_tiller_stack.kubeconfig import Access
from testbed.demo.place import Place
from testbed.helm import Helm
from testbed.pulumi_stack import PROJECT
from testbed.waiting import until
from tests.support import records
from tests.support.cluster_objects import LABELS, item
from tests.support.command import run_here
from tests.support.live_objects import existing
from tests.support.projects import TestStack
from tests.support.remedies import commands, run
from tiller_facts.identity import MANAGED_BY, MANAGED_BY_LABEL, POD_SECURITY_LABEL, TRUSTS_ANNOTATION

TILLERS = ",".join(f"{key}={value}" for key, value in LABELS.items())
NOWHERE = {"nodeSelector": {"kubernetes.io/hostname": "nowhere"}}
LEDGER = str(PROJECT / "tests" / "charts" / "ledger")


@dataclass
class Scene:
    """A stack of one team, and how it is broken.

    Attributes:
        stack: it.
        api: a client of the cluster.
        team: its only one.
        legacy: a namespace of somebody else, which the team manages.
    """

    stack: TestStack
    api: client.ApiClient
    team: str
    legacy: str

    @property
    def tiller(self) -> str:
        return f"{self.team}-tiller"

    @property
    def apps(self) -> str:
        return f"{self.team}-apps"

    def run(self, command: str) -> CompletedProcess[str]:
        """Run a line in the project's folder; what it asks is confirmed."""
        environment = {**self.stack.environment, "PULUMI_SKIP_CONFIRMATIONS": "true"}
        return run(command, self.stack.project, environment)

    def do(self, command: str) -> str:
        done = self.run(command)
        assert done.returncode == 0, f"{command}: {done.stderr}{done.stdout}"
        return done.stdout

    def results(self) -> tuple[Result, ...]:
        done = run_here(self.stack, "check", "--stack", self.stack.name, "--format", "json")
        return document.from_json(done.out, "the output").results

    def wrong(self) -> dict[str, Result]:
        """Return the results of the check that are not as they should be, by check."""
        return {each.check: each for each in self.results() if each.status in (Status.FAILED, Status.WARNING)}


def settings(team: str, legacy: str) -> dict[str, Any]:
    namespaces = {f"{team}-apps": {"retain_on_delete": False}, legacy: {"existing": True}}
    return {"namespaces": namespaces, "clients": {"ann": {}}, "subjects": {"groups": [f"{team}-developers"]}}


@pytest.fixture(scope="module")
def scene(new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str) -> Iterator[Scene]:
    team, legacy = f"remedied-{suffix}", f"legacy-remedied-{suffix}"
    privileged = item("Namespace", legacy, "", metadata={"labels": {POD_SECURITY_LABEL: "privileged"}})
    with existing(api, privileged), new_stack({team: settings(team, legacy)}) as stack:
        stack.up()
        yield Scene(stack, api, team, legacy)


@dataclass
class Breakage:
    """Something broken, and what is left to do by hand after the commands of the remedy.

    Attributes:
        breaks: commands that break it.
        by_hand: commands that do what the remedy says in words alone.
    """

    breaks: tuple[str, ...]
    by_hand: tuple[str, ...] = ()


def pod(name: str, labels: str, account: str, place: Mapping[str, Any] = NOWHERE, more: str = "") -> str:
    """Return the command that makes a pod in a place; by default no node matches it."""
    restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    spec = {
        **place,
        "serviceAccountName": account,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "tiller", "image": "example.org/evil", "securityContext": restricted}],
    }
    overrides = shlex.quote(json.dumps({"apiVersion": "v1", "spec": spec}))
    options = f"{f'--labels={labels}' if labels else ''} {more} --overrides={overrides}"
    return f"kubectl run {name} --namespace {{tiller}} --image=example.org/evil {options}"


PATCH = """--type=json -p '[{"op": "remove", "path": "%s"}]'"""
NO_RULE = f"kubectl patch role tiller-{{team}} --namespace {{apps}} {PATCH % '/rules/2'}"
TLS_VERIFY = "/spec/template/spec/containers/0/args/{tls_verify}"
REMOVED = "kubectl delete rolebinding more --namespace"
BREAKAGES = {
    "a policy that is gone": Breakage(("kubectl delete networkpolicy deny-ingress --namespace {tiller}",)),
    "a label that is gone": Breakage((f"kubectl label namespace {{apps}} {POD_SECURITY_LABEL}-",)),
    "a rule that is gone": Breakage((NO_RULE,)),
    "a Tiller that is stopped": Breakage(("kubectl scale deployment tiller-deploy --namespace {tiller} --replicas=0",)),
    "an impostor": Breakage((pod("impostor", TILLERS, "default"),)),
    "a second pod": Breakage((pod("second", "", "tiller"),), ("kubectl delete pod second --namespace {tiller}",)),
    "a Service": Breakage(
        ("kubectl create service nodeport outside --tcp=44134 --namespace {tiller}",),
        ("kubectl delete service outside --namespace {tiller}",),
    ),
    "a binding of Tiller's account": Breakage(
        ("kubectl create rolebinding more --namespace {apps} --clusterrole=edit --serviceaccount={tiller}:tiller",),
        (f"{REMOVED} {{apps}}",),
    ),
    "a binding for everybody": Breakage(
        ("kubectl create rolebinding more --namespace {tiller} --clusterrole=edit --group=system:authenticated",),
        (f"{REMOVED} {{tiller}}",),
    ),
    "other arguments": Breakage(
        (
            f"kubectl patch deployment tiller-deploy --namespace {{tiller}} {PATCH % TLS_VERIFY}",
            "kubectl rollout status deployment tiller-deploy --namespace {tiller} --timeout=60s",
        ),
    ),
}


def filled(command: str, names: Mapping[str, str]) -> str:
    for placeholder, name in names.items():
        command = command.replace(placeholder, name)
    return command


def test_what_is_weak_in_an_existing_namespace_is_corrected_by_the_command(scene: Scene) -> None:
    (said,) = scene.wrong().values()
    assert f"{scene.legacy} enforces privileged" in said.text
    (command,) = commands(said.remedy)
    scene.do(command)
    assert scene.wrong() == {}


@pytest.mark.parametrize("name", BREAKAGES)
def test_after_the_commands_of_the_remedies_every_check_passes(scene: Scene, name: str) -> None:
    breakage = BREAKAGES[name]
    spec = client.AppsV1Api(scene.api).read_namespaced_deployment("tiller-deploy", scene.tiller).spec
    arguments = spec.template.spec.containers[0].args
    at = next(i for i, each in enumerate(arguments) if each.startswith("--tls-verify"))
    names = {"{team}": scene.team, "{tiller}": scene.tiller, "{apps}": scene.apps, "{tls_verify}": str(at)}
    before = scene.wrong()
    scene.do(f"kubectl label --overwrite namespace {scene.legacy} {POD_SECURITY_LABEL}=baseline")
    for command in breakage.breaks:
        scene.do(filled(command, names))
    found = scene.wrong()
    assert found.keys() - before.keys(), "control: it is broken"
    done: dict[str, str] = {}
    for result in found.values():
        for command in commands(result.remedy):
            if command not in done:
                done[command] = scene.do(command)
    assert done
    for command in breakage.by_hand:
        scene.do(filled(command, names))
    until(lambda: not scene.wrong(), f"every check passes again after {list(done)}")


def refused(scene: Scene, teams: Mapping[str, Any]) -> list[str]:
    """Return the remedies by which a preview of some teams is refused."""
    scene.stack.configure_teams(dict(teams))
    done = scene.stack.preview(check=False)
    assert done.returncode != 0, done.stdout
    return [line.partition("remedy: ")[2] for line in done.stdout.splitlines() if "remedy: " in line]


@pytest.fixture
def further(scene: Scene) -> Iterator[str]:
    """A second team to be, of which nothing is there yet; at the end the stack is as it was."""
    name = f"further-{scene.team}"
    yield name
    scene.stack.configure_teams({scene.team: settings(scene.team, scene.legacy)})
    scene.do(f"kubectl delete namespace --ignore-not-found {name}-apps {name}-tiller")


def with_further(scene: Scene, name: str, **namespaces: Any) -> dict[str, Any]:
    more = namespaces or {f"{name}-apps": {"retain_on_delete": False}}
    return {
        scene.team: settings(scene.team, scene.legacy),
        name: {"namespaces": more, "clients": {"bob": {}}, "subjects": {"groups": [f"{name}-developers"]}},
    }


def test_an_object_in_the_way_goes_by_the_command_with_its_namespace(scene: Scene, further: str) -> None:
    place = f"{further}-apps"
    scene.do(f"kubectl create namespace {place}")
    scene.do(f"kubectl create role tiller-{further} --namespace {place} --verb=get --resource=pods")
    (remedy,) = refused(scene, with_further(scene, further, **{place: {"existing": True}}))
    delete, *_ = (each for each in commands(remedy) if each.startswith("kubectl delete"))
    assert f"--namespace {place}" in delete
    scene.do(delete)
    assert scene.stack.preview(check=False).returncode == 0


def test_a_namespace_is_handed_over_by_the_command(scene: Scene, further: str) -> None:
    scene.do(f"kubectl create namespace {further}-apps")
    (remedy,) = refused(scene, with_further(scene, further))
    (command,) = commands(remedy)
    scene.do(command)
    assert scene.stack.preview(check=False).returncode == 0


def test_a_namespace_of_the_stack_is_given_away_by_the_command(scene: Scene) -> None:
    given = settings(scene.team, scene.legacy)
    given["namespaces"][scene.apps] = {"existing": True}
    (remedy,) = refused(scene, {scene.team: given})
    (command,) = [each for each in commands(remedy) if each.startswith("kubectl")]
    before = scene.do(f"kubectl get namespace {scene.apps} --output json")
    scene.do(command)
    assert scene.stack.preview(check=False).returncode == 0
    kept = json.loads(before)["metadata"]
    put_back = {"metadata": {key: kept[key] for key in ("labels", "annotations")}}
    client.CoreV1Api(scene.api).patch_namespace(scene.apps, put_back)
    scene.stack.configure_teams({scene.team: settings(scene.team, scene.legacy)})


def test_the_end_of_a_namespace_is_waited_for_by_the_command(scene: Scene, further: str) -> None:
    name = f"{further}-apps"
    scene.do(f"kubectl create namespace {name} && kubectl create configmap kept --namespace {name}")
    core = client.CoreV1Api(scene.api)
    core.patch_namespaced_config_map("kept", name, {"metadata": {"finalizers": ["example.org/kept"]}})
    scene.do(f"kubectl delete namespace {name} --wait=false")
    (remedy,) = refused(scene, with_further(scene, further))
    (command,) = commands(remedy)
    assert scene.run(command.replace("10m", "1s")).returncode != 0, "control: it waits"
    core.patch_namespaced_config_map("kept", name, {"metadata": {"finalizers": None}})
    scene.do(command)
    assert scene.stack.preview(check=False).returncode == 0


def test_the_releases_of_a_team_that_left_go_by_the_command(scene: Scene, further: str, tmp_path: Path) -> None:
    scene.stack.configure_teams(with_further(scene, further))
    scene.stack.up()
    bundle = run_here(
        scene.stack, "bundle", further, "bob", "--stack", scene.stack.name, "--out", str(tmp_path / "bob")
    )
    assert bundle.code == 0, bundle.err
    (use,) = [line for line in (bundle.out + bundle.err).splitlines() if "to use it: " in line]
    use = use.partition("to use it: ")[2]
    environment = {**scene.stack.environment, "HOME": str(tmp_path)}

    def bash(line: str) -> CompletedProcess[str]:
        done = run(f"bash -c {shlex.quote(line)}", tmp_path, environment)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        return done

    source = use.partition(" && ")[0]
    for name in ("web", "db"):
        bash(f"{source} && helm install {LEDGER} --name {name} --namespace {further}-apps")
    assert "web" in bash(use).stdout
    (remedy,) = refused(scene, {scene.team: settings(scene.team, scene.legacy)})
    (delete,) = [each for each in commands(remedy) if each.startswith("helm")]
    bash(f"{source} && {delete}")
    assert scene.stack.preview(check=False).returncode == 0
    scene.stack.up()


def test_a_pod_that_does_not_end_goes_by_the_command(scene: Scene, cluster: Place) -> None:
    """It is bound to a node that there is not, so nobody ends it."""
    labels = f"{TILLERS},{MANAGED_BY_LABEL}={MANAGED_BY}"
    made = pod("stuck", labels, "default", {"nodeName": "gone"}, f"--annotations={TRUSTS_ANNOTATION}=mallory")
    scene.do(filled(made, {"{tiller}": scene.tiller}))
    scene.do(f"kubectl delete pod stuck --namespace {scene.tiller} --wait=false")
    access = Access(cluster.kubeconfig, cluster.context)
    with pytest.raises(NotRevokedError) as failed:
        asyncio.run(revocation.ended(access, scene.tiller, {"mallory"}, seconds=1, noticed_seconds=0))
    look, end = commands(failed.value.problems[0].remedy)
    assert "stuck" in scene.do(look)
    assert "stuck" in scene.do(end)
    assert asyncio.run(revocation.ended(access, scene.tiller, {"mallory"}, seconds=5)) == scene.tiller


def test_records_are_repaired_by_the_commands(scene: Scene, tmp_path: Path) -> None:
    core, route = client.CoreV1Api(scene.api), Route(scene.team, Kind.SECRET, scene.tiller, scene.apps)
    helm = Helm.of(scene.stack.bundle(scene.team, "ann"), scene.stack.environment, tmp_path / "ann", scene.tiller)
    assert helm.run("install", LEDGER, "--name=web", f"--namespace={scene.apps}").returncode == 0
    assert helm.run("upgrade", "web", LEDGER, "--set=text=second").returncode == 0

    def stored() -> Stored:
        return read(scene.api, Kind.SECRET, scene.tiller)

    def forge(name: str, version: int, status: Revision) -> None:
        data = core.read_namespaced_secret("web.v2", scene.tiller).data
        message = records.message(base64.b64decode(data["release"]).decode())
        message.name, message.version, message.info.status.code = name, version, status
        core.create_namespaced_secret(scene.tiller, _secret(records.config_map(message)))

    def problems() -> list[str]:
        found = select(Found(stored(), Stored(), ()), route, {scene.apps: [scene.team]})
        return [each for problem in found.problems for each in commands(problem.remedy)]

    # Records with changed labels, and torn ones.
    core.patch_namespaced_secret("web.v1", scene.tiller, {"metadata": {"labels": {"STATUS": "DELETED", "NAME": "w"}}})
    torn = {"metadata": {"name": "torn.v1", "labels": {"OWNER": "TILLER", "NAME": "torn"}}, "data": {"release": "QUJD"}}
    core.create_namespaced_secret(scene.tiller, torn)
    found = stored().unreadable
    assert {each.name for each in found} == {"web.v1", "torn.v1"}
    for each in found:
        (command,) = commands(repair.remedy(each))
        scene.do(command)
    assert stored().unreadable == ()
    assert stored().names == {"web"}
    saved = scene.stack.project / f"{scene.tiller}-torn.v1.yaml"
    assert "QUJD" in saved.read_text()

    # What was not ended: its Tiller runs here, and each command is one for Helm.
    forge("web", 3, Revision.PENDING_UPGRADE)
    forge("half", 1, Revision.PENDING_INSTALL)
    ended = problems()
    assert [each.split()[1] for each in ended] == ["delete", "rollback"]
    for command in ended:
        words = [word for word in shlex.split(command)[1:] if word not in ("--tiller-namespace", scene.tiller, "or")]
        done = helm.run(*words[: words.index("choose")] if "choose" in words else words)
        assert done.returncode == 0, done.stderr
    assert problems() == []

    # A copy that differs, in the target alone.
    core.create_namespaced_secret(scene.apps, _secret(records.config_map(records.release("web", 1))))
    source = stored()
    (problem,) = differences(histories(source.records, ()), source.records, read_in(scene, scene.apps), route)
    scene.do(commands(problem.remedy)[0])
    assert read_in(scene, scene.apps) == ()
    assert stored() == source

    # A Tiller that runs is stopped, and one that nobody knows is looked at.
    scene.do(filled(pod("second", TILLERS, "tiller"), {"{tiller}": scene.tiller}))
    running = old_tiller.running(scene.api, scene.tiller)
    stops = [each for problem in old_tiller.problems(running) for each in commands(problem.remedy)]
    assert {each.split()[1] for each in stops} == {"scale", "get"}
    for command in stops:
        scene.do(command)
    scene.do(f"kubectl delete pod second --namespace {scene.tiller}")
    until(lambda: not old_tiller.running(scene.api, scene.tiller), "no Tiller runs")

    # Records that nobody needs.
    kept = replace(histories(stored().records, ())[0], state=State.IN_USE)
    report = Report(route, Selection((kept,), {}, (), ()), applied=True)
    (delete,) = [each for said in sentences(report) for each in commands(said) if each.startswith("kubectl delete")]
    scene.do(delete)
    assert stored() == Stored()
    scene.do(RESTORE)


def _secret(config_map: dict[str, Any]) -> dict[str, Any]:
    """Return the Secret of a record that stands in a ConfigMap."""
    encoded = base64.b64encode(config_map["data"]["release"].encode()).decode()
    return {"metadata": config_map["metadata"], "data": {"release": encoded}}


def read_in(scene: Scene, namespace: str) -> tuple[Record, ...]:
    return read(scene.api, Kind.SECRET, namespace).records

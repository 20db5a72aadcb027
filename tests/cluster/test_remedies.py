"""Remedies with a command, each run on the state that it is printed for."""

import asyncio
import base64
import copy
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
from secure_tiller_cli.migration.selection import Elsewhere, Found, Selection, select
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
from tests.support.command import Ended, run_here
from tests.support.live_objects import existing
from tests.support.projects import TestStack
from tests.support.remedies import Command, commands, run, succeeded
from tiller_facts.identity import COMPONENT, MANAGED_BY, MANAGED_BY_LABEL, POD_SECURITY_LABEL, TRUSTS_ANNOTATION

TILLERS = ",".join(f"{key}={value}" for key, value in LABELS.items())
NOWHERE = {"nodeSelector": {"kubernetes.io/hostname": "nowhere"}}
NOTHING = Stored()
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
        return succeeded(self.run(command))

    def ask(self, *arguments: str) -> Ended:
        """Run `secure-tiller` in the project's folder, on the stack."""
        return run_here(self.stack, *arguments, "--stack", self.stack.name)

    def results(self) -> tuple[Result, ...]:
        done = self.ask("check", "--format", "json")
        return document.from_json(done.out, "the output").results

    def wrong(self) -> dict[str, Result]:
        """Return the results of the check that are not as they should be, by check."""
        return {each.check: each for each in self.results() if each.status in (Status.FAILED, Status.WARNING)}


def settings(team: str, legacy: str) -> dict[str, Any]:
    namespaces = {f"{team}-apps": {"retain_on_delete": False}, legacy: {"existing": True}}
    return {"namespaces": namespaces, "clients": {"ann": {}}, "subjects": {"groups": [f"{team}-developers"]}}


@pytest.fixture(scope="module")
def scene(new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str) -> Iterator[Scene]:
    """The stack, of which every check passes at first."""
    team, legacy = f"remedied-{suffix}", f"legacy-remedied-{suffix}"
    baseline = item("Namespace", legacy, "", metadata={"labels": {POD_SECURITY_LABEL: "baseline"}})
    with existing(api, baseline), new_stack({team: settings(team, legacy)}) as stack:
        stack.up()
        made = Scene(stack, api, team, legacy)
        assert made.wrong() == {}
        yield made


@dataclass
class Breakage:
    """Something broken, and what is left to do by hand after the commands of the remedy.

    Attributes:
        shown: the checks that show it.
        breaks: commands that break it.
        by_hand: commands that do what the remedy says in words alone.
    """

    shown: set[str]
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
OPENING = json.dumps(
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "opens"},
        "spec": {"podSelector": {}, "ingress": [{}]},
    }
)
CLOSED, OTHERS = "NetworkPolicy closes Tiller's namespace", "rights of others in Tiller's namespace"
BEYOND_TILLER, BEYOND_PEOPLE = (f"rights of {who}: nothing dangerous beyond" for who in ("Tiller", "people"))
BREAKAGES = {
    "a policy that is gone": Breakage({CLOSED}, ("kubectl delete networkpolicy deny-ingress --namespace {tiller}",)),
    "a label that is gone": Breakage(
        {"Pod Security of the stack's namespaces"}, (f"kubectl label namespace {{apps}} {POD_SECURITY_LABEL}-",)
    ),
    "a rule that is gone": Breakage({"rights of Tiller: all that is planned"}, (NO_RULE,)),
    "a Tiller that is stopped": Breakage(
        {"running pod is as planned"}, ("kubectl scale deployment tiller-deploy --namespace {tiller} --replicas=0",)
    ),
    "an impostor": Breakage({"only Tiller's pods carry its labels"}, (pod("impostor", TILLERS, "default"),)),
    "a second pod": Breakage(
        {"nothing else runs in Tiller's namespace"},
        (pod("second", "", "tiller"),),
        ("kubectl delete pod second --namespace {tiller}",),
    ),
    "a Service": Breakage(
        {"Services lead to Tiller as planned"},
        ("kubectl create service nodeport outside --tcp=44134 --namespace {tiller}",),
        ("kubectl delete service outside --namespace {tiller}",),
    ),
    "a policy that opens": Breakage(
        {CLOSED},
        ("kubectl apply --namespace {tiller} --filename - <<'END'\n" + OPENING + "\nEND",),
        ("kubectl delete networkpolicy opens --namespace {tiller}",),
    ),
    "a binding of Tiller's account": Breakage(
        {BEYOND_TILLER, BEYOND_PEOPLE, OTHERS},
        (
            "kubectl create rolebinding more --namespace {apps} --clusterrole=edit --serviceaccount={tiller}:tiller",
            "kubectl create rolebinding eve --namespace {tiller} --clusterrole=edit --user=eve",
            "kubectl create role odd --namespace {tiller} --verb=delete --resource=limitranges",
            "kubectl create rolebinding odd --namespace {tiller} --role=odd --group={team}-developers",
        ),
        ("kubectl delete role odd --namespace {tiller}",),
    ),
    "other arguments": Breakage(
        {"Deployment is as planned"},
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
    scene.do(f"kubectl label --overwrite namespace {scene.legacy} {POD_SECURITY_LABEL}=privileged")
    (said,) = scene.wrong().values()
    assert f"{scene.legacy} enforces privileged" in said.text
    (command,) = commands(said.remedy)
    scene.do(command)
    assert scene.wrong() == {}


FOR_EVERYBODY = Breakage(
    {OTHERS}, ("kubectl create rolebinding more --namespace {tiller} --clusterrole=edit --group=system:authenticated",)
)


@pytest.mark.parametrize(
    "breakage",
    [
        *(pytest.param(breakage, id=name) for name, breakage in BREAKAGES.items()),
        pytest.param(FOR_EVERYBODY, id="a binding for everybody", marks=pytest.mark.alone),
    ],
)
def test_after_the_commands_of_the_remedies_every_check_passes(scene: Scene, breakage: Breakage) -> None:
    spec = client.AppsV1Api(scene.api).read_namespaced_deployment("tiller-deploy", scene.tiller).spec
    arguments = spec.template.spec.containers[0].args
    at = next(i for i, each in enumerate(arguments) if each.startswith("--tls-verify"))
    names = {"{team}": scene.team, "{tiller}": scene.tiller, "{apps}": scene.apps, "{tls_verify}": str(at)}
    for command in breakage.breaks:
        scene.do(filled(command, names))
    found = scene.wrong()
    assert breakage.shown <= found.keys(), "control: it is broken"
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
    place, wanted = f"{further}-apps", settings(scene.team, scene.legacy)
    wanted["namespaces"][place] = {"existing": True}
    scene.do(f"kubectl create namespace {place}")
    scene.do(f"kubectl create role tiller-{scene.team} --namespace {place} --verb=get --resource=pods")
    (remedy,) = refused(scene, {scene.team: wanted})
    update, delete = commands(remedy)
    assert f"--namespace {place}" in delete
    scene.do(delete)
    scene.do(update)
    assert scene.stack.preview("--expect-no-changes", check=False).returncode == 0
    scene.do(f"kubectl delete namespace {place}")
    again = {each for result in scene.wrong().values() for each in commands(result.remedy) if "namespace" in each}
    scene.do(next(each for each in again if each.startswith("kubectl create")))


def test_a_namespace_is_handed_over_by_the_command(scene: Scene, further: str) -> None:
    scene.do(f"kubectl create namespace {further}-apps")
    (remedy,) = refused(scene, with_further(scene, further))
    (command,) = commands(remedy)
    scene.do(command)
    assert scene.stack.preview(check=False).returncode == 0


def test_a_namespace_of_the_stack_is_given_away_by_the_command(scene: Scene) -> None:
    given, kept = settings(scene.team, scene.legacy), settings(scene.team, scene.legacy)
    given["namespaces"][scene.apps], kept["namespaces"][scene.apps] = {"existing": True}, {"retain_on_delete": True}
    (remedy,) = refused(scene, {scene.team: given})
    update, give = commands(remedy)
    scene.stack.configure_teams({scene.team: kept})
    scene.do(update)
    scene.stack.configure_teams({scene.team: given})
    before = json.loads(scene.do(f"kubectl get namespace {scene.apps} --output json"))["metadata"]
    scene.do(give)
    assert scene.stack.preview(check=False).returncode == 0
    put_back = {"metadata": {key: before[key] for key in ("labels", "annotations")}}
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


def test_a_namespace_that_is_not_there_is_created_by_the_command(scene: Scene, further: str) -> None:
    wanted = settings(scene.team, scene.legacy)
    wanted["namespaces"][f"{further}-apps"] = {"existing": True}
    (remedy,) = refused(scene, {scene.team: wanted})
    (command,) = commands(remedy)
    scene.do(command)
    assert scene.stack.preview(check=False).returncode == 0


def test_a_team_whose_first_update_never_ended_comes_and_goes_by_the_commands(
    scene: Scene, further: str, tmp_path: Path
) -> None:
    halted = with_further(scene, further)
    halted[further]["pod"] = {"image": "localhost/absent/tiller:v2.17.0", "rollout_timeout": "10s"}
    scene.stack.configure_teams(halted)
    assert scene.stack.up(check=False).returncode != 0
    update, *same = _updates(scene, further)
    scene.stack.configure_teams(with_further(scene, further))
    succeeded(scene.run(update), *same)

    handed = scene.ask("bundle", further, "bob", "--out", str(tmp_path / "bob"))
    assert handed.code == 0, handed.err
    (use,) = [each for each in commands(handed.out + handed.err) if each.startswith("source")]
    environment = {**scene.stack.environment, "HOME": str(tmp_path)}
    source = use.partition(" && ")[0]
    for name in ("web", "db"):
        install = f"{source} && helm install {LEDGER} --name {name} --namespace {further}-apps"
        succeeded(run(install, tmp_path, environment, program="bash"))
    assert "web" in succeeded(run(use, tmp_path, environment, program="bash"))
    (remedy,) = refused(scene, {scene.team: settings(scene.team, scene.legacy)})
    (delete,) = [each for each in commands(remedy) if each.startswith("helm")]
    helm = Helm.of(scene.stack.bundle(further, "bob"), environment, tmp_path / "helm", f"{further}-tiller")
    succeeded(run(delete, tmp_path, helm.shell))
    assert scene.stack.preview(check=False).returncode == 0
    scene.stack.up()


def _updates(scene: Scene, further: str) -> list[Command]:
    """Return the update by which each command of ours has a first one ended."""
    (of_check,) = [each.remedy for each in scene.results() if each.team == further]
    page = json.loads(scene.ask("report", "--out", "-", "--format", "json").out)
    (of_page,) = [each["text"] for each in page["findings"] if each["team"] == further]
    refused = scene.ask("bundle", further, "bob", "--out", "-").err
    return [each for said in (of_check, of_page, refused) for each in commands(said)]


def test_a_state_that_lacks_something_is_completed_by_the_commands(scene: Scene) -> None:
    whole = json.loads(scene.stack.export())

    def change(changed: Callable[[dict[str, Any]], None]) -> None:
        edited = copy.deepcopy(whole)
        for each in edited["deployment"]["resources"]:
            changed(each)
        scene.stack.import_state(json.dumps(edited))

    def without_offset(each: dict[str, Any]) -> None:
        if each["type"] == COMPONENT:
            each["outputs"]["expirations"]["server"]["notAfter"] = "2035-01-01T00:00:00"

    def with_a_late_ca(each: dict[str, Any]) -> None:
        if each["type"] == "kubernetes:apps/v1:Deployment":
            annotations = each["inputs"]["spec"]["template"]["metadata"]["annotations"]
            annotations[TRUSTS_ANNOTATION] += " ca:late"

    def without_namespace(each: dict[str, Any]) -> None:
        if each["type"] == COMPONENT:
            del each["outputs"]["namespace"]

    change(without_offset)
    (failure,) = json.loads(scene.ask("renewals", "--format", "json").out)["failures"]
    scene.do(commands(failure)[0])
    assert json.loads(scene.ask("renewals", "--format", "json").out)["failures"] == []
    change(with_a_late_ca)
    (look,) = [each for result in scene.results() for each in commands(result.remedy) if "get secret" in each]
    scene.do(look)
    change(without_namespace)
    update, export = commands(scene.ask("check").err)
    assert json.loads(scene.do(export))["version"] == 3
    scene.do(update)
    assert scene.wrong() == {}


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

    def problems(target: Stored = NOTHING, *elsewhere: Elsewhere) -> list[Command]:
        found = select(Found(stored(), target, (), elsewhere), route, {scene.apps: [scene.team]})
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

    # What was not ended: its Tiller runs here.
    forge("web", 3, Revision.PENDING_UPGRADE)
    forge("half", 1, Revision.PENDING_INSTALL)
    ended = problems()
    assert [each.split()[1] for each in ended] == ["delete", "rollback"]
    for command in ended:
        succeeded(run(command, tmp_path, helm.shell))
    assert problems() == []

    # A name that the target has for another release, and a copy that differs, in the target alone.
    core.create_namespaced_secret(scene.apps, _secret(records.config_map(records.release("web", 1))))
    source = stored()
    (look,) = problems(read(scene.api, Kind.SECRET, scene.apps))
    assert "web.v1" in scene.do(look)
    (problem,) = differences(histories(source.records, ()), source.records, read_in(scene, scene.apps), route)
    scene.do(commands(problem.remedy)[0])
    assert read_in(scene, scene.apps) == ()
    assert stored() == source

    # What the Tiller of another team has already.
    core.create_namespaced_secret(scene.apps, _secret_as_it_is(core.read_namespaced_secret("web.v1", scene.tiller)))
    (delete,) = problems(NOTHING, Elsewhere("other", scene.apps, read_in(scene, scene.apps)))
    scene.do(delete)
    assert (read_in(scene, scene.apps), stored()) == ((), source)
    assert (scene.stack.project / f"{scene.apps}-web.v1.yaml").exists()

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


def _secret_as_it_is(found: Any) -> dict[str, Any]:
    """Return the Secret of a record for another namespace."""
    return {"metadata": {"name": found.metadata.name, "labels": found.metadata.labels}, "data": found.data}


def read_in(scene: Scene, namespace: str) -> tuple[Record, ...]:
    return read(scene.api, Kind.SECRET, namespace).records


def test_whom_an_update_left_is_revoked_by_the_command(scene: Scene, cluster: Place) -> None:
    """Without `--target` or `--exclude`, by which an update does not replace Tiller's pod."""
    scene.stack.configure_teams({scene.team: settings(scene.team, scene.legacy) | {"clients": {"bob": {}}}})
    access = Access(cluster.kubeconfig, cluster.context)
    with pytest.raises(NotRevokedError) as failed:
        asyncio.run(revocation.ended(access, scene.tiller, {"ann"}, seconds=1, noticed_seconds=0))
    (command,) = commands(failed.value.problems[0].remedy)
    scene.do(command)
    assert asyncio.run(revocation.ended(access, scene.tiller, {"ann"}, seconds=5)) == scene.tiller


def test_the_last_team_goes_by_the_command(scene: Scene) -> None:
    (remedy,) = refused(scene, {})
    (command,) = commands(remedy)
    scene.do(command)
    left = json.loads(scene.stack.export())["deployment"].get("resources", [])
    assert [each["type"] for each in left] == []

"""`secure-tiller vet`: what it says of a chart is what becomes of it when it is really installed."""

import base64
import contextlib
import functools
import json
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client
from typer.testing import CliRunner, Result

from secure_tiller.problems import RefusedError
from secure_tiller_cli.charts.discovery import discover
from secure_tiller_cli.commands import app
from secure_tiller_cli.releases import Status
from secure_tiller_cli.state import export
from secure_tiller_cli.vet.exactness import rendered_differently
from testbed.demo.checks import CHART
from testbed.demo.place import Place
from testbed.helm import Helm
from testbed.pulumi_stack import PROJECT
from testbed.waiting import until
from tests.support import records
from tests.support.chart_conditions import CHANGES, CONDITIONS, OWN, chart_of
from tests.support.cluster_objects import binding, granted, item
from tests.support.command import run_process
from tests.support.live_objects import existing, kubeconfig_of
from tests.support.projects import TestStack
from tests.support.remedies import Command, commands, run, succeeded

SHOP, TROUBLES = (str(PROJECT / "tests" / "charts" / chart) for chart in ("shop", "troubles"))
FITS, REFUSED, WRONG_USE, FOUND = 0, 1, 2, 3


@dataclass(frozen=True)
class World:
    """Two teams: plain, with the default rights and one namespace; opted, with every opt-in and two.

    Attributes:
        stack: of both.
        plain: the name of the one.
        opted: the name of the other.
        helm: a client of each, by team.
        busybox: an image that the cluster's nodes can run.
    """

    stack: TestStack
    plain: str
    opted: str
    helm: dict[str, Helm]
    busybox: str

    def vet(self, team: str, chart: str, *options: str, form: str = "json") -> Result:
        """Run the command in the stack's folder, as its user does, for the team's first namespace."""
        arguments = ["vet", chart, "--team", team, "--namespace", f"{team}-apps", "--format", form, *options]
        return self.run(*arguments)

    def run(self, *arguments: str) -> Result:
        """Run the command in the stack's folder."""
        with contextlib.chdir(self.stack.project):
            return CliRunner(env=dict(self.stack.environment)).invoke(app, arguments)

    def trouble(self, trouble: str) -> tuple[str, ...]:
        """Return the values for one trouble."""
        namespace = ("--set", "namespace=kube-system") if trouble == "another namespace" else ()
        nothing_else = ("--set", "settings=false") if trouble == "hooks alone" else ()
        return ("--set", f"trouble={trouble},image={self.busybox}", *namespace, *nothing_else)

    @contextlib.contextmanager
    def installed(self, team: str, chart: str, *options: str) -> Iterator["subprocess.CompletedProcess[str]"]:
        """Really install a chart, and give how that ended; it is gone afterwards."""
        name, helm = f"r{secrets.token_hex(3)}", self.helm[team]
        try:
            yield helm.run("install", chart, "--name", name, "--namespace", f"{team}-apps", "--timeout=30", *options)
        finally:
            helm.run("delete", "--purge", name)


@pytest.fixture(scope="module")
def world(
    new_stack: Callable[..., TestStack],
    cluster: Place,
    suffix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    plain, opted, let_go = f"vet-{suffix}", f"vetopt-{suffix}", {"retain_on_delete": False}
    leases = {"api_groups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "delete"]}
    rights = {"network_policies": True, "roles": True, "rules": [leases]}
    stack = new_stack(
        {
            plain: {"namespaces": {f"{plain}-apps": let_go}, "clients": {"ann": {}}},
            opted: {
                "namespaces": {f"{opted}-apps": let_go, f"{opted}-jobs": let_go},
                "clients": {"ann": {}},
                "rights": rights,
            },
        }
    )
    with stack:
        stack.up()
        helm = {
            team: Helm.of(stack.bundle(team, "ann"), stack.environment, tmp_path_factory.mktemp(team), f"{team}-tiller")
            for team in (plain, opted)
        }
        # The state does not change any more, so that Pulumi is asked for it once.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("secure_tiller_cli.commands.deployed.export", functools.cache(export))
            yield World(stack, plain, opted, helm, cluster.busybox)


def findings(done: Result) -> list[dict[str, Any]]:
    """Return what the command found, but what it says of provenance."""
    return [finding for finding in json.loads(done.stdout)["findings"] if finding["group"] != "provenance"]


# Charts that fit.


def test_a_good_chart_fits_and_is_really_installed(world: World) -> None:
    image = f"--set=image={world.busybox}"
    done = world.vet(world.plain, str(CHART), image)
    assert (done.exit_code, findings(done)) == (FITS, []), done.output
    assert {each["how"] for each in json.loads(done.stdout)["asked"]} == {"asked as Tiller's account"}
    with world.installed(world.plain, str(CHART), image, "--wait") as installed:
        assert installed.returncode == 0, installed.stderr


def test_a_chart_of_every_kind_with_hooks_and_tests_fits(world: World) -> None:
    """That it is installed with these rights is tests/cluster/test_preset.py."""
    done = world.vet(world.plain, SHOP, "--name=shop")
    assert (done.exit_code, findings(done)) == (FITS, []), done.output
    assert json.loads(done.stdout)["objects"] == 20


def test_the_text_says_so_in_one_sentence(world: World) -> None:
    done = world.vet(world.plain, str(CHART), form="text")
    where = f"{world.plain}-apps of team {world.plain}"
    assert f"chart (3 objects) fits {where}: nothing was found that would stop it." in done.stdout
    assert "note: not verified: a folder carries no provenance" in done.stdout


def test_a_chart_is_rendered_for_this_cluster(world: World) -> None:
    """Control: without the API versions of the cluster, Helm renders the version that is gone."""
    values = world.trouble("ingress of its time")
    assert world.vet(world.plain, TROUBLES, *values).exit_code == FITS
    assert "extensions/v1beta1" in _render(world, "ingress of its time")
    with world.installed(world.plain, TROUBLES, *values) as installed:
        assert installed.returncode == 0, installed.stderr


# Charts with one trouble, and how Tiller fails with it.

FORBIDDEN = "is forbidden: User"
BEYOND = "attempting to grant RBAC permissions not currently held"


@dataclass(frozen=True)
class Trouble:
    """A finding about a chart, and the error of Tiller for it.

    Attributes:
        group: of the finding.
        object: the kind it is about.
        words: in the finding.
        refusal: in Helm's error.
        team: the one whose Tiller it is; `opted` where only its opt-ins lead that far.
    """

    group: str
    object: str
    words: str
    refusal: str
    team: str = "plain"


ONE_TROUBLE = {
    "network policy": Trouble(
        "cannot install",
        "NetworkPolicy",
        "may not create, delete, get, patch networkpolicies.networking.k8s.io in",
        "networkpolicies.networking.k8s.io is forbidden: User",
    ),
    "cluster role": Trouble(
        "outside the team", "ClusterRole", "of the whole cluster", "clusterroles.rbac.authorization.k8s.io is forbidden"
    ),
    "another namespace": Trouble(
        "outside the team", "ConfigMap", "goes to kube-system", 'in API group "" in the namespace "kube-system"'
    ),
    "role": Trouble("cannot install", "Role", "create pods/exec", BEYOND, "opted"),
    "role binding": Trouble("cannot install", "RoleBinding", "more than Tiller holds", BEYOND, "opted"),
    "binding of nothing": Trouble("cannot install", "RoleBinding", "not there", '"nowhere" not found', "opted"),
    "pod": Trouble(
        "refused by Pod Security", "Pod", 'violates PodSecurity "baseline', 'violates PodSecurity "baseline'
    ),
    "no pod": Trouble(
        "cannot install", "Deployment", "its pod is invalid: spec.containers[0].image", "image: Required value"
    ),
    "old deployment": Trouble(
        "API gone", "Deployment", "it is in apps/v1", 'no matches for kind "Deployment" in version "extensions/v1beta1"'
    ),
    "unknown kind": Trouble("API gone", "ServiceMonitor", "serves no ServiceMonitor", 'kind "ServiceMonitor"'),
    "hooks alone": Trouble("cannot install", "ConfigMap", "no object but hooks", "no objects visited"),
}


@pytest.mark.parametrize("trouble", ONE_TROUBLE)
def test_a_trouble_is_found_and_tiller_really_fails_with_it(world: World, trouble: str) -> None:
    expected = ONE_TROUBLE[trouble]
    team = getattr(world, expected.team)
    values = world.trouble(trouble)
    done = world.vet(team, TROUBLES, *values)
    assert done.exit_code == FOUND, done.output
    (finding,) = findings(done)
    assert (finding["group"], finding["severity"]) == (expected.group, "stops")
    assert expected.words in finding["text"]
    assert [each["kind"] for each in finding["objects"]] == [expected.object]
    with world.installed(team, TROUBLES, *values) as installed:
        assert installed.returncode != 0
        assert expected.refusal in installed.stderr


@pytest.mark.parametrize(
    ("team", "trouble"), [("plain", "none"), ("opted", "network policy"), ("opted", "role within")]
)
def test_control_without_the_trouble_or_with_the_right_it_fits_and_is_installed(
    world: World, team: str, trouble: str
) -> None:
    name = getattr(world, team)
    values = world.trouble(trouble)
    done = world.vet(name, TROUBLES, *values)
    assert (done.exit_code, findings(done)) == (FITS, []), done.output
    with world.installed(name, TROUBLES, *values) as installed:
        assert installed.returncode == 0, installed.stderr


def test_an_object_in_another_namespace_of_the_team_fits_and_is_installed(world: World) -> None:
    values = ("--set", f"namespace={world.opted}-jobs")
    done = world.vet(world.opted, TROUBLES, *values)
    assert (done.exit_code, findings(done)) == (FITS, []), done.output
    with world.installed(world.opted, TROUBLES, *values) as installed:
        assert installed.returncode == 0, installed.stderr


def test_what_can_be_installed_and_not_upgraded_is_found_and_really_fails_then(world: World) -> None:
    values = world.trouble("lease")
    done = world.vet(world.opted, TROUBLES, *values)
    assert done.exit_code == FOUND
    (finding,) = findings(done)
    missing = f"patch leases.coordination.k8s.io in {world.opted}-apps"
    assert finding["text"] == f"Tiller may not {missing}: it can be installed, but an upgrade or a delete fails"
    with world.installed(world.opted, TROUBLES, *values) as installed:
        assert installed.returncode == 0, installed.stderr
        name = installed.args[installed.args.index("--name") + 1]
        upgraded = world.helm[world.opted].run("upgrade", name, TROUBLES, *values)
    assert upgraded.returncode != 0
    assert 'cannot patch resource "leases"' in upgraded.stderr


def test_a_deployment_of_refused_pods_is_installed_and_gets_none(world: World, api: client.ApiClient) -> None:
    """Helm says DEPLOYED, which is why a chart is vetted."""
    values = world.trouble("deployment")
    (finding,) = findings(world.vet(world.plain, TROUBLES, *values))
    assert finding["group"] == "refused by Pod Security"
    assert finding["text"].startswith("the Deployment would be created and get no pod: violates PodSecurity")
    apps, inside = client.AppsV1Api(api), f"{world.plain}-apps"
    with world.installed(world.plain, TROUBLES, *values) as installed:
        assert installed.returncode == 0, installed.stderr

        def refused() -> bool:
            conditions = [
                c for each in apps.list_namespaced_deployment(inside).items for c in each.status.conditions or ()
            ]
            return any("violates PodSecurity" in (condition.message or "") for condition in conditions)

        until(refused, "the Deployment says why it has no pod")
        assert client.CoreV1Api(api).list_namespaced_pod(inside, label_selector="release").items == []


def test_all_findings_are_written_in_text_group_by_group(world: World, tmp_path: Path) -> None:
    chart = Path(shutil.copytree(TROUBLES, tmp_path / "all"))
    parts = [trouble for trouble in ONE_TROUBLE if ONE_TROUBLE[trouble].team == "plain"]
    rendered = [_render(world, trouble) for trouble in parts if trouble != "hooks alone"]
    shutil.rmtree(chart / "templates")
    (chart / "templates").mkdir()
    (chart / "templates" / "all.yaml").write_text("\n---\n".join(rendered))
    done = world.vet(world.plain, str(chart), form="text")
    assert done.exit_code == FOUND
    headings = ["Cannot install", "Outside the team", "Refused by Pod Security", "API gone", "Provenance"]
    assert [line.strip() for line in done.stdout.splitlines() if line.strip() in headings] == headings
    assert "does not fit" in done.stdout.splitlines()[-1]


def _render(world: World, trouble: str) -> str:
    command = ["helm", "template", TROUBLES, f"--name=r{secrets.token_hex(3)}", *world.trouble(trouble)]
    done = subprocess.run(command, env=dict(world.stack.environment), capture_output=True, text=True, check=True)
    return "\n---\n".join(part for part in done.stdout.split("\n---\n") if "kind:" in part)


@pytest.mark.parametrize(("wanted", "fits"), [("<1.20.0", False), ("new", False), (">=1.20.0", True)])
def test_a_chart_that_wants_another_kubernetes_is_found_and_tiller_really_refuses_it(
    world: World, tmp_path: Path, wanted: str, fits: bool
) -> None:
    chart = shutil.copytree(TROUBLES, tmp_path / "troubles")
    metadata = yaml.safe_load((chart / "Chart.yaml").read_text())
    (chart / "Chart.yaml").write_text(yaml.safe_dump({**metadata, "kubeVersion": wanted}))
    done = world.vet(world.plain, str(chart))
    assert done.exit_code == (FITS if fits else FOUND), done.output
    texts = [finding["text"] for finding in findings(done)]
    assert [text.partition(",")[0] for text in texts] == ([] if fits else [f"requires Kubernetes {wanted}"])
    with world.installed(world.plain, str(chart)) as installed:
        assert ("incompatible with Kubernetes" in installed.stderr) is not fits
        assert (installed.returncode == 0) is fits


def test_nothing_is_made_by_vetting(world: World, api: client.ApiClient) -> None:
    world.vet(world.opted, SHOP, "--name=shop")
    pods = client.CoreV1Api(api).list_namespaced_pod(f"{world.opted}-apps").items
    maps = client.CoreV1Api(api).list_namespaced_config_map(f"{world.opted}-apps").items
    assert [pod.metadata.name for pod in pods if pod.metadata.name.startswith("vet-")] == []
    assert [each.metadata.name for each in maps if each.metadata.name.startswith("shop")] == []


# Conditions of Tiller and of the API server, each in a chart of its own, which Tiller really installs and upgrades.


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_chart_with_a_condition_is_installed_and_upgraded_as_it_was_said(
    world: World, api: client.ApiClient, tmp_path: Path, condition: str
) -> None:
    case, name, team = CONDITIONS[condition], f"c{secrets.token_hex(3)}", world.plain
    chart = chart_of(tmp_path / "chart", (*case.templates, *(() if case.alone else (OWN,))), case.metadata)
    done = world.run("vet", str(chart), "--team", team, "--name", name, "--format", "json")
    said = _said(done)
    assert said == (case.installs, case.installs and case.upgrades), done.output
    helm = world.helm[team]
    installed = helm.run("install", str(chart), "--name", name, "--namespace", f"{team}-apps", "--timeout=30")
    try:
        assert (installed.returncode == 0) is case.installs, installed.stderr
        if case.installs:
            upgraded = helm.run("upgrade", name, str(chart), "--timeout=30")
            assert (upgraded.returncode == 0) is case.upgrades, upgraded.stderr
    finally:
        helm.run("delete", "--purge", name)
        _clear(api, world, name)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_release_is_upgraded_to_a_chart_with_a_condition_as_it_was_said(
    world: World, api: client.ApiClient, tmp_path: Path, condition: str
) -> None:
    case, name = CONDITIONS[condition], f"u{secrets.token_hex(3)}"
    before = chart_of(tmp_path / "before", (OWN,))
    after = chart_of(tmp_path / "after", (*case.templates, *(() if case.alone else (OWN,))), case.metadata)
    with _release(world, api, name, before):
        _upgraded_as_said(world, name, after, case.installs if case.after is None else case.after)


@pytest.mark.parametrize("change", CHANGES)
def test_a_release_is_changed_as_it_was_said(world: World, api: client.ApiClient, tmp_path: Path, change: str) -> None:
    name = f"p{secrets.token_hex(3)}"
    *texts, expected = CHANGES[change]
    before, after = (chart_of(tmp_path / str(number), (str(text),)) for number, text in enumerate(texts))
    with _release(world, api, name, before):
        refused = world.run("vet", str(after), "--team", world.plain, "--name", name, "--format", "json")
        assert any(each["text"].startswith(f"a release {name} already exists") for each in findings(refused))
        _upgraded_as_said(world, name, after, expected is True)


def test_a_release_whose_record_is_too_large_is_stored_or_changed_as_it_was_said(
    world: World, api: client.ApiClient, tmp_path: Path
) -> None:
    """It is installed and then not found. An upgrade to it is refused. What .helmignore lists does not count."""
    name, team, helm = f"l{secrets.token_hex(3)}", world.plain, world.helm[world.plain]
    large, small = (chart_of(tmp_path / each, (OWN,)) for each in ("large", "small"))
    for chart in (large, small):
        (chart / "notes.txt").write_text(secrets.token_urlsafe(2**20))
    (small / ".helmignore").write_text("notes.txt\n")

    def vetted(chart: Path, *options: str) -> tuple[bool, str]:
        done = world.run("vet", str(chart), "--team", team, "--name", name, "--format", "json", *options)
        return _said(done)[1], " ".join(each["text"] for each in findings(done))

    fits, text = vetted(large)
    assert (fits, "does not store the release, so it cannot be upgraded or deleted" in text) == (False, True)
    install = ("--name", name, "--namespace", f"{team}-apps", "--timeout=30")
    try:
        installed = helm.run("install", str(large), *install)
        assert (installed.returncode, "not found" in installed.stderr) == (1, True), installed.stderr
        maps = client.CoreV1Api(api).list_namespaced_config_map(f"{team}-apps").items
        assert name in {each.metadata.name for each in maps}
        _clear(api, world, name)
        assert vetted(small) == (True, "")
        installed = helm.run("install", str(small), *install)
        assert installed.returncode == 0, installed.stderr
        fits, text = vetted(large, "--upgrade")
        assert (fits, "Tiller refuses the upgrade" in text) == (False, True)
        upgraded = helm.run("upgrade", name, str(large), "--timeout=30")
        assert (upgraded.returncode, "Too long" in upgraded.stderr) == (1, True), upgraded.stderr
    finally:
        helm.run("delete", "--purge", name)
        _clear(api, world, name)


def test_what_a_chart_makes_of_the_version_is_compared_by_the_commands(
    world: World, api: client.ApiClient, tmp_path: Path
) -> None:
    template = f"# {{{{ .Capabilities.KubeVersion.GitVersion }}}}\n{OWN}"
    chart, discovery = chart_of(tmp_path / "chart", (template,), ()), discover(api)
    for suffix, shown in (("", f"# v{discovery.version}.0"), ("-vendor.1", f"# {discovery.release}")):
        of_vendor = replace(discovery, release=f"{discovery.release}{suffix}")
        found = rendered_differently(chart, of_vendor)
        assert found
        (command,) = commands(found.remedy)
        assert shown in succeeded(run(command, tmp_path, world.helm[world.plain].shell))


def test_what_is_said_of_a_release_is_looked_at_by_the_commands(
    world: World, api: client.ApiClient, nobody: Path, tmp_path: Path
) -> None:
    core, team, name = client.CoreV1Api(api), world.plain, f"l{secrets.token_hex(3)}"
    chart, helm, inside = chart_of(tmp_path / "chart", (OWN,), ()), world.helm[world.plain], f"{world.plain}-tiller"

    def remedy(*options: str) -> Command:
        done = world.run("vet", str(chart), "--team", team, "--name", name, "--format", "json", *options)
        found = [command for each in findings(done) for command in commands(each["remedy"])]
        (looks,) = [each for each in found if each.startswith("helm ")]
        return looks

    def change(**fields: Any) -> None:
        data = core.read_namespaced_secret(f"{name}.v1", inside).data
        message = records.message(base64.b64decode(data["release"]).decode())
        message.manifest = fields.get("manifest", message.manifest)
        message.info.status.code = fields.get("status", message.info.status.code)
        changed = base64.b64encode(records.encoded(message).encode()).decode()
        labels = {"STATUS": Status(message.info.status.code).name}
        patch = {"data": {"release": changed}, "metadata": {"labels": labels}}
        core.patch_namespaced_secret(f"{name}.v1", inside, patch)

    done = helm.run("install", str(chart), "--name", name, "--namespace", f"{team}-apps")
    assert done.returncode == 0, done.stderr
    try:
        look = remedy("--kubeconfig", str(nobody))
        assert name in succeeded(run(look, tmp_path, helm.shell))
        change(manifest="a: b: c\n")
        assert "a: b: c" in succeeded(run(remedy("--upgrade"), tmp_path, helm.shell))
        change(status=Status.FAILED)
        assert "FAILED" in succeeded(run(remedy("--upgrade"), tmp_path, helm.shell))
    finally:
        change(manifest=OWN.replace("{{ .Release.Name }}", name))
        helm.run("delete", "--purge", name)


@contextlib.contextmanager
def _release(world: World, api: client.ApiClient, name: str, chart: Path) -> Iterator[None]:
    """Install a chart for the team without opt-outs, and remove the release and what it left."""
    helm = world.helm[world.plain]
    try:
        done = helm.run("install", str(chart), "--name", name, "--namespace", f"{world.plain}-apps", "--timeout=30")
        assert done.returncode == 0, done.stderr
        yield
    finally:
        helm.run("delete", "--purge", name)
        _clear(api, world, name)


def _upgraded_as_said(world: World, name: str, chart: Path, expected: bool) -> None:
    """Assert that the command says whether a release can be upgraded, and that Tiller then does so or not."""
    vetted = world.run("vet", str(chart), "--team", world.plain, "--upgrade", "--name", name, "--format", "json")
    assert _said(vetted)[1] is expected, vetted.output
    upgraded = world.helm[world.plain].run("upgrade", name, str(chart), "--timeout=30")
    assert (upgraded.returncode == 0) is expected, upgraded.stderr


def _said(done: Result) -> tuple[bool, bool]:
    """Return whether the command says that a chart can be installed, and upgraded then."""
    if isinstance(done.exception, RefusedError):
        return False, False
    stops = [each["text"] for each in findings(done) if each["severity"] == "stops"]
    assert [each for each in findings(done) if each["severity"] == "not checked"] == [], done.output
    return all("but an upgrade" in text for text in stops), not stops


def _clear(api: client.ApiClient, world: World, name: str) -> None:
    """Delete what hooks left."""
    core, apps = client.CoreV1Api(api), f"{world.plain}-apps"
    for each in core.list_namespaced_config_map(apps).items:
        if each.metadata.name.startswith(name):
            core.delete_namespaced_config_map(each.metadata.name, apps)


# An account with few rights.


@pytest.fixture(scope="module")
def nobody(api: client.ApiClient, cluster: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of an account that may do nothing but see which cluster it is."""
    inside = f"vet-nobody-{secrets.token_hex(3)}"
    view = binding("ClusterRole view", f"ServiceAccount {inside}/nobody", "kube-system", inside)
    with existing(api, item("Namespace", inside, ""), item("ServiceAccount", "nobody", inside), view):
        file = tmp_path_factory.mktemp("nobody") / "config"
        file.touch(mode=0o600)
        file.write_text(kubeconfig_of(api, cluster.kubeconfig, inside, "nobody"))
        yield file


@pytest.fixture(scope="module")
def someone(
    world: World, api: client.ApiClient, cluster: Place, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The kubeconfig of an account that may create ConfigMaps and pods of the team, but not impersonate Tiller's."""
    inside, apps = f"vet-someone-{secrets.token_hex(3)}", f"{world.plain}-apps"
    to = f"ServiceAccount {inside}/someone"
    rule = {"apiGroups": [""], "resources": ["configmaps", "pods"], "verbs": ["create"]}
    rights = [
        binding("ClusterRole view", to, "kube-system", inside),
        *granted(rule, to=to, namespace=apps, name=inside),
    ]
    with existing(api, item("Namespace", inside, ""), item("ServiceAccount", "someone", inside), *rights):
        file = tmp_path_factory.mktemp("someone") / "config"
        file.touch(mode=0o600)
        file.write_text(kubeconfig_of(api, cluster.kubeconfig, inside, "someone"))
        yield file


def test_an_account_that_may_not_impersonate_tillers_asks_as_itself(world: World, someone: Path) -> None:
    done = world.vet(world.plain, str(CHART), "--kubeconfig", str(someone))
    not_asked = "not asked: your account may not create it"
    assert {each["kind"]: each["how"] for each in json.loads(done.stdout)["asked"]} == {
        "ConfigMap": "asked as you",
        "Deployment": not_asked,
        "Service": not_asked,
    }
    unchecked = [each["text"] for each in findings(done) if each["severity"] == "not checked"]
    assert unchecked == [f"not checked: your account may not create deployments, services in {world.plain}-apps"]


def test_what_the_api_server_refuses_is_found_by_asking_as_oneself(world: World, someone: Path) -> None:
    """A pod that violates Pod Security, and a ConfigMap whose data are no text."""
    done = world.vet(world.plain, TROUBLES, *world.trouble("pod"), "--kubeconfig", str(someone))
    assert {each["how"] for each in json.loads(done.stdout)["asked"] if each["kind"] == "Pod"} == {"asked as you"}
    stops = [each["text"] for each in findings(done) if each["severity"] == "stops"]
    assert ['violates PodSecurity "baseline' in text for text in stops] == [True]


def test_an_account_that_may_not_ask_gets_the_computed_and_the_unchecked(world: World, nobody: Path) -> None:
    done = world.vet(world.plain, str(CHART), "--kubeconfig", str(nobody))
    assert done.exit_code == FOUND
    assert json.loads(done.stdout)["outcome"] == "not checked"
    by_text = {finding["text"]: finding["severity"] for finding in findings(done)}
    (computed,) = (text for text in by_text if "computed from the stack's state" in text)
    unchecked = f"not checked: your account may not create {{}} in {world.plain}-apps"
    kinds = ("configmaps, deployments, services", "pods")
    assert by_text == {computed: "note"} | {unchecked.format(kind): "not checked" for kind in kinds}
    assert {each["how"] for each in json.loads(done.stdout)["asked"]} == {"not asked: your account may not create it"}


def test_a_missing_right_is_found_by_computing_too(world: World, nobody: Path) -> None:
    values = world.trouble("network policy")
    done = world.vet(world.plain, TROUBLES, *values, "--kubeconfig", str(nobody))
    assert done.exit_code == FOUND
    assert findings(done)[0]["text"].startswith("Tiller may not create, delete, get, patch networkpolicies")


def test_a_role_that_the_account_may_not_read_is_not_passed(world: World, nobody: Path) -> None:
    values = world.trouble("role binding")
    done = world.vet(world.opted, TROUBLES, *values, "--kubeconfig", str(nobody))
    assert done.exit_code == FOUND
    assert "not checked what the ClusterRole cluster-admin gives" in findings(done)[0]["text"]


# Provenance.


@dataclass(frozen=True)
class Signed:
    """A package, signed, and keyrings with the signer's key and with a stranger's."""

    package: Path
    keyring: Path
    stranger: Path


@pytest.fixture(scope="module")
def signed(world: World, tmp_path_factory: pytest.TempPathFactory) -> Signed:
    folder = tmp_path_factory.mktemp("signed")
    rings, chart = (
        {name: _keys(folder / name) for name in ("signer", "stranger")},
        shutil.copytree(CHART, folder / "web"),
    )
    _run(
        *("helm", "package", "--sign", "--key", "signer", "--keyring", str(rings["signer"] / "secret.gpg")),
        *("--destination", str(folder), "--save=false", str(chart)),
        environment=dict(world.stack.environment),
    )
    (package,) = folder.glob("*.tgz")
    return Signed(package, *(rings[name] / "public.gpg" for name in ("signer", "stranger")))


def _keys(home: Path) -> Path:
    """Make a key pair of the name of a folder, and keyrings of the form that Helm 2 reads."""
    home.mkdir(mode=0o700)
    gpg = ("gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode=loopback", "--passphrase=")
    try:
        _run(*gpg, "--quick-generate-key", f"{home.name} <{home.name}@example.org>", "rsa2048", "sign", "never")
        _run(*gpg, "--output", str(home / "public.gpg"), "--export")
        _run(*gpg, "--output", str(home / "secret.gpg"), "--export-secret-keys")
    finally:
        _run("gpgconf", "--homedir", str(home), "--kill", "gpg-agent")
    return home


def _run(*command: str, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr


def test_a_signed_package_verifies(world: World, signed: Signed) -> None:
    done = world.vet(world.plain, str(signed.package), "--keyring", str(signed.keyring))
    assert (done.exit_code, json.loads(done.stdout)["findings"]) == (FITS, [])


@pytest.mark.parametrize("wrong", ["tampered", "stranger", "unsigned", "no keyring"])
def test_a_package_that_was_changed_or_signed_by_somebody_else_or_nobody_does_not(
    world: World, signed: Signed, tmp_path: Path, wrong: str
) -> None:
    package = Path(shutil.copy(signed.package, tmp_path))
    if wrong != "unsigned":
        shutil.copy(f"{signed.package}.prov", tmp_path)
    if wrong == "tampered":
        chart = Path(shutil.copytree(CHART, tmp_path / "web"))
        (chart / "values.yaml").write_text((chart / "values.yaml").read_text() + "\nmore: 1\n")
        kept = (tmp_path / f"{package.name}.prov").read_bytes()
        _run(
            *("helm", "package", "--destination", str(tmp_path), "--save=false", str(chart)),
            environment=dict(world.stack.environment),
        )
        (tmp_path / f"{package.name}.prov").write_bytes(kept)
    keyring = {"stranger": signed.stranger, "no keyring": package}.get(wrong, signed.keyring)
    done = world.vet(world.plain, str(package), "--keyring", str(keyring))
    assert done.exit_code == FOUND
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["group"], finding["severity"]) == ("provenance", "stops")
    said = {
        "tampered": "sha256 sum does not match",
        "stranger": "unknown entity",
        "unsigned": "could not load provenance",
    }
    assert said.get(wrong, "failed to load keyring") in finding["text"]


# Bad input.


@pytest.mark.parametrize(
    ("chart", "options", "words"),
    [
        (TROUBLES, ["--set", "trouble=failing template"], "calling fail: a value is missing"),
        (TROUBLES, ["--set", "trouble=no yaml"], "manifest troubles/templates/fails.yaml: is no YAML: line 3"),
        (TROUBLES, ["--set", "trouble"], "does not render: failed parsing --set (not shown"),
        (str(PROJECT / "nothing"), [], "there is no such folder or file"),
        (str(PROJECT / "docs"), [], "does not render"),
        (str(PROJECT / "README.md"), [], "does not render"),
    ],
)
def test_what_does_not_render_is_one_clear_line(world: World, chart: str, options: list[str], words: str) -> None:
    done = world.vet(world.plain, chart, *options)
    assert isinstance(done.exception, RefusedError)
    (problem,) = done.exception.problems
    assert words in f"{problem.key}: {problem.why}"
    assert "\n" not in problem.why


def test_a_chart_whose_dependencies_are_missing_is_refused_with_the_remedy(world: World, tmp_path: Path) -> None:
    chart = shutil.copytree(CHART, tmp_path / "web")
    second = OWN.replace("{{ .Release.Name }}", "{{ .Release.Name }}-db")
    db = chart_of(tmp_path / "db", (second,), (("name", "db"),))
    needed = [{"name": "db", "version": "1.0.0", "repository": f"file://{db}"}]
    (chart / "requirements.yaml").write_text(yaml.safe_dump({"dependencies": needed}))
    done = world.vet(world.plain, str(chart))
    assert isinstance(done.exception, RefusedError)
    (problem,) = done.exception.problems
    (command,) = commands(problem.remedy)
    helm = world.helm[world.plain]
    repositories = helm.home / "repository" / "repositories.yaml"
    repositories.parent.mkdir(exist_ok=True)
    repositories.write_text("apiVersion: v1\nrepositories: []\n")
    succeeded(run(command, tmp_path, helm.shell))
    assert world.vet(world.plain, str(chart)).exit_code == FITS


def test_the_real_process_ends_with_one_line_and_exit_code_1(world: World) -> None:
    done = run_process(world.stack, "vet", TROUBLES, "--team", world.plain, "--set", "trouble=failing template")
    assert (done.returncode, done.stdout) == (REFUSED, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"secure-tiller: chart {TROUBLES}: does not render: ")


def test_the_only_namespace_of_a_team_is_its_default(world: World) -> None:
    done = world.run("vet", str(CHART), "--team", world.plain, "--format", "json")
    assert json.loads(done.stdout)["namespace"] == f"{world.plain}-apps"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--team", "{opted}"], "manages several namespaces; name one with --namespace: {opted}-apps, {opted}-jobs"),
        (["--team", "{opted}", "--namespace", "{opted}-app"], "did you mean '{opted}-apps'?"),
        (["--team", "{plain}x"], "did you mean '{plain}'?"),
        (["--team", "{plain}", "--keyring", "nothing.gpg"], "nothing.gpg"),
        (["--team", "{plain}", "--values", "nothing.yaml"], "nothing.yaml"),
        ([], "--team"),
    ],
)
def test_a_wrong_use_is_refused_with_the_nearest_name(world: World, options: list[str], words: str) -> None:
    names = {"plain": world.plain, "opted": world.opted}
    done = world.run("vet", str(CHART), *(option.format(**names) for option in options))
    assert done.exit_code == WRONG_USE
    assert words.format(**names) in done.stderr

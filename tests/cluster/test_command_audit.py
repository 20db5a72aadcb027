"""`secure-tiller audit` on real Tillers: what it says of each, and that a client meets just that."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client
from typer.testing import CliRunner, Result

from secure_tiller_cli.commands import app
from secure_tiller_cli.diagnosis import Accepted, Credentials, Refused
from testbed.access_reviews import Request, Server, Subject
from testbed.demo.place import Place
from testbed.helm import without_settings
from testbed.pulumi_stack import PROJECT
from testbed.tiller import ask
from testbed.toolchain import Toolchain
from testbed.toolchain.pins import TILLER_IMAGE
from testbed.waiting import until
from tests.support import pki
from tests.support.accounts import Accounts
from tests.support.cluster_objects import Object, binding, granted, item, rule
from tests.support.command import PROGRAM
from tests.support.live_objects import create, is_rolled_out
from tests.support.pages import fenced
from tests.support.projects import TestStack
from tiller_facts.severity import Severity

pytestmark = pytest.mark.alone
NOTE = PROJECT / "tests" / "charts" / "note"
KINDS = ("plain", "guide", "admin", "patched", "anonymous")
"""The Tillers that the real `helm init` installs, as `_make` has it."""
HIDDEN = "hidden"
"""A pod with none of Tiller's labels, which nothing keeps running."""

GUIDE = "spec.template.spec.containers[0].command={/tiller,--storage=secret}"
"""The override of the document's example (Helm 2.17, docs/securing_installation.md)."""
EVERYTHING = {"apiGroups": ["", "batch", "extensions", "apps"], "resources": ["*"], "verbs": ["*"]}
"""The rule of the document's example (Helm 2.17, docs/rbac.md)."""
OF_INIT = frozenset(
    (
        "medium listens-everywhere",
        "medium no-limits",
        "low probe-port-open",
        "low unlimited-history",
        "low may-run-as-root",
    )
)
"""The findings of every Tiller of `helm init`."""
PLAINTEXT = frozenset(("critical no-tls", "high port-forward-without-certificate", "high releases-in-configmaps"))
TLS_ALONE = frozenset(
    ("critical no-verification", "high port-forward-without-certificate", "high releases-in-configmaps")
)

FOUND: dict[str, set[str]] = {
    "plain": {*OF_INIT, *PLAINTEXT, "low service", "high default-account"},
    "guide": {
        *OF_INIT,
        "low service",
        "low verification-by-environment",
        "high wildcard-rights",
        "high escalating-rights",
    },
    "admin": {*OF_INIT, *PLAINTEXT, "low service", "critical cluster-admin", "high records-in-configmaps"},
    "patched": {*OF_INIT, *TLS_ALONE, "critical service-outside", "high shared-certificate"},
    "anonymous": {
        *OF_INIT,
        *TLS_ALONE,
        "low service",
        "critical port-forward-by-everybody",
        "high shared-certificate",
    },
    "hidden": {*OF_INIT, *PLAINTEXT, "high default-account"},
    "ours": set(),
}
"""By Tiller, each finding that there must be, and no other."""

YES, NO, UNKNOWN = "yes", "no", "unknown"
PRACTICES: dict[str, list[str]] = {
    "plain": [YES, NO, NO, NO, NO],
    "guide": [YES, YES, YES, YES, YES],
    "admin": [NO, NO, NO, NO, NO],
    "patched": [YES, NO, NO, YES, NO],
    "anonymous": [YES, NO, NO, YES, NO],
    "hidden": [YES, NO, NO, NO, NO],
    "ours": [YES, YES, YES, YES, YES],
}


@dataclass
class World:
    """Tillers of all kinds, and what the command said of them.

    Attributes:
        cluster: where they are.
        api: a client of it with all rights.
        environment: to run Helm and kubectl.
        folder: for Helm's files.
        namespaces: by kind, where its Tiller is.
        said: by kind, its entry in the JSON.
    """

    cluster: Place
    api: client.ApiClient
    environment: Mapping[str, str]
    folder: Path
    namespaces: dict[str, str]
    said: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def team(self) -> str:
        """The team whose Tiller is ours."""
        return self.namespaces["ours"].removesuffix("-tiller")

    def helm(self, kind: str, *arguments: str) -> None:
        """Run Helm with the Tiller of a kind."""
        environment = without_settings(self.environment) | {
            "HELM_HOME": str(self.folder / "home"),
            "TILLER_NAMESPACE": self.namespaces[kind],
        }
        done = subprocess.run(["helm", *arguments], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"helm {' '.join(arguments)}\n{done.stdout}{done.stderr}"

    def init(self, kind: str, *options: str, account: str = "tiller") -> None:
        """Install a Tiller as `helm init` does, with an account of its own that holds nothing yet; empty: with none."""
        self.prepare(kind)
        if account:
            create(self.api, item("ServiceAccount", account, self.namespaces[kind]))
        with_account = (f"--service-account={account}",) if account else ()
        self.helm(kind, "init", "--skip-refresh", *with_account, *options)

    def prepare(self, kind: str) -> None:
        """Make the namespace of a kind, in which a group may forward ports."""
        namespace = self.namespaces[kind]
        create(self.api, item("Namespace", namespace, ""))
        self.bind(kind, "people", rule("pods/portforward", "create"), f"Group {namespace}-people")

    def bind(self, kind: str, name: str, rule: Object, subject: str) -> None:
        """Give a subject a Role in the namespace of a kind."""
        for one in granted(rule, to=subject, namespace=self.namespaces[kind], name=name):
            create(self.api, one)

    def ready(self, kind: str) -> None:
        """Wait until a Tiller runs with its latest settings."""
        core, namespace = client.CoreV1Api(self.api), self.namespaces[kind]

        def runs() -> bool:
            return is_rolled_out(self.api, namespace) and len(core.list_namespaced_pod(namespace).items) == 1

        until(runs, f"the Tiller {kind} is ready, and the pod that it replaces has ended")

    def audit(self, *options: str, kubeconfig: Path | None = None) -> Result:
        """Run the command, in this process."""
        return CliRunner().invoke(app, ["audit", f"--kubeconfig={kubeconfig or self.cluster.kubeconfig}", *options])

    def entries(self, output: str) -> dict[str, dict[str, Any]]:
        """Return the entries of the JSON that are about these Tillers, by kind."""
        by_namespace = {entry["namespace"]: entry for entry in json.loads(output)["tillers"]}
        return {kind: by_namespace[namespace] for kind, namespace in self.namespaces.items()}


def codes(entry: dict[str, Any]) -> set[str]:
    """Level and code of each finding of an entry."""
    return {f"{finding['level']} {finding['code']}" for finding in entry["findings"]}


@pytest.fixture(scope="module")
def stack(new_stack: Callable[..., TestStack], suffix: str) -> Iterator[TestStack]:
    """A stack with one team, to be deployed: not one of other tests, which copy its Tillers with their keys."""
    namespaces = {f"ours-{suffix}-{name}": {"retain_on_delete": False} for name in ("apps", "jobs")}
    team = {"namespaces": namespaces, "clients": {"rita": {}}, "subjects": {"groups": [f"ours-{suffix}-developers"]}}
    with new_stack({f"ours-{suffix}": team}) as made:
        yield made


@pytest.fixture(scope="module")
def world(
    cluster: Place,
    api: client.ApiClient,
    tools: Toolchain,
    stack: TestStack,
    suffix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    environment = {**tools.environment, "KUBECONFIG": str(cluster.kubeconfig)}
    names = {kind: f"audit-{suffix}-{kind}" for kind in (*KINDS, HIDDEN)} | {"ours": f"ours-{suffix}-tiller"}
    world = World(cluster, api, environment, tmp_path_factory.mktemp("audit"), names)
    with ExitStack() as removed:
        for kind in (*KINDS, HIDDEN):
            removed.callback(_remove, api, names[kind])
        with ThreadPoolExecutor(1) as pool:
            ours = pool.submit(stack.up)
            _make(world)
            ours.result()
        world.said = world.entries(world.audit("--format=json").stdout)
        yield world


def _remove(api: client.ApiClient, namespace: str) -> None:
    """Delete a namespace, and first the rights that it gives: it goes later, and tests that follow would see them."""
    rbac = client.RbacAuthorizationV1Api(api)
    rbac.delete_collection_namespaced_role_binding(namespace)
    for delete in (client.CoreV1Api(api).delete_namespace, rbac.delete_cluster_role_binding):
        try:
            delete(namespace)
        except client.ApiException as error:
            if error.status != 404:
                raise


def _make(world: World) -> None:
    own, shared = (_files(world.folder / name) for name in ("own", "shared"))
    verified = ("--tiller-tls-verify", f"--tls-ca-cert={world.folder / 'own' / 'ca.pem'}", f"--override={GUIDE}")
    world.init("plain", account="")
    world.init("guide", *own, *verified)
    world.bind("guide", "tiller-manager", EVERYTHING, f"ServiceAccount {world.namespaces['guide']}/tiller")
    world.init("admin")
    _bind_to_cluster_admin(world)
    world.init("patched", *shared)
    _open_to_the_outside(world)
    world.init("anonymous", *shared)
    world.bind("anonymous", "guests", rule("pods/portforward", "create"), "User system:anonymous")
    world.prepare(HIDDEN)
    _hide(world)
    for kind in KINDS:
        world.ready(kind)
    namespace = world.namespaces["admin"]
    world.helm("admin", "install", str(NOTE), f"--name={namespace}", f"--namespace={namespace}")


def _files(folder: Path) -> tuple[str, ...]:
    """Write a server's certificate with its key and CA, and return the options of `helm init` for it."""
    folder.mkdir()
    ca = pki.authority()
    server = pki.server(ca)
    for name, pem in (("ca.pem", ca.pem), ("cert.pem", server.pem), ("key.pem", server.key_pem)):
        (folder / name).write_text(pem)
    return "--tiller-tls", f"--tiller-tls-cert={folder / 'cert.pem'}", f"--tiller-tls-key={folder / 'key.pem'}"


def _hide(world: World) -> None:
    """Run Tiller in a pod that does not look like one, and is recognised by its image alone."""
    core, namespace = client.CoreV1Api(world.api), world.namespaces[HIDDEN]
    until(lambda: bool(core.list_namespaced_service_account(namespace).items), f"{namespace} has its account default")
    spec = {"containers": [{"name": "server", "image": TILLER_IMAGE.reference}]}
    create(world.api, item("Pod", "web", namespace, metadata={"labels": {"app": "web"}}, spec=spec))


def _bind_to_cluster_admin(world: World) -> None:
    namespace = world.namespaces["admin"]
    create(world.api, binding("ClusterRole cluster-admin", f"ServiceAccount {namespace}/tiller", name=namespace))


def _open_to_the_outside(world: World) -> None:
    """Put TLS into the environment with a value that looks like off, as people do, and open the Service."""
    namespace = world.namespaces["patched"]
    of_container = {"name": "tiller", "env": [{"name": "TILLER_TLS_ENABLE", "value": "false"}]}
    client.AppsV1Api(world.api).patch_namespaced_deployment(
        "tiller-deploy", namespace, {"spec": {"template": {"spec": {"containers": [of_container]}}}}
    )
    client.CoreV1Api(world.api).patch_namespaced_service("tiller-deploy", namespace, {"spec": {"type": "NodePort"}})


@pytest.mark.parametrize("kind", FOUND)
def test_each_tiller_has_exactly_its_findings(world: World, kind: str) -> None:
    assert codes(world.said[kind]) == FOUND[kind]


@pytest.mark.parametrize("kind", PRACTICES)
def test_each_tiller_follows_exactly_its_practices(world: World, kind: str) -> None:
    assert [practice["answer"] for practice in world.said[kind]["practices"]] == PRACTICES[kind]


def test_whoever_brings_nothing_is_answered_where_and_only_where_it_says_so(world: World, stack: TestStack) -> None:
    plaintext = Credentials("", plaintext=True)
    own, shared = (Credentials((world.folder / name / "ca.pem").read_text()) for name in ("own", "shared"))
    ours = Credentials(stack.bundle(world.team, "rita").ca)
    brought = {
        "plain": plaintext,
        "admin": plaintext,
        "guide": own,
        "patched": shared,
        "anonymous": shared,
        "ours": ours,
    }
    answers = {kind: ask(world.namespaces[kind], world.environment, brought[kind]) for kind in brought}
    assert {kind: type(answer) for kind, answer in answers.items()} == {
        kind: Accepted if PRACTICES[kind][4] == NO else Refused for kind in brought
    }


def test_the_services_that_lead_to_each_are_listed(world: World) -> None:
    types = {kind: [service["type"] for service in entry["services"]] for kind, entry in world.said.items()}
    assert types == {**{kind: ["ClusterIP"] for kind in KINDS}, "patched": ["NodePort"], "hidden": [], "ours": []}


def test_who_may_forward_a_port_to_each_is_listed_by_name(world: World) -> None:
    def reach(kind: str) -> set[tuple[str, str]]:
        return {(who["kind"], who["name"]) for who in world.said[kind]["reach"]}

    people, masters = ("Group", f"{world.namespaces['guide']}-people"), ("Group", "system:masters")
    assert {people, masters} <= reach("guide")
    assert {("Group", f"{world.team}-developers"), masters} <= reach("ours")
    assert ("User", "system:anonymous") in reach("anonymous")
    assert ("User", "system:anonymous") not in reach("patched")
    assert people not in reach("plain")


def test_the_cluster_decides_the_same_about_port_forwards(world: World) -> None:
    server = Server(world.api)

    def may(kind: str, who: Subject) -> bool:
        verbs = ("create", "get")
        inside = world.namespaces[kind]
        return any(server.allows(who, Request(verb, "", "pods/portforward", inside)) for verb in verbs)

    people = [Subject.person(kind, "somebody", f"{world.namespaces[kind]}-people") for kind in KINDS]
    developer, guest = (
        Subject.person("ours", "rita", f"{world.team}-developers"),
        Subject("guest", "system:anonymous", ()),
    )
    for who in (*people, developer, guest):
        for kind, entry in world.said.items():
            names = {reached["name"] for reached in entry["reach"]}
            assert may(kind, who) is not names.isdisjoint((who.user, *who.groups)), (who, kind)


def test_namespaces_where_each_has_rights_are_listed(world: World) -> None:
    places = {kind: {right["namespace"] for right in entry["rights"]} for kind, entry in world.said.items()}
    guide = world.namespaces["guide"]
    assert places == {
        **{kind: set() for kind in ("plain", "patched", "anonymous", "hidden")},
        "guide": {guide},
        "admin": {""},
        "ours": {f"{world.team}-{name}" for name in ("tiller", "apps", "jobs")},
    }


def test_tillers_that_share_a_key_name_each_other(world: World) -> None:
    for one, other in (("patched", "anonymous"), ("anonymous", "patched")):
        (text,) = [item["text"] for item in world.said[one]["findings"] if item["code"] == "shared-certificate"]
        assert f"{world.namespaces[other]}/tiller-deploy" in text


def test_the_worst_come_first(world: World) -> None:
    counts = [
        [-sum(finding["level"] == level for finding in entry["findings"]) for level in Severity]
        for entry in json.loads(world.audit("--format=json").stdout)["tillers"]
    ]
    assert counts == sorted(counts)


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--fail-on=critical"], 3), (["--fail-on=low"], 3)])
def test_findings_change_the_exit_code_only_on_request(world: World, options: list[str], code: int) -> None:
    assert world.audit(*options).exit_code == code


def test_as_a_process_it_writes_a_table_and_then_the_findings_of_each(world: World) -> None:
    done = subprocess.run([PROGRAM, "audit"], env={**os.environ, **world.environment}, capture_output=True, check=False)
    written = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    row = re.search(rf"^{world.namespaces['guide']}/tiller-deploy +(.*)$", written, re.MULTILINE)
    assert row
    assert row[1].split()[:5] == ["yes"] * 5
    part = written.split(f"{world.namespaces['admin']}/tiller-deploy (", 1)[1].split("/tiller-deploy (", 1)[0]
    assert "critical  cluster-admin: its account may do everything in the cluster" in part
    assert f"by ClusterRoleBinding {world.namespaces['admin']}" in part


@pytest.fixture(scope="module")
def accounts(cluster: Place, api: client.ApiClient, suffix: str) -> Iterator[Accounts]:
    with Accounts(api, cluster.kubeconfig, f"auditors-{suffix}") as made:
        yield made


@pytest.fixture(scope="module")
def limited(accounts: Accounts, world: World) -> Path:
    """The kubeconfig of an account that may list what runs, and nothing else."""
    rules = [
        rule("deployments statefulsets daemonsets", "list", "apps"),
        rule("cronjobs jobs", "list", "batch"),
        rule("pods", "list"),
    ]
    return _written(world, "limited", accounts.make_with("limited", rules).kubeconfig)


def _written(world: World, name: str, kubeconfig: str) -> Path:
    file = world.folder / name
    file.write_text(kubeconfig)
    return file


CLIENTS = "tiller-verified"
REFUSED = {
    "critical rights-unknown",
    "critical client-ca-unknown",
    "high certificate-unknown",
    "high records-unknown",
}


def _is_hidden(finding: dict[str, str]) -> bool:
    return finding["status"] == "hidden"


def test_what_an_account_may_not_see_is_unknown_and_a_finding(world: World, limited: Path) -> None:
    done = world.audit("--format=json", kubeconfig=limited)
    said = world.entries(done.stdout)
    of_cluster = json.loads(done.stdout)["findings"]
    assert {finding["code"] for finding in of_cluster if _is_hidden(finding)} == {"rbac-unknown", "component-unknown"}
    assert [practice["answer"] for practice in said["ours"]["practices"]] == [UNKNOWN] * 5
    assert codes(said["ours"]) == {*REFUSED, "medium people-unknown", "low services-unknown", "low probe-port-open"}
    assert (said["ours"]["reach"], said["ours"]["rights"]) == (None, None)
    assert [practice["answer"] for practice in said["plain"]["practices"]] == [UNKNOWN, NO, NO, NO, NO]
    assert "critical people-unknown" in codes(said["plain"])


def test_control_what_it_may_see_is_as_for_the_admin(world: World, limited: Path) -> None:
    said = world.entries(world.audit("--format=json", kubeconfig=limited).stdout)
    for kind in world.namespaces:
        assert said[kind]["settings"] == world.said[kind]["settings"]
        assert said[kind]["pods"] == world.said[kind]["pods"]


def test_with_the_rights_of_the_page_nothing_is_unknown(world: World, accounts: Accounts) -> None:
    (block,) = fenced("yaml", (PROJECT / "docs" / "audit.md").read_text())
    rules = yaml.safe_load(block)["rules"]
    auditor = _written(world, "auditor", accounts.make_with("auditor", rules).kubeconfig)
    done = world.audit("--format=json", kubeconfig=auditor)
    # Other tests have clients of theirs in this cluster, whose verification may be hidden.
    of_cluster = [finding for finding in json.loads(done.stdout)["findings"] if finding["practice"] != CLIENTS]
    assert [finding for finding in of_cluster if _is_hidden(finding)] == []
    for kind, entry in world.entries(done.stdout).items():
        assert codes(entry) == FOUND[kind]
        assert entry["practices"] == world.said[kind]["practices"]


def test_an_account_that_may_list_nothing_is_refused_in_one_line(world: World, accounts: Accounts) -> None:
    nothing = _written(world, "nothing", accounts.make_with("nothing", []).kubeconfig)
    command = [PROGRAM, "audit", f"--kubeconfig={nothing}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "it refused to show Tillers: 403 Forbidden" in line
    assert "use an account that may list deployments, statefulsets, daemonsets, cronjobs, jobs and pods in" in line

"""`secure-tiller check` on real Tillers: it passes where all is as planned, and finds each thing that is broken.

Every breakage is made for real, one at a time, and undone; exactly the checks fail that look at it.
"""

import base64
import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from secure_tiller.plan import pem
from secure_tiller.plan.names import server_names
from secure_tiller_cli.check import accounts, certificates, endpoint, namespaces, pod, rights, services, storage, trust
from secure_tiller_cli.results.document import from_json
from secure_tiller_cli.results.result import Status
from testbed.demo.place import Place
from testbed.waiting import until
from tests.support import pki
from tests.support.cluster_objects import LABELS, Object, binding, granted, item, rule
from tests.support.command import Ended, run_here, run_process
from tests.support.live_objects import client_with, existing, is_rolled_out, kubeconfig_of
from tests.support.projects import PASSPHRASE, TestStack
from tiller_facts.rbac import ANONYMOUS, EVERYBODY, UNAUTHENTICATED

GRANTED = "rights of {}: all that is planned"
NO_MORE = "rights of {}: nothing dangerous beyond"
EDIT = "ClusterRole edit"
ENFORCE = "pod-security.kubernetes.io/enforce"
OWN_CA = pki.authority("a PKI of the user's own")


@dataclass(frozen=True)
class Checked:
    """A stack that is checked."""

    stack: TestStack
    team: str
    other: str

    @property
    def tiller(self) -> str:
        """The namespace of the team's Tiller."""
        return f"{self.team}-tiller"

    @property
    def apps(self) -> str:
        """Its managed namespace."""
        return f"{self.team}-apps"

    @property
    def legacy(self) -> str:
        """The namespace that existed already, where the other team installs."""
        return self.team.replace("onyx", "legacy")

    @property
    def suffix(self) -> str:
        return self.team.removeprefix("onyx-")

    def run(self, *arguments: str, **environment: str) -> Ended:
        """Run the command in the project's folder."""
        return run_here(self.stack, "check", *arguments, **environment)

    def check(self, *arguments: str) -> Ended:
        """Check the one team."""
        return self.run(self.team, "--stack", self.stack.name, "--format", "json", *arguments)


def texts(done: Ended, *statuses: Status) -> dict[str, str]:
    """Return the text of each check with one of some statuses."""
    return {
        result.check: result.text for result in from_json(done.out, "the output").results if result.status in statuses
    }


@pytest.fixture(scope="module")
def checked(new_stack: Callable[..., TestStack], api: client.ApiClient, suffix: str) -> Iterator[Checked]:
    """Two teams: one as most are, whose second client made its own key; and one with a setting of every kind."""
    team, other, legacy = f"onyx-{suffix}", f"opal-{suffix}", f"legacy-{suffix}"
    own_server = pki.server(OWN_CA, names=server_names(f"{other}-tiller", exposed=True))
    stack = new_stack({}, PASSPHRASE)
    stack.configure_teams({team: _plain(team, suffix), other: _rich(other, legacy, own_server)})
    stack.set_server_key(other, own_server.key_pem)
    with existing(api, item("Namespace", legacy, "")), stack:
        stack.up()
        yield Checked(stack, team, other)


def _plain(team: str, suffix: str) -> dict[str, Any]:
    people = {
        "groups": [f"onyx-developers-{suffix}"],
        "users": [f"olga-{suffix}@example.org"],
        "service_accounts": [{"namespace": f"pipelines-{suffix}", "name": "deployer"}],
    }
    return {
        "namespaces": {f"{team}-apps": {"retain_on_delete": False}},
        "clients": {"olga": {}, "dora": {"csr": pki.request("dora")}},
        "subjects": people,
    }


def _rich(team: str, legacy: str, server: pki.Pair) -> dict[str, Any]:
    leases = {"api_groups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create"]}
    return {
        "namespaces": {f"{team}-apps": {"retain_on_delete": False}, legacy: {"existing": True}},
        "subjects": {"service_accounts": [{"namespace": f"{team}-apps", "name": "deployer"}]},
        "clients": {"otto": {}, "robot": {"secret": {"namespace": f"{team}-apps", "name": "tiller-client"}}},
        "rights": {"network_policies": True, "roles": True, "rules": [leases]},
        "certificates": {
            "server_certificate": {"certificate": server.pem, "ca": OWN_CA.pem},
            "trusted_client_cas": {"partner": pki.authority("partner").pem},
        },
        "expose": "cluster",
        "pod": {
            "history_max": 2,
            "resources": {"requests": {"cpu": "0.010"}, "limits": {"memory": "262144Ki"}},
            "node_selector": {"kubernetes.io/os": "linux"},
            "tolerations": [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}],
            "priority_class": "system-cluster-critical",
        },
        "labels": {"cost-center": "42"},
        "annotations": {"example.org/owner": "platform"},
    }


def test_a_healthy_stack_passes_every_check_and_shows_no_key(checked: Checked) -> None:
    done = checked.run("--stack", checked.stack.name, "--all")
    assert "52 checks: 51 passed, 1 warning, 0 failed, 0 not checked" in done.out, done.out
    assert done.code == 0
    assert "olga (v2.17.0); not tried, for they made their own keys: dora" in done.out
    assert f"refused {checked.other}/otto" in done.out
    assert "the CAs of 2 clients, and 1 of trusted_client_cas (partner)" in done.out
    assert f"{checked.legacy} enforces no level" in done.out
    assert "PRIVATE KEY" not in done.out + done.err


def tiller_bound_to_more(checked: Checked, api: client.ApiClient) -> AbstractContextManager[None]:
    return existing(api, binding(EDIT, f"ServiceAccount {checked.tiller}/tiller", checked.apps, "more"))


def people_bound_to_more(checked: Checked, api: client.ApiClient) -> AbstractContextManager[None]:
    return existing(api, binding(EDIT, f"Group onyx-developers-{checked.suffix}", checked.tiller, "more"))


@contextmanager
def a_rule_taken_from_tillers_role(checked: Checked, api: client.ApiClient) -> Iterator[None]:
    rbac, name = client.RbacAuthorizationV1Api(api), f"tiller-{checked.team}"
    rules = rbac.read_namespaced_role(name, checked.apps).rules
    fewer = [rule for rule in rules if rule.api_groups != ["batch"]]
    rbac.patch_namespaced_role(name, checked.apps, {"rules": api.sanitize_for_serialization(fewer)})
    try:
        yield
    finally:
        rbac.patch_namespaced_role(name, checked.apps, {"rules": api.sanitize_for_serialization(rules)})


def an_account_of_the_team_that_is_cluster_admin(
    checked: Checked, api: client.ApiClient
) -> AbstractContextManager[None]:
    builder, name = f"ServiceAccount {checked.apps}/builder", f"builder-{checked.team}"
    return existing(api, binding("ClusterRole cluster-admin", builder, name=name))


def a_pod(checked: Checked, name: str, labels: dict[str, str], account: str) -> Object:
    """A pod in Tiller's namespace that no node matches."""
    restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    spec = {
        "nodeSelector": {"kubernetes.io/hostname": "nowhere"},
        "serviceAccountName": account,
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "tiller", "image": "example.org/evil", "securityContext": restricted}],
    }
    return item("Pod", name, checked.tiller, metadata={"labels": labels}, spec=spec)


def an_impostor(checked: Checked, api: client.ApiClient) -> AbstractContextManager[None]:
    """A pod with the labels by which Helm's client looks for Tiller."""
    return existing(api, a_pod(checked, "impostor", LABELS, "default"))


def a_pod_with_tillers_account(checked: Checked, api: client.ApiClient) -> AbstractContextManager[None]:
    """A pod that may be a second Tiller, without TLS, to which the team's people may forward a port."""
    return existing(api, a_pod(checked, "second", {}, "tiller"))


def a_port_of_every_node(checked: Checked, api: client.ApiClient) -> AbstractContextManager[None]:
    spec = {"type": "NodePort", "selector": LABELS, "ports": [{"port": 44134}]}
    return existing(api, item("Service", "outside", checked.tiller, spec=spec))


def a_record_in_a_config_map(checked: Checked, api: client.ApiClient) -> AbstractContextManager[None]:
    labels = {"OWNER": "TILLER", "NAME": "web", "VERSION": "1", "STATUS": "DEPLOYED"}
    return existing(api, item("ConfigMap", "web.v1", checked.tiller, metadata={"labels": labels}))


@contextmanager
def a_namespace_without_pod_security(checked: Checked, api: client.ApiClient) -> Iterator[None]:
    core = client.CoreV1Api(api)
    core.patch_namespace(checked.apps, {"metadata": {"labels": {ENFORCE: None}}})
    try:
        yield
    finally:
        core.patch_namespace(checked.apps, {"metadata": {"labels": {ENFORCE: "baseline"}}})


@contextmanager
def an_open_namespace(checked: Checked, api: client.ApiClient) -> Iterator[None]:
    networking = client.NetworkingV1Api(api)
    kept = networking.read_namespaced_network_policy("deny-ingress", checked.tiller)
    networking.delete_namespaced_network_policy("deny-ingress", checked.tiller)
    try:
        yield
    finally:
        networking.create_namespaced_network_policy(checked.tiller, _again(api, kept))


@contextmanager
def a_secret_that_trusts_mallory(checked: Checked, api: client.ApiClient) -> Iterator[None]:
    """The TLS Secret, replaced by a mutable one of the same name with one CA more."""
    core = client.CoreV1Api(api)
    (kept,) = [each for each in core.list_namespaced_secret(checked.tiller).items if "-tls-" in each.metadata.name]
    broken = _again(api, kept)
    anchors = base64.b64decode(kept.data["ca.crt"]) + pki.authority("mallory").pem.encode()
    broken["data"]["ca.crt"] = base64.b64encode(anchors).decode()
    del broken["immutable"]
    core.delete_namespaced_secret(kept.metadata.name, checked.tiller)
    core.create_namespaced_secret(checked.tiller, broken)
    try:
        yield
    finally:
        core.delete_namespaced_secret(kept.metadata.name, checked.tiller)
        core.create_namespaced_secret(checked.tiller, _again(api, kept))


def _again(api: client.ApiClient, kept: Any) -> Any:
    """Return the manifest that creates an object once more."""
    made = api.sanitize_for_serialization(kept)
    for field in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
        made["metadata"].pop(field, None)
    return made


Breakage = Callable[[Checked, client.ApiClient], AbstractContextManager[None]]

BREAKAGES: dict[str, tuple[Breakage, dict[str, str]]] = {
    "Tiller's account is bound to more": (
        tiller_bound_to_more,
        {NO_MORE.format("Tiller"): "rolebinding/more in {apps} (edit) grants"},
    ),
    "Tiller's Role lacks a rule": (
        a_rule_taken_from_tillers_role,
        {GRANTED.format("Tiller"): "create cronjobs.batch in {apps}"},
    ),
    "people are bound to more": (
        people_bound_to_more,
        {NO_MORE.format("people"): "group onyx-developers-{suffix}: create configmaps in {tiller}"},
    ),
    "an account of the team is cluster-admin": (
        an_account_of_the_team_that_is_cluster_admin,
        {accounts.ACCOUNTS: "service account {apps}:builder by clusterrolebinding/builder-{team} (cluster-admin)"},
    ),
    "a pod poses as Tiller": (an_impostor, {pod.IMPOSTORS: "not of the Deployment: impostor"}),
    "a pod runs as Tiller's account": (
        a_pod_with_tillers_account,
        {pod.ALONE: "with Tiller's account or its TLS Secret: second"},
    ),
    "a Service leads to Tiller": (a_port_of_every_node, {services.SERVICES: "outside (NodePort) is not of the stack"}),
    "a release is in a ConfigMap": (a_record_in_a_config_map, {storage.RECORDS: "in ConfigMaps of {tiller}: web.v1"}),
    "a namespace enforces nothing": (
        a_namespace_without_pod_security,
        {namespaces.MADE: f"{{apps}}: the label {ENFORCE} is (missing), not baseline"},
    ),
    "pods can connect": (an_open_namespace, {namespaces.POLICY: "deny-ingress is not there"}),
    "Tiller trusts one CA more": (
        a_secret_that_trusts_mallory,
        {
            trust.SECRET: "is not immutable",
            trust.ANCHORS: "it trusts CN=mallory",
            trust.RUNNING: "not 1 of the Secret",
        },
    ),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_what_is_broken_fails_its_own_checks_alone(name: str, checked: Checked, api: client.ApiClient) -> None:
    breakage, expected = BREAKAGES[name]
    names = {"apps": checked.apps, "tiller": checked.tiller, "team": checked.team}
    with breakage(checked, api):
        done = checked.check()
    seen = texts(done, Status.FAILED, Status.WARNING, Status.NOT_CHECKED)
    assert set(seen) == set(expected)
    for check, said in expected.items():
        assert said.format(**names, suffix=checked.suffix) in seen[check]
    assert done.code == 3


def keys_without_credentials(api: client.ApiClient, namespace: str) -> list[str]:
    """Return the names of the Secrets whose keys the API server shows to somebody without credentials."""
    try:
        found = client.CoreV1Api(client_with("", api)).list_namespaced_secret(namespace).items
    except client.ApiException:
        return []
    return [secret.metadata.name for secret in found if "tls.key" in (secret.data or {})]


@pytest.mark.alone
@pytest.mark.parametrize("name", sorted(EVERYBODY))
def test_secrets_that_any_of_everybody_reads_in_tillers_namespace_fail(
    name: str, checked: Checked, api: client.ApiClient
) -> None:
    reader = item("ClusterRole", f"reader-{checked.team}", "", rules=[rule("secrets", "get list")])
    subject = f"{'User' if name == ANONYMOUS else 'Group'} {name}"
    given = binding(f"ClusterRole reader-{checked.team}", subject, checked.tiller)
    with existing(api, reader, given):
        found = keys_without_credentials(api, checked.tiller)
        done = checked.check()
    assert bool(found) is (name in (ANONYMOUS, UNAUTHENTICATED)), "who shows no credentials reads Tiller's key"
    assert keys_without_credentials(api, checked.tiller) == []
    assert name in texts(done, Status.FAILED)[rights.OTHERS]
    assert done.code == 3


def test_an_account_that_holds_more_in_its_own_namespace_is_a_warning(checked: Checked, api: client.ApiClient) -> None:
    builder = f"ServiceAccount {checked.apps}/builder"
    with existing(api, binding(EDIT, builder, checked.apps)):
        done = checked.check()
    assert f"service account {checked.apps}:builder" in texts(done, Status.WARNING)[accounts.ACCOUNTS]
    assert texts(done, Status.FAILED, Status.NOT_CHECKED) == {}
    assert done.code == 0


@contextmanager
def rolled_out(api: client.ApiClient, namespace: str, change: Callable[[list[str]], list[str]]) -> Iterator[None]:
    """Start Tiller with other arguments, and then as before."""
    apps = client.AppsV1Api(api)

    def start(arguments: list[str]) -> None:
        container = {"name": "tiller", "args": arguments}
        apps.patch_namespaced_deployment(
            "tiller-deploy", namespace, {"spec": {"template": {"spec": {"containers": [container]}}}}
        )
        until(lambda: is_rolled_out(api, namespace), f"the Tiller of {namespace} is rolled out")

    before = apps.read_namespaced_deployment("tiller-deploy", namespace).spec.template.spec.containers[0].args
    try:
        start(change(before))
        yield
    finally:
        start(before)
        _end_the_others(client.CoreV1Api(api), namespace)


def _end_the_others(core: client.CoreV1Api, namespace: str) -> None:
    """End the pods that are stopping: what comes next is not to see them."""
    for each in core.list_namespaced_pod(namespace).items:
        if each.metadata.deletion_timestamp:
            with contextlib.suppress(client.ApiException):  # it is gone by itself
                core.delete_namespaced_pod(each.metadata.name, namespace, grace_period_seconds=0)
    until(lambda: len(core.list_namespaced_pod(namespace).items) == 1, f"one pod is left in {namespace}")


def test_a_tiller_that_verifies_nobody_answers_everybody(checked: Checked, api: client.ApiClient) -> None:
    def trusting(arguments: list[str]) -> list[str]:
        return [each for each in arguments if not each.startswith("--tls-verify")]

    with rolled_out(api, checked.tiller, trusting):
        done = checked.check()
    failed = texts(done, Status.FAILED)
    by_the_port = {endpoint.NO_CERTIFICATE, endpoint.STRANGER, endpoint.OTHER_TEAMS, trust.RUNNING}
    assert set(failed) == {*by_the_port, pod.DEPLOYMENT, pod.POD}
    assert f"ANSWERED: {checked.other}/otto" in failed[endpoint.OTHER_TEAMS]
    assert done.code == 3


def test_a_tiller_that_stores_in_config_maps(checked: Checked, api: client.ApiClient) -> None:
    def careless(arguments: list[str]) -> list[str]:
        return [each.replace("--storage=secret", "--storage=configmap") for each in arguments]

    with rolled_out(api, checked.tiller, careless):
        done = checked.check()
    assert set(texts(done, Status.FAILED)) == {pod.DEPLOYMENT, pod.POD, storage.SETTING}
    assert done.code == 3


@pytest.mark.parametrize(
    ("limit", "status", "code"), [("--warn-within", Status.WARNING, 0), ("--fail-within", Status.FAILED, 3)]
)
def test_certificates_that_end_within_a_limit(limit: str, status: Status, code: int, checked: Checked) -> None:
    done = checked.check(limit, "365d")
    assert set(texts(done, status)) == {certificates.LIFE}
    assert "client:dora ends in 89 days" in texts(done, status)[certificates.LIFE]
    assert done.code == code


@pytest.fixture
def poor(checked: Checked, api: client.ApiClient, cluster: Place, tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of an account that may do nothing but tell which cluster it is."""
    may = {**rule("namespaces", "get"), "resourceNames": ["kube-system"]}
    to, name = f"ServiceAccount {checked.apps}/poor", f"poor-{checked.team}"
    account, rights_of = (
        item("ServiceAccount", "poor", checked.apps),
        granted(may, to=to, namespace="kube-system", name=name),
    )
    with existing(api, account, *rights_of):
        file = tmp_path / "kubeconfig"
        file.write_text(kubeconfig_of(api, cluster.kubeconfig, checked.apps, "poor"))
        yield file


def test_what_an_account_may_not_look_at_is_not_checked_and_never_passed(checked: Checked, poor: Path) -> None:
    done = checked.check("--kubeconfig", str(poor))
    assert set(texts(done, Status.PASSED)) == {certificates.LIFE}
    assert texts(done, Status.FAILED) == {}
    assert "the account lacks the right to" in texts(done, Status.NOT_CHECKED)[endpoint.CLIENTS]
    assert texts(done, Status.NOT_CHECKED)[pod.POD].startswith("the cluster refused to show")
    assert done.code == 3


def test_a_client_without_access_to_the_stack_checks_its_bundle(checked: Checked, tmp_path: Path) -> None:
    held = checked.stack.bundle(checked.team, "olga")
    for name, text in (("ca", held.ca), ("cert", held.cert), ("key", held.key)):
        (tmp_path / f"{name}.pem").write_text(text)
    (tmp_path / "env").write_text(f"export TILLER_NAMESPACE={checked.tiller}\n")
    done = checked.run("--bundle", str(tmp_path))
    ends = f"{pem.ends(held.cert):%Y-%m-%d %H:%M}"
    said = f"Tiller in {checked.tiller} answers: v2.17.0\nthe client's certificate ends {ends} UTC; "
    assert (done.code, done.out) == (0, f"{said}ask for a new bundle before that\n")
    (tmp_path / "env").write_text(f"export TILLER_NAMESPACE={checked.other}-tiller\n")
    done = checked.run("--bundle", str(tmp_path), "--format", "json")
    assert done.code == 3
    answer = json.loads(done.out)
    assert (answer["namespace"], answer["answered"]) == (f"{checked.other}-tiller", False)
    assert answer["certificateEnds"] is None
    assert answer["causes"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["ony-{suffix}", "--stack", "{stack}"],
            2,
            "the stack has no team of this name; did you mean 'onyx-{suffix}'?",
        ),
        (["--stack", "nowhere"], 1, "stack nowhere: its state cannot be read: "),
        (["--stack", "{stack}", "--kubeconfig", "nowhere"], 1, "nowhere cannot be read: No such file or directory"),
        (["--stack", "{stack}", "--kubeconfig", "dead"], 1, "it cannot be reached"),
        (["--stack", "{stack}", "--warn-within", "soon"], 2, "must be whole days or hours"),
        (["{team}", "--bundle", "somewhere"], 2, "stands for itself"),
        (["--bundle", "nowhere"], 1, "nowhere: is not there"),
    ],
)
def test_wrong_use_is_said_in_a_line(arguments: list[str], code: int, said: str, checked: Checked) -> None:
    words = {"suffix": checked.suffix, "stack": checked.stack.name, "team": checked.team}
    (checked.stack.project / "dead").write_text(_nobody_there())
    done = checked.run(*(argument.format(**words) for argument in arguments))
    assert done.code == code
    assert said.format(**words) in " ".join(done.err.split())
    assert done.out == ""


def _nobody_there() -> str:
    """A kubeconfig that leads to a port where nobody listens."""
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    user = {"name": "u", "user": {}}
    return json.dumps({"current-context": "c", "contexts": [context], "clusters": [cluster], "users": [user]})


def test_a_wrong_passphrase_is_said_in_a_line(checked: Checked) -> None:
    done = checked.run("--stack", checked.stack.name, PULUMI_CONFIG_PASSPHRASE="wrong")
    assert done.code == 1
    assert "set PULUMI_CONFIG_PASSPHRASE" in done.err
    assert done.err.count("\n") == 1


def test_a_report_of_the_same_stack_needs_no_passphrase(checked: Checked, tmp_path: Path) -> None:
    others = {name: value for name, value in checked.stack.environment.items() if name not in PASSPHRASE}
    stack = dataclasses.replace(checked.stack, environment=others)
    done = run_process(stack, "report", "--stack", stack.name, "--out", str(tmp_path / "report.html"))
    assert (done.returncode, done.stderr) == (0, "")


def test_as_a_program_of_its_own_in_the_folder_of_the_project(checked: Checked) -> None:
    checked.stack.run("stack", "select", checked.stack.name)
    done = run_process(checked.stack, "check", checked.other)
    assert (done.returncode, done.stderr) == (0, "")
    assert "27 checks: 26 passed, 1 warning" in done.stdout

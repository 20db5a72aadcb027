"""The rights of a Tiller in a managed namespace are enough, and no more than enough, for charts of every kind.

The witness is the API server's audit log: what Tiller asked for, while it ran every command of Helm that makes it ask
for anything, must be exactly what its Role grants.
"""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kubernetes import client
from rich.console import Console

from secure_tiller.plan import rights
from testbed import audit
from testbed.audit import Asked, Right
from testbed.cluster import LOCAL
from testbed.demo.place import Place
from testbed.helm import Helm
from testbed.pulumi_stack import PROJECT
from testbed.waiting import until
from tests.support.cluster_objects import granted, item, rule
from tests.support.live_objects import create, existing
from tests.support.projects import TestStack
from tiller_facts.rbac import Rule

SHOP, OPERATOR = (str(PROJECT / "tests" / "charts" / chart) for chart in ("shop", "operator"))
PARTS = ("web", "store", "agent", "batch", "legacy")

_WAIT = ("--wait", "--timeout=90")
_UPGRADE = ("upgrade", "shop", SHOP, "--reuse-values")
_FAILS = "upgrade that fails"
STEPS = {
    "install of every kind as a hook": (
        *("install", SHOP, "--name=rehearsal"),
        "--set=global.hook=pre-install,global.replicas=0",
    ),
    "delete of what is no hook": ("delete", "--purge", "rehearsal"),
    "install": ("install", SHOP, "--name=shop", *_WAIT),
    "status": ("status", "shop"),
    "test": ("test", "shop", "--logs", "--cleanup", "--timeout=60"),
    # The label is on every object. The Job's command cannot be changed in place: that takes --force.
    "upgrade of every object": (
        *(*_UPGRADE, *_WAIT, "--force", "--recreate-pods"),
        "--set=global.version=2,batch.message=done again",
    ),
    "upgrade to fewer kinds": (*_UPGRADE, "--no-hooks", "--set=agent.enabled=false"),
    "rollback to all kinds": ("rollback", "shop", "1", "--force", *_WAIT),
    # Something new is made before the Service's port is refused; both options take back what was done.
    _FAILS: (*_UPGRADE, "--atomic", "--cleanup-on-fail", "--set=store.disruptionBudget=true,web.port=70000"),
    "delete": ("delete", "--purge", "shop"),
    "list": ("ls", "--all"),
}
"""Commands of Helm, with the options that make Tiller ask for more. The list comes last: when it has been answered,
everything before it is in the log."""


@dataclass(frozen=True)
class Witness:
    """The calls of red's client rita, and the requests that Tiller made during them.

    Attributes:
        done: how each step ended.
        role: the rights that the cluster grants to Tiller in the managed namespace.
        managed: asked for in the managed namespace.
        storage: asked for in Tiller's own namespace.
        elsewhere: asked for outside of any namespace.
    """

    done: dict[str, "subprocess.CompletedProcess[str]"]
    role: frozenset[Right]
    managed: Asked
    storage: Asked
    elsewhere: Asked


@pytest.fixture(scope="module")
def values(
    cluster: Place, api: client.ApiClient, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The chart's values for this cluster, and volumes to claim, because it makes none by itself."""
    core = client.CoreV1Api(api)
    names = [f"volume-{suffix}-{number}" for number in range(3)]
    for name in names:
        folder = tmp_path_factory.mktemp(name)
        folder.chmod(0o777)  # the pods run as nobody
        core.create_persistent_volume(_volume(name, folder, suffix))
    yield f"--set=global.image={cluster.busybox},global.storageClass={suffix}"
    for name in names:
        core.delete_persistent_volume(name)


def _volume(name: str, folder: Path, storage_class: str) -> dict[str, object]:
    spec = {
        "capacity": {"storage": "1Mi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": storage_class,
        "hostPath": {"path": str(folder)},
    }
    return {"metadata": {"name": name}, "spec": spec}


@pytest.fixture(scope="module")
def witness(
    deployed: TestStack, api: client.ApiClient, red: str, values: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Witness]:
    rita = Helm.of(deployed.bundle(red, "rita"), deployed.environment, tmp_path_factory.mktemp("rita"), f"{red}-tiller")
    since, place = datetime.now(UTC), (f"--namespace={red}-apps", values)
    done = {name: rita.run(*step, *(place if step[0] == "install" else ())) for name, step in STEPS.items()}
    managed, storage, elsewhere = (_asked(red, namespace, since) for namespace in (f"{red}-apps", f"{red}-tiller", ""))
    role = client.RbacAuthorizationV1Api(api).read_namespaced_role(f"tiller-{red}", f"{red}-apps")
    yield Witness(done, audit.granted(role.rules), managed, storage, elsewhere)
    # A StatefulSet leaves its claims, whoever deletes it.
    client.CoreV1Api(api).delete_collection_namespaced_persistent_volume_claim(f"{red}-apps")


def _asked(team: str, namespace: str, since: datetime) -> Asked:
    return audit.asked(LOCAL.audit_log, f"system:serviceaccount:{team}-tiller:tiller", namespace, since)


@pytest.mark.parametrize("step", [step for step in STEPS if step != _FAILS])
def test_helm_runs_its_commands_on_charts_of_every_kind(witness: Witness, step: str) -> None:
    assert witness.done[step].returncode == 0, witness.done[step].stderr


def test_an_upgrade_that_fails_is_taken_back(witness: Witness) -> None:
    done = witness.done[_FAILS]
    assert done.returncode != 0
    assert "Rollback was a success" in done.stdout


def test_the_rights_are_enough(witness: Witness) -> None:
    refused = {"managed": witness.managed.refused, "own": witness.storage.refused, "none": witness.elsewhere.refused}
    assert {namespace: sorted(rights) for namespace, rights in refused.items() if rights} == {}


def test_the_rights_are_no_more_than_enough(
    witness: Witness, console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    used = witness.role & witness.managed.allowed
    resources, verbs = ({right[part] for right in witness.role} for part in (1, 2))
    with capsys.disabled():
        console.line()  # pytest is in the middle of one
        console.print(
            f"preset: {len(resources)} resources, {len(verbs)} verbs, {len(used)} of {len(witness.role)} used"
        )
    assert audit.differences(witness.role, witness.managed) == []


def test_control_a_right_that_no_chart_uses_is_seen(witness: Witness) -> None:
    unused = Right("apps", "deployments", "update")
    assert f"granted and never used: {unused}" in audit.differences(witness.role | {unused}, witness.managed)


def test_tiller_stores_releases_with_exactly_the_rights_for_it(witness: Witness) -> None:
    assert audit.differences(audit.granted(rights.STORAGE), witness.storage) == []


def test_tiller_asks_for_nothing_outside_of_namespaces(witness: Witness) -> None:
    assert witness.elsewhere.allowed == set()


@pytest.fixture
def gus(deployed: TestStack, gold: str, tmp_path: Path) -> Helm:
    return Helm.of(deployed.bundle(gold, "gus"), deployed.environment, tmp_path, f"{gold}-tiller")


@contextmanager
def _namespace_without(missing: frozenset[Right], api: client.ApiClient, tiller: str) -> Iterator[str]:
    """A namespace that grants a Tiller what a managed one does, but for some rights."""
    name = f"less-{secrets.token_hex(3)}"
    with existing(api, item("Namespace", name, "")):
        _grant(api, name, tiller, audit.granted(rights.manage(name)) - missing)
        yield name


def _grant(api: client.ApiClient, namespace: str, tiller: str, wanted: frozenset[Right]) -> None:
    reviews = client.AuthorizationV1Api(api)
    rules = [rule(resource, verb, group) for group, resource, verb in wanted]
    for one in granted(*rules, to=f"ServiceAccount {tiller}/tiller", namespace=namespace, name="less"):
        create(api, one)
    review = {
        "spec": {
            "user": f"system:serviceaccount:{tiller}:tiller",
            "resourceAttributes": {"namespace": namespace, "resource": "configmaps", "verb": "create"},
        }
    }
    until(lambda: bool(reviews.create_subject_access_review(review).status.allowed), "the Role is in force")


@pytest.mark.parametrize(
    ("missing", "part", "refused"),
    [
        pytest.param(
            audit.granted([Rule(("apps",), ("statefulsets",), rights.EDIT)]),
            "store",
            Right("apps", "statefulsets", "create"),
            id="a kind",
        ),
        pytest.param({Right("batch", "jobs", "watch")}, "batch", Right("batch", "jobs", "watch"), id="a verb"),
    ],
)
def test_control_what_the_rights_lack_is_refused_and_the_log_says_so(
    api: client.ApiClient, gus: Helm, gold: str, values: str, missing: frozenset[Right], part: str, refused: Right
) -> None:
    parts = ",".join(f"{name}.enabled={str(name == part).lower()}" for name in PARTS)
    since = datetime.now(UTC)
    with _namespace_without(missing, api, f"{gold}-tiller") as namespace:
        place = (f"--namespace={namespace}", values, f"--set={parts}")
        # Tiller does not give up when it may not watch, but asks again until its time is over.
        done = gus.run("install", SHOP, "--name=less", "--timeout=3", *place)
        asked = _asked(gold, namespace, since)
        gus.run("delete", "--purge", "less")
    assert done.returncode != 0
    assert asked.refused == {refused}
    assert f"refused: {refused}" in audit.differences(audit.granted(rights.manage(namespace)), asked)


def test_a_kind_of_the_whole_cluster_that_a_chart_brings_is_refused(gus: Helm, gold: str) -> None:
    since = datetime.now(UTC)
    done = gus.run("install", OPERATOR, "--name=operator", f"--namespace={gold}-apps")
    gus.run("delete", "--purge", "operator")
    assert "is forbidden" in done.stderr
    assert Right("apiextensions.k8s.io", "customresourcedefinitions", "create") in _asked(gold, "", since).refused

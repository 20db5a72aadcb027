"""A state that an earlier version left previews, with this one, without a change that need not be."""

import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from secure_tiller_cli.diagnosis import Accepted, Credentials
from testbed.pulumi_stack import PROJECT
from testbed.tiller import ask
from testbed.toolchain.pins import HELM
from tests.support import pki
from tests.support.pki import Pair
from tests.support.projects import TestStack
from tests.support.samples import LEASES

FIRST_SLICE = "1e88e42"
"""The commit of release 0.1.0: certificates of 90 days, one trust anchor per client, nothing that could be set."""

FIELD_BY_FIELD = "f836a66"
"""The commit before the plan yielded the Kubernetes objects: resources were built field by field."""

PROGRAM = ("__main__.py", "Pulumi.yaml", "components")


@dataclass
class Upgrade:
    """A team that release 0.1.0 deployed, and that this one took over.

    Attributes:
        team: its name.
        stack: the stack it is in.
        bundle: the client's, from release 0.1.0.
        planned: the preview with this release: the operation by kind and logical name.
        answer: to that bundle after the update with this release.
        again: the preview after that update.
    """

    team: str
    stack: TestStack
    bundle: Credentials
    planned: dict[tuple[str, str], str] = field(default_factory=dict)
    answer: Any = None
    again: "subprocess.CompletedProcess[str] | None" = None


@pytest.fixture(scope="module")
def upgrade(new_stack: Callable[..., TestStack], suffix: str) -> Iterator[Upgrade]:
    team = f"old-{suffix}"
    settings = {"namespaces": {f"{team}-apps": {"retain_on_delete": False}}, "clients": {"ann": {}}}
    stack = new_stack({team: {**settings, "subjects": {"groups": ["old-developers"]}}})
    _program_of(stack, FIRST_SLICE)
    with stack:
        stack.up()
        seen = Upgrade(team, stack, stack.bundle(team, "ann"))
        _program_of_the_checkout(stack)
        seen.planned = _planned(stack.preview("--json").stdout)
        stack.up()
        seen.answer = ask(f"{team}-tiller", stack.environment, seen.bundle)
        seen.again = stack.preview("--expect-no-changes", check=False)
        yield seen


@dataclass
class Successor:
    """Two teams that the version before deployed, with everything in their settings that shows in an object.

    Attributes:
        stack: the stack they are in.
        planned: the operations of the preview with this version.
        labelled: those after a label more in the settings.
    """

    stack: TestStack
    planned: dict[tuple[str, str], str]
    labelled: dict[tuple[str, str], str]


@pytest.fixture(scope="module")
def successor(new_stack: Callable[..., TestStack], suffix: str) -> Iterator[Successor]:
    authority = pki.authority("company")
    server = pki.server(authority)
    teams = {
        f"since-{suffix}": _open_team(f"since-{suffix}"),
        f"company-{suffix}": _team_of_a_company(suffix, authority, server),
    }
    stack = new_stack({})
    _configure(stack, teams, {f"company-{suffix}": server.key_pem})
    _program_of(stack, FIELD_BY_FIELD)
    with stack:
        stack.up()
        _program_of_the_checkout(stack)
        planned = _planned(stack.preview("--json").stdout)
        labelled = {name: {**team, "labels": {"cost-center": "42"}} for name, team in teams.items()}
        _configure(stack, labelled, {f"company-{suffix}": server.key_pem})
        yield Successor(stack, planned, _planned(stack.preview("--json").stdout))


def _configure(stack: TestStack, teams: dict[str, dict[str, Any]], keys: dict[str, str]) -> None:
    """Write the settings, and for some teams the key of the server certificate that they bring."""
    stack.configure_teams(teams)
    for team, key in keys.items():
        stack.set_server_key(team, key)


def _open_team(name: str) -> dict[str, Any]:
    """Return the settings of a team with clients in the cluster, opt-in rights, and a client that gave a request."""
    secret = {"namespace": f"{name}-apps", "name": "tiller-client"}
    reason = {"pod_security": "privileged", "pod_security_reason": "mounts devices"}
    return {
        "namespaces": {
            f"{name}-apps": {"retain_on_delete": False},
            f"{name}-devices": {"retain_on_delete": False, **reason},
        },
        "clients": {"ann": {}, "robot": {"secret": secret}, "dora": {"csr": pki.request("dora")}},
        "subjects": {
            "groups": [f"{name}-developers"],
            "users": ["carol@example.org"],
            "service_accounts": [{"namespace": "default", "name": f"{name}-deployer"}],
        },
        "rights": {"network_policies": True, "roles": True, "rules": [LEASES]},
        "certificates": {"server_cas": [2, 1], "trusted_client_cas": {"partner": pki.authority("partner").pem}},
        "expose": "cluster",
        "pod": {
            "history_max": 5,
            "resources": {"requests": {"cpu": "20m"}, "limits": {"memory": "256Mi"}},
            "node_selector": {"kubernetes.io/os": "linux"},
            "tolerations": [{"key": "dedicated", "effect": "NoExecute", "value": "helm", "toleration_seconds": 60}],
            "rollout_timeout": "4m",
        },
        "labels": {"example.org/unit": "test"},
        "annotations": {"example.org/owner": "the open team"},
    }


def _team_of_a_company(suffix: str, authority: Pair, server: Pair) -> dict[str, Any]:
    """Return the settings of a team with a server certificate of its own."""
    return {
        "namespaces": {f"company-{suffix}-apps": {"retain_on_delete": False}},
        "clients": {"bob": {}},
        "certificates": {"server_certificate": {"certificate": server.pem, "ca": authority.pem}},
    }


def _program_of(stack: TestStack, commit: str) -> None:
    """Put the program of a commit into a stack's project."""
    archive = subprocess.run(["git", "archive", commit, *PROGRAM], cwd=PROJECT, capture_output=True, check=False)
    assert archive.returncode == 0, f"the repository's whole history is needed: {archive.stderr.decode()}"
    (stack.project / "components").unlink()
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(stack.project, filter="data")


def _program_of_the_checkout(stack: TestStack) -> None:
    shutil.rmtree(stack.project / "components")
    (stack.project / "components").symlink_to(PROJECT / "components")
    for file in ("__main__.py", "Pulumi.yaml"):
        shutil.copyfile(PROJECT / file, stack.project / file)


def _planned(preview: str) -> dict[tuple[str, str], str]:
    steps = [step for step in json.loads(preview)["steps"] if step["op"] != "same"]
    named = ((*step["urn"].split("::", 3)[2:], step["op"]) for step in steps)
    return {(kind.rsplit(":", 1)[-1], name): operation for kind, name, operation in named}


def test_nothing_is_replaced_or_deleted_but_the_tls_secret(upgrade: Upgrade) -> None:
    """Its name followed from its content, and so could come back and be deleted as the old one's."""
    others = {resource: op for resource, op in upgrade.planned.items() if resource != ("Secret", f"{upgrade.team}-tls")}
    assert set(others.values()) == {"update"}, upgrade.planned
    assert upgrade.planned[("Secret", f"{upgrade.team}-tls")] == "replace"


def test_control_the_preview_sees_what_changed(upgrade: Upgrade) -> None:
    assert upgrade.planned[("Deployment", f"{upgrade.team}-deployment")] == "update"


def test_the_old_bundle_is_answered_after_the_update(upgrade: Upgrade) -> None:
    assert upgrade.answer == Accepted(HELM)


def test_after_the_update_nothing_is_left_to_change(upgrade: Upgrade) -> None:
    assert upgrade.again is not None
    assert upgrade.again.returncode == 0, upgrade.again.stdout


def test_a_state_of_the_version_before_gets_the_fingerprints_of_given_cas_more_time_for_probes_and_no_other_change(
    successor: Successor, suffix: str
) -> None:
    assert successor.planned == {
        ("ServiceAccount", f"company-{suffix}-service-account"): "update",
        ("Deployment", f"company-{suffix}-deployment"): "update",
        ("Deployment", f"since-{suffix}-deployment"): "update",
    }


def test_control_a_label_more_is_a_change_of_every_object_that_was_made(successor: Successor) -> None:
    kinds = {kind for kind, _ in successor.labelled}
    assert kinds == {
        "Deployment",
        "Namespace",
        "NetworkPolicy",
        "Role",
        "RoleBinding",
        "Secret",
        "Service",
        "ServiceAccount",
    }

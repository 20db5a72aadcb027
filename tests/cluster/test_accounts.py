"""A stack in the hands of real accounts: one that updates, some that lack a right, one that reviews, one that checks.

Each is a ServiceAccount with a kubeconfig of its own. What it asked of the API server is read from the audit log.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from secure_tiller_stack import preflight
from testbed.demo.place import Place
from testbed.pulumi_stack import PROJECT
from testbed.toolchain import Toolchain
from tests.support.accounts import Account, Accounts
from tests.support.cluster_objects import Object, item
from tests.support.command import run_process
from tests.support.live_objects import existing
from tests.support.projects import TestStack, make_stack


def _of_page(name: str) -> list[Object]:
    rules: list[Object] = yaml.safe_load((PROJECT / "docs" / name).read_text())["rules"]
    return rules


DEPLOYER, CHECKER = _of_page("deployer.yaml"), _of_page("checker.yaml")

LACKING = {
    "make NetworkPolicies": (
        ("networking.k8s.io", "networkpolicies", "create"),
        "(the deployer's rights) = (lacking)\n"
        "        why:    it may not create networkpolicies.networking.k8s.io in {team}-tiller\n",
    ),
    "grant port-forwards": (
        ("", "pods/portforward", "create"),
        "(the deployer's rights to grant) = (lacking)\n"
        "        why:    it may not create pods/portforward in {team}-tiller, and Kubernetes lets nobody grant",
    ),
}
"""By what a deployer may not do: the API group, resource and verb that the ClusterRole is without, and what is said."""


@dataclass(frozen=True)
class Work:
    """The work of the accounts on one stack.

    Attributes:
        stack: the stack; its kubeconfig is that of whoever works with it.
        kubeconfig: where it lies, for everybody at the same path, as on runners: it is part of the provider's settings.
        api: a client of the cluster with all rights.
        team: the stack's one team.
        deployer: the account that updates, with the rights of docs/deployer.yaml.
        reviewer: the account that may view.
        checker: the account that checks, with the rights of docs/checker.yaml.
        done: how Pulumi or the command ended, and what it printed, by what was done.
        namespaces: those of the team after that.
    """

    stack: TestStack
    kubeconfig: Path
    api: client.ApiClient
    team: str
    deployer: Account
    reviewer: Account
    checker: Account
    done: dict[str, "subprocess.CompletedProcess[str]"] = field(default_factory=dict)
    namespaces: dict[str, set[str]] = field(default_factory=dict)

    def run(self, account: Account, what: str, *arguments: str) -> None:
        """Run Pulumi as an account."""
        self.kubeconfig.write_text(account.kubeconfig)
        self.done[what] = self.stack.run(*arguments, "--stack", self.stack.name, check=False)
        listed = client.CoreV1Api(self.api).list_namespace().items
        self.namespaces[what] = {one.metadata.name for one in listed if one.metadata.name.startswith(self.team)}

    def check(self, account: Account, what: str) -> None:
        """Run `secure-tiller check` as an account."""
        self.kubeconfig.write_text(account.kubeconfig)
        self.done[what] = run_process(self.stack, "check", "--stack", self.stack.name, "--format", "json")


@pytest.fixture(scope="module")
def accounts(api: client.ApiClient, cluster: Place, suffix: str) -> Iterator[Accounts]:
    with Accounts(api, cluster.kubeconfig, f"accounts-{suffix}") as made:
        yield made


@pytest.fixture(scope="module")
def work(
    accounts: Accounts,
    tools: Toolchain,
    key_variables: dict[str, str],
    suffix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Work]:
    team, folder = f"work-{suffix}", tmp_path_factory.mktemp("stack")
    stack = make_stack(folder, tools, folder / "kubeconfig", {team: _settings(team, "ann")}, key_variables)
    deployer, reviewer = accounts.make_with("deployer", DEPLOYER), accounts.make("reviewer", "view")
    checker = accounts.make_with("checker", CHECKER)
    seen = Work(stack, folder / "kubeconfig", accounts.api, team, deployer, reviewer, checker)
    with existing(accounts.api, item("Namespace", f"{team}-legacy", "")), stack:
        try:
            _try_without_a_right(seen, accounts)
            _go_through_its_life(seen, accounts)
            yield seen
        finally:
            seen.kubeconfig.write_text(accounts.admin.read_text())


def _settings(team: str, *clients: str, **namespaces: Any) -> dict[str, Any]:
    """A team that takes every kind of object."""
    own = {f"{team}-apps": {"retain_on_delete": False}}
    robot = {"secret": {"namespace": f"{team}-apps", "name": "tiller-client"}}
    return {
        "namespaces": {**own, **namespaces},
        "clients": {**{name: {} for name in clients}, "robot": robot},
        "subjects": {"groups": ["developers"]},
        "expose": "cluster",
    }


def _try_without_a_right(seen: Work, accounts: Accounts) -> None:
    for number, (name, (lacking, _)) in enumerate(LACKING.items()):
        account = accounts.make_with(f"lacking-{number}", _without(DEPLOYER, *lacking))
        seen.run(account, f"up of one who may not {name}", "up", "--yes", "--skip-preview")
    seen.run(account, "preview of one who lacks a right", "preview")


def _go_through_its_life(seen: Work, accounts: Accounts) -> None:
    """The stack is made, checked, reviewed, changed and destroyed.

    The change reaches into a namespace that is there already.
    """
    team, update = seen.team, ("up", "--yes", "--skip-preview")
    seen.run(seen.deployer, "up", *update)
    seen.check(seen.checker, "check")
    seen.check(accounts.make_with("another-deployer", DEPLOYER), "check of a deployer")
    seen.run(seen.reviewer, "review", "preview", "--expect-no-changes")
    seen.stack.configure_teams({team: _settings(team, "ann", "bob", **{f"{team}-legacy": {"existing": True}})})
    seen.run(seen.reviewer, "review of a change", "preview")
    seen.run(seen.reviewer, "up of the reviewer", *update)
    seen.run(seen.deployer, "preview of a change", "preview")
    seen.run(seen.deployer, "up of a change", *update)
    seen.run(seen.deployer, "destroy", "destroy", "--yes", "--skip-preview")


def _without(rules: list[Object], group: str, resource: str, verb: str) -> list[Object]:
    """Return rules that grant the same but one verb on one kind."""
    left = []
    for rule in rules:
        if group in rule["apiGroups"] and resource in rule["resources"]:
            others = [one for one in rule["resources"] if one != resource]
            verbs = [one for one in rule["verbs"] if one != verb]
            left += [{**rule, "resources": others}, {**rule, "resources": [resource], "verbs": verbs}]
        else:
            left.append(rule)
    return [rule for rule in left if rule["resources"] and rule["verbs"]]


def _decision(event: dict[str, Any]) -> str:
    return str(event["annotations"]["authorization.k8s.io/decision"])


def _changes(event: dict[str, Any]) -> bool:
    """Return whether a request was to change something, and was let."""
    reads = event["verb"] in ("get", "list", "watch") or event["objectRef"].get("apiGroup") == "authorization.k8s.io"
    return not reads and "dryRun=All" not in event["requestURI"] and _decision(event) == "allow"


# The deployer, with the rights of docs/deployer.yaml.


@pytest.mark.parametrize("step", ["up", "preview of a change", "up of a change", "destroy"])
def test_a_deployer_makes_previews_changes_and_destroys(work: Work, step: str) -> None:
    assert work.done[step].returncode == 0, work.done[step].stdout


def test_what_the_deployer_did_is_there_and_gone_again(work: Work) -> None:
    own, legacy = {f"{work.team}-tiller", f"{work.team}-apps"}, {f"{work.team}-legacy"}
    assert work.namespaces["up"] == own | legacy
    assert work.namespaces["destroy"] == legacy


def test_nothing_that_the_deployer_asked_is_refused(work: Work) -> None:
    events = work.deployer.events()
    assert sorted({_shown(event) for event in events if _decision(event) != "allow"}) == []
    assert any(_changes(event) for event in events), "control: its requests are in the log"


def _shown(event: dict[str, Any]) -> str:
    return f"{event['verb']} {event['requestURI'].partition('?')[0]}"


# Deployers who lack a right.


@pytest.mark.parametrize(("name", "said"), [(name, said) for name, (_, said) in LACKING.items()])
def test_a_deployer_who_lacks_a_right_is_refused_before_anything_changes(work: Work, name: str, said: str) -> None:
    done = work.done[f"up of one who may not {name}"]
    assert done.returncode != 0
    assert "refused (1 problem); nothing was changed" in done.stdout
    assert f"team {work.team}: {said.format(team=work.team)}" in done.stdout
    assert work.namespaces[f"up of one who may not {name}"] == {f"{work.team}-legacy"}


def test_the_preview_of_a_deployer_who_lacks_a_right_works_and_says_what_it_leaves_to_the_update(work: Work) -> None:
    done = work.done["preview of one who lacks a right"]
    assert done.returncode == 0, done.stdout
    assert "to create" in done.stdout
    assert preflight.PREVIEW in done.stdout


# A reviewer, who may view.


def test_a_reviewer_previews_a_stack_that_is_up_without_changes(work: Work) -> None:
    done = work.done["review"]
    assert done.returncode == 0, done.stdout
    assert "unchanged" in done.stdout


def test_a_reviewer_sees_the_change_that_the_deployer_sees(work: Work) -> None:
    reviewed, previewed = (work.done[step].stdout for step in ("review of a change", "preview of a change"))
    assert work.done["review of a change"].returncode == 0, reviewed
    counts = [text.partition("\nResources:\n")[2] for text in (reviewed, previewed)]
    assert counts[0] == counts[1] != ""
    assert f"{work.team}-manage:{work.team}-legacy create" in reviewed


@pytest.mark.parametrize("step", ["review", "review of a change"])
def test_a_preview_of_a_reviewer_lists_what_was_not_checked(work: Work, step: str) -> None:
    printed = work.done[step].stdout
    assert preflight.PREVIEW in printed
    assert (
        "Not checked: whether rolebindings.rbac.authorization.k8s.io, roles.rbac.authorization.k8s.io, secrets"
        in printed
    )


def test_control_for_a_deployer_all_objects_of_others_are_checked(work: Work) -> None:
    assert "Not checked: whether rolebindings" not in work.done["preview of a change"].stdout


def test_a_reviewer_cannot_update(work: Work) -> None:
    done = work.done["up of the reviewer"]
    assert done.returncode != 0
    assert f"team {work.team}: (the deployer's rights) = (lacking)" in done.stdout
    assert "create namespaces in the whole cluster; " in done.stdout
    assert "nothing was changed" in done.stdout


def test_a_reviewer_changes_nothing_in_the_cluster(work: Work) -> None:
    events = work.reviewer.events()
    assert [_shown(event) for event in events if _changes(event)] == []
    assert any("dryRun=All" in event["requestURI"] for event in events), "control: its requests are in the log"


# Somebody who checks, with the rights of docs/checker.yaml.


def _unchecked(done: "subprocess.CompletedProcess[str]") -> set[str]:
    results = json.loads(done.stdout)["results"]
    return {result["remedy"] for result in results if result["status"] == "not checked"}


def test_with_the_rights_of_the_page_every_check_passes(work: Work) -> None:
    assert work.done["check"].returncode == 0, work.done["check"].stdout


def test_nothing_that_the_check_asked_is_refused_and_it_changed_nothing(work: Work) -> None:
    events = work.checker.events()
    assert sorted({_shown(event) for event in events if _decision(event) != "allow"}) == []
    changed = [event["objectRef"] for event in events if _changes(event)]
    assert {f"{of['resource']}/{of.get('subresource', '')}" for of in changed} == {"pods/portforward"}


def test_a_deployer_who_checks_is_told_the_right_that_is_missing(work: Work) -> None:
    assert work.done["check of a deployer"].returncode == 3
    assert _unchecked(work.done["check of a deployer"]) == {
        "use an account that may list roles and bindings in all namespaces"
    }

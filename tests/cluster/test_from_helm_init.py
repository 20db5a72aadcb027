"""docs/from-helm-init.md, walked: its commands run in its order, on a Tiller that the real `helm init` installed."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import yaml
from kubernetes import client

from testbed import pods
from testbed.access_reviews import Rule, Server, Subject
from testbed.demo.checks import CHART
from testbed.demo.place import PUBLIC_BUSYBOX, Place
from testbed.helm import Helm
from testbed.pods import Ended
from testbed.pulumi_stack import PROJECT
from testbed.toolchain.pins import HELM, HELM_IMAGE
from tests.support import walks
from tests.support.projects import TestStack
from tests.support.walks import Done

PAGE = PROJECT / "docs" / "from-helm-init.md"
OLD = "The old Tiller"
IN_THE_WAY = "1. See what stands in the way"
BESIDE = "2. Set up the new Tiller next to it"
RELEASES = "3. Decide about the releases"
REMOVAL = "4. Remove the old Tiller"
CLOSED = "5. See that the door is closed"
BACK = "The way back"


@dataclass
class Walk:
    """A walk through the page, under names of its own.

    Attributes:
        team: stands for the page's team blue.
        stack: stands for its stack production.
        done: how each command ended, by section and by its line on the page.
        stranger: the answer of the old Tiller's address to a pod of nobody, by the section after which it asked.
        labels: of the team's namespaces, by the section after which they were looked at.
        rights: those of the old Tiller's account beyond any account that nothing names, by the section after which
            that was asked.
        workloads: the Deployments in blue-apps: after the walk, after a release of the old one's name was refused, and
            after that was deleted.
    """

    team: str
    stack: TestStack
    done: dict[tuple[str, str], Done] = field(default_factory=dict)
    stranger: dict[str, Ended] = field(default_factory=dict)
    labels: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    rights: dict[str, set[Rule]] = field(default_factory=dict)
    workloads: list[set[str]] = field(default_factory=list)

    def take(self, section: str) -> None:
        """Do what a section says: write its settings, run its commands."""
        for language, block in walks.blocks(PAGE, section):
            if language == "yaml":
                self.stack.configure_teams(yaml.safe_load(self.own(block))["secure-tiller:teams"])
            else:
                self.done |= {(section, line): self.run(line) for line in block.splitlines()}

    def own(self, text: str) -> str:
        """Put the names of this walk in place of the page's."""
        return text.replace("blue", self.team).replace("production", self.stack.name)

    def run(self, line: str) -> Done:
        """Run a line of the page under the names of this walk."""
        return walks.run(self.stack, self.own(line), {})

    def of(self, section: str, beginning: str) -> Done:
        """Return how the one command of a section ended that begins with some words."""
        (done,) = [done for (at, line), done in self.done.items() if at == section and line.startswith(beginning)]
        return done


@pytest.fixture(scope="module")
def walk(new_stack: Callable[..., TestStack], cluster: Place, api: client.ApiClient, suffix: str) -> Iterator[Walk]:
    walk = Walk(f"init-{suffix}", new_stack({}))
    values = shutil.copytree(CHART, walk.stack.project / "shop") / "values.yaml"
    values.write_text(values.read_text().replace(PUBLIC_BUSYBOX, cluster.busybox))
    try:
        _walk(walk, api)
        yield walk
    finally:
        walk.stack.discard()
        left = "namespace/blue-tiller namespace/blue-apps clusterrolebinding/blue-tiller"
        walk.run(f"kubectl delete --wait=false --ignore-not-found {left}").check_returncode()


def _walk(walk: Walk, api: client.ApiClient) -> None:
    walk.take(OLD)
    address = client.CoreV1Api(api).list_namespaced_pod(f"{walk.team}-tiller").items[0].status.pod_ip
    walk.stranger[OLD] = _ask_as_a_stranger(api, address)
    walk.rights[OLD] = _rights(walk, api)
    walk.labels[OLD] = _labels(walk, api)
    walk.take(IN_THE_WAY)
    walk.take(BESIDE)
    walk.labels[BESIDE] = _labels(walk, api)
    Helm.of(walk.stack.bundle(walk.team, "alice"), {}, walk.stack.project / "alice", walk.own("blue-helm"))
    for section in (RELEASES, REMOVAL, CLOSED):
        walk.take(section)
    walk.stranger[CLOSED] = _ask_as_a_stranger(api, address)
    walk.rights[CLOSED] = _rights(walk, api)
    walk.take(BACK)
    _do_what_the_page_warns_of(walk, api)


def _ask_as_a_stranger(api: client.ApiClient, address: str) -> Ended:
    """List releases, then ask for the version, from a pod without certificate or token in a namespace that is nobody's.

    How the second ends tells whether anything listens: a Tiller without rights lists nothing, and tells its version.
    """
    tiller = f"--host={address}:44134 --tiller-connection-timeout=2"
    script = f"/helm ls {tiller}; /helm version --server --short {tiller}"
    return pods.run(api, "default", HELM_IMAGE.reference, ["/bin/sh", "-c", script])


def _rights(walk: Walk, api: client.ApiClient) -> set[Rule]:
    server, home = Server(api), walk.own("blue-tiller")
    of, of_anybody = (Subject.service_account(name, home, name) for name in ("tiller", "never-made"))
    places = (home, walk.own("blue-apps"), "kube-system")
    return {rule for place in places for rule in server.rules(of, place) - server.rules(of_anybody, place)}


def _labels(walk: Walk, api: client.ApiClient) -> dict[str, dict[str, str]]:
    core = client.CoreV1Api(api)
    return {name: core.read_namespace(walk.own(name)).metadata.labels for name in ("blue-apps", "blue-jobs")}


def _do_what_the_page_warns_of(walk: Walk, api: client.ApiClient) -> None:
    def workloads() -> set[str]:
        listed = client.AppsV1Api(api).list_namespaced_deployment(walk.own("blue-apps")).items
        return {deployment.metadata.name for deployment in listed}

    walk.workloads.append(workloads())
    as_alice = "--home alice --tls --tls-verify --tiller-namespace blue-helm"
    for command in ("install ./shop --name shop --namespace blue-apps", "delete --purge shop"):
        walk.done["warned of", command] = walk.run(f"helm {command} {as_alice}")
        walk.workloads.append(workloads())


def test_every_command_of_the_page_does_what_the_page_says(walk: Walk) -> None:
    of_the_page = {line: done for (section, line), done in walk.done.items() if section != "warned of"}
    assert [wrong for line, done in of_the_page.items() if (wrong := walks.difference(line, done))] == []


@pytest.mark.parametrize("line", ["helm ls # refused: shop", "helm ls # shop-2", "helm ls # refused: shop-2"])
def test_control_another_end_of_a_command_is_seen(line: str) -> None:
    done = Done("helm ls", 0, "shop 1 DEPLOYED", "")
    assert walks.difference("helm ls # shop", done) == ""
    assert walks.difference(line, done)


def test_control_the_old_tiller_answers_a_pod_that_brings_nothing(walk: Walk) -> None:
    assert walk.stranger[OLD].code == 0
    assert re.search(r"^shop\s.*DEPLOYED", walk.stranger[OLD].output, re.MULTILINE)
    assert HELM in walk.stranger[OLD].output


def test_the_preview_names_each_namespace_in_the_way_and_the_commands_of_the_page(walk: Walk) -> None:
    printed = walk.of(IN_THE_WAY, "pulumi preview").stdout
    for place, name in (("namespace", "tiller"), ("namespaces.blue-apps", "apps"), ("namespaces.blue-jobs", "jobs")):
        assert walk.own(f'team blue: {place} = "blue-{name}"') in printed
    assert "remedy: set another `namespace`\n" in printed
    handing_over = [line for _, line in walk.done if "secure-tiller/" in line]
    assert walk.own(f"or hand it over: {' && '.join(handing_over)}\n") in printed


def test_an_existing_namespace_stays_as_it_is_and_one_that_is_handed_over_enforces_baseline(walk: Walk) -> None:
    before, after = walk.labels[OLD], walk.labels[BESIDE]
    enforce = "pod-security.kubernetes.io/enforce"
    assert after["blue-apps"] == before["blue-apps"]
    assert (before["blue-jobs"].get(enforce), after["blue-jobs"].get(enforce)) == (None, "baseline")


def test_the_new_tiller_lists_no_release_of_the_old_one(walk: Walk) -> None:
    assert walk.of(RELEASES, "helm ls").stdout == ""


def test_when_the_old_tiller_is_removed_its_port_answers_nobody(walk: Walk) -> None:
    assert walk.stranger[CLOSED].code != 0, walk.stranger[CLOSED].output


def test_when_its_account_is_removed_it_may_do_no_more_than_one_that_never_was(walk: Walk) -> None:
    assert walk.rights[CLOSED] == set()


def test_control_before_that_it_may_do_everything(walk: Walk) -> None:
    assert Rule(verbs=("*",), groups=("*",), resources=("*",)) in walk.rights[OLD]


def test_known_gap_a_release_of_the_same_name_is_refused_but_deleting_it_deletes_the_old_ones_objects(
    walk: Walk,
) -> None:
    assert 'configmaps "shop" already exists' in walk.of("warned of", "install").stderr
    assert walk.workloads == [{"shop", "shop-2"}, {"shop", "shop-2"}, {"shop-2"}]

"""Programs that import the package, with a pulumi-kubernetes that creates as from 4.29 on.

A provider of these versions cannot be built here. Its creating is emulated: `api_proxy.CreatesAlone` says how.
"""

import dataclasses
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from testbed.demo.place import Place
from tests.cluster import api_proxy
from tests.cluster.test_importers import NOBODY_LOOKS, Newcomer, newcomer, one_message
from tests.support.cluster_objects import item
from tiller_facts.identity import MANAGED_BY, MANAGED_BY_LABEL

__all__ = ["newcomer"]

NEWER = """
import os
import subprocess
import pulumi_kubernetes
from secure_tiller import foreign

class Provider(pulumi_kubernetes.Provider):
    def __init__(self, name, *, upsert_existing_objects=False, **arguments):
        if file := os.environ.get("IN_THE_WAY"):
            subprocess.run(["kubectl", "create", "--filename", file], check=True)
        if not upsert_existing_objects:
            arguments["kubeconfig"] = os.environ["NOT_UPSERTING"]
        super().__init__(name, **arguments)

pulumi_kubernetes.Provider = Provider
foreign._version = lambda _: "4.29.0"
"""
"""The beginning of a program. Its provider goes through the proxy, unless it upserts: then 4.29 creates as 4.25 does.

Before the provider is made, and so after any look, somebody else makes what the file IN_THE_WAY holds.
"""

NEVER_UPSERTS = f"{NEWER}foreign.creates_alone = lambda: False\n"
"""The control: `deploy` without the argument that lets its provider take back what is the stack's own."""


@pytest.fixture(scope="module")
def kubeconfigs(cluster: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Kubeconfigs for a provider that does not upsert: of 4.29, and of 4.25 for the controls."""
    folder = tmp_path_factory.mktemp("proxies")
    with ExitStack() as proxies:
        for version, creating in (("4.29", api_proxy.CreatesAlone()), ("4.25", None)):
            proxies.enter_context(api_proxy.leading_to(cluster.kubeconfig, folder / version, creates_alone=creating))
        yield {version: folder / version for version in ("4.25", "4.29")}


def with_variables(one: Newcomer, **variables: object) -> Newcomer:
    """Return a newcomer whose program also sees some variables."""
    environment = {**one.stack.environment, **{name: str(value) for name, value in variables.items()}}
    return dataclasses.replace(one, stack=dataclasses.replace(one.stack, environment=environment))


def namespace(one: Newcomer, name: str) -> Any:
    """Return the metadata of a namespace, whose resource version changes with anything that is written."""
    return client.CoreV1Api(one.api).read_namespace(name).metadata


def in_the_way(one: Newcomer, folder: Path) -> tuple[str, Path]:
    """Return the name of the program's own namespace, and a file that makes it and something in it."""
    name = f"{one.team}-apps"
    theirs = [item("Namespace", name, ""), item("ConfigMap", "theirs", name, data={"word": "theirs"})]
    file = folder / "in_the_way.yaml"
    file.write_text(yaml.safe_dump_all(theirs))
    return name, file


def update(one: Newcomer, beginning: str, folder: Path) -> tuple[str, str]:
    """Update while something appears after the look; return the name in the way, and what the failure printed."""
    name, file = in_the_way(one, folder)
    one.write({"existing": True}, beginning)
    done = with_variables(one, IN_THE_WAY=file).stack.up(check=False)
    assert done.returncode != 0
    return name, done.stdout


def kubectl(one: Newcomer, *arguments: str) -> str:
    return subprocess.run(
        ["kubectl", *arguments], env=dict(one.stack.environment), capture_output=True, text=True, check=True
    ).stdout


def test_a_component_without_a_look_does_not_touch_what_exists(
    newcomer: Callable[[str, str], Newcomer], kubeconfigs: dict[str, Path]
) -> None:
    one = with_variables(newcomer("bare", "newer"), NOT_UPSERTING=kubeconfigs["4.29"])
    one.write({"retain_on_delete": False}, NEWER)
    version = namespace(one, one.foreign).resource_version
    one.stack.preview()  # the provider leaves the clash out of previews, as 4.25 does
    done = one.stack.up(check=False)
    assert done.returncode != 0
    assert f'namespaces "{one.foreign}" already exists' in done.stdout, done.stdout
    one.stack.destroy()
    assert namespace(one, one.foreign).resource_version == version
    assert one.theirs() == one.before


def test_control_an_older_provider_takes_it_over_and_deletes_it(
    newcomer: Callable[[str, str], Newcomer], kubeconfigs: dict[str, Path]
) -> None:
    one = with_variables(newcomer("bare", "older"), NOT_UPSERTING=kubeconfigs["4.25"])
    one.write({"retain_on_delete": False}, NEWER + NOBODY_LOOKS)
    one.stack.up()
    assert one.theirs() != one.before
    one.stack.destroy()
    assert one.theirs() is None


def test_what_appears_after_the_look_ends_an_update_that_does_not_upsert_and_the_next_look_refuses_it(
    newcomer: Callable[[str, str], Newcomer], kubeconfigs: dict[str, Path], tmp_path: Path
) -> None:
    one = with_variables(newcomer("deploy", "window"), NOT_UPSERTING=kubeconfigs["4.29"])
    name, said = update(one, NEVER_UPSERTS, tmp_path)
    assert f'namespaces "{name}" already exists' in said, said
    assert "took over" not in said
    assert f'"id": "{name}"' not in one.stack.export()
    seen = namespace(one, name)
    assert {entry.manager for entry in seen.managed_fields} == {"kubectl-create"}
    for command in (one.stack.preview, one.stack.up):
        said = one_message(command(check=False))
        assert "The cluster is refused" in said
        assert f".{name}" in said
    assert namespace(one, name).resource_version == seen.resource_version
    kubectl(one, "delete", "namespace", name)
    one.stack.up()
    one.stack.preview("--expect-no-changes")
    one.stack.destroy()


def test_control_what_appears_after_the_look_is_taken_over_by_an_update_that_upserts_and_given_back(
    newcomer: Callable[[str, str], Newcomer], kubeconfigs: dict[str, Path], tmp_path: Path
) -> None:
    """`deploy` as it is: its provider upserts from 4.29 on, so that it behaves as before."""
    one = with_variables(newcomer("deploy", "upserts"), NOT_UPSERTING=kubeconfigs["4.29"])
    name, said = update(one, NEWER, tmp_path)
    assert "took over what somebody else made (1 problem)" in said, said
    labels = namespace(one, name).labels
    assert "secure-tiller/team" in labels
    assert MANAGED_BY_LABEL not in labels
    assert "The cluster is refused" in one_message(one.stack.preview(check=False))


def test_a_namespace_that_was_kept_is_taken_back_because_the_program_upserts(
    newcomer: Callable[[str, str], Newcomer], kubeconfigs: dict[str, Path]
) -> None:
    one = with_variables(newcomer("deploy", "kept"), NOT_UPSERTING=kubeconfigs["4.29"])
    one.write({"existing": True}, NEWER, keeps=True)
    one.stack.up()
    one.stack.destroy()
    ours = one.made()
    assert set(ours) == {f"{one.team}-apps"}

    one.write({"existing": True}, NEVER_UPSERTS, keeps=True)  # the control
    done = one.stack.up(check=False)
    assert f'namespaces "{one.team}-apps" already exists' in done.stdout, done.stdout

    one.write({"existing": True}, NEWER, keeps=True)
    one.stack.up()
    assert one.made().items() >= ours.items()
    one.stack.preview("--expect-no-changes")
    one.stack.destroy()


def test_what_was_created_by_post_is_written_over_by_force_alone_once_somebody_else_has_changed_it(
    newcomer: Callable[[str, str], Newcomer], kubeconfigs: dict[str, Path]
) -> None:
    one = with_variables(newcomer("bare", "force"), NOT_UPSERTING=kubeconfigs["4.29"])
    one.write({"existing": True}, NEWER)
    one.stack.up()
    one.stack.preview("--expect-no-changes")
    made = namespace(one, f"{one.team}-apps")
    assert {(entry.manager, entry.operation) for entry in made.managed_fields} == {("pulumi-kubernetes", "Update")}

    deployment = ("deployment", "tiller-deploy", "--namespace", f"{one.team}-tiller")
    # Not by kubectl's own name: the provider takes over the fields of every manager whose name begins with it.
    theirs = ("--overwrite", "--field-manager=somebody", f"{MANAGED_BY_LABEL}=somebody")
    kubectl(one, "label", *deployment, *theirs)
    refused = one.stack.up("--refresh", check=False)
    assert refused.returncode != 0
    assert "field conflict detected" in refused.stdout, refused.stdout
    with_variables(one, PULUMI_K8S_ENABLE_PATCH_FORCE="true").stack.up("--refresh")
    assert MANAGED_BY in kubectl(one, "get", *deployment, "--output", "jsonpath={.metadata.labels}")
    one.stack.preview("--expect-no-changes")
    one.stack.destroy()

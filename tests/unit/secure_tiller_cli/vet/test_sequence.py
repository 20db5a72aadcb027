"""The objects that Tiller would make while one of their name is there."""

import pytest

from secure_tiller_cli.charts import Concern, read
from secure_tiller_cli.vet.sequence import clashing_hooks

OWN = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"


def hook(events: str, policy: str = "", name: str = "a", kind: str = "ConfigMap", spec: str = "") -> str:
    annotations = f"helm.sh/hook: '{events}', helm.sh/hook-delete-policy: '{policy}'"
    return (
        f"# A hook\n{{apiVersion: v1, kind: {kind}, metadata: {{name: {name}, annotations: {{{annotations}}}}}{spec}}}"
    )


def found(*documents: str) -> list[Concern]:
    return list(clashing_hooks(read("\n---\n".join(documents)), "blue-apps"))


BEFORE, DONE = "before-hook-creation", "hook-succeeded"

REFUSED_AT_INSTALL = {
    "the release's object after a hook": ((OWN, hook("pre-install")), "after the hooks that run first"),
    "with a policy that comes too late": ((OWN, hook("pre-install", BEFORE)), "after the hooks that run first"),
    "a hook after the release's object": ((OWN, hook("post-install")), "at post-install"),
    "that is deleted too late": ((OWN, hook("post-install", DONE)), "at post-install"),
    "one hook twice": ((hook("pre-install,post-install"),), "at post-install"),
    "two hooks of one time": ((hook("pre-install"), hook("pre-install")), "at pre-install"),
    "two hooks of one time that are deleted later": ((hook("pre-install", DONE),) * 2, "at pre-install"),
    "a list with a hook's object": (
        ("{apiVersion: v1, kind: List, items: [" + OWN + "]}", hook("pre-install")),
        "after the hooks that run first",
    ),
    "in its own words": ((OWN, hook(" Pre-Install ")), "after the hooks that run first"),
}


@pytest.mark.parametrize("case", REFUSED_AT_INSTALL)
def test_what_is_there_already_at_an_install_is_found(case: str) -> None:
    documents, when = REFUSED_AT_INSTALL[case]
    (finding,) = found(*documents)
    assert finding.text.startswith(f"Tiller creates it {when}, and is refused: ")
    assert finding.text.endswith(" already exists")


REFUSED_AT_UPGRADE = {
    "a hook of both": (hook("post-install,post-upgrade"), "at post-upgrade"),
    "a hook of the upgrade twice": (hook("pre-upgrade,post-upgrade"), "at post-upgrade"),
    "a hook before the upgrade": (hook("pre-install, pre-upgrade"), "at pre-upgrade"),
    "a Job of both": (hook("pre-install,pre-upgrade", kind="Job", spec=", spec: {}"), "at pre-upgrade"),
    "a policy that Helm 2 does not know": (hook("pre-install,pre-upgrade", "hook-failed"), "at pre-upgrade"),
}


@pytest.mark.parametrize("case", REFUSED_AT_UPGRADE)
def test_what_is_there_already_at_an_upgrade_is_found(case: str) -> None:
    document, when = REFUSED_AT_UPGRADE[case]
    (finding,) = found(document)
    assert finding.text.startswith(f"Tiller creates it {when}, and is refused: ")
    assert finding.text.endswith(" It can be installed, but an upgrade fails")


def test_a_hook_of_the_upgrade_with_the_name_of_the_releases_object_is_found() -> None:
    (finding,) = found(OWN, hook("pre-upgrade"))
    assert "an object of this name (no hook) already exists" in finding.text
    assert finding.remedy == "give the hook a name of its own"


FITS = {
    "its name is its own": (OWN, hook("pre-install,pre-upgrade", BEFORE, name="b")),
    "another kind": (OWN, hook("pre-install,pre-upgrade", BEFORE, kind="Secret")),
    "it is gone when the release's object is made": (OWN, hook("pre-install", DONE)),
    "it deletes the release's object": (OWN, hook("post-install,pre-upgrade,post-upgrade", BEFORE)),
    "it is deleted before it is made again": (hook("pre-install,post-install,pre-upgrade", BEFORE),),
    "it is deleted each time": (hook("pre-install,post-install,pre-upgrade,post-upgrade", DONE),),
    "one after the other": (hook("pre-install", DONE), hook("post-install", DONE)),
    "an upgrade installs no definition": (hook("crd-install"),),
    "it is for another time": (OWN, hook("pre-delete"), hook("test-success"), hook("pre-rollback")),
    "it is left out": (OWN, hook("test"), hook("pre-install,other")),
    "the cluster deletes it": (
        hook("pre-install,pre-upgrade", kind="Job", spec=", spec: {ttlSecondsAfterFinished: 60}"),
    ),
    "it has no name": (hook("pre-install,pre-upgrade", name=""),),
    "the release's object alone": (OWN,),
}


@pytest.mark.parametrize("case", FITS)
def test_what_is_gone_in_time_fits(case: str) -> None:
    assert found(*FITS[case]) == []


def upgraded(released: tuple[str, ...], *documents: str) -> list[Concern]:
    return list(clashing_hooks(read("\n---\n".join(documents)), "blue-apps", read("\n---\n".join(released))))


@pytest.mark.parametrize(
    ("released", "documents", "refused"),
    [
        ((OWN,), (OWN,), False),
        ((OWN,), (OWN, hook("pre-install")), False),
        ((OWN,), (OWN, hook("pre-upgrade")), True),
        ((OWN,), (OWN, hook("pre-upgrade", BEFORE)), False),
        ((), (OWN, hook("pre-upgrade")), True),
        ((), (OWN, hook("pre-upgrade", BEFORE)), True),
        ((), (OWN, hook("pre-upgrade", DONE)), False),
        ((), (hook("pre-upgrade"),), False),
        ((), (hook("pre-upgrade,post-upgrade"),), True),
    ],
)
def test_an_upgrade_begins_with_what_the_release_has(
    released: tuple[str, ...], documents: tuple[str, ...], refused: bool
) -> None:
    assert bool(upgraded(released, *documents)) is refused

"""The requirements.txt files: what `pulumi install` installs is what the tests run, file by file."""

import importlib.metadata
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from testbed.pulumi_stack import PROJECT
from tests.repository.tested import extra

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(.*?)(?=^[A-Za-z0-9]|\Z)", re.MULTILINE | re.DOTALL)
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


def pins(text: str) -> dict[str, tuple[str, int]]:
    """Return the version of each package, and the number of its hashes, by its normalized name (PEP 503)."""
    return {canonicalize_name(name): (version, len(_HASH.findall(more))) for name, version, more in _PIN.findall(text)}


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def ranges(file: str) -> set[str]:
    if file == "policies/requirements.txt":
        lines = (PROJECT / "policies" / "requirements.in").read_text().splitlines()
        return names([line.partition("#")[0] for line in lines if not line.startswith("#")])
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    needed = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["cli"]
    return names(needed + project["dependency-groups"]["build"])


FILES = pytest.mark.parametrize("file", ["requirements.txt", "policies/requirements.txt"])


@FILES
def test_every_package_has_a_version_and_hashes(file: str) -> None:
    locked = pins((PROJECT / file).read_text())
    assert len(locked) > 20
    assert [name for name, (_, hashes) in locked.items() if not hashes] == []
    assert len(locked) == len(re.findall(r"^[^#\s]", (PROJECT / file).read_text(), re.MULTILINE))


@FILES
def test_every_range_has_a_version(file: str) -> None:
    assert ranges(file) - pins((PROJECT / file).read_text()).keys() == set()


def test_the_versions_are_those_of_the_tests() -> None:
    tested = pins((PROJECT / "constraints.txt").read_text())
    locked = pins((PROJECT / "requirements.txt").read_text())
    assert {name: version for name, (version, _) in locked.items()} == {
        name: tested.get(name, ("none", 0))[0] for name in locked
    }


def test_the_package_is_built_with_the_version_of_the_tests() -> None:
    (needed,) = tomllib.loads((PROJECT / "pyproject.toml").read_text())["build-system"]["requires"]
    version, _ = pins((PROJECT / "constraints.txt").read_text())["setuptools"]
    assert needed == f"setuptools=={version}"


def test_what_installs_the_packages_is_the_version_of_the_tests() -> None:
    version, _ = pins((PROJECT / "constraints.txt").read_text())["pip"]
    assert importlib.metadata.version("pip") == version


def test_the_extra_for_projects_of_ones_own_has_the_locked_versions() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    written = project["optional-dependencies"]["tested"]
    assert written == extra((PROJECT / "requirements.txt").read_text()), "`make lock` writes it"
    assert len(written) > 50
    assert names(project["dependencies"]) <= names(written)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a==1 \\\n    --hash=sha256:" + "0" * 64 + "\n", {"a": ("1", 1)}),
        ("a_B==1 ; os_name == 'nt' \\\n    --hash=sha256:" + "0" * 64 + "\nc==2\n", {"a-b": ("1", 1), "c": ("2", 0)}),
        ("a==1 \\\n    --hash=sha256:" + "0" * 63 + "\n", {"a": ("1", 0)}),
    ],
)
def test_control_a_package_without_a_whole_hash_is_seen(text: str, found: dict[str, tuple[str, int]]) -> None:
    assert pins(text) == found

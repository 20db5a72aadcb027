"""The release: what is built, what is in it, and which tags are refused."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from secure_tiller.version import VERSION
from testbed.pulumi_stack import PROJECT
from tests.support.checkouts import copied
from tests.support.published import EXAMPLE

PACKAGES = {"secure_tiller", "secure_tiller_cli", "secure_tiller_stack", "tiller_facts"}
ADDRESS = "https://git.example.com/platform/secure-tiller"


NAMING_THE_ADDRESS = ("pyproject.toml", "docs/package.md")


def checkout(folder: Path, names: tuple[str, ...] = NAMING_THE_ADDRESS) -> Path:
    """Copy a checkout in which the repository's address is set, perhaps not in every file."""
    copied(folder)
    for name in names:
        (folder / name).write_text((folder / name).read_text().replace(EXAMPLE, ADDRESS))
    return folder


def build(folder: Path, tag: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [str(folder / ".github" / "scripts" / "build.sh"), tag]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what the tag of this version releases."""
    folder = checkout(tmp_path_factory.mktemp("release"))
    done = build(folder, f"v{VERSION}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2, "twine says it of each file"
    return folder / "dist"


def source(name: str) -> set[str]:
    """The files of a package in the checkout, from `components` on."""
    root = PROJECT / "components"
    files = (file for file in (root / name).rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {str(file.relative_to(root)) for file in files}


def test_the_wheel_holds_the_packages_and_nothing_else(dist: Path) -> None:
    with zipfile.ZipFile(dist / f"pulumi_secure_tiller-{VERSION}-py3-none-any.whl") as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == set().union(*map(source, PACKAGES))


def test_the_source_distribution_holds_what_the_wheel_is_built_from(dist: Path) -> None:
    with tarfile.open(dist / f"pulumi_secure_tiller-{VERSION}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames() if archive.getmember(name).isfile()}
    ours = {f"components/{name}" for package in PACKAGES for name in source(package)}
    generated = {"PKG-INFO", "setup.cfg"}
    left = {name for name in names - ours - generated if ".egg-info/" not in name}
    assert ours <= names
    assert left == {"LICENSE", "README.md", "docs/package.md", "pyproject.toml"}


def metadata(dist: Path) -> Message:
    with zipfile.ZipFile(dist / f"pulumi_secure_tiller-{VERSION}-py3-none-any.whl") as wheel:
        return Parser().parsestr(wheel.read(f"pulumi_secure_tiller-{VERSION}.dist-info/METADATA").decode())


def test_the_page_of_the_package_names_the_address_and_has_no_link_that_leads_nowhere(dist: Path) -> None:
    described = metadata(dist)
    assert described.get_all("Project-URL") == [f"Repository, {ADDRESS}"]
    page = str(described.get_payload())
    assert f"pip install 'pulumi-secure-tiller[tested] @ git+{ADDRESS}@v{VERSION}'" in page
    assert re.findall(r"\]\((?!https://)[^)]*\)", page) == []


def test_without_an_extra_nothing_of_the_command_is_needed(dist: Path) -> None:
    needed = metadata(dist).get_all("Requires-Dist", [])
    plain = {re.split(r"[<>=~! ;]", line)[0].lower() for line in needed if "extra ==" not in line}
    assert {"pulumi", "pulumi-kubernetes", "pulumi-tls"} <= plain
    assert plain.isdisjoint({"typer", "rich", "jinja2", "pyopenssl", "grpcio", "pytest"})


@pytest.mark.parametrize("tag", ["v9.9.9", VERSION, f"v{VERSION}.1", ""])
def test_a_tag_that_is_not_the_version_is_refused_before_anything_is_built(tag: str, tmp_path: Path) -> None:
    done = build(checkout(tmp_path), tag)
    assert done.returncode == 1
    assert done.stderr == (
        f"tag {tag}: components/secure_tiller/version.py says {VERSION}; "
        f"tag the commit that sets VERSION to {tag.removeprefix('v')}\n"
    )
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize("name", NAMING_THE_ADDRESS)
def test_nothing_is_released_while_the_address_is_an_example(name: str, tmp_path: Path) -> None:
    done = build(checkout(tmp_path, tuple({*NAMING_THE_ADDRESS} - {name})), f"v{VERSION}")
    assert done.returncode == 1
    assert done.stderr == f"set the repository's address before the first release; it is an example in: {name}\n"

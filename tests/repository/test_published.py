"""References of a published repository: the template, the plugin and the examples name its address and its version."""

import re
import tomllib

import pytest

from secure_tiller.version import VERSION
from testbed.pulumi_stack import PROJECT
from tests.support.checkouts import files
from tests.support.published import EXAMPLE

ADDRESS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
_REFERENCE = re.compile(r"(https://[^\s\"')@]+?/secure-tiller(?:/plugin)?)(?:@|/blob/|/raw/)(v?[\d.]+\d)")

_BY_NAME = re.compile(r"^pulumi-secure-tiller|pip install [^#]*pulumi-secure-tiller")


def references(text: str) -> list[tuple[str, str]]:
    """Return the address and the version of each reference."""
    return _REFERENCE.findall(text)


def texts() -> dict[str, str]:
    """Return the text of each file of the repository that a user copies or installs from, by name."""
    names = [*files("template", "examples", "plugin"), "docs/package.md"]
    return {name: (PROJECT / name).read_text() for name in names}


def test_every_reference_is_to_this_version_at_this_address() -> None:
    found = {name: references(text) for name, text in texts().items()}
    right = {(ADDRESS, f"v{VERSION}"), (f"{ADDRESS}/plugin", VERSION)}
    wrong = {name: each for name, each in found.items() if set(each) - right}
    assert wrong == {}
    assert found["template/requirements.txt"]
    assert found["template/stacks/Pulumi.production.yaml"]
    assert found["examples/yaml/Pulumi.yaml"]


def test_the_pages_name_this_version() -> None:
    pages = "".join(file.read_text() for file in (PROJECT / "docs").glob("*.md"))
    versions = re.findall(r"<this repository>(?:/plugin)?@v?([\d.]+\d)", pages)
    assert set(versions) == {VERSION}
    assert len(versions) > 2


def test_nothing_is_installed_by_the_bare_name() -> None:
    lines = [line for name, text in texts().items() if name.endswith("requirements.txt") for line in text.splitlines()]
    pages = [name for name in files("README.md", "docs", "template", "examples") if name.endswith(".md")]
    typed = [line for page in pages for line in (PROJECT / page).read_text().splitlines() if "pip install" in line]
    named = [line.replace("<this repository>", ADDRESS) for line in (*lines, *typed) if _BY_NAME.search(line)]
    assert len(named) > 5
    assert [line for line in named if f" @ git+{ADDRESS}@v{VERSION}" not in line] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"pulumi-secure-tiller @ git+{EXAMPLE}@v0.2.0", [(EXAMPLE, "v0.2.0")]),
        (f"  secure-tiller: {EXAMPLE}/plugin@0.2.0", [(f"{EXAMPLE}/plugin", "0.2.0")]),
        (
            "https://git.example.com/other/secure-tiller/raw/v9.9.9/x",
            [("https://git.example.com/other/secure-tiller", "v9.9.9")],
        ),
    ],
)
def test_control_another_reference_is_seen(text: str, found: list[tuple[str, str]]) -> None:
    assert references(text) == found

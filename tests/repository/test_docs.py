"""docs/component.md is true: its examples are accepted, its tables are those of the code, what it names exists."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pulumi
import pytest
import typing_extensions
import yaml

import secure_tiller_stack
from secure_tiller import ConfigurationError, SecureTiller, args
from secure_tiller.plan import pem, rights, validation
from secure_tiller.plan.names import server_names
from secure_tiller_stack.configuration import Stack, read_stack, read_values
from tests.support import pki
from tests.support.pages import fenced
from tests.support.recording import run
from tests.support.samples import smallest

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "component.md"
TEXT = PAGE.read_text()

Row = list[str]


def table(heading: str, text: str = TEXT) -> list[Row]:
    """The rows of the one table whose first line begins with some words, cells without the marks of code."""
    (rows,) = re.findall(rf"^\| {re.escape(heading)}[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", text, re.MULTILINE)
    return [[cell.strip().replace("`", "") for cell in row.strip("|").split("|")] for row in rows.splitlines()]


def words(cell: str) -> list[str]:
    return cell.split(", ")


# The settings


def stack_of(text: str) -> Stack:
    """The settings of a page, with PEMs in place of the dots, as the program reads them."""
    authority = pki.authority("company")
    server = pki.server(authority)
    pems = {
        "csr": pki.request("carol"),
        "certificate": server.pem,
        "ca": authority.pem,
        "partner": pki.authority("partner").pem,
    }
    files = [yaml.safe_load(block)["config"] for block in fenced("yaml", text) if block.startswith("config:")]
    teams = {name: team for file in files for name, team in file["secure-tiller:teams"].items()}
    keys = [key for file in files for key in file]
    (own,) = [file["secure-tiller:serverKeys"] for file in files if "secure-tiller:serverKeys" in file]
    assert set(own) == {"green"}
    values = {
        "teams": _with_pems(teams, pems),
        "cluster": files[0]["secure-tiller:cluster"],
        "serverKeys": {"green": server.key_pem},
    }
    return read_stack("secure-tiller", keys, values, secret={"secure-tiller:serverKeys"})


def _with_pems(value: Any, pems: Mapping[str, str]) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        key: pems[key] if isinstance(item, str) and item.startswith("-----BEGIN") else _with_pems(item, pems)
        for key, item in value.items()
    }


def test_the_settings_of_the_examples_are_accepted() -> None:
    assert [team.name for team in stack_of(TEXT).teams] == ["blue", "green"]


def settings_left_out(text: str) -> set[tuple[str, str]]:
    used = {key for team in stack_of(text).teams for key in _used(args.SecureTillerArgs, team.args)}
    settings = [part for part in vars(args).values() if typing_extensions.is_typeddict(part)]
    return {(part.__name__, key) for part in settings for key in part.__annotations__} - used


def test_the_examples_use_every_setting() -> None:
    assert settings_left_out(TEXT) == set()


def _used(hint: Any, value: Any) -> Iterator[tuple[str, str]]:
    """The type and key of each setting that a value uses."""
    if typing_extensions.is_typeddict(hint):
        hints = typing_extensions.get_type_hints(hint, localns={"Output": pulumi.Output, "T": str})
        for key, item in value.items():
            yield hint.__name__, key
            yield from _used(hints[key], item)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _used(get_args(hint)[-1], item)


def test_the_program_of_the_page_gives_settings_that_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Stack] = {}

    def deploy(teams: Any, *, cluster: Any) -> Any:
        given.update(dict.fromkeys(teams, read_values({"teams": teams, "cluster": cluster})))
        return {team: SimpleNamespace(bundles={"ci": None}, expirations=None) for team in teams}

    class Elsewhere:
        def __init__(self, name: str) -> None: ...

        def require_output(self, name: str) -> pulumi.Output[str]:
            return pulumi.Output.from_input(name)

    (program,) = (block for block in fenced("python", TEXT) if "deploy(" in block)
    monkeypatch.setattr(secure_tiller_stack, "deploy", deploy)
    monkeypatch.setattr(pulumi, "StackReference", Elsewhere)
    request = pki.request("carol")
    pulumi.runtime.set_all_config({"secure-tiller:carolRequest": request, "secure-tiller:greenKey": "secret"})
    run(lambda: exec(compile(program, PAGE.name, "exec"), {}))  # noqa: S102  the page's own example
    assert set(given) == {"green"}, "it was refused"


@pytest.mark.parametrize("program", fenced("python", TEXT))
def test_every_program_compiles(program: str) -> None:
    compile(program, PAGE.name, "exec")


REFUSED = [yaml.safe_load(row[0]) for row in table("setting | why")]
REFUSED_RULES = [{"rights": {"rules": [yaml.safe_load(row[0])]}} for row in table("rule | why")]


@pytest.mark.parametrize("settings", [*REFUSED, *REFUSED_RULES], ids=str)
def test_what_the_page_says_is_refused_is_refused(settings: dict[str, Any]) -> None:
    # At the very setting, and for nothing else.
    (top,) = settings
    places = {problem.key.partition(".")[0] for problem in validation.check("green", smallest(**settings))}
    assert places == {top}


def test_control_the_settings_that_the_refused_ones_change_are_accepted() -> None:
    assert validation.check("green", smallest()) == ()


# Certificates


def test_the_commands_of_the_page_make_a_request_that_serves(tmp_path: Path) -> None:
    (commands,) = (block for block in fenced("sh", TEXT) if "openssl" in block)
    subprocess.run(["bash", "-euc", commands], cwd=tmp_path, check=True, capture_output=True)
    request = (tmp_path / "carol.csr").read_text()
    assert list(pem.request_faults(request, "carol")) == []
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0


def test_control_that_request_serves_nobody_else(tmp_path: Path) -> None:
    (commands,) = (block for block in fenced("sh", TEXT) if "openssl" in block)
    subprocess.run(["bash", "-euc", commands], cwd=tmp_path, check=True, capture_output=True)
    assert list(pem.request_faults((tmp_path / "carol.csr").read_text(), "alice"))


def test_the_pod_of_the_page_finds_its_secret_and_calls_a_name_that_the_certificate_has() -> None:
    (pod,) = (yaml.safe_load(block) for block in fenced("yaml", TEXT) if "kind: Pod" in block)
    (blue,) = (team.args for team in stack_of(TEXT).teams if team.name == "blue")
    (volume,) = pod["spec"]["volumes"]
    place = {"namespace": pod["metadata"]["namespace"], "name": volume["secret"]["secretName"]}
    assert place == blue["clients"]["robot"]["secret"]
    flags = dict(flag.partition("=")[::2] for flag in pod["spec"]["containers"][0]["command"])
    assert flags["--tls-hostname"] in server_names(blue.get("namespace", ""), exposed=True)
    assert flags["--host"] == f"{flags['--tls-hostname']}:44134"
    assert "--tls-verify" in flags


# Tables


def resources_that_differ(text: str) -> set[tuple[str, str]]:
    documented = set(re.findall(r"- `[^`]+:(\w+)` `(<name>-[^`]+)`", SecureTiller.__doc__ or ""))
    return {(kind, row[1]) for row in table("resource |", text) for kind in words(row[0])} ^ documented


def test_the_table_of_resources_is_that_of_the_component() -> None:
    assert resources_that_differ(TEXT) == set()


def rights_that_differ(text: str) -> set[tuple[str, str, str]]:
    rows = {
        (group.replace("core", ""), kind, verb)
        for group, kinds, verbs in table("API group |", text)
        for kind in words(kinds)
        for verb in words(verbs)
    }
    rules = rights.manage("apps")
    by_name = {kind for rule in rules if rule.resource_names for kind in rule.resources}
    return rows ^ {
        (group, f"{kind} (that one by name)" if kind in by_name else kind, verb)
        for rule in rules
        for group in rule.api_groups
        for kind in rule.resources
        for verb in rule.verbs
    }


def test_the_table_of_the_preset_is_that_of_the_code() -> None:
    assert rights_that_differ(TEXT) == set()


def threats_without_a_row_or_tests(text: str) -> list[str]:
    rows = re.findall(r"^\| (T\d+) \|", text, re.MULTILINE)
    lines = re.findall(r"^- ((?:T\d+(?:, )?)+) ", text, re.MULTILINE)
    tested = [threat for line in lines for threat in words(line)]
    return [
        threat for threat in (f"T{n}" for n in range(1, 31)) if (rows.count(threat), tested.count(threat)) != (1, 1)
    ]


def test_every_threat_has_a_row_and_a_line_of_tests() -> None:
    assert threats_without_a_row_or_tests(TEXT) == []


# What it names


def missing_tests(text: str) -> list[str]:
    named = set(re.findall(r"`([\w/]+\.py)::(\w+)`", text))
    assert len(named) > 40
    return [f"{file}::{name}" for file, name in sorted(named) if name not in _functions(PROJECT / "tests" / file)]


def _functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_it_names_exists() -> None:
    assert missing_tests(TEXT) == []


def links_that_lead_nowhere(text: str, page: Path = PAGE) -> list[str]:
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)]+)\)", prose) if "://" not in link]
    return [link for link in links if not _leads_somewhere(page, link)]


def _leads_somewhere(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = page.parent / file if file else page
    return target.exists() and (not anchor or anchor in _anchors(target.read_text()))


def _anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_into_the_repository_leads_somewhere(page: Path) -> None:
    assert links_that_lead_nowhere(page.read_text(), page) == []


WRONG: list[tuple[Callable[[str], object], str, str]] = [
    (settings_left_out, "        history_max: 10 ", "        # history_max: 10 "),
    (resources_that_differ, "`<name>-service` |", "`<name>-services` |"),
    (rights_that_differ, "| jobs | watch |", "| jobs | watch, update |"),
    (threats_without_a_row_or_tests, "| T17 |", "| T18 |"),
    (missing_tests, "::test_tiller_may_not`", "::test_tiller_may`"),
    (links_that_lead_nowhere, "(../README.md)", "(README.md)"),
    (links_that_lead_nowhere, "(#revocation)", "(#revocations)"),
]


@pytest.mark.parametrize(("check", "right", "wrong"), WRONG)
def test_control_what_is_not_true_is_seen(check: Callable[[str], object], right: str, wrong: str) -> None:
    assert right in TEXT
    assert check(TEXT.replace(right, wrong))


def test_control_an_example_with_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        stack_of(TEXT.replace("history_max: 10", "history_mx: 10"))

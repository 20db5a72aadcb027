"""Words of others in every document in Markdown: they give it no structure, and its commands do not obey them."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from secure_tiller.plan.model import RolePlan
from secure_tiller.plan.rights import manage
from secure_tiller_cli.charts import Concern, Effect, Group
from secure_tiller_cli.migration.exit_document import to_json
from secure_tiller_cli.migration.exit_document import to_markdown as exit_plan
from secure_tiller_cli.migration.exit_plan import ExitPlan
from secure_tiller_cli.migration.history import histories
from secure_tiller_cli.preview import machine, markdown, renewals
from secure_tiller_cli.preview.changes import Change
from secure_tiller_cli.preview.digest import Step
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.renewals import Renewal, Renewals
from secure_tiller_cli.preview.summary import Part, Summary
from secure_tiller_cli.releases import Status
from tests.unit.secure_tiller_cli.migration.samples import copied
from tests.unit.secure_tiller_cli.state.samples import ACCOUNT, blue
from tiller_facts.rbac import Subject

PARSER = MarkdownIt("gfm-like", {"linkify": False})
NOW = datetime(2030, 1, 1, tzinfo=UTC)

WORDS = {
    "a heading": "a\n\n# b\n\n",
    "the end of a fence": "a\n```\n\n# b\n",
    "the end of a long fence": "a\n``````````\n# b",
    "backticks": "`a` ``b``` *c*",
    "the end of a cell": "a | b | *c*",
    "an escaped end of a cell": "a \\| b \\\\| *c*",
    "a link": "[a](https://example.org)",
    "a picture": "![a](https://example.org/a.png)",
    "an address": "<https://example.org>",
    "a tag": "<img src=x onerror=alert(1)>",
    "the end of a comment": "--> <b>a</b> <!--",
    "the end of details": "</details></summary><script>alert(1)</script>",
    "emphasis": "**a** _b_ ~~c~~",
}
SIGNS = {
    "a colour": "\x1b[31mred",
    "a title": "\x1b]0;title\x07",
    "an escape in one character": "\x9b2J",
    "another reading direction": "\u202etxt.exe\u2066",
    "a return": "good\rbad",
    "a separator of lines": "a\u2028# b",
    "a very long text": "x" * 100_000,
    "a text of braces": "{0} {name} {",
}
COMMANDS = {
    "a substitution": "$(touch OBEYED)",
    "an old substitution": "`touch OBEYED`",
    "another command": "; touch OBEYED;",
    "another line": "\ntouch OBEYED\n",
    "the end of a quote": "'; touch OBEYED; '",
    "the end of a quote on another line": "'\ntouch OBEYED\n'",
    "the end of a document": "\nEND\ntouch OBEYED\n",
    "an escaped quote": "\\'; touch OBEYED; \n",
}


def summary(word: str, /, write: Any = markdown.write, **fields: Any) -> str:
    """The comment of a pull request: of one team with a risk and a changed resource, with some fields changed."""
    known: dict[str, Any] = {
        "stack": "production", "project": "p", "failures": (), "warnings": (), "notes": (), "drift": (),
        "teams": (part(),), "others": Part("", (), ()), "hides_unchanged": False,
    }  # fmt: skip
    return str(write(Summary(**known | {name: make(word) for name, make in fields.items()})))


def part(name: str = "blue", found: str | tuple[str, ...] = "a", **change: str) -> Part:
    finding = Meaning("code", "{name} is a risk", {"name": found}, risk=True)
    type_, reason = f"kubernetes:core/v1:{change.pop('kind', 'Secret')}", change.pop("reason", "data")
    step = Step.model_validate(
        {"op": "update", "urn": "u", "newState": {"urn": "u", "type": type_}, "diffReasons": [reason]}
    )
    known = {"team": "t", "part": "p", "generation": "", "operation": "update", "name": change.get("resource", "n")}
    return Part(name, (Change(step, **known),), (finding, replace(finding, risk=False)))


def due(word: str, /, **fields: Any) -> str:
    """The issue on renewals: of one certificate, with some fields changed."""
    made: dict[str, Any] = {name: make(word) for name, make in fields.items()}
    whole = {name: made.pop(name) for name in ("stack", "failures") if name in made}
    renewal = Renewal(**{"team": "blue", "certificate": "server", "serial": "1F", **made},
        ends=NOW, begins=None, ended=True, renews=False)  # fmt: skip
    return renewals.to_markdown(
        Renewals(**{"stack": "production", "failures": (), **whole}, within=timedelta(1), looked_at=1, due=(renewal,))
    )


def leaving(
    word: str,
    *,
    tiller: str = "",
    release: str = "",
    inside: str = "",
    subject: str = "",
    text: str = "",
    stack: str = "",
    write: Callable[[ExitPlan], str] = exit_plan,
) -> str:
    """The exit plan of a team with a release and a deleted one; what an argument names is the word."""
    record, gone = copied(), copied("old", status=Status.DELETED)
    if release:
        said: dict[str, Any] = {release: word}
        record, gone = (replace(each, release=replace(each.release, **said)) for each in (record, gone))
        gone = replace(gone, release=replace(gone.release, name=f"{gone.release.name}2"))
    place = word if inside else "blue-apps"
    who = Subject(subject or "User", word if subject else "bob", "robots" if subject == "ServiceAccount" else "")
    deployed = blue(
        RolePlan(f"manage:{place}", "tiller-blue", place, manage(place), (ACCOUNT,)),
        RolePlan("people", "blue-people", "blue-tiller", (), (who,)),
    )
    found = Concern(Group.API_GONE, Effect.STOPS, word if text else "it is gone", "")
    known = histories((record, gone), ())
    fields: dict[str, Any] = {tiller: word} if tiller else {}
    findings = {item.name: (found,) for item in known}
    return write(ExitPlan(replace(deployed, **fields), known, findings, word if stack else ""))


def commands(plan: ExitPlan) -> str:
    """The commands of an exit plan, as `--format json` holds them."""
    content = json.loads(json.dumps(to_json(plan)))
    return "".join(f"{command}\n" for step in content["steps"] for command in step["commands"])


def alone(word: str) -> tuple[str, ...]:
    return (word,)


DOCUMENTS: dict[str, Callable[[str], str]] = {
    "summary: stack": partial(summary, stack=str),
    **{f"summary: {field}": partial(summary, **{field: alone}) for field in ("failures", "warnings", "notes")},
    "summary: team": partial(summary, teams=lambda word: (part(word),)),
    "summary: name": partial(summary, teams=lambda word: (part(found=word),)),
    "summary: names": partial(summary, teams=lambda word: (part(found=(word, "a", word)),)),
    "summary: drift": partial(summary, drift=lambda word: (Meaning("drift", "{a} is gone", {"a": word}, risk=True),)),
    **{
        f"summary: {field} of a resource": partial(summary, teams=lambda word, field=field: (part(**{field: word}),))
        for field in ("kind", "resource", "reason")
    },
    **{f"renewals: {field}": partial(due, **{field: str}) for field in ("stack", "team", "certificate", "serial")},
    "renewals: failures": partial(due, failures=alone),
    **{f"exit plan: {field}": partial(leaving, tiller=field) for field in ("name", "namespace", "deployment")},
    **{f"exit plan: {field} of a release": partial(leaving, release=field) for field in ("name", "namespace", "chart")},
    **{f"exit plan: {kind}": partial(leaving, subject=kind) for kind in ("User", "Group", "ServiceAccount")},
    "exit plan: managed namespace": partial(leaving, inside="inside"),
    "exit plan: kind and API version": partial(leaving, text="text"),
    "exit plan: stack": partial(leaving, stack="stack"),
}


def structure(document: str) -> list[Any]:
    """Return what a document is made of, without its words."""

    def of(token: Token) -> Any:
        html = re.sub(r"<!-- .* -->", "<!-- -->", token.content) if token.type.startswith("html") else ""
        return token.type, token.tag, token.info, html, [of(child) for child in token.children or ()]

    return [of(token) for token in PARSER.parse(document)]


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=list(DOCUMENTS))
def test_a_hostile_word_gives_a_document_no_structure(document: Callable[[str], str]) -> None:
    harmless = structure(document("word"))
    for name, word in (WORDS | SIGNS | COMMANDS).items():
        written = document(word)
        assert structure(written) == harmless, name
        assert all(line.isprintable() for line in written.split("\n")), name


@pytest.mark.parametrize("word", SIGNS.values(), ids=list(SIGNS))
def test_a_hostile_word_in_json_draws_nothing(word: str) -> None:
    written = summary(word, write=machine.write, stack=str, notes=alone)
    assert written.replace("\n", "").isprintable()
    assert json.loads(written)["stack"] == word


@pytest.mark.parametrize("word", WORDS.values(), ids=list(WORDS))
def test_control_a_word_that_no_writer_wrote_is_structure(word: str) -> None:
    raw = "| a |\n|---|\n| {0} |\n\n- {0}\n\n```\n{0}\n```\n"
    assert structure(raw.format(word)) != structure(raw.format("word"))


EXITS = {name: document for name, document in DOCUMENTS.items() if name.startswith("exit plan")}
STAND_INS = "kubectl() { :; }\nhelm3() { :; }\npulumi() { :; }\n"


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("document", EXITS.values(), ids=list(EXITS))
def test_no_command_of_the_exit_plan_obeys_a_word(document: Callable[[str], str], shell: str, tmp_path: Path) -> None:
    for word in COMMANDS.values():
        blocks = [token.content for token in PARSER.parse(document(word)) if token.info == "sh"]
        subprocess.run([shell, "-c", STAND_INS + "".join(blocks)], cwd=tmp_path, capture_output=True, check=False)
        assert not (tmp_path / "OBEYED").exists(), word


@pytest.mark.parametrize("document", EXITS.values(), ids=list(EXITS))
def test_the_exit_plan_in_json_has_the_same_commands(document: Callable[..., str]) -> None:
    for word in (*WORDS.values(), *COMMANDS.values()):
        blocks = [token.content for token in PARSER.parse(document(word)) if token.info == "sh"]
        assert document(word, write=commands) == "".join(blocks)


@pytest.mark.parametrize("word", COMMANDS.values(), ids=list(COMMANDS))
def test_control_a_shell_obeys_a_word_that_no_writer_wrote(word: str, tmp_path: Path) -> None:
    raw = f"{STAND_INS}kubectl a {word}\nkubectl '{word}'\nkubectl <<'END'\n{word}\nEND\n"
    for text in (raw, f"{STAND_INS}kubectl $'{word}'\n"):
        subprocess.run(["bash", "-c", text], cwd=tmp_path, capture_output=True, check=False)
    assert (tmp_path / "OBEYED").exists()

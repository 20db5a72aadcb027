"""A summary and the certificates that are due, as a terminal shows them."""

import io
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from secure_tiller.problems import HIDDEN
from secure_tiller_cli.preview import renewals, text
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.renewals import Renewal, Renewals
from secure_tiller_cli.preview.summary import Summary, summarize
from testbed.pulumi_stack import PROJECT
from tests.golden.changes import CHANGES
from tests.support.terminal import on_terminal
from tests.unit.secure_tiller_cli.preview.test_golden import KEPT
from tests.unit.secure_tiller_cli.preview.test_golden import preview as kept
from tests.unit.secure_tiller_cli.preview.test_markdown import LINE, RISK, summary, team
from tests.unit.secure_tiller_cli.test_hostile_terminals import NEXT, WORDS

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def written(write: Callable[[Console], None], columns: int = 120) -> str:
    file = io.StringIO()
    write(Console(file=file, width=columns, force_terminal=True, color_system=None, highlight=False))
    return file.getvalue()


def shown(found: Summary, columns: int = 120) -> str:
    return written(lambda out: text.write_summary(found, out), columns)


def test_risks_come_first_then_the_table_then_the_sentences_and_resources_of_each_team() -> None:
    said = shown(summary(team("blue", LINE, RISK, resources=2), team("green", RISK)))
    places = [
        said.index(words)
        for words in (
            "Preview of production: 2 teams change, 2 risks\n",
            "\nRisks\n  blue: thing is a risk\n  green: thing is a risk\n",
            "│ create │ update │ replace │ delete │ risks │",
            "\nblue: 2 resources\n  thing is none\n  + create   Secret blue-0\n  + create   Secret blue-1\n",
        )
    ]
    assert places == sorted(places)


def test_of_a_failed_preview_nothing_is_known() -> None:
    assert shown(summary(failures=("error: refused",))).splitlines() == [
        "Preview of production: FAILED",
        "The preview failed, so nobody knows what an update would do.",
    ]


def test_nothing_changes_is_one_line() -> None:
    assert shown(summary()) == "Preview of production: nothing changes\n"


def test_of_many_resources_the_first_are_shown_and_the_rest_is_counted() -> None:
    said = shown(summary(team("blue", resources=23)))
    assert said.count("+ create") == text.MOST_RESOURCES
    assert "and 3 more; to list all: -o json" in said


@pytest.mark.parametrize("change", CHANGES)
def test_every_sentence_of_the_comment_is_there(change: str) -> None:
    found = summarize(kept(change))
    said = shown(found)
    sentences = [*(finding for part in found.parts for finding in part.findings), *found.drift]
    assert [finding for finding in sentences if finding.plain() not in said] == []


DUE = Renewal("blue", "server", "1F", NOW, NOW - timedelta(days=30), ended=False, renews=True)


def due(*found: Renewal, stack: str = "production") -> Renewals:
    return Renewals(stack, timedelta(days=14), (), 3, found)


def test_what_is_due_is_a_table() -> None:
    first, *rest = written(lambda out: text.write_renewals(due(DUE), out)).splitlines()
    assert first == "Certificates of production: 1 of 3 due within 14 days"
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in rest if line.startswith("│")]
    assert cells == [list(renewals.COLUMNS), list(renewals.cells(DUE))]


def test_when_none_is_due_one_line_says_it() -> None:
    said = written(lambda out: text.write_renewals(due(), out))
    assert said == "Certificates of production: none of 3 due within 14 days\n"


@pytest.mark.parametrize("word", WORDS.values(), ids=list(WORDS))
def test_words_of_others_draw_nothing_and_begin_no_line(word: str) -> None:
    meaning = Meaning("a", "{name} is a risk", {"name": word}, risk=True)
    of_summary = summary(
        team(word, meaning, resources=1), stack=word, warnings=(word,), notes=(word,), drift=(meaning,)
    )
    renewal = Renewal(word, word, word, NOW, None, ended=True, renews=False)
    said = shown(of_summary) + written(lambda out: text.write_renewals(due(renewal, stack=word), out))
    assert all(line.isprintable() for line in said.split("\n"))
    assert not any(line.startswith(NEXT) for line in said.split("\n"))


def test_a_name_that_looks_like_a_key_hides_no_risk() -> None:
    meaning = Meaning("a", "{name} is a risk", {"name": "a PRIVATE KEY"}, risk=True)
    assert shown(summary(team("blue", meaning), drift=(meaning,))).count(f"{HIDDEN} is a risk\n") == 2


CALLS = """
import contextlib
import sys

import secure_tiller_cli

for call in sys.argv[1:]:
    sys.argv[1:] = call.split()
    with contextlib.suppress(SystemExit):
        secure_tiller_cli.main()
    print(end="\\f", flush=True)
"""
PATHS = os.pathsep.join([str(PROJECT / "components"), str(PROJECT)])


@pytest.mark.parametrize(
    ("command", "heading"),
    [("preview-summary", "Preview of production: 1 team changes, 2 risks"), ("renewals", "Certificates of production")],
)
def test_a_terminal_gets_text_and_markdown_if_that_is_asked_for(command: str, heading: str) -> None:
    call = f"{command} {KEPT / 'exposed.json'}"
    written = on_terminal([sys.executable, "-c", CALLS, call, f"{call} -o markdown"], {"PYTHONPATH": PATHS})
    plain, asked, _ = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written).split("\f")
    assert plain.startswith(heading)
    assert asked.startswith(f"<!-- secure-tiller {command}: production -->")

"""The comment of a pull request: risks first, never too long, and what is left out is said."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from secure_tiller_cli.preview import markdown
from secure_tiller_cli.preview.digest import UNKNOWN, Digest
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.markdown import LONGEST
from secure_tiller_cli.preview.summary import Part, Summary, summarize
from tests.support.samples import BLUE, FULL
from tests.unit.secure_tiller_cli.preview.previews import STACK, TYPES, preview, resources, step, urn_of
from tests.unit.secure_tiller_cli.test_foreign_text import names

PARSER = MarkdownIt("gfm-like", {"linkify": False})
NOBODY = Part("", (), ())


def summary(*teams: Part, **changes: Any) -> Summary:
    known: dict[str, Any] = {
        "stack": "production", "project": "p", "failures": (), "warnings": (), "notes": (), "others": NOBODY,
        "drift": (), "hides_unchanged": False,
    }  # fmt: skip
    return Summary(**{**known, **changes}, teams=teams)


def team(name: str, *findings: Meaning, resources: int = 0) -> Part:
    steps = [step("create", urn_of(name, "kubernetes:core/v1:Secret", str(i)), None, SECRET) for i in range(resources)]
    changes = summarize(Digest.model_validate({"steps": steps, "changeSummary": {}})).others.changes
    return Part(name, changes, findings)


SECRET = {"type": "kubernetes:core/v1:Secret", "parent": STACK, "inputs": {}}
RISK = Meaning("a", "{name} is a risk", {"name": "thing"}, risk=True)
LINE = Meaning("b", "{name} is none", {"name": "thing"})


def test_it_begins_with_the_hidden_line_by_which_the_comment_is_found_again() -> None:
    assert markdown.write(summary()).splitlines()[0] == "<!-- secure-tiller preview-summary: production -->"


def test_risks_come_before_everything_else() -> None:
    written = markdown.write(summary(team("blue", LINE, RISK, resources=2), team("green", RISK)))
    places = [written.index(word) for word in ("`blue`**: `thing` is a risk", "`green`**: ", "| create |", "is none")]
    assert places == sorted(places)


def test_a_failed_preview_never_looks_like_no_change() -> None:
    written = markdown.write(summary(failures=("error: refused",)))
    assert "FAILED" in written.splitlines()[1]
    assert "error: refused" in written
    assert "nothing changes" not in written


def test_nothing_changes_is_said_in_the_heading() -> None:
    assert "nothing changes" in markdown.write(summary())


def test_a_preview_without_unchanged_resources_says_what_it_cannot_show() -> None:
    assert "--show-sames" in markdown.write(summary(hides_unchanged=True))


@pytest.mark.parametrize("count", [1, 30, 200, 2000])
def test_it_is_never_too_long_and_names_every_team(count: int) -> None:
    teams = [team(f"team-{i:04}", RISK, *[LINE] * 9, resources=30 if count < 500 else 1) for i in range(count)]
    written = markdown.write(summary(*teams))
    assert len(written) < LONGEST
    if count <= 200:
        assert written.count("is a risk") == count
        assert all(f"| `team-{i:04}` |" in written for i in range(count))
    else:
        assert re.search(r"Left out for want of space: \d+ more risks", written)
        assert f"Left out for want of space: the table, and every sentence that is no risk of {count} teams" in written


def test_a_name_with_braces_is_left_out_like_every_other() -> None:
    written = markdown.write(summary(team("{a}", *[LINE] * 5000, resources=1)))
    assert "more lines on `{a}`" in written


def test_detail_is_left_out_first_and_said_to_be() -> None:
    teams = [team(f"team-{i}", RISK, LINE, resources=40) for i in range(100)]
    written = markdown.write(summary(*teams))
    assert (written.count("is a risk"), written.count("is none")) == (100, 100)
    assert "| `team-99` | 40 |" in written
    assert re.search(r"Left out for want of space: the resources of \d+ teams", written)


@settings(max_examples=30)
@given(st.lists(st.lists(names, min_size=1, max_size=3), min_size=1, max_size=40), st.lists(names, max_size=9))
def test_whatever_the_names_are_it_stays_bounded_and_well_formed(found: list[list[str]], said: list[str]) -> None:
    teams = [team(some[0] or "x", Meaning("a", "{names} x", {"names": tuple(some)}, risk=True), LINE) for some in found]
    known = summary(*teams, stack=found[0][0], warnings=tuple(said), failures=tuple(said[:2]), notes=tuple(said))
    written = markdown.write(known)
    assert len(written) < LONGEST
    tokens = PARSER.parse(written)
    html = [token.content for token in tokens if token.type == "html_block"]
    assert all(re.fullmatch(r"<!-- [^\n]* -->\n|</?details>.*\n?", block) for block in html), html
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline <= {"text", "code_inline", "strong_open", "strong_close", "em_open", "em_close", "softbreak"}


def test_two_hundred_real_teams_fit() -> None:
    one = preview(resources("blue", BLUE), resources("blue", FULL)).model_dump_json()
    found = summarize(Digest.model_validate_json(one.replace("blue", "team-000")))
    every = tuple(replace(found.teams[0], name=f"team-{i:03}") for i in range(200))
    written = markdown.write(replace(found, teams=every))
    assert len(written) < LONGEST
    assert "more risks" in written  # ten for each team are more than fit


def test_a_value_that_only_the_update_knows_is_written_as_unknown() -> None:
    known = Meaning("a", "its image is {image}", {"image": f"tiller:{UNKNOWN}"}, risk=True)
    assert "its image is `tiller:unknown`" in markdown.write(summary(team("blue", known)))


def test_resources_of_nobody_are_counted_and_what_is_lost_is_said() -> None:
    project, kind = TYPES.rsplit("::", 1)[0], "kubernetes:core/v1:ConfigMap"
    gone = step("delete", f"{project}::{kind}::old", {**SECRET, "type": kind}, None)
    new = step("create", f"{project}::kubernetes:core/v1:Secret::new", None, SECRET)
    written = markdown.write(summarize(Digest.model_validate({"steps": [gone, new], "changeSummary": {}})))
    assert "**other resources**: `ConfigMap old` is deleted" in written
    assert "1 create" in written


TICKS = "`" * 5_000


@pytest.mark.parametrize("word", [TICKS, f"{TICKS}|" * 3, "|" * 5_000, "\n" * 5_000, "`|" * 2_500, "\x1b" * 5_000])
def test_long_messages_and_names_never_drop_a_risk_silently(word: str) -> None:
    risks = [Meaning("a", "{names} and {name} are risks", {"name": word, "names": (word,) * 20}, risk=True)] * 40
    said = dict.fromkeys(("failures", "warnings", "notes"), (word,) * 9)
    written = markdown.write(summary(*(team(f"{n}{word}", *risks) for n in range(4)), **said))
    assert len(written) <= LONGEST
    shown = sum(line.startswith("- **") for line in written.splitlines())
    assert shown > 10
    assert f"{160 - shown} more risks" in written


def test_a_risk_that_does_not_fit_alone_is_said_to_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "LONGEST", 2_300)
    assert "*Left out for want of space: 1 RISK" in markdown.write(summary(team("blue", RISK)))

"""Words of others on a terminal and in JSON: they draw nothing, begin no line, and are shown as they are."""

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console

from secure_tiller.problems import Problem, RefusedError
from secure_tiller_cli import handover, output
from secure_tiller_cli.audit import text as audit
from secure_tiller_cli.audit import to_json as audit_json
from secure_tiller_cli.bundle import Bundle
from secure_tiller_cli.charts import Concern, Effect, Group, Manifest
from secure_tiller_cli.check import text as check
from secure_tiller_cli.commands import preview_source
from secure_tiller_cli.diagnosis import text as diagnosis
from secure_tiller_cli.diagnosis.cause import Cause, Diagnosis, Kind
from secure_tiller_cli.diagnosis.verdict import Accepted
from secure_tiller_cli.foreign_text import plain
from secure_tiller_cli.migration import report as migration
from secure_tiller_cli.migration import report_text
from secure_tiller_cli.migration.exit_document import passed_over
from secure_tiller_cli.migration.history import histories
from secure_tiller_cli.migration.report import Report
from secure_tiller_cli.migration.route import Route
from secure_tiller_cli.migration.selection import Selection
from secure_tiller_cli.releases import Kind as Storage
from secure_tiller_cli.releases import Unreadable
from secure_tiller_cli.results.document import to_json as proof_json
from secure_tiller_cli.results.result import CheckReport, Result, Status
from secure_tiller_cli.vet import Verdict
from secure_tiller_cli.vet import text as vet
from tests.unit.secure_tiller_cli.charts.world import blue
from tests.unit.secure_tiller_cli.migration.samples import record
from tests.unit.tiller_facts import samples
from tiller_facts.practices import evaluate

NEXT = "THE NEXT LINE"
WORDS = {
    "another line": f"a\n{NEXT}",
    "another line of Windows": f"a\r\n{NEXT}",
    "a return": f"a\r{NEXT}",
    "a colour": "\x1b[31mred",
    "a title": "\x1b]0;title\x07",
    "a link": "\x1b]8;;https://example.org\x1b\\a\x1b]8;;\x1b\\",
    "an escape in one character": "\x9b2J",
    "another reading direction": "\u202etxt.exe\u2066",
    "a separator of lines": f"a\u2028{NEXT}",
    "a form feed": f"a\x0c{NEXT}",
    "half a character": "\ud800",
    "rich's markup": "[bold red]a[/bold red]",
    "rich's link": "[link=https://example.org]a[/link]",
    "rich's end of nothing": "[/]",
    "a sign of rich's": ":warning:",
    "braces": "{0} {name} {",
    "percents": "%s %d %",
}


def vetted(word: str, *, given: str) -> None:
    """Vet a chart: what an argument names is the word."""
    known: dict[str, Any] = {
        "api_version": "v1",
        "kind": "Pod",
        "name": "web",
        "namespace": "apps",
        "source": "a/b.yaml",
    }
    of_object = known | ({given: word} if given in known else {})
    source = of_object.pop("source")
    each = Manifest(**of_object, content={}, source=source)
    said = {"text": "text", "remedy": "remedy"}
    found = Concern(Group.OUTSIDE, Effect.STOPS, **said | ({given: word} if given in said else {}), manifests=(each,))
    chart = Path(word.replace("\ud800", "\udcff") if given == "chart" else "web")
    tiller = blue("apps")
    inside = word if given == "inside" else "apps"
    vet.write(Verdict((each,), (found,)), chart, tiller, inside)
    output.write_json(vet.to_json(Verdict((each,), (found,)), chart, tiller, inside))


def migrated(word: str, *, given: str) -> None:
    """Migrate a release, of which nothing is as it should be."""
    made = record()
    said: dict[str, Any] = {given: word} if given in ("name", "namespace", "chart") else {}
    old = replace(made, release=replace(made.release, **said))
    torn: dict[str, Any] = {"name": "torn.v1", "claimed": "torn", "why": "is no base64"}
    unreadable = Unreadable(
        Storage.CONFIG_MAP, "kube-system", **torn | ({given[5:]: word} if given[:5] == "torn " else {})
    )
    finding = Concern(Group.API_GONE, Effect.STOPS, word if given == "finding" else "gone", "rewrite it")
    known = histories([old], [])
    selection = Selection(known, {word if given == "left alone" else "other": 1}, (unreadable,), ())
    route = Route("blue", Storage.CONFIG_MAP, "kube-system", "blue-tiller")
    report = Report(route, selection, applied=False, findings={known[0].name: (finding,)})
    report_text.write(report)
    output.write_json(migration.to_json(report))
    output.complain([passed_over(unreadable)])


def audited(word: str, *, given: str) -> None:
    """Audit a cluster with a Tiller of somebody else's."""
    fields = {"image": "tiller", "name": "tiller-deploy", "inside": "kube-system", "binding": "given", "server": "here"}
    fields |= {given: word}
    container = samples.container(args=[f"--listen={word if given == 'argument' else ':44134'}"])
    container["image"] = fields["image"]
    made = samples.deployment(samples.template(container), fields["name"], fields["inside"])
    forwarding = samples.rule("pods/portforward", "create")
    reach = samples.bound(forwarding, to="Group people", inside=fields["inside"], name=fields["binding"])
    found = evaluate(samples.facts(made, *reach))
    assert found.tillers
    audit.write(fields["server"], found, output.console())
    output.write_json(audit_json(fields["server"], found))


def checked(word: str, *, given: str) -> None:
    """Show the proof of a team."""
    known = {"team": "blue", "check": "a check", "text": "seen", "remedy": "do"}
    result = Result(**known | ({given: word} if given in known else {}), status=Status.FAILED)
    of_stack = {"stack": "s", "server": "here"} | ({given: word} if given in ("stack", "server") else {})
    proof = CheckReport(**of_stack, checked_at="now", state="", results=(result,))
    check.write(proof)
    output.write_json(proof_json(proof))


def diagnosed(word: str, *, given: str) -> None:
    """Show why a client is not answered."""
    known = {"seen": "seen", "remedy": "do", "namespace": "apps", "unchecked": "not asked", "version": "v2"} | {
        given: word
    }
    held = Bundle("s", "blue", "ann", known["namespace"], "", "", "")
    causes = (Cause(Kind.REVOKED, known["seen"], known["remedy"]),)
    found = Diagnosis(Accepted(known["version"]), causes, (known["unchecked"],))
    diagnosis.write(held, found)
    output.write_json(diagnosis.to_json(held, found))


def handed_over(word: str, *, given: str) -> None:
    """Say what a bundle is."""
    known = {"stack": "s", "team": "blue", "client": "ann", "serial": "1F", "out": "ann"} | {given: word}
    made = Bundle(known["stack"], known["team"], known["client"], "apps", "", "", "")
    ends = {"serial": known["serial"], "notAfter": "2030-01-01T00:00:00+00:00", "renewalBegins": None}
    for sentence in handover.sentences(made, known["out"], ends, datetime(2029, 1, 1, tzinfo=UTC)):
        typer.echo(plain(sentence), err=True)


def failed(word: str, *, given: str) -> None:
    """Report a problem: what an API server, Helm, Pulumi or kubectl said."""
    known = {"team": "blue", "key": "a.b", "value": "c", "why": "d", "remedy": "e"}
    output.complain([Problem(**known | {given: word})])


def refused(word: str, *, given: str) -> None:
    """End a Pulumi program, which prints the error as it is."""
    known = {"team": "blue", "key": "a.b", "value": "c", "why": "d", "remedy": "e"}
    typer.echo(str(RefusedError([Problem(**known | {given: word})])))


def previewed(word: str) -> None:
    """Report why there is no preview; of several lines each is one."""
    preview_source.complain((word.replace("\n", " ").replace("\r", " ").replace("\u2028", " ").replace("\x0c", " "),))


WRITERS: dict[str, Callable[[str], None]] = {
    **{
        f"{name}: {given}": partial(write, given=given)
        for name, write, fields in (
            (
                "vet",
                vetted,
                ("api_version", "kind", "name", "namespace", "source", "text", "remedy", "chart", "inside"),
            ),
            ("migrate", migrated, ("name", "namespace", "chart", "torn name", "torn claimed", "torn why", "finding")),
            ("migrate", migrated, ("left alone",)),
            ("audit", audited, ("image", "name", "inside", "binding", "server", "argument")),
            ("check", checked, ("team", "check", "text", "remedy", "stack", "server")),
            ("check --bundle", diagnosed, ("seen", "remedy", "namespace", "unchecked", "version")),
            ("bundle", handed_over, ("stack", "team", "client", "serial", "out")),
            ("a problem", failed, ("team", "key", "value", "why", "remedy")),
            ("a refusal", refused, ("team", "key", "why", "remedy")),
        )
        for given in fields
    },
    "a preview": previewed,
}


def written(write: Callable[[str], None], word: str) -> str:
    """Return what is written on both outputs."""
    both = io.StringIO()
    with contextlib.redirect_stdout(both), contextlib.redirect_stderr(both):
        write(word)
    return both.getvalue()


@pytest.mark.parametrize("write", WRITERS.values(), ids=list(WRITERS))
def test_a_hostile_word_draws_nothing_and_begins_no_line(write: Callable[[str], None]) -> None:
    for name, word in WORDS.items():
        lines = written(write, word).split("\n")
        assert all(line.isprintable() for line in lines), name
        assert not any(line.startswith(NEXT) for line in lines), name


@pytest.mark.parametrize("write", WRITERS.values(), ids=list(WRITERS))
def test_a_word_in_brackets_is_shown_as_it_is(write: Callable[[str], None]) -> None:
    for word in ("[red]a[/red]", "[/]", ":warning:"):
        assert word in "".join(written(write, word).split())


@pytest.mark.parametrize("write", WRITERS.values(), ids=list(WRITERS))
def test_in_a_pipe_a_long_name_stays_whole_and_no_line_ends_in_blanks(write: Callable[[str], None]) -> None:
    word = "long-name-" * 50
    lines = written(write, word).splitlines()
    assert any(word in line for line in lines)
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("word", WORDS.values(), ids=list(WORDS))
def test_json_holds_each_word_as_it_was(word: str) -> None:
    text = written(lambda word: output.write_json({"a": word}), word)
    assert text.replace("\n", "").isprintable()
    assert json.loads(text) == {"a": word}


def test_control_what_no_writer_wrote_draws() -> None:
    def raw(word: str) -> Any:
        Console(highlight=False).print(word)

    assert not written(raw, WORDS["a colour"]).strip("\n").isprintable()
    assert written(raw, WORDS["another line"]).split("\n")[1] == NEXT
    assert "[bold red]" not in written(raw, WORDS["rich's markup"])

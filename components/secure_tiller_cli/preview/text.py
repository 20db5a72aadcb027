"""A summary, and the certificates that are due, on a terminal."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from secure_tiller_cli.foreign_text import lines, plain, terminal
from secure_tiller_cli.output import counted, write_table
from secure_tiller_cli.preview import renewals
from secure_tiller_cli.preview.changes import PLAIN, Change
from secure_tiller_cli.preview.findings import Meaning, joined
from secure_tiller_cli.preview.markdown import OTHERS, SIGNS, verdict
from secure_tiller_cli.preview.renewals import Renewals
from secure_tiller_cli.preview.summary import Part, Summary

MOST_RESOURCES = 20
"""Resources shown of each team."""
COLOURS = {"create": "green", "update": "yellow", "replace": "magenta", "delete": "red"}


def write_summary(summary: Summary, out: Console) -> None:
    """Write what a preview means: the risks first, then team by team. The reason of a failure is on standard error."""
    _heading(out, f"Preview of {summary.stack or 'an unknown stack'}: {verdict(summary)}", bad=bool(summary.risks))
    if summary.failures:
        out.print("The preview failed, so nobody knows what an update would do.", style="bold red")
    if summary.hides_unchanged:
        hint = "what only changes an option (retain_on_delete) is not seen. Preview with --show-sames."
        out.print(f"Unchanged resources are not in this preview: {hint}")
    _section(out, "Risks", (terminal(f"{name}: ", "bold") + text for name, text in _risks(summary)))
    if summary.parts:
        out.print()
        rows = [
            (_name(p), *(str(p.counts[word] or "") for word in PLAIN), str(len(p.risks) or "")) for p in summary.parts
        ]
        write_table(out, "", ("", *PLAIN, "risks"), rows)
    _section(out, "Warnings", (Text(line, "yellow") for each in summary.warnings for line in lines(each)))
    _section(out, "Notes", (Text(line) for each in summary.notes for line in lines(each)))
    for part in summary.parts:
        _section(out, f"{_name(part)}: {counted(len(part.changes), 'resource')}", _of(part))


def write_renewals(found: Renewals, out: Console) -> None:
    """Write the certificates that are due. The reason of a failure is on standard error."""
    said = f"Certificates of {found.stack or 'an unknown stack'}: {renewals.verdict(found)}"
    _heading(out, said, bad=bool(found.failures or found.due))
    if found.due:
        write_table(out, "", renewals.COLUMNS, map(renewals.cells, found.due))


def _heading(out: Console, text: str, *, bad: bool) -> None:
    out.print(terminal(text, "bold red" if bad else "bold"))


def _section(out: Console, title: str, items: Iterable[Text]) -> None:
    """Write lines under a title; without lines nothing."""
    for number, item in enumerate(items):
        if not number:
            out.print()
            out.print(terminal(title, "bold"))
        out.print(Text("  ") + item, soft_wrap=True)


def _risks(summary: Summary) -> Iterator[tuple[str, Text]]:
    for part in summary.parts:
        for risk in part.risks:
            yield _name(part), _sentence(risk, "red")
    for finding in summary.drift:
        yield "cluster", _sentence(finding, "red")


def _sentence(finding: Meaning, style: str = "") -> Text:
    """Return what a change means. A name that looks like a key is hidden, and not the sentence with it."""
    names = {key: plain(joined(name)) for key, name in finding.names.items()}
    return terminal(finding.sentence.format(**names), style)


def _of(part: Part) -> Iterator[Text]:
    """Yield the sentences about a team that are no risks, and its resources."""
    for finding in part.findings:
        if not finding.risk:
            yield _sentence(finding)
    for change in part.changes[:MOST_RESOURCES]:
        yield _resource(change)
    if len(part.changes) > MOST_RESOURCES:
        yield Text(f"and {len(part.changes) - MOST_RESOURCES} more; to list all: -o json", "dim")


def _resource(change: Change) -> Text:
    sign, colour = SIGNS.get(change.operation, " "), COLOURS.get(change.operation, "")
    differs = f"  {', '.join(change.reasons)}" if change.reasons and change.operation in ("update", "replace") else ""
    line = terminal(f"{sign} {change.operation:<7}  {change.kind} {change.name}", colour)
    return line + terminal(differs, "dim")


def _name(part: Part) -> str:
    return part.name or OTHERS

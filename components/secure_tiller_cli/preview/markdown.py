"""A summary as GitHub's Markdown, for the comment of a pull request: risks first, and never too long.

What does not fit is left out in this order, and said to be: the detail of resources, sentences that are no risks, rows
of the table, and risks last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from secure_tiller_cli.foreign_text import block, cell, code, codes, comment
from secure_tiller_cli.preview.changes import PLAIN, Change
from secure_tiller_cli.preview.digest import UNKNOWN
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.summary import Part, Summary

LONGEST = 60_000
"""Characters; a comment on GitHub takes 65,536, and a workflow adds its own."""

LONGEST_SAID = 2_000
"""Characters shown of one message of an error or a warning."""

LONGEST_NAMES = 2_000
"""Characters that the names of teams whose sentences do not fit take at most."""

MOST_SAID = 5
"""Errors and warnings shown, of each."""

RESERVE = 250
"""Characters that the words on what was left out of one section take at most."""

OTHERS = "other resources"
SIGNS: Mapping[str, str] = {"create": "+", "update": "~", "replace": "±", "delete": "-"}


@dataclass
class Section:
    """Lines under a heading, of which those are kept that fit."""

    heading: str
    items: list[str]
    left_out: str
    """The words for the lines that do not fit."""
    ending: str = ""
    kept: list[str] = field(default_factory=list)

    def fill(self, room: int) -> int:
        """Keep what fits into some room, and return what is left of it."""
        left = room - len(self.heading) - len(self.ending) - RESERVE
        for item in self.items:
            if len(item) + 1 > left:
                break
            self.kept.append(item)
            left -= len(item) + 1
        return left if self.kept else room

    @property
    def dropped(self) -> bool:
        """Whether nothing of it fits."""
        return bool(self.items and not self.kept)

    def text(self) -> str:
        """Return the section; empty if nothing is in it."""
        if not self.kept:
            return ""
        missing = len(self.items) - len(self.kept)
        said = f"\n\n*Left out for want of space: {missing} more {self.left_out}.*" if missing else ""
        return f"{self.heading}{chr(10).join(self.kept)}{self.ending}{said}"


def write(summary: Summary) -> str:
    """Return the summary, at most `LONGEST` characters long."""
    head = _head(summary)
    risks, table = _risks(summary), _table(summary)
    sentences = [_sentences(part) for part in summary.parts]
    details = [_detail(part) for part in summary.parts]
    warnings, notes = _said("### Warnings", summary.warnings), _notes(summary)
    room = LONGEST - LONGEST_NAMES - sum(len(text) + 2 for text in (head, warnings, notes))
    for section in (risks, table, *sentences, *details):
        room = section.fill(room - 2)
    pairs = (section.text() for pair in zip(sentences, details, strict=True) for section in pair)
    dropped = _dropped(summary, (risks, table), sentences, details)
    texts = (head, risks.text(), table.text(), warnings, *pairs, dropped, notes)
    return ("\n\n".join(text for text in texts if text) + "\n").replace(UNKNOWN, "unknown")


def _dropped(summary: Summary, first: tuple[Section, Section], sentences: list[Section], details: list[Section]) -> str:
    """Return a sentence on what is left out: risks, the table, and teams without their sentences or resources."""
    lost = [part.name or OTHERS for part, section in zip(summary.parts, sentences, strict=True) if section.dropped]
    less = sum(section.dropped for section in details)
    risks, table = first
    said = [_many(len(risks.items), "RISK")] if risks.dropped else []
    said += ["the table"] if table.dropped else []
    said += [f"every sentence that is no risk of {_many(len(lost), 'team')} ({codes(lost)})"] if lost else []
    said += [f"the resources of {_many(less, 'team')}"] if less else []
    return f"*Left out for want of space: {', and '.join(said)}. `--format json` has all.*" if said else ""


def _head(summary: Summary) -> str:
    """Return the hidden line by which a workflow finds its comment, the heading, and what makes the rest unreliable."""
    name = code(summary.stack) if summary.stack else "an unknown stack"
    lines = [
        f"<!-- secure-tiller preview-summary: {comment(summary.stack)} -->",
        f"## Preview of {name}: {verdict(summary)}",
    ]
    if summary.failures:
        lines += ["", "**The preview failed, so nobody knows what an update would do.** Do not merge this as it is."]
        lines += ["", _said("", summary.failures)]
    if summary.hides_unchanged:
        hint = "what only changes an option (`retain_on_delete`) is not seen. Preview with `--show-sames`."
        lines += ["", f"*Unchanged resources are not in this preview: {hint}*"]
    return "\n".join(lines).rstrip()


def verdict(summary: Summary) -> str:
    """Return in a few words what a preview does."""
    if summary.failures:
        return "FAILED"
    teams = _many(len(summary.teams), "team")
    if not summary.parts and not summary.drift:
        return "nothing changes"
    others = f" and {OTHERS}" if summary.others.changes else ""
    word = "changes" if len(summary.teams) == 1 and not others else "change"
    return f"{teams}{others} {word}, {_many(summary.risks, 'risk')}"


def _risks(summary: Summary) -> Section:
    items = [f"- **{_name(part)}**: {_sentence(finding)}" for part in summary.parts for finding in part.risks]
    items += [f"- **cluster**: {_sentence(finding)}" for finding in summary.drift]
    return Section("### Risks\n\n", items, "risks; `--format json` names them all")


def _table(summary: Summary) -> Section:
    heading = "| | create | update | replace | delete | risks |\n|---|---:|---:|---:|---:|---:|\n"
    return Section(heading, [_row(part) for part in summary.parts], "rows")


def _row(part: Part) -> str:
    numbers = (*(part.counts[word] for word in PLAIN), len(part.risks))
    return f"| {cell(_name(part))} | {' | '.join(str(number or '') for number in numbers)} |"


def _sentences(part: Part) -> Section:
    items = [f"- {_sentence(finding)}" for finding in part.findings if not finding.risk]
    if part.risks:
        items.insert(0, f"- {_many(len(part.risks), 'risk')}, see above")
    if not part.name:
        items.insert(0, f"- {_counted(part)}")
    return Section(f"### {_name(part)}\n\n", items, f"lines on {_name(part)}")


def _counted(part: Part) -> str:
    """Return in words how many resources change that are no team's."""
    done = [f"{count} {word}" for word, count in part.counts.items() if count]
    return f"no team's: {', '.join(done)}" if done else "no team's"


def _detail(part: Part) -> Section:
    count = _many(len(part.changes), "resource")
    heading = f"<details><summary>{count}</summary>\n\n| | resource | what differs |\n|---|---|---|\n"
    items = [
        f"| {_sign(change)} | {cell(code(f'{change.kind} {change.name}'))} | {cell(_reasons(change))} |"
        for change in part.changes
    ]
    return Section(heading, items, f"resources of {_name(part)}", ending="\n\n</details>")


def _sign(change: Change) -> str:
    sign = SIGNS.get(change.operation)
    return f"{sign} {change.operation}" if sign else code(change.operation)


def _reasons(change: Change) -> str:
    return codes(change.reasons) if change.reasons and change.operation in ("update", "replace") else ""


def _sentence(finding: Meaning) -> str:
    names = {key: code(name) if isinstance(name, str) else codes(name) for key, name in finding.names.items()}
    return finding.sentence.format(**names)


def _name(part: Part) -> str:
    return code(part.name) if part.name else OTHERS


def _notes(summary: Summary) -> str:
    said = _said("<details><summary>Notes of the preview</summary>", summary.notes)
    return f"{said}\n\n</details>" if said else ""


def _said(heading: str, messages: tuple[str, ...]) -> str:
    """Return what the program and the engine said, in their own words."""
    blocks = [block(message, LONGEST_SAID) for message in messages[:MOST_SAID]]
    more = [f"*Left out: {len(messages) - MOST_SAID} more.*"] if len(messages) > MOST_SAID else []
    return "\n\n".join([*([heading] if heading and blocks else []), *blocks, *more])


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count or 'no'} {word}s"

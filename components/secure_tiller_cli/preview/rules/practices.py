"""The practices of the catalogue: what a change breaks of them that was kept before."""

from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.digest import SECRET, UNKNOWN
from secure_tiller_cli.preview.findings import Meaning, Name
from secure_tiller_cli.state.objects import found
from tiller_facts import certificates, practices, values
from tiller_facts.facts import Facts, FoundObject
from tiller_facts.practices import BY_CODE, PRACTICES, Severity, Status

OF_OTHER_RULES = frozenset(("component-intact", "supported-version", "no-service"))
"""Codes of practices for which other rules have words: they compare with what the component makes."""

JUDGED = tuple(practice for practice in PRACTICES if practice.code not in OF_OTHER_RULES)


def broken(team: Team) -> Iterator[Meaning]:
    """Say which practices are not kept from now on, or are not seen to be; what only the update decides is neither."""
    if not any(change.counts for change in team.changes):
        return  # all is as it was, so nothing is new
    now = list(_judged(team, new=True))
    known = {_key(each) for each in _judged(team, new=False)} if now else set()
    for each in now:
        if _key(each) not in known:
            subject = "Tiller" if each.tiller and each.status is Status.VIOLATED else "Tiller:"
            sentence = f"{subject} {each.text} ({BY_CODE[each.practice].page})"
            yield Meaning(each.practice, sentence, _names(team), risk=True)


def _judged(team: Team, *, new: bool) -> Iterator[practices.Finding]:
    """Yield what is found about a team's objects as they were, or as they are to be; nothing of low severity."""
    made = (_object(number, change, new=new) for number, change in enumerate(team.changes))
    there = tuple(filter(None, made))
    facts = Facts(there, of_program=True, files=certificates.of_objects(there))
    judgement = practices.evaluate(facts, JUDGED)
    for each in judgement.every:
        if each.status is not Status.UNKNOWN and each.severity.reaches(Severity.MEDIUM):
            yield each


def _object(number: int, change: Change, *, new: bool) -> FoundObject | None:
    """Return an object, named by a placeholder, because its name is somebody else's word."""
    properties = change.new if new else change.old
    if change.operation == "same":
        properties = change.state.inputs
    return found(change.state.type, change.name, _facts(properties), shown=f"{{object{number}}}")


def _names(team: Team) -> Mapping[str, Name]:
    return {f"object{number}": f"{change.kind} {change.name}" for number, change in enumerate(team.changes)}


def _facts(value: Any) -> Any:
    """Return properties in which everything that a preview does not show is not known."""
    if isinstance(value, Mapping):
        return {key: _facts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_facts(item) for item in value]
    return values.UNKNOWN if value in (UNKNOWN, SECRET) else value


def _key(each: practices.Finding) -> tuple[str, str, str]:
    return each.practice, each.code, each.text

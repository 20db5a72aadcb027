"""The findings that a reviewer should read first: promises that do not hold, and what is to be decided or done."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from secure_tiller.plan.certificate_life import State
from secure_tiller_cli.report import practices
from secure_tiller_cli.report.model import Certificate, Check, Level, Promise, ReportFinding, Team
from secure_tiller_cli.results.result import Status as CheckStatus
from tiller_facts.practices import BY_CODE, Finding, Practice, Status

OLD = timedelta(days=7)
"""How long ago a check is called old."""

_ENFORCED = ("baseline", "restricted")
"""The levels of Pod Security under which no pod owns its node."""

Managers = Mapping[str, Sequence[str]]
"""By managed namespace, the teams whose Tillers may install there."""

Judged = Mapping[str, Sequence[Finding]]
"""By team, what is found about the practices of the catalogue."""


@dataclass(frozen=True)
class _Rule:
    """A promise, and what is found where it does not hold."""

    promise: str
    level: Level
    word: str
    broken: Callable[[Team, Managers], str]
    """Returns the fault in words; empty if there is none."""


def _more_rights(team: Team, _: Managers) -> str:
    found = {kind for namespace in team.namespaces for kind in namespace.beyond}
    found |= {kind for rights in team.rights for right in rights.rights if right.beyond for kind in right.kinds}
    return f"more than the preset is allowed on {', '.join(sorted(found))}" if found else ""


def _lax_pods(team: Team, _: Managers) -> str:
    lax = [each for each in team.namespaces if each.made and each.pod_security not in _ENFORCED]
    shown = ", ".join(f"{each.name} ({each.pod_security or 'nothing'})" for each in lax)
    return f"Pod Security enforces less than baseline in {shown}: a pod there can own its node" if lax else ""


def _shared(team: Team, managers: Managers) -> str:
    shared = [
        f"{each.name} with {', '.join(other for other in managers[each.name] if other != team.name)}"
        for each in team.namespaces
        if len(managers[each.name]) > 1
    ]
    return f"shares {'; '.join(shared)}: each Tiller may change what the other installed" if shared else ""


_RULES = (
    _Rule("Rights are the preset and no more", Level.WARNING, "More rights", _more_rights),
    _Rule("Namespaces that the stack made refuse pods that own their node", Level.WARNING, "Pod Security", _lax_pods),
    _Rule("Each managed namespace has one Tiller", Level.WARNING, "Shared", _shared),
)


def promises(teams: Sequence[Team], judged: Judged) -> tuple[Promise, ...]:
    """Return each promise with the teams for which it does not hold, or is not known to.

    Args:
        teams: of the stack.
        judged: by team, what is found about the practices of the catalogue.
    """
    managers = _managers(teams)
    return (
        *(_promise(practice, judged) for practice in practices.JUDGED),
        *(
            Promise(rule.promise, rule.level, tuple(team.name for team in teams if rule.broken(team, managers)))
            for rule in _RULES
        ),
    )


def _promise(practice: Practice, judged: Judged) -> Promise:
    about = {team: [each for each in found if practices.is_about(each, practice)] for team, found in judged.items()}
    certain = {team: [each for each in found if each.status is Status.VIOLATED] for team, found in about.items()}
    return Promise(
        text=practice.title,
        level=practices.level(chain.from_iterable(certain.values())),
        exceptions=tuple(team for team, found in certain.items() if found),
        unknown=tuple(team for team, found in about.items() if found and not certain[team]),
        practice=practice.code,
        page=practice.page,
    )


def findings(
    teams: Sequence[Team], judged: Judged, check: Check | None, now: datetime, unfinished: Sequence[str] = ()
) -> tuple[ReportFinding, ...]:
    """Return what should be read first, the worst first."""
    never = "its first update never ended, and nothing of it is on this page; pulumi up"
    parts = (ReportFinding(Level.BAD, "Unfinished", name, never) for name in unfinished)
    found = (
        *parts,
        *_of_check(teams, check, now),
        *_of_practices(judged),
        *_of_promises(teams),
        *_of_certificates(teams),
        *_of_trust(teams),
    )
    return tuple(sorted(found, key=lambda finding: list(Level).index(finding.level)))


def _managers(teams: Sequence[Team]) -> Managers:
    found: dict[str, list[str]] = defaultdict(list)
    for team in teams:
        for namespace in team.namespaces:
            found[namespace.name].append(team.name)
    return found


def _of_practices(judged: Judged) -> Iterator[ReportFinding]:
    for team, found in judged.items():
        if unseen := [each.text for each in found if each.code == practices.NOT_SEEN]:
            yield ReportFinding(Level.BAD, "Not seen", team, f"{unseen[0]}: how Tiller runs is not known")
        for each in found:
            if each.status is not Status.UNKNOWN:
                page = BY_CODE[each.practice].page
                yield ReportFinding(practices.level([each]), each.practice, team, f"{each.text}; {each.remedy}", page)


def _of_promises(teams: Sequence[Team]) -> Iterator[ReportFinding]:
    managers = _managers(teams)
    for rule in _RULES:
        for team in teams:
            if text := rule.broken(team, managers):
                yield ReportFinding(rule.level, rule.word, team.name, text)


_SAID = {
    State.EXPIRED: (Level.BAD, "Expired", "whoever needs it is refused; renew it with pulumi up"),
    State.NOT_YET: (Level.BAD, "Not yet valid", "whoever needs it is refused; compare the clocks"),
    State.ENDING: (Level.WARNING, "Ends soon", "the stack does not renew it; give another"),
    State.DUE: (Level.WARNING, "Renewal due", "the next pulumi up renews it; then hand out new bundles"),
}


def _of_certificates(teams: Sequence[Team]) -> Iterator[ReportFinding]:
    for team in teams:
        for state, (level, word, remedy) in _SAID.items():
            if of_state := [each for each in team.certificates if each.state == state]:
                yield ReportFinding(level, word, team.name, f"{_names(of_state)}: {remedy}")


def _names(certificates: Sequence[Certificate]) -> str:
    return ", ".join(f"{each.name} ({each.ends:%Y-%m-%d})" for each in certificates)


def _of_trust(teams: Sequence[Team]) -> Iterator[ReportFinding]:
    for team in teams:
        if team.trusted:
            text = f"Tiller also answers whoever has a certificate of the CA {', '.join(team.trusted)}"
            yield ReportFinding(Level.NOTE, "Further CA", team.name, text)
        if others := [each.name for each in team.namespaces if not each.made]:
            text = f"{', '.join(others)}: made by somebody else, so that Pod Security there is not known here"
            yield ReportFinding(Level.NOTE, "Existing", team.name, text)


def _of_check(teams: Sequence[Team], check: Check | None, now: datetime) -> Iterator[ReportFinding]:
    if check is None:
        yield ReportFinding(
            Level.WARNING, "Not checked", "", "this page says what was deployed; no check of the cluster was given"
        )
        return
    if check.outdated:
        yield ReportFinding(Level.BAD, "Outdated check", "", f"{check.outdated}: it proves nothing; make another")
    levels = {
        CheckStatus.FAILED: (Level.BAD, "Check failed"),
        CheckStatus.NOT_CHECKED: (Level.WARNING, "Not checked"),
        CheckStatus.WARNING: (Level.WARNING, "Check warns"),
    }
    for status, (level, word) in levels.items():
        for team in teams:
            of_status = (each for each in check.results if (each.team, each.status) == (team.name, status))
            if of_team := [f"{each.check}: {each.text}" for each in of_status]:
                yield ReportFinding(level, word, team.name, "; ".join(of_team))
    seen = {each.team for each in check.results}
    if without := [team.name for team in teams if team.name not in seen]:
        yield ReportFinding(Level.WARNING, "Not checked", "", f"the check did not look at {', '.join(without)}")
    if now - check.checked_at > OLD:
        text = f"the check is {(now - check.checked_at).days} days older than this page; make another"
        yield ReportFinding(Level.WARNING, "Old check", "", text)

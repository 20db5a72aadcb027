"""Whatever one right stack file becomes another: every change has words, and the summary says what the settings say."""

from typing import Any

from hypothesis import Phase, given, reject, settings

from secure_tiller import ConfigurationError
from secure_tiller_cli.preview.summary import Summary, summarize
from tests.support import strategies
from tests.unit.secure_tiller_cli.preview.previews import Resources, preview, resources

TEAM = "team"
GENERATED = (Phase.explicit, Phase.generate)
"""No shrinking: each example runs the component twice."""


def registered(args: Any) -> Resources:
    try:
        return resources(TEAM, args)
    except ConfigurationError:  # what was made up need not fit together
        reject()


def meant(before: Resources, after: Resources) -> Summary:
    return summarize(preview(before, after))


def said(summary: Summary, code: str) -> list[str]:
    return [finding.plain() for part in summary.parts for finding in part.findings if finding.code == code]


@settings(max_examples=25, phases=GENERATED)
@given(strategies.settings, strategies.settings)
def test_every_change_of_right_settings_has_words(old: Any, new: Any) -> None:
    summary = meant(registered(old), registered(new))
    assert said(summary, "not-understood") == []
    assert said(summary, "promise") == []
    assert said(summary, "argument") == []
    assert said(summary, "binding-foreign") == []


@settings(max_examples=10, phases=GENERATED)
@given(strategies.settings, strategies.settings)
def test_the_clients_that_join_and_leave_are_those_of_the_settings(old: Any, new: Any) -> None:
    summary = meant(registered(old), registered(new))
    findings = {finding.code: finding for part in summary.parts for finding in part.findings}
    names = {code: set(finding.names.get("clients", ())) for code, finding in findings.items()}
    if "emergency" not in findings:
        assert names.get("client-joins", set()) == {*new["clients"]} - {*old["clients"]}
        assert names.get("client-leaves", set()) == {*old["clients"]} - {*new["clients"]}


@settings(max_examples=10, phases=GENERATED)
@given(strategies.settings)
def test_a_team_that_comes_or_goes_has_words_too(args: Any) -> None:
    team = registered(args)
    for summary in (meant({}, team), meant(team, {})):
        assert said(summary, "not-understood") == []
        assert said(summary, "promise") == []
    assert said(meant(team, {}), "team-goes")
    assert said(meant({}, team), "team-comes")


@settings(max_examples=5, phases=GENERATED)
@given(strategies.settings)
def test_what_stays_the_same_is_not_spoken_of(args: Any) -> None:
    team = registered(args)
    assert meant(team, team).parts == ()

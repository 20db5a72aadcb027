"""Whatever one right stack file becomes another: every change has words, and the summary says what the settings say."""

from itertools import product
from typing import Any

from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st

from secure_tiller import ConfigurationError
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.summary import summarize
from tests.support import strategies
from tests.unit.secure_tiller_cli.preview.previews import Resources, preview, resources

NEVER = {
    *("not-understood", "promise", "argument", "binding-foreign", "issued", "object", "stays", "provider"),
    *("secret-content", "secret-plain", "secret-source", "metadata-foreign", "metadata-lost", "lives-beyond"),
}
"""Values that no settings lead to."""


def registered(args: Any) -> Resources:
    try:
        return resources("team", args)
    except ConfigurationError:  # what was made up need not fit together
        reject()


def findings(before: Resources, after: Resources) -> dict[str, Meaning]:
    """Return the sentences of a change's summary, by code."""
    return {finding.code: finding for part in summarize(preview(before, after)).parts for finding in part.findings}


def clients(found: dict[str, Meaning], code: str) -> set[str]:
    return set(found[code].names.get("clients", ())) if code in found else set()


# The component runs once for each settings, which takes most of the time: so all their changes are looked at together.
@settings(max_examples=8, phases=(Phase.explicit, Phase.generate))
@given(st.tuples(strategies.settings, strategies.settings, strategies.settings))
def test_every_change_of_right_settings_is_summarized(every: tuple[Any, ...]) -> None:
    teams = [(args, registered(args)) for args in every]
    for (old, before), (new, after) in product(teams, repeat=2):
        found = findings(before, after)
        assert not NEVER & found.keys()
        if "emergency" not in found:
            assert clients(found, "client-joins") == {*new["clients"]} - {*old["clients"]}
            assert clients(found, "client-leaves") == {*old["clients"]} - {*new["clients"]}
    for _, team in teams:
        assert summarize(preview(team, team)).parts == ()
        for code, found in (("team-comes", findings({}, team)), ("team-goes", findings(team, {}))):
            assert code in found
            assert not NEVER & found.keys()

"""Certificates that are due, with a clock of the test's own."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from markdown_it import MarkdownIt

from secure_tiller_cli.preview import renewals
from secure_tiller_cli.preview.digest import Digest, read
from secure_tiller_cli.preview.markdown import LONGEST
from secure_tiller_cli.preview.renewals import Renewals
from tests.golden.normal import NEW_YEAR
from tests.unit.secure_tiller_cli.preview.previews import STACK, TYPES, step, urn_of
from tests.unit.secure_tiller_cli.preview.test_golden import kept

DAY = timedelta(days=1)
NOW = datetime(2030, 1, 1, tzinfo=UTC)
COMPONENT = "secure-tiller:index:SecureTiller"
LEAF = "tls:index/locallySignedCert:LocallySignedCert"


def expiration(ends: timedelta, begins: timedelta | None = None, serial: str = "1F") -> dict[str, Any]:
    return {
        "serial": serial,
        "notAfter": (NOW + ends).isoformat(),
        "renewalBegins": None if begins is None else (NOW + begins).isoformat(),
    }


def preview(expirations: Any, *steps: dict[str, Any], team: str = "blue", **fields: Any) -> Digest:
    state = {"type": COMPONENT, "parent": STACK, "outputs": {"expirations": expirations}}
    known = [step("same", f"{TYPES}::{team}", state, {"type": COMPONENT, "parent": STACK}), *steps]
    return Digest.model_validate({"steps": known, "changeSummary": {"same": 1}, **fields})


def due(found: Renewals) -> list[str]:
    return [renewal.certificate for renewal in found.due]


def test_due_is_what_renews_within_the_window_or_ends_where_nothing_renews_it() -> None:
    known = {
        "server": expiration(60 * DAY, 14 * DAY),
        "client:a": expiration(60 * DAY, 15 * DAY),
        "client:b": expiration(14 * DAY),
        "client:c": expiration(15 * DAY),
    }
    found = renewals.find(preview(known), NOW, 14 * DAY)
    assert (due(found), found.looked_at) == (["client:b", "server"], 4)


def test_what_has_ended_is_said_to_have_ended() -> None:
    found = renewals.find(preview({"server": expiration(-1 * DAY)}), NOW, DAY)
    assert found.due[0].ended
    assert "2029-12-31 00:00 UTC (ended)" in renewals.to_markdown(found)
    assert "1 ended already" in renewals.to_markdown(found)


def test_whether_the_next_update_renews_it_is_said() -> None:
    state = {"type": LEAF, "parent": f"{TYPES}::blue"}
    renewing = step("replace", urn_of("blue", LEAF, "server"), state, state)
    expirations = {"server": expiration(9 * DAY, -1 * DAY), "client:ci": expiration(9 * DAY, -1 * DAY)}
    found = renewals.find(preview(expirations, renewing), NOW, DAY)
    assert {renewal.certificate: renewal.renews for renewal in found.due} == {"server": True, "client:ci": False}


@pytest.mark.parametrize("known", [None, {}, [], "[secret]", {"client:a": expiration(9 * DAY)}])
def test_a_tiller_whose_certificates_are_not_shown_makes_it_a_failed_preview(known: Any) -> None:
    found = renewals.find(preview(known), NOW, DAY)
    assert found.failures == ("team blue: its output expirations cannot be read, so what is due is not known",)
    assert "the preview FAILED" in renewals.to_markdown(found)


def test_a_team_that_is_only_planned_has_no_certificate_yet() -> None:
    new = step("create", f"{TYPES}::blue", None, {"type": COMPONENT, "parent": STACK})
    found = renewals.find(Digest.model_validate({"steps": [new], "changeSummary": {"create": 1}}), NOW, DAY)
    assert (found.due, found.looked_at, found.failures) == ((), 0, ())
    assert "there are none" in renewals.to_markdown(found)


@pytest.mark.parametrize(
    ("digest", "said"),
    [
        (preview({}, changeSummary={"same": 9}), "--show-sames"),
        (preview({"server": {"notAfter": "soon"}}), "notAfter of server is no time"),
        (preview({"server": "[secret]"}), "the end of server is not known"),
        (preview({}, diagnostics=[{"severity": "error", "message": "refused"}]), "refused"),
    ],
)
def test_what_cannot_be_told_is_a_failure_and_never_nothing_due(digest: Digest, said: str) -> None:
    found = renewals.find(digest, NOW, DAY)
    assert said in " ".join(found.failures)
    assert "FAILED" in renewals.to_markdown(found)
    assert json.loads(renewals.to_json(found))["failed"] is True


def test_the_real_preview_of_a_renewal_is_read() -> None:
    """The state's certificates were made older, not the outputs of the update before."""
    found = renewals.find(read(kept("renewal")), NEW_YEAR + 61 * DAY, DAY)
    assert [(r.team, r.certificate, r.renews) for r in found.due] == [
        ("blue", "client:alice", True),
        ("blue", "client:ci", False),
        ("blue", "server", True),
        ("green", "client:bob", True),
        ("green", "server", False),
    ]
    assert renewals.find(read(kept("renewal")), NEW_YEAR, 59 * DAY).due == ()


def test_the_issue_begins_with_the_hidden_line_by_which_it_is_found_again() -> None:
    found = renewals.find(preview({"server": expiration(DAY)}), NOW, DAY)
    assert renewals.to_markdown(found).splitlines()[0] == "<!-- secure-tiller renewals: test -->"


def test_ten_thousand_certificates_fit_and_what_is_left_out_is_said() -> None:
    many = {"server": expiration(DAY)} | {f"client:{i}": expiration(DAY) for i in range(10_000)}
    written = renewals.to_markdown(renewals.find(preview(many), NOW, DAY))
    assert len(written) < LONGEST
    assert "more certificates" in written


def test_names_stay_in_their_cells() -> None:
    odd = preview({"server": expiration(9 * DAY), "a|b`<b>": expiration(DAY, serial="|")}, team="x`|@y")
    (tokens,) = [MarkdownIt("gfm-like", {"linkify": False}).parse(renewals.to_markdown(renewals.find(odd, NOW, DAY)))]
    cells = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "td_open"]
    assert len(cells) == 6
    assert {child.type for cell in cells for child in cell.children or ()} <= {"text", "code_inline"}

"""The golden files: previews of the real engine, and the comment that each becomes.

tests/cluster/test_preview_summary.py makes them, and compares them with previews of the present program.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from secure_tiller.problems import PRIVATE
from secure_tiller_cli.preview import machine, markdown, rules
from secure_tiller_cli.preview.changes import Team, sort
from secure_tiller_cli.preview.digest import Digest, read
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.summary import summarize
from tests import golden
from tests.golden.changes import CHANGES

KEPT = Path(golden.__file__).parent

SAID = {
    "nothing": ("nothing changes",),
    "team-added": (
        "new team",
        "enforces Pod Security `privileged`, weaker than `baseline`",
        "on `rolebindings`, `roles`",
    ),
    "team-removed": ("`blue-tiller` is deleted with all release records", "Tiller manages `blue-apps` no more"),
    "team-renamed": ("the team was called `blue` and is now `gold`",),
    "client-joins": ("client `dora` joins",),
    "client-loses-access": ("client `ci` loses access", "NOT YET REVOKED"),
    "typical": (
        "- **`green`**: Tiller gains `create`, `delete`, `get`, `list`, `patch` on `networkpolicies` in `green-apps`",
        "client `ci` loses access",
        "client `dora` joins",
    ),
    "client-generation": ("client `alice` gets another key and CA: its old bundle stops working",),
    "subjects": ("`Group blue-leads`, `User carol@example.org` may open", "`Group blue-developers` may not"),
    "rights-granted": ("gains `create`, `delete`, `get`, `list`, `patch` on `networkpolicies` in `blue-apps`",),
    "rights-narrowed": ("Tiller loses", "Tiller gains `create`, `get` on `servicemonitors.monitoring.coreos.com`"),
    "exposed": ("Tiller's port opens to pods of `blue-apps`", "is put into the Secret `blue-apps/tiller-ci`"),
    "pod-security-weakened": ("`blue-apps` enforces Pod Security `privileged`, weaker than `baseline`",),
    "namespaces": (
        "`blue-jobs` is deleted with everything in it",
        "manages `blue-apps` no more; the namespace stays",
        "namespace `blue-new` is created",
    ),
    "options": ("namespace `blue-apps` will be deleted", "protection against deletion is taken away from"),
    "server-ca-added": ("CA `2` for the server certificate is made: hand out the new bundles",),
    "server-ca-signs": ("CA `2` signs the server certificate in place of CA `1`",),
    "server-ca-removed": ("CA `1` of the server certificate goes",),
    "emergency-generation": ("emergency generation: every bundle of `green` stops working",),
    "pod": ("Tiller's image changes from", "`cost-center` change on", "Tiller restarts once"),
    "trusted-ca": ("Tiller answers whomever the CA `partner` signs for",),
    "failed": ("FAILED", "did you mean 'expose'?"),
    "transform": (
        "Tiller gains `*` on `*`",
        "Tiller is started without `--tls-verify=true`",
        "readOnlyRootFilesystem is false",
        "it sets hostNetwork",
        'annotations["container.apparmor.security.beta.kubernetes.io/tiller"] is "unconfined"',
        "the content of `Secret blue-tls` changes, but nothing that it is made of changes",
        "certificates get longer lifetimes: `client:alice 90d",
    ),
    "renewal": ("the server certificate renews", "the CA of client `bob` renews and keeps its key"),
    "drift": (
        "`NetworkPolicy blue-deny-ingress` is not in the cluster any more",
        "is made again",
    ),
}
"""The sentences that a reviewer must read of each change."""

HARMLESS = {
    "nothing",
    "team-renamed",
    "client-joins",
    "client-loses-access",
    "subjects",
    "server-ca-added",
    "renewal",
    "failed",
}
"""Changes without a risk; every other has one."""


Rule = Callable[[Team], Iterator[Meaning]]


def kept(change: str) -> str:
    return (KEPT / f"{change}.json").read_text()


@cache
def preview(change: str) -> Digest:
    return read(kept(change))


@cache
def teams(change: str) -> tuple[Team, ...]:
    return sort(preview(change)).teams


def golden_comment(change: str) -> str:
    return (KEPT / f"{change}.md").read_text()


@pytest.mark.parametrize("change", CHANGES)
def test_a_preview_becomes_its_golden_comment(change: str) -> None:
    summary, comment = summarize(preview(change)), golden_comment(change)
    assert markdown.write(summary) == comment
    assert [words for words in SAID[change] if words not in comment] == []
    assert (summary.risks > 0) is (change not in HARMLESS)
    assert "not-understood" not in [finding.code for part in summary.parts for finding in part.findings]


@pytest.mark.parametrize("change", CHANGES)
def test_machines_read_the_same_as_people(change: str) -> None:
    summary = summarize(preview(change))
    content = json.loads(machine.write(summary))
    assert (content["stack"], content["risks"], content["failed"]) == ("production", summary.risks, change == "failed")
    assert [team["team"] for team in content["teams"]] == [part.name for part in summary.teams]
    found = [finding["text"] for team in content["teams"] for finding in team["findings"]]
    assert found == [finding.plain() for part in summary.teams for finding in part.findings]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: f"{rule.__module__.rsplit('.', 1)[-1]}.{rule.__name__}")
def test_control_without_a_rule_some_comment_differs(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rule has a golden change that needs it; those that none has have tests of their own."""
    monkeypatch.setattr(rules, "RULES", tuple(other for other in rules.RULES if other is not rule))
    heard = (change for change in CHANGES if any(finding for team in teams(change) for finding in rule(team)))
    changed = any(markdown.write(summarize(preview(change))) != golden_comment(change) for change in heard)
    assert changed is (getattr(rule, "__name__", "") not in ELSEWHERE)


ELSEWHERE = {
    "moves",
    "reasons",
    "others_are_bound",
    "admits",
    "fence",
    "service_stays_inside",
    "given_authorities",
    "given_certificate",
    "plain",
    "sources",
    "own",
    "beyond_settings",
    "cluster_wide",
    "tls_secret",
    "remains",
    "as_planned",
    "as_made",
    "stays",
    "provider",
}
"""Rules whose changes the other test modules of tests/unit/secure_tiller_cli/preview make."""


def test_there_is_a_golden_file_for_each_change_and_no_other() -> None:
    assert {file.stem for file in KEPT.glob("*.md")} == {*CHANGES} == {*SAID}
    assert {file.stem for file in KEPT.glob("*.json")} == {*CHANGES}


def test_no_key_and_no_certificate_is_kept() -> None:
    for file in KEPT.iterdir():
        if file.suffix in (".json", ".md"):
            assert not {word for word in ("-----BEGIN", PRIVATE) if word in file.read_text()}, file

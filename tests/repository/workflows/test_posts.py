"""The workflows keep one comment and one issue per stack on GitHub, edited in place. `gh` is a stand-in."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from testbed.pulumi_stack import PROJECT

SCRIPTS = PROJECT / ".github" / "scripts"
MARKER = "<!-- secure-tiller preview-summary: production -->"
ISSUE = "<!-- secure-tiller renewals: production -->"
BOT, MALLORY = "github-actions[bot]", "mallory"

# Answers as `gh api` does: what it reads is in pages, one list after the other; what it is sent is kept.
GH = """\
#!{python}
import json, pathlib, sys
folder = pathlib.Path(__file__).parent
arguments = sys.argv[1:]
assert arguments.pop(0) == "api"
with (folder / "calls").open("a") as calls:
    if "--paginate" in arguments:
        assert "per_page=100" in arguments[-1]
        print((folder / "pages").read_text())
    else:
        calls.write(json.dumps([arguments, json.load(sys.stdin)]) + "\\n")
"""


@dataclass(frozen=True)
class GitHub:
    """A stand-in for `gh`, first on PATH."""

    folder: Path

    def has(self, *pages: list[dict[str, Any]]) -> None:
        """Say what is there."""
        (self.folder / "pages").write_text("".join(json.dumps(page) for page in pages))

    def run(self, script: str, *arguments: str) -> list[tuple[str, str, dict[str, str]]]:
        """Run a script; return method, path and fields of each call that changes something."""
        environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_RUN_ID": "7",
            "STACK": "production",
            "PULL_REQUEST": "12",
            "HEAD_COMMIT": "c0ffee",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, str(SCRIPTS / script), *arguments]
        done = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        calls = [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]
        return [(method, path, fields) for (_, method, path, _, _), fields in calls]


@pytest.fixture
def github(tmp_path: Path) -> GitHub:
    (tmp_path / "gh").write_text(GH.format(python=sys.executable))
    (tmp_path / "gh").chmod(0o755)
    made = GitHub(tmp_path)
    made.has([])
    return made


def written(number: int, body: str | None, by: str = BOT, **more: Any) -> dict[str, Any]:
    return {"id": number, "number": number, "user": {"login": by}, "body": body, **more}


# Comments


@pytest.fixture
def summary(tmp_path: Path) -> str:
    (tmp_path / "summary.md").write_text(f"{MARKER}\n### production\n\nblue: client *ci* `$(touch x)` loses access\n")
    return str(tmp_path / "summary.md")


def test_the_first_preview_of_a_stack_makes_a_comment(github: GitHub, summary: str) -> None:
    other = MARKER.replace("production", "prod")
    gone = written(0, MARKER) | {"user": None}
    github.has([gone, written(1, None), written(2, "hello", MALLORY), written(3, f"{other}\nquotes {MARKER}")])
    ((method, path, fields),) = github.run("comment.py", "post", summary)
    assert (method, path) == ("POST", "repos/o/r/issues/12/comments")
    lines = fields["body"].splitlines()
    assert lines[0] == MARKER
    assert lines.count(MARKER) == 1
    assert "blue: client *ci* `$(touch x)` loses access" in lines
    assert lines[-1] == "<sub>Of commit c0ffee, by [this run](https://github.com/o/r/actions/runs/7).</sub>"


def test_a_later_one_edits_it_on_whatever_page_it_is(github: GitHub, summary: str) -> None:
    github.has([written(1, "x")], [written(2, f"{MARKER}\nold")])
    ((method, path, fields),) = github.run("comment.py", "post", summary)
    assert (method, path) == ("PATCH", "repos/o/r/issues/comments/2")
    assert "old" not in fields["body"]


def test_a_comment_that_another_wrote_is_not_used_because_its_author_could_edit_it(
    github: GitHub, summary: str
) -> None:
    github.has([written(1, f"{MARKER}\nNo risks.", MALLORY)])
    ((method, _, _),) = github.run("comment.py", "post", summary)
    assert method == "POST"


@pytest.mark.parametrize("made", [False, True])
def test_no_preview_replaces_what_was_said(github: GitHub, tmp_path: Path, made: bool) -> None:
    github.has([written(2, f"{MARKER}\nNo risks.")])
    if made:
        (tmp_path / "empty.md").write_text("\n")
    ((method, _, fields),) = github.run("comment.py", "post", str(tmp_path / "empty.md"))
    assert method == "PATCH"
    assert "**no preview**" in fields["body"]
    assert "No risks." not in fields["body"]


def test_a_new_commit_takes_back_what_was_said_of_the_earlier_one(github: GitHub) -> None:
    staging = MARKER.replace("production", "staging")
    github.has(
        [written(1, f"{MARKER}\nNo risks."), written(2, "hello")], [written(3, staging), written(4, MARKER, MALLORY)]
    )
    calls = github.run("comment.py", "outdated")
    assert [path for _, path, _ in calls] == [f"repos/o/r/issues/comments/{number}" for number in (1, 3)]
    assert [fields["body"].splitlines()[0] for _, _, fields in calls] == [MARKER, staging]
    assert all("of an earlier commit" in fields["body"] for _, _, fields in calls)
    assert "No risks." not in calls[0][2]["body"]


# Issues


def looked(folder: Path, code: str | None, report: str = f"{ISSUE}\nblue: alice ends in 3 days\n") -> str:
    (folder / "found").mkdir()
    if code is not None:
        (folder / "found" / "exit-code").write_text(f"{code}\n")
        (folder / "found" / "report.md").write_text(report)
    return str(folder / "found")


def test_what_is_due_opens_an_issue(github: GitHub, tmp_path: Path) -> None:
    github.has([written(1, f"{ISSUE}\n", MALLORY), written(2, f"{ISSUE}\n", pull_request={}), written(3, None)])
    ((method, path, fields),) = github.run("issue.py", looked(tmp_path, "3"))
    assert (method, path) == ("POST", "repos/o/r/issues")
    assert fields["title"] == "production: certificates renew or end soon"
    assert fields["body"].startswith(f"{ISSUE}\n")
    assert fields["body"].count(ISSUE) == 1
    assert "blue: alice ends in 3 days" in fields["body"]


def test_what_is_still_due_updates_it(github: GitHub, tmp_path: Path) -> None:
    github.has([written(5, f"{ISSUE}\nold")])
    ((method, path, fields),) = github.run("issue.py", looked(tmp_path, "3"))
    assert (method, path, fields["state"]) == ("PATCH", "repos/o/r/issues/5", "open")
    assert "blue: alice ends in 3 days" in fields["body"]


def test_nothing_due_closes_it(github: GitHub, tmp_path: Path) -> None:
    github.has([written(5, f"{ISSUE}\nold")])
    ((method, path, fields),) = github.run("issue.py", looked(tmp_path, "0"))
    assert (method, path, fields["state"]) == ("PATCH", "repos/o/r/issues/5", "closed")


def test_nothing_due_opens_none(github: GitHub, tmp_path: Path) -> None:
    assert github.run("issue.py", looked(tmp_path, "0")) == []


@pytest.mark.parametrize("code", [None, "1", "255", ""])
def test_a_look_that_failed_is_no_good_news(github: GitHub, tmp_path: Path, code: str | None) -> None:
    ((method, _, fields),) = github.run("issue.py", looked(tmp_path, code))
    assert method == "POST"
    assert fields["title"] == "production: not looked at"
    assert "nobody knows what is due" in fields["body"]

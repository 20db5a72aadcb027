"""Keeps one comment per stack on a pull request.

`comment.py post SUMMARY` writes the summary of STACK; without that file the comment says that there is none.
`comment.py outdated` marks what earlier commits got, before a new preview begins or waits for its approval.
Reads PULL_REQUEST and HEAD_COMMIT besides.
"""

import os
import re
import sys
from pathlib import Path

import github

MARKER = "<!-- secure-tiller preview-summary: "
NO_PREVIEW = "There is **no preview**: it failed, or was not approved."
OUTDATED = "What stood here was of an earlier commit. If this one changes the stack, its preview follows."


def post(stack: str, summary: Path) -> None:
    """Write the stack's comment, into the one that is there."""
    first = f"{MARKER}{stack} -->"
    text = summary.read_text().removeprefix(first) if summary.is_file() else ""
    body = _body(first, text.strip() or _short(stack, NO_PREVIEW))
    for comment in github.ours(f"{_comments()}?", first):
        github.call("PATCH", f"issues/comments/{comment['id']}", body=body)
        return
    github.call("POST", _comments(), body=body)


def mark_outdated() -> None:
    """Replace every comment: what an earlier commit meant must not pass for what this one means."""
    for comment in github.ours(f"{_comments()}?", MARKER):
        first = comment["body"].split("\n")[0]
        stack = re.sub(r"[^A-Za-z0-9_.-]", "", first.removeprefix(MARKER).removesuffix(" -->"))
        github.call("PATCH", f"issues/comments/{comment['id']}", body=_body(first, _short(stack, OUTDATED)))


def _comments() -> str:
    return f"issues/{int(os.environ['PULL_REQUEST'])}/comments"


def _short(stack: str, sentence: str) -> str:
    return f"### {stack}\n\n{sentence}"


def _body(first: str, text: str) -> str:
    origin = f"<sub>Of commit {os.environ['HEAD_COMMIT']}, by [this run]({github.run_url()}).</sub>"
    return f"{first}\n{text}\n\n{origin}\n"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["post", file]:
            post(os.environ["STACK"], Path(file))
        case ["outdated"]:
            mark_outdated()
        case _:
            sys.exit(__doc__)

"""GitHub's API by its own command, `gh`, which takes the token from GH_TOKEN."""

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

BOT = "github-actions[bot]"
"""The user who writes with a workflow's token."""


def run_url() -> str:
    """Return the address of this run."""
    repository = f"{os.environ['GITHUB_SERVER_URL']}/{os.environ['GITHUB_REPOSITORY']}"
    return f"{repository}/actions/runs/{os.environ['GITHUB_RUN_ID']}"


def call(method: str, path: str, **fields: str) -> None:
    """Send fields to a path of this repository."""
    _gh("--method", method, _of_repository(path), "--input", "-", stdin=json.dumps(fields))


def ours(path: str, marker: str) -> Iterator[dict[str, Any]]:
    """Yield what the bot wrote that begins with a marker.

    What others wrote does not count, whatever it begins with: its author could edit it afterwards.
    """
    text = _gh("--paginate", f"{_of_repository(path)}per_page=100").strip()
    while text:  # a list per page, one after the other
        page, end = json.JSONDecoder().raw_decode(text)
        yield from (item for item in page if _by_bot(item) and (item["body"] or "").startswith(marker))
        text = text[end:].strip()


def _by_bot(item: dict[str, Any]) -> bool:
    return bool(item["user"] and item["user"]["login"] == BOT)  # who has left GitHub is no user any more


def _of_repository(path: str) -> str:
    return f"repos/{os.environ['GITHUB_REPOSITORY']}/{path}"


def _gh(*arguments: str, stdin: str = "") -> str:
    done = subprocess.run(["gh", "api", *arguments], input=stdin, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout

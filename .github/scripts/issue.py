"""Keeps one issue per stack about certificates that renew or end soon.

`issue.py FOLDER` reads `report.md` and `exit-code` of `secure-tiller renewals` there, and STACK.
"""

import os
import sys
from pathlib import Path

import github

NOTHING_DUE, DUE = "0", "3"


def keep(stack: str, folder: Path) -> None:
    """Open, update or close the stack's issue."""
    marker = f"<!-- secure-tiller renewals: {stack} -->"
    code = _read(folder / "exit-code").strip()
    text = _text(code, _read(folder / "report.md").removeprefix(marker).strip())
    body = f"{marker}\n{text}\n\n<sub>By [this run]({github.run_url()}).</sub>\n"
    title = f"{stack}: certificates renew or end soon" if code in (NOTHING_DUE, DUE) else f"{stack}: not looked at"
    open_issues = [issue for issue in github.ours("issues?state=open&", marker) if "pull_request" not in issue]
    for issue in open_issues[:1]:
        state = "closed" if code == NOTHING_DUE else "open"
        github.call("PATCH", f"issues/{issue['number']}", title=title, body=body, state=state)
    if not open_issues and code != NOTHING_DUE:
        github.call("POST", "issues", title=title, body=body)


def _text(code: str, report: str) -> str:
    if code == NOTHING_DUE:
        return "Nothing is due any more."
    if code == DUE:
        return f"{report}\n\nTo renew: `pulumi up`."
    return (
        f"The preview failed, so nobody knows what is due. Certificates end whether or not somebody looks.\n\n{report}"
    )


def _read(file: Path) -> str:
    return file.read_text() if file.is_file() else ""


if __name__ == "__main__":
    keep(os.environ["STACK"], Path(sys.argv[1]))

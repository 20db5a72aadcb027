"""Pages of the docs, walked: their commands run as they stand there, and end as they say."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from testbed.helm import without_settings
from tests.support.projects import TestStack

Done = subprocess.CompletedProcess[str]


def blocks(page: Path, section: str) -> list[tuple[str, str]]:
    """Return the blocks of code of a section, each with its language."""
    (text,) = re.findall(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", page.read_text(), re.MULTILINE | re.DOTALL)
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def run(stack: TestStack, line: str, more: Mapping[str, str]) -> Done:
    """Run a line of bash in a stack's project as its reader does, who has no settings of Helm's own.

    Args:
        stack: gives the project and the environment.
        line: of bash.
        more: further variables of the environment.
    """
    kept = without_settings(stack.environment)
    # Only the question is answered: an update begins with its preview, which can fail where the update alone would not.
    environment = {**kept, "HELM_HOME": str(stack.project / "helm"), "PULUMI_SKIP_CONFIRMATIONS": "true", **more}
    command = ["bash", "-c", line]
    return subprocess.run(command, cwd=stack.project, env=environment, capture_output=True, text=True, check=False)


def difference(line: str, done: Done) -> str:
    """Say in what a command did not end as its line on the page says: `command`, `# prints` or `# refused: prints`."""
    _, _, comment = line.partition(" # ")
    refused, words = comment.startswith("refused: "), comment.removeprefix("refused: ")
    printed = done.stdout + done.stderr
    return "" if (done.returncode != 0) is refused and words in printed else f"{line}\n{printed}"

"""The golden files are what the real engine says of real changes: previews are made again and compared.

`make golden` previews every change, and writes the files: what is new in them is then for the eyes of a reviewer.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from secure_tiller_cli.commands import preview_source
from secure_tiller_cli.preview import markdown
from secure_tiller_cli.preview.digest import read
from secure_tiller_cli.preview.summary import summarize
from tests import golden
from tests.golden.changes import AGAIN, CHANGES, RUN, TRANSFORM, Names, base, changed
from tests.golden.normal import normal
from tests.support import ageing
from tests.support.command import run_here, run_process
from tests.support.projects import TestStack
from tests.support.remedies import commands, run, succeeded

KEPT = Path(golden.__file__).parent
PREVIEW = preview_source.PREVIEW[1:]
WRITING = os.environ.get("SECURE_TILLER_GOLDEN") == "write"


@dataclass(frozen=True)
class DeployedTiller:
    """The two teams, deployed, and the previews of what is done to them."""

    stack: TestStack
    names: Names
    suffix: str

    def preview(self, change: str) -> str:
        """Preview one change as `secure-tiller preview-summary` does, and return what is kept of it."""
        self.stack.configure_teams(changed(self.names, change))
        with SPECIAL.get(change, _as_it_is)(self):
            now = datetime.now(UTC)
            arguments = ("--refresh",) if change == "drift" else ()
            done = self.stack.run(*PREVIEW, "--stack", self.stack.name, *arguments, check=False)
        assert (done.returncode != 0) is (change == "failed"), done.stdout + done.stderr
        return normal(done.stdout, self.stack.name, self.suffix, now)


@pytest.fixture(scope="module")
def deployed(new_stack: Callable[..., TestStack], suffix: str) -> Iterator[DeployedTiller]:
    ending = f"-{suffix}"
    names = Names(*(f"{team}{ending}" for team in ("blue", "green", "gold")))
    with new_stack(base(names)) as stack:
        stack.up()
        yield DeployedTiller(stack, names, ending)


def test_the_command_previews_by_itself(deployed: DeployedTiller) -> None:
    deployed.stack.configure_teams(changed(deployed.names, "exposed"))
    done = run_process(deployed.stack, "preview-summary", "--stack", deployed.stack.name, "--fail-on", "risk")
    assert done.returncode == 3, done.stderr
    assert "Tiller's port opens to pods of" in done.stdout


def test_the_command_lists_every_certificate_that_is_due(deployed: DeployedTiller) -> None:
    deployed.stack.configure_teams(base(deployed.names))
    done = run_process(
        deployed.stack, "renewals", "--stack", deployed.stack.name, "--within", "3650d", "--format", "json"
    )
    assert done.returncode == 3, done.stderr
    found = json.loads(done.stdout)
    # Of blue a server, two clients, and their three CAs; of green a server with two CAs, and a client with one.
    assert (found["certificates"], len(found["due"])) == (11, 11)


def test_what_is_no_whole_preview_is_replaced_by_that_of_the_command(deployed: DeployedTiller) -> None:
    stack, file = deployed.stack, deployed.stack.project / "preview.json"
    stack.configure_teams(base(deployed.names))
    file.write_text("Previewing update (test):\n")
    no_preview = run_here(stack, "preview-summary", file.name)
    file.write_text(stack.preview("--json").stdout)
    not_whole = run_here(stack, "renewals", file.name)
    said = [each for done in (no_preview, not_whole) for each in commands(done.out + done.err)]
    command, *same = [each for each in said if each.startswith("pulumi")]
    whole = run(command, stack.project, stack.environment)
    file.write_text(succeeded(whole, *same))
    assert run_here(stack, "preview-summary", file.name).code == 0
    assert run_here(stack, "renewals", file.name).code == 0


def test_control_a_preview_that_pulumi_refuses_is_a_failed_one(deployed: DeployedTiller) -> None:
    done = run_process(deployed.stack, "preview-summary", "--stack", "missing")
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert "no stack named 'missing' found" in done.stdout


@pytest.mark.parametrize("change", CHANGES if WRITING else AGAIN)
def test_the_summary_of_a_change_is_the_golden_one(deployed: DeployedTiller, change: str) -> None:
    preview = deployed.preview(change)
    written = markdown.write(summarize(read(preview)))
    if WRITING:
        (KEPT / f"{change}.json").write_text(preview)
        (KEPT / f"{change}.md").write_text(written)
    assert written == (KEPT / f"{change}.md").read_text()


def _careless(deployed: DeployedTiller) -> AbstractContextManager[None]:
    """Have a transform in the program that undoes what the component promises."""
    return deployed.stack.edited("__main__.py", RUN, TRANSFORM.format(blue=deployed.names.blue) + RUN)


@contextmanager
def _aged(deployed: DeployedTiller) -> Iterator[None]:
    """Certificates in their last 30 days: Tiller's and a client's; and a CA in its last 120."""
    before, (blue, green) = deployed.stack.export(), (deployed.names.blue, deployed.names.green)
    with ageing.state(deployed.stack) as state:
        state.age(f"{blue}-server", 20 * ageing.DAY, f"{blue}-server-ca")
        state.age(f"{blue}-client:alice", 20 * ageing.DAY, f"{blue}-client-ca:alice")
        state.age(f"{green}-client-ca:bob", 100 * ageing.DAY)
    try:
        yield
    finally:
        deployed.stack.import_state(before)


@contextmanager
def _changed_by_hand(deployed: DeployedTiller) -> Iterator[None]:
    """Somebody deletes the policy that closes Tiller's namespace.

    A changed field would make the preview fail: the provider does not take it over from somebody else.
    """
    command = ["kubectl", "delete", "networkpolicy", "deny-ingress", "--namespace", f"{deployed.names.blue}-tiller"]
    subprocess.run(command, env=dict(deployed.stack.environment), check=True, capture_output=True)
    yield


def _as_it_is(_deployed: DeployedTiller) -> AbstractContextManager[None]:
    return nullcontext()


SPECIAL: dict[str, Callable[[DeployedTiller], AbstractContextManager[None]]] = {
    "transform": _careless,
    "renewal": _aged,
    "drift": _changed_by_hand,
}
"""Further steps for the changes that settings alone do not make."""

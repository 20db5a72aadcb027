"""The state of a stack, through Pulumi's own command: it knows every backend and secrets provider."""

from collections.abc import Mapping
from typing import Any

from secure_tiller.problems import Problem, RefusedError
from secure_tiller_cli.programs import run
from secure_tiller_stack.foreign_data import json_value

COMMAND = ("pulumi", "stack", "export", "--non-interactive", "--color=never")
EXPORT_SECONDS = 600.0
"""A backend far away sends the state of many teams, and a key service decrypts it."""


class StackError(RefusedError):
    """The stack, or what is asked of it, is not there or cannot be read."""

    headline = "The stack is refused"


def export(stack: str | None = None, *, secrets: bool = False) -> Mapping[str, Any]:
    """Return the state of a stack, as `pulumi stack export` run in this folder gives it.

    Args:
        stack: its name; None: the selected one.
        secrets: whether to decrypt; without it no passphrase and no key service is needed.

    Raises:
        StackError: Pulumi does not give the state; with what it said.
        ProgramError: Pulumi cannot be run, or does not end in time.
    """
    command = [*COMMAND, *(["--stack", stack] if stack else []), *(["--show-secrets"] if secrets else [])]
    shown = f"stack {stack}" if stack else "the selected stack"
    done = run(command, seconds=EXPORT_SECONDS)
    if done.code:
        said = " ".join(done.err.split()).removeprefix("error: ")
        raise StackError([Problem("", shown, "", f"its state cannot be read: {said}", _remedy(said))])
    try:
        state = json_value(done.out)
        return dict(state["deployment"] or {})
    except (ValueError, TypeError, KeyError) as error:
        why = f"its state has no form that is known ({type(error).__name__})"
        raise StackError([Problem("", shown, "", why, "export it by hand and look: pulumi stack export")]) from error


def _remedy(said: str) -> str:
    if "passphrase" in said:
        return "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's own"
    return "name the stack with --stack, in the project's folder and logged in to its backend (pulumi whoami)"

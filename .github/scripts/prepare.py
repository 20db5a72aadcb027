"""Makes the checkout what is to be previewed, from the base branch's files.

Reads STACK, ENVIRONMENT and HEAD_COMMIT. In the environment `preview` the base's program stays, and the stack's file
gets the pull request's team settings; in `preview-code`, which somebody approved, the checkout becomes the merged one.
"""

import os
import sys
from pathlib import Path

import repository
import stack_file
from changes import WITH_APPROVAL, WITHOUT_APPROVAL
from repository import RepositoryError


def prepare(stack: str, environment: str, head: str) -> None:
    """Make the checkout what is to be previewed.

    Raises:
        RepositoryError: the file may not be previewed without an approval; nothing was changed.
    """
    tree = repository.merged(head)
    if environment == WITH_APPROVAL:
        repository.check_out(tree)
    elif environment == WITHOUT_APPROVAL:
        _file(stack).write_text(_settings(stack, tree))
    else:
        raise RepositoryError(f"there is no environment {environment!r}: {WITHOUT_APPROVAL} or {WITH_APPROVAL}")


def _settings(stack: str, tree: str) -> str:
    before, after = repository.stack_files("HEAD"), repository.stack_files(tree)
    if stack not in before or stack not in after:
        raise RepositoryError("the stack's file is not a regular one on both sides: its preview takes an approval")
    # Decided anew, by the job that holds the key.
    taken = stack_file.take(repository.content(before[stack]), repository.content(after[stack]))
    if taken.reasons:
        raise RepositoryError(f"the stack's file takes an approval: {'; '.join(taken.reasons)}")
    return taken.text


def _file(stack: str) -> Path:
    return Path("stacks") / f"Pulumi.{stack}.yaml"


if __name__ == "__main__":
    try:
        prepare(os.environ["STACK"], os.environ["ENVIRONMENT"], os.environ["HEAD_COMMIT"])
    except RepositoryError as error:
        sys.exit(f"::error::{error}")

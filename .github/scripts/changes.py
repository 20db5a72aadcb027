"""Writes which stacks to preview for a pull request, and with whose approval.

Runs on the base branch. Reads HEAD_COMMIT; writes `stacks=[{"stack": ..., "environment": ...}]` to GITHUB_OUTPUT, and
the reasons to GITHUB_STEP_SUMMARY.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import repository
import stack_file
from repository import RepositoryError

WITHOUT_APPROVAL, WITH_APPROVAL = "preview", "preview-code"

OTHER_PROJECTS = ("Pulumi.json", "Pulumi.yml")
"""Project files besides Pulumi.yaml; Pulumi takes the first in the order of names."""

NO_PROGRAM = ("docs/", "tests/", "testbed/", ".github/")
"""Below these, and in Markdown, there is nothing that a preview runs. Such changes are not taken either."""


@dataclass(frozen=True)
class Preview:
    """A stack to preview.

    Attributes:
        stack: its name.
        reasons: why its preview waits for an approval; none when it does not.
    """

    stack: str
    reasons: tuple[str, ...] = ()

    @property
    def environment(self) -> str:
        """The environment whose secrets the preview gets."""
        return WITH_APPROVAL if self.reasons else WITHOUT_APPROVAL


def previews(tree: str) -> Iterator[Preview]:
    """Yield the stacks that a pull request touches, which are all of them when it changes the program.

    Args:
        tree: the result of merging it.

    Raises:
        RepositoryError: it has a stack file that cannot be previewed.
    """
    changed = list(repository.changes(tree))
    before, after = repository.stack_files("HEAD"), repository.stack_files(tree)
    code = [change.path for change in changed if change.stack is None and _is_program(change.path)]
    repository.require_stack_files(tree)
    _require_the_folder(changed)
    _require_no_loss(changed, sorted(stack for stack in before.keys() - after.keys() if not _throwaway(before[stack])))
    # A stack is for throwaway clusters where both sides say so: neither hides a cluster that lasts.
    lasting = [
        stack for stack in sorted(after) if not all(map(_throwaway, {after[stack], before.get(stack, after[stack])}))
    ]
    if code:
        reason = f"the pull request changes the program, which runs in the preview ({len(code)} files)"
        yield from (Preview(stack, (reason,)) for stack in lasting)
        return
    touched = {change.stack for change in changed}
    for stack in filter(touched.__contains__, lasting):
        base = repository.content(before[stack]) if stack in before else None
        yield Preview(stack, stack_file.take(base, repository.content(after[stack])).reasons)


def _require_the_folder(changed: Iterable[repository.Change]) -> None:
    """Refuse another folder of the stacks' files: changes in it would be no stack's."""
    for change in changed:
        if change.path in OTHER_PROJECTS and not change.deletes:
            raise RepositoryError(
                f"{change.path} can take the place of Pulumi.yaml, and of its stackConfigDir: leave it"
            )
        if change.path == "Pulumi.yaml" and len({_folder(blob) for blob in change.blobs}) > 1:
            raise RepositoryError("Pulumi.yaml changes stackConfigDir, and previews are made of stacks/: leave it")


def _folder(blob: str) -> object:
    """Return the folder that a project file names; None where there is no file, or none is named."""
    try:
        return stack_file.scalar(repository.content(blob), "stackConfigDir") if blob.strip("0") else None
    except stack_file.StackFileError as error:
        raise RepositoryError(f"Pulumi.yaml cannot be compared: {error}") from error


def _require_no_loss(changed: Iterable[repository.Change], gone: Sequence[str]) -> None:
    """Refuse to take stacks away together with other changes, which would be previewed for none of them."""
    if gone and any(change.stack is None for change in changed):
        raise RepositoryError(
            f"the files of {', '.join(gone)} go, and with them anything else changes, of which those stacks get no "
            "preview: delete them in a pull request that changes stacks' files alone"
        )


def _throwaway(blob: str) -> bool:
    return stack_file.throwaway(repository.content(blob))


def _is_program(path: str) -> bool:
    return not path.startswith(NO_PROGRAM) and not path.endswith(".md")


def _told(every: Iterable[Preview]) -> Iterator[str]:
    yield "### Stacks to preview\n"
    for preview in every:
        yield f"- `{preview.stack}`, environment `{preview.environment}`"
        yield from (f"  - waits for an approval: {reason}" for reason in preview.reasons)


def main() -> None:
    """Write the outputs of the job."""
    tree = repository.merged(os.environ["HEAD_COMMIT"])
    every = list(previews(tree))
    stacks = [{"stack": preview.stack, "environment": preview.environment} for preview in every]
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as output:
        output.write(f"stacks={json.dumps(stacks)}\n")
    with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a") as summary:
        summary.writelines(f"{line}\n" for line in _told(every))


if __name__ == "__main__":
    try:
        main()
    except RepositoryError as error:
        sys.exit(f"::error::{error}")

"""A pull request, as git knows it. Its files are read as data, out of git's store: none is checked out here."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

REGULAR_FILE = "100644"
NOTHING = "000000"

STACK_FILE = re.compile(r"stacks/Pulumi\.([A-Za-z0-9][A-Za-z0-9_.-]{0,99})\.yaml")
"""The name of a stack is what Pulumi allows, and begins with a letter or digit: it is never read as an option."""


class RepositoryError(Exception):
    """The pull request cannot be looked at; the text says why and what to do."""


@dataclass(frozen=True)
class Change:
    """The effect of merging on one path.

    Attributes:
        path: below the repository's root.
        modes: git's mode before and after; `000000` where there is no file.
        blobs: git's name of the content before and after.
    """

    path: str
    modes: tuple[str, str]
    blobs: tuple[str, str]

    @property
    def stack(self) -> str | None:
        """The stack whose file this is; None when it is another, or not a regular one (a symbolic link, say)."""
        name = STACK_FILE.fullmatch(self.path)
        return name[1] if name and {*self.modes} <= {REGULAR_FILE, NOTHING} else None

    @property
    def deletes(self) -> bool:
        """Whether the path is gone afterwards."""
        return self.modes[1] == NOTHING


def merged(head: str) -> str:
    """Return the tree that merging a commit into the checked-out one gives, without touching a file.

    Raises:
        RepositoryError: the commit is unknown, or conflicts.
    """
    if not re.fullmatch(r"[0-9a-f]{40}", head):
        raise RepositoryError("the pull request's commit is not named by 40 hexadecimal digits")
    if _git("cat-file", "-e", f"{head}^{{commit}}").returncode:
        raise RepositoryError(f"commit {head} is on no branch of this repository any more: push again")
    done = _git("merge-tree", "--write-tree", "--no-messages", "HEAD", head)
    if done.returncode == 1:
        raise RepositoryError("the pull request conflicts with the base branch: merge or rebase, and push again")
    return _checked(done).split("\n")[0]


def changes(tree: str) -> Iterator[Change]:
    """Yield the difference between the checked-out commit and a tree."""
    words = _output("diff-tree", "-r", "-z", "--raw", "--no-renames", "HEAD^{tree}", tree).split("\0")
    for described, path in zip(words[::2], words[1::2], strict=False):
        before, after, blob, other, _ = described.removeprefix(":").split(" ")
        yield Change(path, (before, after), (blob, other))


def stack_files(tree: str) -> Mapping[str, str]:
    """Return git's name of the content of every stack's file, by stack."""
    found = {}
    for (mode, _, blob), path in _entries(tree):
        name = STACK_FILE.fullmatch(path)
        if name and mode == REGULAR_FILE:
            found[name[1]] = blob
    return found


def require_stack_files(tree: str) -> None:
    """Refuse what Pulumi could take for a stack's file and `stack_files` does not.

    Raises:
        RepositoryError: it is no regular file, or its name is not a stack's.
    """
    taken = {f"stacks/Pulumi.{stack}.yaml" for stack in stack_files(tree)}
    for _, path in _entries(tree):
        if path.startswith("stacks/Pulumi.") and path not in taken:
            raise RepositoryError(
                f"{path!a} cannot be previewed: make it a regular file, not executable, of the name "
                "stacks/Pulumi.<stack>.yaml, where <stack> begins with a letter or digit"
            )


def _entries(tree: str) -> Iterator[tuple[list[str], str]]:
    for entry in filter(None, _output("ls-tree", "-r", "-z", tree, "--", "stacks").split("\0")):
        described, _, path = entry.partition("\t")
        yield described.split(" "), path


def content(blob: str) -> str:
    """Return a file's content; what is no UTF-8 comes as characters that cannot be seen."""
    return _output("cat-file", "blob", blob)


def check_out(tree: str) -> None:
    """Put a tree in place of the checked-out files."""
    _output("read-tree", "--reset", "-u", tree)


def _output(*arguments: str) -> str:
    return _checked(_git(*arguments))


def _checked(done: "subprocess.CompletedProcess[bytes]") -> str:
    if done.returncode:
        raise RepositoryError(f"{' '.join(done.args)}: exit {done.returncode}\n{os.fsdecode(done.stderr)}")
    return done.stdout.decode(errors="surrogateescape")


def _git(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", *arguments], capture_output=True, check=False)

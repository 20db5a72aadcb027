"""Finds on PATH the programs that serve, and makes them callable from the toolchain's own folder."""

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from testbed.toolchain.pins import EXECUTOR, OnPath


def find(wanted: OnPath, cache: Path) -> Path | None:
    """The first program on PATH that serves; see `find_together`."""
    found = find_together((wanted,), cache)
    return found[wanted.name] if found else None


def find_together(
    wanted: tuple[OnPath, ...], cache: Path, suits: Callable[[Path], bool] = lambda _: True
) -> dict[str, Path]:
    """Programs that are taken together, from the first folder of PATH in which all of them serve.

    A file counts as in the folder, too, if it stands where the link to the first program leads: an installation of
    which PATH has that one link is whole.

    Args:
        wanted: the programs; for none of them nothing is found.
        cache: the testbed's cache; what stands in it, and a link that leads through it, does not count.
        suits: a further condition on each of the files.

    Returns:
        Each file by its name, as PATH has it and not where its links lead, so that a link may be changed; or nothing.
    """
    for first in _candidates(wanted[0].name, cache) if wanted else ():
        found = _together(first, wanted, cache)
        if found and all(map(suits, found.values())):
            return found
    return {}


def _candidates(name: str, cache: Path) -> Iterator[Path]:
    for folder in dict.fromkeys(Path(folder).absolute() for folder in os.get_exec_path()):
        if program := _executable(folder / name, cache):
            yield program


def _together(first: Path, wanted: tuple[OnPath, ...], cache: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for one in wanted:
        program = _neighbour(first, one.name, cache)
        if not program or not _serves(program, one):
            return {}
        found[one.name] = program
        for name in one.beside:
            file = _neighbour(program, name, cache)
            if not file:
                return {}
            found[name] = file
    return found


def _neighbour(program: Path, name: str, cache: Path) -> Path | None:
    return _executable(program.parent / name, cache) or _executable(program.resolve().parent / name, cache)


def _executable(file: Path, cache: Path) -> Path | None:
    # In this order: of a folder that may not be searched, `is_file` raises an error.
    return file if os.access(file, os.X_OK) and file.is_file() and not _leads_through(file, cache) else None


def _leads_through(file: Path, cache: Path) -> bool:
    """Return whether an existing file lies in the cache, or is a link whose way to its end does."""
    place = file.parent.resolve() / file.name
    if cache.resolve() in place.parents:
        return True
    return place.is_symlink() and _leads_through(place.parent / place.readlink(), cache)


def _serves(program: Path, wanted: OnPath) -> bool:
    _, *arguments = wanted.version_command
    try:
        answer = subprocess.run(
            [program, *arguments],
            env=os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(re.search(wanted.accepts, answer.stdout + answer.stderr, re.MULTILINE))


def link(file: Path, program: Path) -> None:
    """Make a file call a program of PATH.

    A script may look for what it needs next to the path by which it was called, so it is called by its own. Anything
    else gets a symbolic link: the engine warns of a language host that is not the one next to it. So does the script
    that the language host's interpreter reads.
    """
    if file.name == EXECUTOR or not _is_script(program):
        file.symlink_to(program)
        return
    file.write_text(f'#!/bin/sh\nexec {shlex.quote(str(program))} "$@"\n')
    file.chmod(0o755)


def _is_script(program: Path) -> bool:
    try:
        with program.open("rb") as content:
            return content.read(2) == b"#!"
    except PermissionError:  # a script could not run either
        return False

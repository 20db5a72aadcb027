"""Pulumi's own CLI as its users have it on PATH, and a cache in which the toolchain has not met it yet."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.toolchain import Toolchain, debian, go
from testbed.toolchain.cache import cache_folder
from testbed.toolchain.pins import EXECUTOR, GO_PROGRAMS, PULUMI

CLI = ("pulumi", "pulumi-language-python", EXECUTOR)
NEWER = "v3.279.0"


def install(folder: Path, tools: Toolchain) -> Path:
    """Install a newer CLI: what the toolchain has, with another version in the program."""
    folder.mkdir(parents=True)
    for name in CLI:
        shutil.copy(tools.bin / name, folder)
    program = folder / "pulumi"
    program.write_bytes(program.read_bytes().replace(PULUMI.encode(), NEWER.encode()))
    return folder


def install_older(folder: Path) -> Path:
    """Install one that does not serve; whatever is asked of it, but its version, it writes into `asked` and fails."""
    folder.mkdir(parents=True)
    for name in CLI:
        script = folder / name
        script.write_text(
            f'#!/bin/sh\n[ "$1" = version ] && echo v3.100.0 && exit\necho "$0 $*" >> "{folder}/asked"\nexit 1\n'
        )
        script.chmod(0o755)
    return folder


@contextmanager
def own_cache(name: str, without: Collection[str] = ()) -> Iterator[Path]:
    """Give the base of a cache that has what was built in the real one, and no toolchain put together.

    It lies in the real one, because a toolchain has hard links of what was built.

    Args:
        name: the folder's.
        without: the programs that it does not have.
    """
    real = cache_folder()
    base = real / name
    shutil.rmtree(base, ignore_errors=True)
    own = base / "secure-tiller"
    own.mkdir(parents=True)
    programs = [program for program in GO_PROGRAMS if program.name not in without]
    for part in [f"debian-{debian.key()}", *(f"{program.name}-{go.key(program)}" for program in programs)]:
        if (real / part).is_dir():
            (own / part).symlink_to(real / part)
    try:
        yield base
    finally:
        shutil.rmtree(base)

"""The refusal of a second process of the plugin within one run of the engine.

The engine starts a process for each provider of a package: for the default one, for each version that a resource asks
for, and for each that a program makes. A process compares the Tillers that it makes itself, and knows no others.
"""

import errno
import fcntl
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from time import monotonic, sleep

from secure_tiller.problems import ConfigurationError, Problem

PATIENCE = 5.0
"""Seconds to wait for a process of the same engine that is just ending."""


def require_the_only_one(engine: str, folder: Path | None = None) -> None:
    """Refuse to make Tillers for an engine while another process does.

    A lock holds until this process ends: on a byte whose place in the one file of the user stands for the engine. If
    somebody removes the file, this process sees another one only when it is called again.

    Args:
        engine: its address, which is the same for every plugin of a run.
        folder: of the file. Default: the one for temporary files.

    Raises:
        ConfigurationError: there is another process, or the file cannot be used.
    """
    place = int.from_bytes(hashlib.sha256(engine.encode()).digest()[:6])
    until = monotonic() + PATIENCE
    try:
        file = (folder or Path(tempfile.gettempdir())) / f"secure-tiller-{os.getuid()}.lock"
        while not (_is_locked(_opened(file), place) and _is_there(file)):
            if monotonic() > until:
                raise _second()
            sleep(0.1)
    except OSError as error:
        raise _unusable(error) from error


def _is_locked(opened: int, place: int) -> bool:
    """Return whether a byte of a file is now, or was already, locked by this process."""
    try:
        fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
    except (BlockingIOError, PermissionError):  # EAGAIN or EACCES (POSIX, fcntl)
        return False
    return True


_files: dict[Path, int] = {}
"""The open files. None is ever closed: whoever closes a file anywhere in a process drops all its locks on it."""


def _opened(file: Path) -> int:
    """Return the open file, which is opened again only if somebody removed it."""
    if file not in _files or not _is_there(file):
        opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
            raise PermissionError(errno.EPERM, "it is no file of yours", str(file))
        os.utime(opened)  # what cleans the folder removes files that are old
        _files[file] = opened
    return _files[file]


def _is_there(file: Path) -> bool:
    """Return whether the file that is open is still the one that others would open."""
    try:
        return os.path.samestat(os.fstat(_files[file]), os.lstat(file))
    except FileNotFoundError:
        return False


def _second() -> ConfigurationError:
    why = (
        "another process of this plugin makes Tillers in this run, because a Tiller names a provider of secure-tiller, "
        "or a version: what the Tillers of the two may not share would not be compared"
    )
    remedy = "leave the provider of secure-tiller and its version out of the options of every Tiller"
    return ConfigurationError([Problem("", "opts.provider", "(not the only one)", why, remedy)])


def _unusable(error: OSError) -> ConfigurationError:
    why = f"has no file to lock, so that another process of this plugin would not be seen: {error.strerror}"
    file = str(error.filename or "(no folder)")
    return ConfigurationError([Problem("", "TMPDIR", file, why, "set TMPDIR to a folder of your own")])

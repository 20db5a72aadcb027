"""The cache outside the checkout: folders named by their content's pins, published whole or not at all."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """The testbed's cache: `$XDG_CACHE_HOME/secure-tiller`, by default `~/.cache/secure-tiller`."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "secure-tiller"


def key_of(*parts: object, folder: Path | None = None) -> str:
    """Twelve hex digits that change when a part, or a file of the folder, changes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode() + b"\0")
    for file in sorted(folder.rglob("*")) if folder else []:
        if file.is_file():
            digest.update(str(file.relative_to(folder or file)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def locked(cache: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the cache alone; `waiting` is called once when another process has it."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def publish(target: Path, fill: Callable[[Path], None]) -> Path:
    """Make `target` by filling a folder next to it and renaming it: an interruption leaves no half of it."""
    if target.is_dir():
        return target
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    fill(partial)
    partial.rename(target)
    return target

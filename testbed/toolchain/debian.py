"""Unpacks Debian packages into the cache: nothing is installed, started or replaced on the user's machine."""

import os
import shutil
import subprocess
from pathlib import Path

from testbed.toolchain.cache import key_of
from testbed.toolchain.errors import ToolchainError
from testbed.toolchain.pins import DEBIAN_PACKAGES

# What Debian's alternatives would link; the nf_tables variants are Debian's default.
_ALTERNATIVES = tuple(
    f"{family}{suffix}" for family in ("iptables", "ip6tables") for suffix in ("", "-save", "-restore")
)


def key() -> str:
    """The cache key: the packages and the Debian release they come from."""
    return key_of(DEBIAN_PACKAGES, release())


def release() -> str:
    """The Debian release; empty for another system."""
    file = Path("/etc/debian_version")
    return file.read_text() if file.is_file() else ""


def unpack(into: Path, cache: Path, log: Path) -> None:
    """Download the node's packages and lay them out below `into/usr`, as a merged-/usr Debian has them.

    Raises:
        ToolchainError: the system has no apt, or a command failed; the text names it and the log.
    """
    if not has_apt():
        raise ToolchainError(
            "debian packages: this system has no apt-get, and the local node needs Debian's etcd, containerd and "
            "iptables.\nUse your own cluster instead: make demo CLUSTER=existing"
        )
    extract(["download", *DEBIAN_PACKAGES], into, cache, log)
    for name in _ALTERNATIVES:
        (into / "usr/sbin" / name).symlink_to("xtables-nft-multi")


def has_apt() -> bool:
    """Return whether the system has the programs that download and unpack Debian's packages."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg-deb"))


def extract(fetch: list[str], into: Path, cache: Path, log: Path) -> None:
    """Download packages and lay them out below `into/usr`, as a merged-/usr Debian has them.

    Args:
        fetch: arguments of apt-get that download them, into the current folder or apt's archives.
        into: where to lay them out.
        cache: the testbed's cache.
        log: the file that takes the commands and their output.
    """
    downloads = cache / "debian-downloads"
    shutil.rmtree(downloads, ignore_errors=True)  # packages of an earlier, interrupted try may be older
    for folder in (downloads / "lists" / "partial", downloads / "archives" / "partial"):
        folder.mkdir(parents=True, exist_ok=True)
    # Lists and archives of our own: the user's package lists stay as they are, and root is not needed.
    options = [
        f"-oDir::State::Lists={downloads}/lists",
        f"-oDir::Cache={downloads}",
        "-oAPT::Sandbox::User=" + _user(),
        "-oDebug::NoLocking=1",
    ]
    _run(["apt-get", *options, "-q", "update"], downloads, log)
    _run(["apt-get", *options, "-q", *fetch], downloads, log)
    for package in sorted(downloads.rglob("*.deb")):
        _run(["dpkg-deb", "--extract", str(package), str(into)], downloads, log)
    for name in ("bin", "sbin", "lib", "lib64"):
        if (into / name).is_dir():
            shutil.copytree(into / name, into / "usr" / name, symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(into / name)
    shutil.rmtree(downloads)


def _user() -> str:
    return os.environ.get("USER") or "root"


def _run(command: list[str], folder: Path, log: Path) -> None:
    with log.open("a") as output:
        output.write(f"$ {' '.join(command)}\n")
        output.flush()
        done = subprocess.run(command, cwd=folder, stdout=output, stderr=output, check=False)
    if done.returncode:
        raise ToolchainError(
            f"debian packages: a command failed (exit {done.returncode}).\n"
            f"  command: {' '.join(command)}\n  log:     {log}"
        )

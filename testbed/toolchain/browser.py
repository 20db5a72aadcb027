"""Chromium for the tests of pages: the user's own, or Debian's, unpacked into the cache and started from there."""

from pathlib import Path

from testbed.toolchain import debian, path
from testbed.toolchain.cache import key_of
from testbed.toolchain.errors import ToolchainError
from testbed.toolchain.pins import BROWSER_PACKAGES, BROWSERS

START = "chromium"
"""The file in the unpacked tree that starts it."""

_PROGRAM = "usr/lib/chromium/chromium"

_SCRIPT = f"""#!/bin/sh
# Debian's Chromium from where it was unpacked, with the libraries and the fonts that were unpacked with it.
here=$(dirname "$(readlink -f "$0")")
for folder in "$here"/usr/lib/*-linux-gnu*; do
  LD_LIBRARY_PATH=$folder:$folder/pulseaudio${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}
done
FONTCONFIG_FILE=$here/fonts.conf
export LD_LIBRARY_PATH FONTCONFIG_FILE
exec "$here/{_PROGRAM}" "$@"
"""

# The fonts unpacked with it and no others: a page looks the same wherever it is tested.
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>sans-serif</family><prefer><family>Liberation Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>Liberation Mono</family></prefer></alias>
</fontconfig>
"""


def key() -> str:
    """The cache key: the packages, the Debian release they come from, and how they are started."""
    return key_of(BROWSER_PACKAGES, debian.release(), _SCRIPT, _FONTS)


def on_path(cache: Path) -> Path | None:
    """The first browser on PATH that serves."""
    return next((found for wanted in BROWSERS if (found := path.find(wanted, cache))), None)


def unpack(into: Path, cache: Path, log: Path) -> None:
    """Download Chromium with the libraries that this system lacks, and lay them out below `into/usr`.

    Raises:
        ToolchainError: the system has no apt, or a command failed; the text names it and the log.
    """
    if not debian.has_apt():
        raise ToolchainError(
            "chromium: this system has neither Chromium nor apt-get, which would fetch it.\n"
            "Install Chromium or Google Chrome, version 120 or newer, so that it is on PATH."
        )
    missing = ["--yes", "--no-install-recommends", "--download-only", "install"]
    debian.extract([*missing, *BROWSER_PACKAGES], into, cache, log)
    if not (into / _PROGRAM).is_file():
        raise ToolchainError(f"chromium: its packages were unpacked, but brought no {_PROGRAM}; see {log}")
    (into / "fonts.conf").write_text(_FONTS)
    script = into / START
    script.write_text(_SCRIPT)
    script.chmod(0o755)

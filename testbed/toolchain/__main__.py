"""`python -m testbed.toolchain`: find or build everything, with progress."""

import sys

from testbed.command import guarded, output
from testbed.toolchain import prepare, prepare_browser


def main() -> int:
    """Prepare the toolchain; exit 1 with what is missing when it cannot be had."""
    console = output()

    def build() -> int:
        console.print(f"toolchain: ready in {prepare(console).bin}")
        console.print(f"chromium: {prepare_browser(console)}")
        return 0

    return guarded(build)


if __name__ == "__main__":
    sys.exit(main())

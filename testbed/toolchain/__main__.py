"""`python -m testbed.toolchain`: find or build everything, with progress."""

import sys

from rich.console import Console

from testbed.toolchain import ToolchainError, prepare


def main() -> int:
    """Prepare the toolchain; exit 1 with what is missing when it cannot be had."""
    console = Console(soft_wrap=True)
    try:
        toolchain = prepare(console)
    except ToolchainError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), style="red", markup=False, highlight=False)
        return 1
    console.print(f"toolchain: ready in {toolchain.bin}", highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The script `secure-tiller`: what must be set before anything is imported, then the command.

A package of its own, because `import secure_tiller` imports Pulumi's SDK, and with that gRPC.
"""

import os
import sys

INTERRUPTED = 130
"""What shells say of a program that Ctrl-C ended: 128 and the number of SIGINT."""


def main() -> None:
    """Run the command without what gRPC's core writes on standard error.

    It would write several lines about every refusal that `check` asks for. It reads the variable when it is imported,
    and never again.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        from secure_tiller_cli.commands import main as command

        command()
    except KeyboardInterrupt:  # also while it is imported, which takes a second
        sys.exit(INTERRUPTED)

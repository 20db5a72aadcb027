"""The script `secure-tiller`: what must be set before anything is imported, then the command."""

import os
import sys

from secure_tiller_cli.exit_codes import INTERRUPTED, PROBLEM
from secure_tiller_stack.collector import collect_rarely


def main() -> None:
    """Run the command without what gRPC's core writes on standard error.

    It would write several lines about every refusal that `check` asks for. It reads the variable when it is imported,
    and never again.
    """
    collect_rarely()
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        from secure_tiller_cli.commands import main as command

        command()
    except KeyboardInterrupt:  # also while it is imported, which takes a second
        sys.exit(INTERRUPTED)
    except ModuleNotFoundError as error:
        if str(error.name).startswith("secure_tiller"):
            raise
        remedy = "pip install 'pulumi-secure-tiller[cli]'"
        print(f"secure-tiller: the Python module {error.name}: is not installed; {remedy}", file=sys.stderr)
        sys.exit(PROBLEM)

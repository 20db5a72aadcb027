"""Everything that runs secure-tiller for real on one machine: toolchain, cluster and demo. No product code."""

import os

# gRPC logs every broken connection to standard error, and here they are what is looked for. It reads the variable when
# it is imported, which Pulumi does too.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

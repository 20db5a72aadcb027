"""What it takes to run secure-tiller for real on one machine: toolchain, cluster and demo. No product code."""

"""The checks of a stack against the running cluster: `secure-tiller check`."""

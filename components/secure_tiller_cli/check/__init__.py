"""Proof against the running cluster: what `secure-tiller check` looks at."""

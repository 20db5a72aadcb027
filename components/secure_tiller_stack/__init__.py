"""The library of the program: from a stack file to its teams, the look at the cluster, and the wait for revocations."""

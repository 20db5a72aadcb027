"""Exit codes of the command, which docs/command.md documents."""

PROBLEM = 1
"""The command could not run or get its data: no access to the stack or the cluster, a file that is not there."""
WRONG_USE = 2
"""An unknown option, team or client."""
FOUND = 3
"""The command found something: a check that failed, a finding, a right that is missing."""
SKIPPED = 4
"""Something that cannot be read was left where it is; the rest was done."""
INTERRUPTED = 130
"""Ctrl-C ended it: 128 and the number of SIGINT, as shells report it."""

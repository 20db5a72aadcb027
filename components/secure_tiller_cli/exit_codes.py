"""Exit codes of the command, which docs/command.md documents."""

PROBLEM = 1
"""It could not be done, or not be determined: no access to the stack or the cluster, a file that is not there."""
WRONG_USE = 2
"""An option, team or client that there is not."""
FOUND = 3
"""What was looked for is there: a check that failed, a finding, a right that is missing."""
SKIPPED = 4
"""Something that cannot be read was left where it is; the rest was done."""
INTERRUPTED = 130
"""Ctrl-C ended it: 128 and the number of SIGINT, as shells report it."""

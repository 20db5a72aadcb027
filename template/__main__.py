"""One secured Tiller for each team of the stack's configuration."""

from secure_tiller_stack import run

run()

"""`python -m secure_tiller_cli`: the command where it is not installed as a script."""

from secure_tiller_cli import main

main()

"""`python -m secure_tiller.cli`: the command where it is not installed as a script; gRPC is heard there."""

from secure_tiller.cli import main

main()

"""`python -m secure_tiller_cli`: the command where it is not installed as a script; gRPC is heard there."""

from secure_tiller_cli.commands import main

main()

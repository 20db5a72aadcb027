"""A program of somebody else's: a component of its own around ours, and no outputs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "components"))

import pulumi

from secure_tiller import SecureTiller
from secure_tiller_stack import TeamArgs, look

ARGS: TeamArgs = {"namespaces": {"TEAM-apps": {"retain_on_delete": False}}, "clients": {"ci": {}}}


class Platform(pulumi.ComponentResource):
    """Whatever a company gives a team."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        """Make it."""
        super().__init__("acme:index:Platform", name, {}, opts)
        SecureTiller(name, ARGS, pulumi.ResourceOptions(parent=self))


Platform("TEAM", pulumi.ResourceOptions(providers=[look({"TEAM": ARGS}, cluster={"uid": "any"})]))

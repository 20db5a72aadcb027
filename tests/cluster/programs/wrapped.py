"""A program of somebody else's: a component of its own around ours, and no outputs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "components"))

import pulumi

from secure_tiller import SecureTiller, SecureTillerArgs


class Platform(pulumi.ComponentResource):
    """Whatever a company gives a team."""

    def __init__(self, name: str) -> None:
        """Make it."""
        super().__init__("acme:index:Platform", name)
        args: SecureTillerArgs = {"namespaces": {f"{name}-apps": {"retain_on_delete": False}}, "clients": {"ci": {}}}
        SecureTiller(name, args, pulumi.ResourceOptions(parent=self))


Platform("TEAM")

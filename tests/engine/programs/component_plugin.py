"""A component plugin: one component that computes an output from an input."""

from typing import TypedDict

import pulumi
from pulumi.provider.experimental import component_provider_host


class BoxArgs(TypedDict):
    """The arguments of a box."""

    edge: pulumi.Input[int]


class Box(pulumi.ComponentResource):
    """A box that knows its volume."""

    volume: pulumi.Output[int]

    def __init__(self, name: str, args: BoxArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make a box."""
        super().__init__("boxes:index:Box", name, {}, opts)
        self.volume = pulumi.Output.from_input(args["edge"]).apply(lambda edge: edge**3)
        self.register_outputs({"volume": self.volume})


component_provider_host([Box], "boxes")

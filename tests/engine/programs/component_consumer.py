"""A program that uses the component of component_plugin.py as a generated SDK would."""

import pulumi


class Box(pulumi.ComponentResource):
    """A box that the plugin makes."""

    volume: pulumi.Output[int]

    def __init__(self, name: str, edge: int) -> None:
        """Ask the plugin for a box."""
        super().__init__("boxes:index:Box", name, {"edge": edge, "volume": None}, remote=True)


pulumi.export("volume", Box("box", edge=3).volume)

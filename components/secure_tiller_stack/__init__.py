"""The library of the program: from a stack file to its teams, the look at the cluster, and the wait for revocations.

For other programs: `deploy` makes the Tillers of a cluster; `look` precedes components that a program makes itself.
"""

from typing import TYPE_CHECKING

from secure_tiller import lazy

__all__ = ["ClusterArgs", "DefaultsArgs", "TeamArgs", "deploy", "look", "run"]

if TYPE_CHECKING:
    from secure_tiller_stack.args import ClusterArgs, DefaultsArgs, TeamArgs
    from secure_tiller_stack.deployment import deploy, look
    from secure_tiller_stack.program import run
else:
    _MODULES = dict.fromkeys(__all__, "args") | {"deploy": "deployment", "look": "deployment", "run": "program"}

    def __getattr__(name: str) -> object:
        """Load a name at its first use: shell completion needs parts of this package, and must not load Pulumi."""
        return lazy.attribute(__name__, _MODULES, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})

"""The library of the program: from a stack file to its teams, the look at the cluster, and the wait for revocations.

For other programs: `deploy` makes the Tillers of a cluster; `look` comes before components that a program makes itself.
"""

from secure_tiller_stack.args import ClusterArgs, DefaultsArgs, TeamArgs
from secure_tiller_stack.deployment import deploy, look
from secure_tiller_stack.program import run

__all__ = ["ClusterArgs", "DefaultsArgs", "TeamArgs", "deploy", "look", "run"]

"""The Tillers that a stack has deployed, read from its state: also of a program that only imports the component."""

from secure_tiller_cli.state.export import StackError, export
from secure_tiller_cli.state.read import digest, read, unfinished
from secure_tiller_cli.state.tiller import ClusterReference, DeployedTiller

__all__ = ["ClusterReference", "DeployedTiller", "StackError", "digest", "export", "read", "unfinished"]

"""What a stack has deployed, read from its state: also of a program that only imports the component."""

from secure_tiller.deployed.export import StackError, export
from secure_tiller.deployed.read import read, unfinished
from secure_tiller.deployed.tiller import ClusterReference, Deployed

__all__ = ["ClusterReference", "Deployed", "StackError", "export", "read", "unfinished"]

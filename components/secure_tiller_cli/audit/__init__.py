"""An audit of every Tiller in a cluster, whoever installed it: facts, which `tiller_facts` judges, and its forms."""

from secure_tiller_cli.audit.ask import RIGHT, ask
from secure_tiller_cli.audit.machine import to_json

__all__ = ["RIGHT", "ask", "to_json"]

"""A program that is none of ours: it deploys the manifests that lie next to it."""

import json
from pathlib import Path

from pulumi_kubernetes.yaml.v2 import ConfigGroup

ConfigGroup("manifests", objs=json.loads(Path("manifests.json").read_text()))

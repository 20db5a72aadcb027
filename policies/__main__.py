"""The policy pack, as the engine starts it: `pulumi preview --policy-pack policies`."""

import sys
from pathlib import Path

from pulumi_policy import PolicyPack

# For tiller_facts, which needs nothing of the rest.
sys.path.append(str(Path(__file__).resolve().parents[1] / "components"))
try:
    from tiller_policies.adapter import policies
except ModuleNotFoundError as error:
    if error.name != "tiller_facts":
        raise
    sys.exit(
        "The policy pack judges by tiller_facts, which is not there: give --policy-pack the folder policies/ of a "
        "checkout of secure-tiller, or copy its components/tiller_facts into the pack."
    )

# The constructor serves the engine and does not return. The version is that of PulumiPolicy.yaml.
PolicyPack("secure-tiller", policies=policies())

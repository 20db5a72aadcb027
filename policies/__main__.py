"""The policy pack, as the engine starts it: `pulumi preview --policy-pack policies`."""

from pulumi_policy import EnforcementLevel, PolicyPack

from tiller_policies.adapter import policies

# The constructor serves the engine and does not return. The version is that of PulumiPolicy.yaml.
PolicyPack("secure-tiller", policies=policies(), enforcement_level=EnforcementLevel.MANDATORY)

"""From a plan to resources of Pulumi. Nothing here decides anything."""

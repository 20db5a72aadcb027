"""The command that restores what somebody has changed in the cluster."""

RESTORE = "PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up --refresh"
"""Without the variable the provider refuses a field that somebody else has written (server-side apply, conflicts)."""

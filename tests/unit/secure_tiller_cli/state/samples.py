"""A Tiller as a state has it, for tests that are not about states."""

from secure_tiller.plan.model import RolePlan
from secure_tiller_cli.state import ClusterReference, DeployedTiller
from tiller_facts.rbac import Subject

ACCOUNT = Subject("ServiceAccount", "tiller", "blue-tiller")
"""The account of team blue's Tiller."""


def blue(*roles: RolePlan) -> DeployedTiller:
    """Return the Tiller of team blue, with roles and nothing else."""
    return DeployedTiller(
        name="blue",
        stack="organization/secure-tiller/test",
        namespace="blue-tiller",
        service_account="tiller",
        deployment="tiller-deploy",
        ca_certificate="",
        expirations={},
        certificates={},
        roles=roles,
        created={},
        deployment_spec={},
        tls_secret="tls",
        exposed=False,
        cluster=ClusterReference(),
    )

"""A Tiller as a state has it, for tests that are not about states."""

from secure_tiller.deployed import ClusterReference, Deployed
from secure_tiller.plan import RolePlan, Subject

ACCOUNT = Subject("ServiceAccount", "tiller", "blue-tiller")
"""What team blue's Tiller runs as."""


def blue(*roles: RolePlan) -> Deployed:
    """Return the Tiller of team blue, with roles and nothing else."""
    return Deployed(
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
        pod={},
        tls_secret="tls",
        exposed=False,
        cluster=ClusterReference(),
    )

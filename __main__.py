"""The program: one secured Tiller for each team of the stack's configuration."""

import sys
from pathlib import Path

# A checkout with only requirements.txt installed finds the package here.
sys.path.insert(0, str(Path(__file__).parent / "components"))

import pulumi
import pulumi_kubernetes as kubernetes

from secure_tiller import SecureTiller, kubeconfig
from secure_tiller.component import this_stack
from secure_tiller.plan import plan
from secure_tiller.preflight import look
from secure_tiller.stack import read_stack

config = pulumi.Config()
stack = read_stack(
    pulumi.get_project(),
    keys=pulumi.runtime.get_config_env(),
    teams=config.get_object("teams"),
    cluster=config.get_object("cluster"),
)

cluster = look(
    kubeconfig.find(stack.cluster),
    [plan(name, args, this_stack()) for name, args in stack.teams],
    deploying=not pulumi.runtime.is_dry_run(),
)
for sentence in cluster.warnings:
    pulumi.log.warn(sentence)

# A path, not the file's content: credentials never enter the state. With the identifier, the same cluster under another
# address or in another file replaces nothing.
provider = kubernetes.Provider(
    "cluster", kubeconfig=str(cluster.kubeconfig), context=cluster.context, cluster_identifier=cluster.uid
)

for name, args in stack.teams:
    tiller = SecureTiller(name, args, pulumi.ResourceOptions(providers=[provider]))
    pulumi.export(
        name,
        {
            "namespace": tiller.namespace,
            "serviceAccount": tiller.service_account,
            "caCertificate": tiller.ca_certificate,
            "expirations": tiller.expirations,
            "bundles": tiller.bundles,
        },
    )

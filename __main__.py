"""The program: one secured Tiller for each team of the stack's configuration."""

import sys
from pathlib import Path

# A checkout with only requirements.txt installed finds the package here.
sys.path.insert(0, str(Path(__file__).parent / "components"))

import pulumi
import pulumi_kubernetes as kubernetes

from secure_tiller import SecureTiller, kubeconfig, revocation
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
    server_keys=config.get_object("serverKeys"),
)

access = kubeconfig.find(stack.cluster)
plans = {name: plan(name, args, this_stack()) for name, args in stack.teams}
deploying = not pulumi.runtime.is_dry_run()
cluster = look(access, list(plans.values()), deploying=deploying)
for sentence in cluster.warnings:
    pulumi.log.warn(sentence)

# A path, not the file's content: credentials never enter the state. With the identifier, the same cluster under another
# address or in another file replaces nothing.
provider = kubernetes.Provider(
    "cluster",
    kubeconfig=str(cluster.kubeconfig),
    context=cluster.context,
    cluster_identifier=cluster.uid,
    # A renewed bundle is written into its client's Secret, which is otherwise deleted and made anew.
    enable_secret_mutable=True,
)

for name, args in stack.teams:
    tiller = SecureTiller(name, args, pulumi.ResourceOptions(providers=[provider]))
    if deploying and (leaving := cluster.leaving.get(plans[name].namespace.name)):
        # The update is done when the last pod is gone that answers them.
        revocation.wait(tiller, access, leaving)
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

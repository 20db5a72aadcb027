"""The program: one secured Tiller for each team of the stack's configuration."""

import os
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
from secure_tiller.stack import KEYS, TEXTS, read_stack

config = pulumi.Config()
keys = pulumi.runtime.get_config_env()
stack = read_stack(
    pulumi.get_project(),
    keys=keys,
    values={key: config.get(key) if key in TEXTS else config.get_object(key) for key in KEYS},
    secret={key for key in keys if pulumi.runtime.is_config_secret(key)},
)

access = kubeconfig.find(stack.cluster, stack.kubeconfig)
plans = {team.name: plan(team.name, team.args, this_stack()) for team in stack.teams}
deploying = not pulumi.runtime.is_dry_run()
cluster = look(
    access,
    list(plans.values()),
    deploying=deploying,
    formerly={team.name: team.formerly for team in stack.teams if team.formerly},
    removed=stack.removed,
)
for sentence in cluster.warnings:
    pulumi.log.warn(sentence)
for sentence in cluster.notes:
    pulumi.log.info(sentence)

# From 4.29 on the provider refuses whatever is there already, unless this says otherwise. What is somebody else's was
# refused above; what is ours is taken back.
os.environ["PULUMI_K8S_UPSERT_EXISTING_OBJECTS"] = "true"

# With the identifier, the same cluster under another address or in another file replaces nothing.
provider = kubernetes.Provider(
    "cluster",
    # A path rather than the file's content: credentials enter the state only where there is no file.
    kubeconfig=pulumi.Output.secret(access.content) if access.content else str(access.kubeconfig),
    context=access.context,
    cluster_identifier=cluster.uid,
    # A renewed bundle is written into its client's Secret, which is otherwise deleted and made anew.
    enable_secret_mutable=True,
)

for team in stack.teams:
    options = pulumi.ResourceOptions(
        providers=[provider],
        protect=team.protect,
        aliases=[pulumi.Alias(name=team.formerly)] if team.formerly else None,
    )
    tiller = SecureTiller(team.name, team.args, options)
    if deploying and (leaving := cluster.leaving.get(plans[team.name].namespace.name)):
        # The update is done when the last pod is gone that answers them.
        revocation.wait(tiller, access, leaving)
    pulumi.export(
        team.name,
        {
            "namespace": tiller.namespace,
            "serviceAccount": tiller.service_account,
            "caCertificate": tiller.ca_certificate,
            "expirations": tiller.expirations,
            "bundles": tiller.bundles,
        },
    )

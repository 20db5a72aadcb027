"""A team's Tiller in a program that has resources of its own."""

import pulumi
import pulumi_kubernetes as kubernetes

from secure_tiller_stack import deploy

config = pulumi.Config()
context = config.require("context")

# What the program had before: its own provider, and a namespace that the platform watches.
platform = kubernetes.Provider("platform", context=context)
monitoring = kubernetes.core.v1.Namespace(
    "monitoring", metadata={"name": "billing-monitoring"}, opts=pulumi.ResourceOptions(provider=platform)
)

# The Tiller gets a provider of its own, for the cluster that `deploy` has looked at.
tillers = deploy(
    {"billing": {"namespaces": {"billing-apps": {"retain_on_delete": False}}, "clients": {"ci": {}}}},
    cluster={"context": context, "uid": config.require("uid")},
)

# What stands in the team's namespace waits for the component, which makes that namespace.
kubernetes.core.v1.ConfigMap(
    "dashboard",
    metadata={"name": "dashboard", "namespace": "billing-apps"},
    data={"namespace": monitoring.metadata.name},
    opts=pulumi.ResourceOptions(provider=platform, depends_on=[tillers["billing"]]),
)

pulumi.export("ci", tillers["billing"].bundles["ci"])  # ca, cert and key; secret

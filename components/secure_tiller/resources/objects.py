"""The Kubernetes objects of a plan, as resources of the kubernetes provider."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi.output import Unknown

from secure_tiller.plan import pem, places
from secure_tiller.plan.model import GivenCertificate, TillerPlan
from secure_tiller.plan.objects import PlannedObject, objects
from secure_tiller.plan.places import Place
from secure_tiller.resources.certificates import Issued
from tiller_facts import kinds

CONTENT = ("data", "stringData")
"""The fields of a Secret that are secret, given or read back (schema of pulumi-kubernetes)."""

Values = dict[Place, pulumi.Input[str]]


class KubernetesObject(pulumi.CustomResource):
    """A Kubernetes object in the words of the API.

    It registers what the class of its kind in pulumi-kubernetes would, but for aliases of former API versions. Loading
    those classes took a third of a program's load time, and the objects of a plan need no translation.
    """

    metadata: pulumi.Output[Mapping[str, Any]]
    """Its metadata, with what the cluster has added."""

    def __init__(self, name: str, kind: kinds.Kind, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Register an object.

        Args:
            name: the logical name.
            kind: its kind.
            manifest: the object, without the status.
            opts: its options.
        """
        fields = dict(manifest)
        own: pulumi.ResourceOptions = kubernetes._utilities.get_resource_opts_defaults()  # as those classes do
        if kind == kinds.SECRETS:
            fields |= {key: pulumi.Output.secret(fields[key]) for key in CONTENT if key in fields}
            own.additional_secret_outputs = list(CONTENT)
        super().__init__(resource_type(kind), name, fields, pulumi.ResourceOptions.merge(own, opts))

    @property
    def name(self) -> pulumi.Output[str]:
        """Its name in the cluster. A preview knows it, even if it does not know all other metadata."""

        def of(metadata: Any) -> Any:
            return metadata if isinstance(metadata, Unknown) else metadata.get("name")

        return self.metadata.apply(of, run_with_unknowns=True)


def resource_type(kind: kinds.Kind) -> str:
    """Return the provider's type for a kind that a plan makes: `kubernetes:apps/v1:Deployment`."""
    return f"kubernetes:{kind.group or 'core'}/v1:{kinds.WORDS[kind]}"


def known(
    plan: TillerPlan,
    server: Issued,
    clients: Mapping[str, Issued],
    further: Mapping[str, pulumi.Output[str]],
) -> Values:
    """Return what fills the places of a plan, but for the name of the TLS Secret.

    Args:
        plan: the plan.
        server: Tiller's own certificate.
        clients: by name, the certificates of the clients.
        further: by name, further CAs of clients.
    """
    anchors = (*(client.ca_pem for client in clients.values()), *further.values())
    values: Values = {places.CLIENT_CAS: pulumi.Output.all(*anchors).apply("".join)}
    if isinstance(plan.server, GivenCertificate):
        values[places.SERVER_CAS] = server.ca_pem.apply(pem.fingerprints)
        values[places.SERVER_CHAIN] = server.certificate_pem.apply(pem.chain_fingerprints)
    for owner, issued in {places.SERVER: server, **{f"client:{name}": one for name, one in clients.items()}}.items():
        values[places.certificate(owner)] = issued.certificate_pem
        values[places.key(owner)] = issued.key_pem or ""
        values[places.ca(owner)] = issued.ca_pem
    return values | {places.annotation(key): value for key, value in plan.annotations.items()}


def create(
    plan: TillerPlan, values: Values, before: Sequence[pulumi.Resource], component: pulumi.Resource
) -> Mapping[str, KubernetesObject]:
    """Create the objects of a plan, and return by part the last resource of each.

    Args:
        plan: the plan.
        values: by place, its value; the name of the TLS Secret is not yet among them.
        before: resources that must exist before Tiller starts, in addition to the objects.
        component: parent of every resource.
    """
    made: dict[str, KubernetesObject] = {}
    for planned in objects(plan):
        opts = _options(plan, planned, made, before)
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(parent=component), opts)
        manifest = filled(planned.manifest, values)
        made[planned.part] = KubernetesObject(f"{plan.name}-{planned.part}", planned.kind, manifest, opts)
        if planned.part == "tls":
            values = {**values, places.TLS_SECRET: made["tls"].name}
    return made


def filled(value: Any, values: Mapping[Place, pulumi.Input[str]]) -> Any:
    """Return data of a plan with a value in each place."""
    match value:
        case Place():
            return values[value]
        case Mapping():
            return {key: filled(item, values) for key, item in value.items()}
        case list():
            return [filled(item, values) for item in value]
    return value


def _options(
    plan: TillerPlan, planned: PlannedObject, made: Mapping[str, KubernetesObject], before: Sequence[pulumi.Resource]
) -> pulumi.ResourceOptions:
    """Return the options of an object, but for the parent.

    The protection of a team holds for its namespaces and its Tiller. The rest comes and goes with the settings.
    """
    if planned.kind == kinds.NAMESPACES:
        return pulumi.ResourceOptions(retain_on_delete=planned.retain_on_delete)
    if planned.kind == kinds.DEPLOYMENTS:
        # Tiller starts when it is fenced in and may do its work, and stops before either is taken away. It waits for
        # its clients' certificates too: a protected Tiller then keeps `pulumi destroy` from deleting those first.
        needed = [one for part, one in made.items() if part.partition(":")[0] != "namespace"]
        wait = f"{plan.rollout_seconds}s"
        timeouts = pulumi.CustomTimeouts(create=wait, update=wait)
        return pulumi.ResourceOptions(depends_on=[*needed, *before], custom_timeouts=timeouts)
    own = "namespace" if planned.namespace == plan.namespace.name else f"namespace:{planned.namespace}"
    # A RoleBinding waits for its Role, which has the same part.
    waits_for = [made[part] for part in (own, planned.part) if part in made]
    return pulumi.ResourceOptions(depends_on=waits_for, protect=False)

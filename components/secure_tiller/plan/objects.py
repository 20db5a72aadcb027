"""The Kubernetes objects of a plan, in the words of the API, in the order in which they are to be made.

They are plain data; a `Place` stands where only the update knows the value. Deliberately absent, unless clients in the
cluster are to connect: a Service. Helm's client finds the pod and forwards a port to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from secure_tiller.plan import places
from secure_tiller.plan.model import GivenCertificate, NamespacePlan, RolePlan, TillerPlan
from tiller_facts.identity import (
    ADMIT_CLIENTS,
    DENY_INGRESS,
    DEPLOYMENT_NAME,
    GRPC_PORT,
    SELECTOR,
    SERVER_CAS_ANNOTATION,
    SERVER_CERTIFICATE_ANNOTATION,
    SERVICE_ACCOUNT,
    STACK_ANNOTATION,
    TRUSTS_ANNOTATION,
)
from tiller_facts.kinds import (
    DEPLOYMENTS,
    NAMESPACES,
    NETWORK_POLICIES,
    RBAC,
    ROLE_BINDINGS,
    ROLES,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    WORDS,
    Kind,
    Object,
)
from tiller_facts.rbac import Rule, Subject

Json = dict[str, Any]


@dataclass(frozen=True)
class PlannedObject:
    """An object to make.

    Attributes:
        part: the end of its logical name, `<team>-<part>`; a Role and its RoleBinding share one.
        kind: its kind.
        manifest: the object, without the status.
        retain_on_delete: whether it stays in the cluster when it leaves the stack.
    """

    part: str
    kind: Kind
    manifest: Json
    retain_on_delete: bool = False

    @property
    def name(self) -> str:
        """Its name; empty: Pulumi chooses one."""
        return str(self.manifest["metadata"].get("name", ""))

    @property
    def namespace(self) -> str:
        """Its namespace; empty: it is a namespace itself."""
        return str(self.manifest["metadata"].get("namespace", ""))


def objects(plan: TillerPlan) -> Iterator[PlannedObject]:
    """Yield the objects of a plan. The Deployment comes after all that Tiller needs, the clients' Secrets after it."""
    yield _namespace("namespace", plan, plan.namespace)
    for namespace in plan.managed:
        yield _namespace(f"namespace:{namespace.name}", plan, namespace)
    # Its token is mounted by Tiller's pod alone, and there explicitly.
    account = {"automountServiceAccountToken": False}
    yield _inside(plan, "service-account", SERVICE_ACCOUNTS, SERVICE_ACCOUNT, account, annotations=_given_server(plan))
    for role in plan.roles:
        yield from _role(plan, role)
    # The probe port shows metrics to whoever asks. Probes and port-forwards come from the node, which may pass.
    closed = {"podSelector": {}, "policyTypes": ["Ingress"]}
    yield _inside(plan, "deny-ingress", NETWORK_POLICIES, DENY_INGRESS, {"spec": closed})
    yield _tls_secret(plan)
    if plan.exposed_to:  # an empty list of sources would admit every pod
        yield _admission(plan, plan.exposed_to)
        yield _service(plan)
    yield _deployment(plan)
    for client, secret in plan.secrets.items():
        bundle = _key_pair(f"client:{client}", places.ca(places.SERVER))
        yield _inside(plan, f"secret:{client}", SECRETS, secret["name"], bundle, namespace=secret["namespace"])


def named(plan: TillerPlan) -> Iterator[Object]:
    """Yield what a plan makes in namespaces under fixed names: what stands there already would be taken over."""
    for planned in objects(plan):
        if planned.namespace and planned.name:
            yield Object(planned.kind, planned.namespace, planned.name)


def _annotations(plan: TillerPlan) -> Json:
    """Return the user's annotations."""
    return {key: text if isinstance(text, str) else places.annotation(key) for key, text in plan.annotations.items()}


def _given_server(plan: TillerPlan) -> Mapping[str, places.Place]:
    """Return the annotations that show in a preview the user's own server certificate and its CAs."""
    if not isinstance(plan.server, GivenCertificate):
        return {}
    return {SERVER_CAS_ANNOTATION: places.SERVER_CAS, SERVER_CERTIFICATE_ANNOTATION: places.SERVER_CHAIN}


def _object(part: str, kind: Kind, metadata: Json, body: Json, *, retain_on_delete: bool = False) -> PlannedObject:
    version = f"{kind.group}/v1" if kind.group else "v1"
    manifest = {"apiVersion": version, "kind": WORDS[kind], "metadata": metadata, **body}
    return PlannedObject(part, kind, manifest, retain_on_delete)


def _inside(
    plan: TillerPlan,
    part: str,
    kind: Kind,
    name: str,
    body: Json,
    *,
    namespace: str = "",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str | places.Place] | None = None,
) -> PlannedObject:
    """Return an object of a namespace, by default Tiller's; an empty name leaves it to Pulumi to choose one."""
    metadata = {
        **({"name": name} if name else {}),
        "namespace": namespace or plan.namespace.name,
        "labels": {**plan.labels, **(labels or {})},
        "annotations": {**_annotations(plan), STACK_ANNOTATION: plan.stack, **(annotations or {})},
    }
    return _object(part, kind, metadata, body)


def _namespace(part: str, plan: TillerPlan, wanted: NamespacePlan) -> PlannedObject:
    # A namespace that stayed in the cluster is taken back: what an earlier provider wrote there is ours to change.
    annotations = {**_annotations(plan), **wanted.annotations, "pulumi.com/patchForce": "true"}
    metadata = {"name": wanted.name, "labels": dict(wanted.labels), "annotations": annotations}
    return _object(part, NAMESPACES, metadata, {}, retain_on_delete=wanted.retain_on_delete)


def _role(plan: TillerPlan, wanted: RolePlan) -> Iterator[PlannedObject]:
    rules = {"rules": [_rule(rule) for rule in wanted.rules]}
    yield _inside(plan, wanted.part, ROLES, wanted.name, rules, namespace=wanted.namespace)
    if wanted.subjects:
        bound = {
            "roleRef": {"apiGroup": RBAC, "kind": WORDS[ROLES], "name": wanted.name},
            "subjects": [_subject(subject) for subject in wanted.subjects],
        }
        yield _inside(plan, wanted.part, ROLE_BINDINGS, wanted.name, bound, namespace=wanted.namespace)


def _rule(rule: Rule) -> Json:
    named = {"resourceNames": list(rule.resource_names)} if rule.resource_names else {}
    groups, resources, verbs = map(list, (rule.api_groups, rule.resources, rule.verbs))
    return {"apiGroups": groups, "resources": resources, "verbs": verbs, **named}


def _subject(subject: Subject) -> Json:
    place = {"namespace": subject.namespace} if subject.kind == "ServiceAccount" else {"apiGroup": RBAC}
    return {"kind": subject.kind, "name": subject.name, **place}


def _key_pair(owner: str, authorities: places.Place) -> Json:
    data = {"tls.crt": places.certificate(owner), "tls.key": places.key(owner), "ca.crt": authorities}
    return {"type": "kubernetes.io/tls", "stringData": data}


def _tls_secret(plan: TillerPlan) -> PlannedObject:
    """Return the Secret with the server's certificate and key and, as `ca.crt`, the CAs of its clients.

    It is immutable, and Pulumi gives each one another name. So a changed certificate makes a new Secret, the Deployment
    that names it rolls, and the old Secret goes last: there is no moment without one, and nobody can swap a key in
    place. A name that follows from the content would come back when a failed update is reverted, and be deleted as old.
    A stack that turns Pulumi's naming off (`pulumi:autonaming`) is refused by the provider.
    """
    content = {**_key_pair(places.SERVER, places.CLIENT_CAS), "immutable": True}
    return _inside(plan, "tls", SECRETS, "", content)


def _admission(plan: TillerPlan, namespaces: tuple[str, ...]) -> PlannedObject:
    """Admit the pods of the clients' namespaces to Tiller's gRPC port, past the policy that closes everything."""
    admitted = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}} for name in namespaces]
    spec = {
        "podSelector": {"matchLabels": dict(SELECTOR)},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": admitted, "ports": [{"port": GRPC_PORT, "protocol": "TCP"}]}],
    }
    return _inside(plan, "admit-clients", NETWORK_POLICIES, ADMIT_CLIENTS, {"spec": spec})


def _service(plan: TillerPlan) -> PlannedObject:
    """Return the Service by whose names clients in the cluster reach Tiller; its certificate holds them."""
    spec = {
        "type": "ClusterIP",
        "selector": dict(SELECTOR),
        "ports": [{"name": "tiller", "port": GRPC_PORT, "targetPort": "tiller", "protocol": "TCP"}],
    }
    # The provider would wait for the pods behind it, which come after it.
    unawaited = {"pulumi.com/skipAwait": "true"}
    return _inside(plan, "service", SERVICES, DEPLOYMENT_NAME, {"spec": spec}, annotations=unawaited)


def _deployment(plan: TillerPlan) -> PlannedObject:
    """Return Tiller's Deployment, under the names and labels by which Helm's clients and helm-2to3 find it."""
    annotations = {**_annotations(plan), TRUSTS_ANNOTATION: " ".join(plan.trust_anchors)}
    spec = {
        # Two Tillers would both believe that they hold the lock on a release.
        "replicas": 1,
        # An older revision names a TLS Secret that is gone: there is nothing to go back to.
        "revisionHistoryLimit": 1,
        "progressDeadlineSeconds": plan.rollout_seconds,
        "selector": {"matchLabels": dict(SELECTOR)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": {
            "metadata": {"labels": {**plan.labels, **SELECTOR}, "annotations": annotations},
            "spec": plan.pod,
        },
    }
    return _inside(plan, "deployment", DEPLOYMENTS, DEPLOYMENT_NAME, {"spec": spec}, labels=SELECTOR)

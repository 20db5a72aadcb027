"""Reads a stack's state: only what the component registers, in any program."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from secure_tiller.plan.model import RolePlan
from secure_tiller_cli.state.objects import found
from secure_tiller_cli.state.tiller import ClusterReference, DeployedTiller
from secure_tiller_stack.foreign_data import json_value
from tiller_facts.identity import COMPONENT, STACK_ANNOTATION
from tiller_facts.rbac import Rule, Subject
from tiller_facts.values import UNKNOWN

SECRET_MARK = "4dabf18193072939515e22adb298388d"  # noqa: S105 - Pulumi SDK, common/resource/sig: the mark of a value
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the same: as a secret
HIDDEN = UNKNOWN
"""Stands in place of a secret in a state that was exported without them."""

Resource = Mapping[str, Any]


def read(deployment: Mapping[str, Any]) -> tuple[DeployedTiller, ...]:
    """Return every SecureTiller of a state, sorted by name, except those that are `unfinished`.

    Args:
        deployment: returned by `export`.
    """
    resources = _resources(deployment)
    tillers = [_deployed(item, resources) for item in resources if item["type"] == COMPONENT and item.get("outputs")]
    return tuple(sorted(tillers, key=lambda tiller: tiller.name))


def unfinished(deployment: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the name of every SecureTiller whose first update never ended: parts of it may run, but none is known."""
    resources = _resources(deployment)
    return tuple(sorted(_name(item) for item in resources if item["type"] == COMPONENT and not item.get("outputs")))


def digest(deployment: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a state, without the time at which it was written.

    That time does not serve: `pulumi stack import` and `pulumi state delete` leave it as it is. Each resource has the
    time of its last change, so that a state which is changed and changed back differs too. Secrets count as they are
    stored, encrypted: compare states that were exported without them.
    """
    found = {key: value for key, value in deployment.items() if key != "manifest"}
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def _resources(deployment: Mapping[str, Any]) -> list[Resource]:
    return [item for item in deployment.get("resources") or () if not item.get("delete")]


def _deployed(component: Resource, resources: Sequence[Resource]) -> DeployedTiller:
    name, outputs = _name(component), plain(component["outputs"])
    children = [plain(item) for item in resources if item.get("parent") == component["urn"]]
    by_part = {(item["type"], _name(item).removeprefix(f"{name}-")): item for item in children}

    def of(kind: str) -> Mapping[str, Resource]:
        return {part: item for (type_, part), item in by_part.items() if type_.endswith(f":{kind}")}

    deployment, secret = of("Deployment").get("deployment", {}), of("Secret").get("tls", {})
    bundles, cluster = outputs.get("bundles"), _cluster(deployment, resources)
    return DeployedTiller(
        name=name,
        stack=_stack(of("Namespace"), of("Deployment")),
        namespace=_text(outputs, "namespace"),
        service_account=_text(outputs, "serviceAccount"),
        deployment=_text(outputs, "deployment"),
        ca_certificate=_text(outputs, "caCertificate"),
        expirations=_expirations(outputs["expirations"]),
        certificates={
            part: str(item["outputs"]["certPem"])
            for kind in ("SelfSignedCert", "LocallySignedCert")
            for part, item in of(kind).items()
        },
        roles=tuple(_roles(of)),
        created={each["name"]: each.get("labels", {}) for each in map(_metadata, of("Namespace").values())},
        deployment_spec=deployment.get("inputs", {}).get("spec", {}),
        tls_secret=str(secret.get("outputs", {}).get("metadata", {}).get("name", "")),
        exposed="service" in of("Service"),
        policies=_specs(of("NetworkPolicy")),
        services=_specs(of("Service")),
        objects=tuple(
            filter(None, (found(item["type"], _name(item), item.get("inputs", {}), cluster) for item in children))
        ),
        client_secrets=_client_secrets(of("Secret")),
        cluster=cluster,
        bundles=bundles if isinstance(bundles, Mapping) else None,
    )


def _text(outputs: Mapping[str, Any], key: str) -> str:
    value = outputs[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} is no text")  # for example, because somebody made it a secret
    return value


def _expirations(expirations: Any) -> Mapping[str, Mapping[str, str]]:
    """Return the output `expirations`; without the server's certificate it is refused, because every Tiller has one."""
    if not isinstance(expirations, Mapping) or not all(isinstance(each, Mapping) for each in expirations.values()):
        raise ValueError("expirations is no map of maps")
    if "server" not in expirations:
        raise ValueError("expirations lacks the server's certificate")
    return expirations


def plain(value: Any) -> Any:
    """Return a value of the state without the marks of secrets; `HIDDEN` for one that is not shown."""
    if isinstance(value, Mapping):
        if value.get(SECRET_MARK) == SECRET:
            return json_value(value["plaintext"]) if "plaintext" in value else HIDDEN
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _name(resource: Resource) -> str:
    return str(resource["urn"]).rsplit("::", 1)[-1]


def _stack(*kinds: Mapping[str, Resource]) -> str:
    """Return the stack from the objects' annotation; empty: an earlier version of the component made them."""
    for item in (item for items in kinds for item in items.values()):
        annotations = item["inputs"].get("metadata", {}).get("annotations", {})
        if STACK_ANNOTATION in annotations:
            return str(annotations[STACK_ANNOTATION])
    return ""


def _roles(of: Callable[[str], Mapping[str, Resource]]) -> Iterator[RolePlan]:
    bindings = of("RoleBinding")
    for part, item in sorted(of("Role").items()):
        inputs = item["inputs"]
        bound = bindings[part]["inputs"].get("subjects", ()) if part in bindings else ()
        yield RolePlan(
            part=part,
            name=inputs["metadata"]["name"],
            namespace=inputs["metadata"]["namespace"],
            rules=tuple(Rule.read(rule) for rule in inputs.get("rules", ())),
            subjects=tuple(Subject(each["kind"], each["name"], each.get("namespace", "")) for each in bound),
        )


def _metadata(item: Resource) -> Mapping[str, Any]:
    return dict(item["inputs"]["metadata"])


def _specs(items: Mapping[str, Resource]) -> Mapping[str, Mapping[str, Any]]:
    return {_metadata(item)["name"]: item["inputs"]["spec"] for item in items.values()}


def _client_secrets(secrets: Mapping[str, Resource]) -> Mapping[str, tuple[str, str]]:
    begin = "secret:"
    of_clients = {part.removeprefix(begin): _metadata(item) for part, item in secrets.items() if part.startswith(begin)}
    return {client: (metadata["namespace"], metadata["name"]) for client, metadata in of_clients.items()}


def _cluster(deployment: Resource, resources: Sequence[Resource]) -> ClusterReference:
    """Return the reference to the cluster that the provider of the Deployment has."""
    urn = str(deployment.get("provider", "")).rsplit("::", 1)[0]
    inputs: Mapping[str, Any] = next((plain(item.get("inputs", {})) for item in resources if item["urn"] == urn), {})
    values = {key: inputs.get(key, "") for key in ("kubeconfig", "context", "cluster", "clusterIdentifier")}
    shown = {key: "" if value is HIDDEN else str(value) for key, value in values.items()}
    # The provider takes a path or a content in one input: a path is a file that exists.
    is_content = "\n" in shown["kubeconfig"] or "{" in shown["kubeconfig"]
    return ClusterReference(
        kubeconfig="" if is_content else shown["kubeconfig"],
        content=shown["kubeconfig"] if is_content else "",
        hidden_in=urn if HIDDEN in values.values() else "",
        context=shown["context"],
        cluster=shown["cluster"],
        identifier=shown["clusterIdentifier"],
    )

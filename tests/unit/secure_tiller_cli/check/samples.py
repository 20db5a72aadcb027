"""A stack of two Tillers as its state has it, and what a cluster shows where all is as planned."""

import base64
import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from secure_tiller.plan import pem
from secure_tiller.plan.build import plan
from secure_tiller.plan.pod import arguments
from secure_tiller_cli.check.observed_state import Object, ObservedState, Records, Workload
from secure_tiller_cli.state import ClusterReference, DeployedTiller
from tests.support import pki
from tests.support.samples import BLUE, SMALLEST, STACK
from tiller_facts.identity import SELECTOR, TRUSTS_ANNOTATION

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LONG = pki.Life.of(2400, NOW)
SERVER_CA = pki.authority("the server's CA", life=LONG)
SERVER = pki.server(SERVER_CA, life=LONG)
CLIENT_CAS = {name: pki.authority(f"CA of {name}", life=LONG) for name in ("alice", "ci")}

POD: dict[str, Any] = {
    "metadata": {"labels": dict(SELECTOR), "annotations": {TRUSTS_ANNOTATION: "alice ci"}},
    "spec": {
        "serviceAccountName": "tiller",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534},
        "containers": [
            {
                "name": "tiller",
                "image": "ghcr.io/helm/tiller:v2.17.0",
                "args": list(arguments()),
                "env": [{"name": "HOME", "value": "/home"}],
                "ports": [{"name": "tiller", "containerPort": 44134}],
                "readinessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 2, "failureThreshold": 1},
                "resources": {"limits": {"cpu": "1000m", "memory": "512Mi"}},
                "securityContext": {"capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [{"name": "certificates", "mountPath": "/etc/certs", "readOnly": True}],
            }
        ],
        "volumes": [{"name": "certificates", "secret": {"secretName": "blue-tls-1", "defaultMode": 288}}],
    },
}

SPEC = {"replicas": 1, "selector": {"matchLabels": dict(SELECTOR)}, "template": POD}


def _deployed(name: str, settings: Any, **changes: Any) -> DeployedTiller:
    planned = plan(name, settings, STACK)
    made = DeployedTiller(
        name=name,
        stack=STACK,
        namespace=planned.namespace.name,
        service_account="tiller",
        deployment="tiller-deploy",
        ca_certificate=SERVER_CA.pem,
        expirations={
            "server": expiration(SERVER.pem),
            **{
                f"client-ca:{client}": expiration(CLIENT_CAS[client].pem)
                for client in planned.clients
                if client != "bob"
            },
        },
        certificates={f"client-ca:{name}": ca.pem for name, ca in CLIENT_CAS.items()},
        roles=planned.roles,
        created={each.name: each.labels for each in (planned.namespace, *planned.managed)},
        deployment_spec=SPEC,
        tls_secret="blue-tls-1",
        exposed=False,
        cluster=ClusterReference(),
        bundles={},
        policies={"deny-ingress": policy()["spec"]},
    )
    return replace(made, **changes)


def expiration(text: str, renewed_before: timedelta | None = timedelta(days=30)) -> dict[str, str | None]:
    end = pem.ends(text)
    begins = None if renewed_before is None else (end - renewed_before).isoformat()
    return {"serial": pem.serial(text), "notAfter": end.isoformat(), "renewalBegins": begins}


def blue(**changes: Any) -> DeployedTiller:
    """Return the Tiller with people, two clients, two namespaces of its own and an existing one."""
    return _deployed("blue", BLUE, **changes)


def green() -> DeployedTiller:
    return _deployed("green", SMALLEST)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(*anchors: str, certificate: str = SERVER.pem, immutable: bool | None = True) -> Object:
    """Return the TLS Secret, with these CAs of clients."""
    anchors = anchors or tuple(ca.pem for ca in CLIENT_CAS.values())
    data = {"tls.crt": encoded(certificate), "ca.crt": encoded("".join(anchors))}
    return {"metadata": {"name": "blue-tls-1"}, "data": data, **({"immutable": immutable} if immutable else {})}


def filled_in(template: dict[str, Any]) -> dict[str, Any]:
    """Return a template as the API server keeps it, with its defaults."""
    kept = copy.deepcopy(template)
    spec, (container,) = kept["spec"], kept["spec"]["containers"]
    spec |= {"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler"}
    spec |= {"serviceAccount": "tiller"}
    container |= {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
    container["ports"][0]["protocol"] = "TCP"
    container["readinessProbe"] |= {"timeoutSeconds": 1, "successThreshold": 1}
    container["resources"]["limits"]["cpu"] = "1"
    kept["metadata"]["creationTimestamp"] = None
    return kept


def owned(by: str) -> list[dict[str, Any]]:
    return [{"kind": "any", "name": f"tiller-deploy-{by}", "uid": by, "controller": True}] if by else []


def pod(name: str = "tiller-1", owner: str = "set", template: dict[str, Any] = POD, **status: Any) -> dict[str, Any]:
    """Return a pod of a template as the cluster runs it."""
    kept = filled_in(template)
    kept["metadata"] |= {"name": name, "uid": name, "ownerReferences": owned(owner)}
    not_ready = {"operator": "Exists", "effect": "NoExecute", "key": "node.kubernetes.io/not-ready"}
    kept["spec"] |= {"nodeName": "node", "priority": 0, "preemptionPolicy": "PreemptLowerPriority"}
    kept["spec"]["tolerations"] = [not_ready]
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    return {**kept, "status": {**ready, **status}}


def workload(**changes: Any) -> Workload:
    deployment = {
        "metadata": {"name": "tiller-deploy", "uid": "deployment"},
        "spec": {**SPEC, "template": filled_in(POD)},
    }
    sets = ({"metadata": {"name": "set", "uid": "set", "ownerReferences": owned("deployment")}},)
    return replace(Workload(deployment, sets, (pod(),)), **changes)


ADMITTED = [{"from": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}], "ports": [{"port": 44134}]}]
SERVICE = {"type": "ClusterIP", "selector": dict(SELECTOR), "ports": [{"name": "tiller", "port": 44134}]}


def exposed(**changes: Any) -> DeployedTiller:
    """Return the same Tiller with clients in the cluster: a Service, and a policy that admits them."""
    policies = {"deny-ingress": policy()["spec"], "admit-clients": policy(ingress=ADMITTED)["spec"]}
    return blue(exposed=True, policies=policies, services={"tiller-deploy": SERVICE}, **changes)


def service(name: str = "tiller-deploy", **changes: Any) -> Object:
    """Return a Service as the API server keeps it, with what it fills in."""
    given = {"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"], "internalTrafficPolicy": "Cluster"}
    given |= {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None"}
    ports = [{"name": "tiller", "port": 44134, "protocol": "TCP"}]
    return {"metadata": {"name": name}, "spec": {**SERVICE, **given, "ports": ports, **changes}}


def namespace(name: str, labels: Any) -> Object:
    return {"metadata": {"name": name, "labels": dict(labels)}}


def policy(name: str = "deny-ingress", **changes: Any) -> Object:
    return {"metadata": {"name": name}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"], **changes}}


def seen(tiller: DeployedTiller, **changes: Any) -> ObservedState:
    """Return what a cluster shows where all is as planned."""
    level = {"pod-security.kubernetes.io/enforce": "baseline"}
    namespaces = {
        name: namespace(name, tiller.created.get(name, level)) for name in (tiller.namespace, *tiller.managed)
    }
    return replace(ObservedState(namespaces, workload(), secret(), Records(3, ()), (policy(),), ()), **changes)

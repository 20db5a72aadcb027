"""Pod Security: what the API server lets run in a Tiller's namespace, next to its keys, and in its team's namespaces.

Every pod here is a dry run: the API server judges it and forgets it.
"""

import copy
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from kubernetes import client

from testbed.toolchain.pins import BUSYBOX_IMAGE
from tests.support.cluster_objects import item
from tests.support.live_objects import existing
from tiller_facts.identity import POD_SECURITY_LABEL, SERVICE_ACCOUNT

pytestmark = pytest.mark.usefixtures("deployed")

Pod = dict[str, Any]
Changes = Mapping[str, object]
"""New values of a pod's fields by JSON Pointer (RFC 6901); null is for the API server as if the field were absent."""

CONTAINER = "/spec/containers/0"
IN_CONTAINER, IN_POD = f"{CONTAINER}/securityContext", "/spec/securityContext"
UNSECURED = {"name": "extra", "image": BUSYBOX_IMAGE.reference}
"""A container without a security context."""
METADATA_SERVICE = "169.254.169.254"
"""Where clouds hand the node's credentials to whoever asks from it, such as the kubelet for a probe."""

MUTANTS: Mapping[str, tuple[Changes, str]] = {
    # Kubernetes refuses `privileged` together with `allowPrivilegeEscalation: false`, whatever the standard.
    "privileged": (
        {f"{IN_CONTAINER}/privileged": True, f"{IN_CONTAINER}/allowPrivilegeEscalation": None},
        "securityContext.privileged=true",
    ),
    "escalation allowed": (
        {f"{IN_CONTAINER}/allowPrivilegeEscalation": True},
        "securityContext.allowPrivilegeEscalation=false",
    ),
    "escalation not forbidden": (
        {f"{IN_CONTAINER}/allowPrivilegeEscalation": None},
        "securityContext.allowPrivilegeEscalation=false",
    ),
    "root allowed in the pod": (
        {f"{IN_POD}/runAsNonRoot": False},
        "pod must not set securityContext.runAsNonRoot=false",
    ),
    "root allowed in the container": (
        {f"{IN_CONTAINER}/runAsNonRoot": False},
        '"tiller" must not set securityContext.runAsNonRoot=false',
    ),
    "root not forbidden": (
        {f"{IN_POD}/runAsNonRoot": None, f"{IN_CONTAINER}/runAsNonRoot": None},
        "must set securityContext.runAsNonRoot=true",
    ),
    "root in the pod": ({f"{IN_POD}/runAsUser": 0}, "pod must not set runAsUser=0"),
    "root in the container": ({f"{IN_CONTAINER}/runAsUser": 0}, '"tiller" must not set runAsUser=0'),
    "no capability dropped": ({f"{IN_CONTAINER}/capabilities": None}, 'capabilities.drop=["ALL"]'),
    "one capability dropped": ({f"{IN_CONTAINER}/capabilities/drop": ["NET_RAW"]}, 'capabilities.drop=["ALL"]'),
    "NET_ADMIN": ({f"{IN_CONTAINER}/capabilities/add": ["NET_ADMIN"]}, 'must not include "NET_ADMIN"'),
    "SYS_PTRACE": ({f"{IN_CONTAINER}/capabilities/add": ["SYS_PTRACE"]}, 'must not include "SYS_PTRACE"'),
    "CHOWN": ({f"{IN_CONTAINER}/capabilities/add": ["CHOWN"]}, 'must not include "CHOWN"'),
    "seccomp off in the pod": (
        {f"{IN_POD}/seccompProfile": {"type": "Unconfined"}},
        "pod must not set securityContext.seccompProfile",
    ),
    "seccomp off in the container": (
        {f"{IN_CONTAINER}/seccompProfile": {"type": "Unconfined"}},
        '"tiller" must not set securityContext.seccompProfile',
    ),
    "seccomp not set": ({f"{IN_POD}/seccompProfile": None}, "must set securityContext.seccompProfile"),
    "host network": ({"/spec/hostNetwork": True}, "hostNetwork=true"),
    "host processes": ({"/spec/hostPID": True}, "hostPID=true"),
    "host IPC": ({"/spec/hostIPC": True}, "hostIPC=true"),
    "host port": ({f"{CONTAINER}/ports/0/hostPort": 44134}, "uses hostPort 44134"),
    "host path": ({"/spec/volumes/-": {"name": "host", "hostPath": {"path": "/"}}}, 'volume "host"'),
    "NFS": (
        {"/spec/volumes/-": {"name": "nfs", "nfs": {"server": "host", "path": "/"}}},
        'restricted volume type "nfs"',
    ),
    # Kubernetes refuses it outside a user namespace, whatever the standard.
    "unmasked /proc": (
        {f"{IN_CONTAINER}/procMount": "Unmasked", "/spec/hostUsers": False},
        "securityContext.procMount",
    ),
    "SELinux type": ({f"{IN_CONTAINER}/seLinuxOptions": {"type": "spc_t"}}, 'seLinuxOptions: type "spc_t"'),
    "SELinux type in the pod": ({f"{IN_POD}/seLinuxOptions": {"type": "spc_t"}}, 'seLinuxOptions: type "spc_t"'),
    "SELinux user": ({f"{IN_CONTAINER}/seLinuxOptions": {"user": "system_u"}}, "seLinuxOptions: user"),
    "SELinux role": ({f"{IN_CONTAINER}/seLinuxOptions": {"role": "system_r"}}, "seLinuxOptions: role"),
    "unsafe sysctl": (
        {f"{IN_POD}/sysctls": [{"name": "kernel.msgmax", "value": "65536"}]},
        "forbidden sysctls (kernel.msgmax)",
    ),
    "AppArmor off in the pod": ({f"{IN_POD}/appArmorProfile": {"type": "Unconfined"}}, "AppArmor profile"),
    "AppArmor off in the container": ({f"{IN_CONTAINER}/appArmorProfile": {"type": "Unconfined"}}, "AppArmor profile"),
    "AppArmor off by annotation": (
        {"/metadata/annotations": {"container.apparmor.security.beta.kubernetes.io/tiller": "unconfined"}},
        "AppArmor profile",
    ),
    "probe of another host": ({f"{CONTAINER}/livenessProbe/httpGet/host": METADATA_SERVICE}, "probe or lifecycle host"),
    "hook on another host": (
        {f"{CONTAINER}/lifecycle/postStart": {"httpGet": {"host": METADATA_SERVICE, "port": 80}}},
        "probe or lifecycle host",
    ),
    "an init container without a security context": (
        {"/spec/initContainers": [UNSECURED]},
        'container "extra" must set securityContext',
    ),
    "a sidecar without a security context": (
        {"/spec/containers/-": UNSECURED},
        'container "extra" must set securityContext',
    ),
}
"""Pods that differ from Tiller's in one thing, and what the API server says of it: the controls of the Pod Security
Standard `restricted` (Kubernetes documentation), one by one."""


def _mutated(pod: Pod, changes: Changes) -> Pod:
    mutant = copy.deepcopy(pod)
    for pointer, value in changes.items():
        *parents, last = pointer.split("/")[1:]
        node: Any = mutant
        for step in parents:
            node = node[int(step)] if isinstance(node, list) else node[step]
        if last == "-":
            node.append(value)
        else:
            node[last] = value
    return mutant


class Judge:
    """The API server, asked what it thinks of a pod."""

    def __init__(self, api: client.ApiClient) -> None:
        self._core = client.CoreV1Api(api)

    def refusal(self, namespace: str, pod: Pod) -> str:
        """Why the pod may not be created in a namespace; empty when it may."""
        return _message(lambda: self._core.create_namespaced_pod(namespace, pod, dry_run="All"))

    def refusal_of_ephemeral(self, namespace: str, container: Mapping[str, Any]) -> str:
        """Why a container may not be added to the running pod of a namespace, as `kubectl debug` does."""
        name = self._core.list_namespaced_pod(namespace).items[0].metadata.name
        body = {"spec": {"ephemeralContainers": [container]}}
        return _message(
            lambda: self._core.patch_namespaced_pod_ephemeralcontainers(name, namespace, body, dry_run="All")
        )


def _message(call: Callable[[], object]) -> str:
    try:
        call()
    except client.ApiException as error:
        return str(json.loads(error.body)["message"])
    return ""


@pytest.fixture(scope="module")
def judge(api: client.ApiClient) -> Judge:
    return Judge(api)


@pytest.fixture(scope="module")
def tillers_pod(api: client.ApiClient, red: str) -> Pod:
    """The pod of red's Tiller, as its Deployment makes it."""
    # As JSON, because the client's models leave out what they do not know.
    answer = client.AppsV1Api(api).read_namespaced_deployment("tiller-deploy", f"{red}-tiller", _preload_content=False)
    template: Pod = json.loads(answer.data)["spec"]["template"]
    template["metadata"]["name"] = "tiller"
    return template


@pytest.fixture(scope="module")
def privileged(api: client.ApiClient) -> Iterator[str]:
    """A namespace like Tiller's that enforces nothing."""
    name = f"privileged-{uuid.uuid4().hex[:8]}"
    privileged = item("Namespace", name, "", metadata={"labels": {POD_SECURITY_LABEL: "privileged"}})
    with existing(api, privileged, item("ServiceAccount", SERVICE_ACCOUNT, name)):
        yield name


def test_tillers_own_pod_is_accepted(judge: Judge, tillers_pod: Pod, red: str) -> None:
    assert judge.refusal(f"{red}-tiller", tillers_pod) == ""


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_pod_with_less_security_is_refused_in_tillers_namespace(
    judge: Judge, tillers_pod: Pod, red: str, mutant: str
) -> None:
    changes, words = MUTANTS[mutant]
    refusal = judge.refusal(f"{red}-tiller", _mutated(tillers_pod, changes))
    assert 'violates PodSecurity "restricted' in refusal
    assert words in refusal


@pytest.mark.parametrize("mutant", MUTANTS)
def test_control_the_same_pod_is_accepted_where_pod_security_enforces_nothing(
    judge: Judge, tillers_pod: Pod, privileged: str, mutant: str
) -> None:
    changes, _ = MUTANTS[mutant]
    assert judge.refusal(privileged, _mutated(tillers_pod, changes)) == ""


def test_a_debugging_container_without_a_security_context_is_refused_in_tillers_namespace(
    judge: Judge, red: str
) -> None:
    refusal = judge.refusal_of_ephemeral(f"{red}-tiller", UNSECURED)
    assert 'violates PodSecurity "restricted' in refusal
    assert 'container "extra" must set securityContext.allowPrivilegeEscalation=false' in refusal


def test_control_a_debugging_container_as_secure_as_tillers_is_accepted(
    judge: Judge, tillers_pod: Pod, red: str
) -> None:
    secured = UNSECURED | {"securityContext": tillers_pod["spec"]["containers"][0]["securityContext"]}
    assert judge.refusal_of_ephemeral(f"{red}-tiller", secured) == ""


AN_ORDINARY_POD: Pod = {
    "metadata": {"name": "web"},
    "spec": {
        "automountServiceAccountToken": False,
        "containers": [{"name": "web", "image": BUSYBOX_IMAGE.reference, "securityContext": {"runAsUser": 0}}],
        "volumes": [],
    },
}
TAKES_THE_NODE: Mapping[str, tuple[Changes, str]] = {
    "privileged": ({f"{IN_CONTAINER}/privileged": True}, "securityContext.privileged=true"),
    "host path": ({"/spec/volumes/-": {"name": "host", "hostPath": {"path": "/"}}}, 'volume "host"'),
}
"""Pods with which a chart would take over the node, and with it the keys of every team."""


@pytest.mark.parametrize("mutant", TAKES_THE_NODE)
def test_a_pod_that_takes_the_node_is_refused_in_a_managed_namespace(judge: Judge, red: str, mutant: str) -> None:
    changes, words = TAKES_THE_NODE[mutant]
    refusal = judge.refusal(f"{red}-apps", _mutated(AN_ORDINARY_POD, changes))
    assert 'violates PodSecurity "baseline' in refusal
    assert words in refusal


@pytest.mark.parametrize("mutant", TAKES_THE_NODE)
def test_control_it_is_accepted_where_pod_security_enforces_nothing(judge: Judge, privileged: str, mutant: str) -> None:
    changes, _ = TAKES_THE_NODE[mutant]
    assert judge.refusal(privileged, _mutated(AN_ORDINARY_POD, changes)) == ""


def test_an_ordinary_pod_of_root_is_accepted_in_a_managed_namespace(judge: Judge, red: str) -> None:
    assert judge.refusal(f"{red}-apps", AN_ORDINARY_POD) == ""

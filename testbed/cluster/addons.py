"""The steps from a bare node to a usable cluster: DNS, and a wait until everything answers."""

import string
from collections.abc import Callable
from functools import partial
from pathlib import Path

import urllib3
import yaml
from kubernetes import client, config, utils

from testbed.cluster.errors import ClusterError
from testbed.cluster.instance import DNS_SERVICE_ADDRESS, NODE_NAME, Instance
from testbed.toolchain import Toolchain
from testbed.toolchain.pins import COREDNS_IMAGE
from testbed.waiting import until

USABLE_SECONDS = 180


def apply(instance: Instance, toolchain: Toolchain, alive: Callable[[], object]) -> None:
    """Bring the cluster from "the API server answers" to usable.

    Args:
        instance: the cluster.
        toolchain: without an image of CoreDNS the cluster has no DNS.
        alive: called while waiting; raises when the node has ended.

    Raises:
        ClusterError: something was not ready in time.
    """
    api = config.new_client_from_config(str(instance.kubeconfig))
    wait = partial(until, seconds=USABLE_SECONDS, error=ClusterError, alive=alive)
    wait(lambda: _holds(_node_is_ready, api), "the node is Ready")
    wait(lambda: _holds(_has_default_account, api), "service accounts are made")
    if COREDNS_IMAGE.reference not in toolchain.images or _holds(_has_dns, api):
        return
    text = (Path(__file__).parent / "dns.yaml").read_text()
    filled = string.Template(text).substitute(image=COREDNS_IMAGE.reference, address=DNS_SERVICE_ADDRESS)
    for document in yaml.safe_load_all(filled):
        utils.create_from_dict(api, document)
    wait(lambda: _holds(_dns_is_available, api), "the cluster's DNS is available")


def _node_is_ready(api: client.ApiClient) -> bool:
    node = client.CoreV1Api(api).read_node(NODE_NAME)
    return any(condition.type == "Ready" and condition.status == "True" for condition in node.status.conditions or [])


def _has_default_account(api: client.ApiClient) -> bool:
    core = client.CoreV1Api(api)
    return all(
        core.list_namespaced_service_account(namespace, field_selector="metadata.name=default").items
        for namespace in ("default", "kube-system")
    )


def _has_dns(api: client.ApiClient) -> bool:
    return bool(client.AppsV1Api(api).read_namespaced_deployment("coredns", "kube-system"))


def _dns_is_available(api: client.ApiClient) -> bool:
    deployment = client.AppsV1Api(api).read_namespaced_deployment("coredns", "kube-system")
    return bool(deployment.status.available_replicas)


def _holds(condition: Callable[[client.ApiClient], bool], api: client.ApiClient) -> bool:
    try:
        return condition(api)
    except (client.ApiException, urllib3.exceptions.HTTPError):  # not there, or not answering yet
        return False

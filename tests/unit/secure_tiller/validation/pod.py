"""Tiller's pod, and who may connect to it inside the cluster."""

from typing import Any

from secure_tiller.plan.validation import pod as rules
from tests.support.samples import smallest
from tests.unit.secure_tiller.validation.table import Accepted, Refused, quoted

DIGEST = f"@sha256:{'0a' * 32}"
SECRET: Any = {"secret": {"namespace": "pipelines", "name": "tiller"}}


def pod(**settings: Any) -> Any:
    return smallest(pod=settings)


def resources(**settings: Any) -> Any:
    return pod(resources=settings)


def toleration(**settings: Any) -> Any:
    return pod(tolerations=[settings])


REFUSED = [
    *(
        Refused(rules.image_is_a_helm_2_that_is_safe, pod(image=image), "pod.image", quoted(image), words)
        for image, words in {
            "": "a tag, a digest",
            "tiller": "a tag, a digest",
            "Tiller:v2.17.0": "a tag, a digest",
            "tiller:217": "a tag, a digest",
            "tiller:v2.17.0 ": "a tag, a digest",
            "https://ghcr.io/helm/tiller:v2.17.0": "a tag, a digest",
            "tiller@sha256:abc": "a tag, a digest",
            f"tiller@md5:{'0a' * 16}": "a tag, a digest",
            f"tiller:v2.17.0{DIGEST.upper()}": "a tag, a digest",
            "tiller:latest": "2.16.11 or newer of Helm 2",
            "tiller:v2": "2.16.11 or newer of Helm 2",
            "tiller:v2.16.10": "2.16.11 or newer of Helm 2",
            "tiller:v2.9.99": "2.16.11 or newer of Helm 2",
            "tiller:v3.0.0": "2.16.11 or newer of Helm 2",
            "tiller:v2.16.10-hardened": "2.16.11 or newer of Helm 2",
            "tiller:v3.0.0-hardened": "2.16.11 or newer of Helm 2",
            "tiller:v2.17-hardened": "2.16.11 or newer of Helm 2",
            "tiller:hardened-v2.17.0": "2.16.11 or newer of Helm 2",
            "tiller:v2.17.0hardened": "2.16.11 or newer of Helm 2",
            "tiller:v2.17.99999": "2.16.11 or newer of Helm 2",
            "tiller:v2.17.0-rc.1": "2.16.11 or newer of Helm 2, and no pre-release",
            "tiller:v2.17.0_beta2": "2.16.11 or newer of Helm 2, and no pre-release",
            "tiller:canary": "2.16.11 or newer of Helm 2",
            f"tiller:v2.1.0{DIGEST}": "2.16.11 or newer of Helm 2",
        }.items()
    ),
    *(
        Refused(rules.history_is_limited, pod(history_max=kept), "pod.history_max", quoted(kept), "from 1 to 1000")
        for kept in (0, -1, 1001, 10**400)
    ),
    *(
        Refused(
            rules.resources_are_quantities,
            resources(limits={"memory": quantity}),
            "pod.resources.limits.memory",
            quoted(quantity),
            "must be a quantity above 0",
        )
        for quantity in (
            "",
            "0",
            "-1",
            "1GB",
            "1ki",
            "1K",
            "1 Gi",
            " 1",
            "1_000Mi",
            "0x10",
            "NaN",
            "Infinity",
            "\u0661Gi",
        )
    ),
    Refused(
        rules.resources_are_quantities,
        resources(requests={"gpu": "1"}),
        "pod.resources.requests.gpu",
        '"1"',
        "must be one of cpu, memory, ephemeral-storage",
    ),
    Refused(
        rules.requests_fit_into_limits,
        resources(requests={"cpu": "2"}, limits={"cpu": "1500m"}),
        "pod.resources.requests.cpu",
        '"2"',
        "is more than the limit, 1500m",
    ),
    Refused(
        rules.requests_fit_into_limits,
        resources(requests={"memory": "1Gi"}),
        "pod.resources.requests.memory",
        '"1Gi"',
        "is more than the limit, 512Mi",
    ),
    Refused(
        rules.requests_fit_into_limits,
        resources(limits={"memory": "63Mi"}),
        "pod.resources.requests.memory",
        '"64Mi"',
        "is more than the limit, 63Mi",
    ),
    Refused(
        rules.node_selector_can_match,
        pod(node_selector={"a b": "x"}),
        "pod.node_selector.a b",
        '"x"',
        "Kubernetes key and value",
    ),
    Refused(
        rules.node_selector_can_match,
        pod(node_selector={"disk": "s s d"}),
        "pod.node_selector.disk",
        '"s s d"',
        "Kubernetes key and value",
    ),
    *(
        Refused(rules.tolerations_can_match, toleration(**settings), f"pod.tolerations[0]{at}", value, words)
        for settings, at, value, words in (
            ({"operator": "In", "key": "a"}, ".operator", '"In"', "must be one of Exists, Equal"),
            ({"key": "a", "effect": "Never"}, ".effect", '"Never"', "must be one of NoSchedule"),
            ({}, "", "{}", "needs a `key`"),
            ({"value": "a"}, "", '{"value": "a"}', "needs a `key`"),
            ({"operator": "Exists", "value": "a"}, ".value", '"a"', "no effect with the operator Exists"),
            ({"key": "a", "toleration_seconds": 9}, ".toleration_seconds", "9", "`effect: NoExecute` alone"),
            ({"key": "a", "effect": "NoExecute", "toleration_seconds": -1}, ".toleration_seconds", "-1", "0 or above"),
            ({"key": "a", "effect": "NoExecute", "toleration_seconds": 2**31}, ".toleration_seconds", f"{2**31}", "0 "),
            ({"key": "a b"}, "", '{"key": "a b"}', "Kubernetes key and value"),
            ({"key": ""}, "", '{"key": ""}', "Kubernetes key and value"),
            ({"key": "a/b/c", "operator": "Exists"}, "", quoted({"key": "a/b/c", "operator": "Exists"}), "Kubernetes"),
            ({"key": "a", "value": "b c"}, "", '{"key": "a", "value": "b c"}', "Kubernetes key and value"),
            ({"key": "a", "value": "-"}, "", '{"key": "a", "value": "-"}', "Kubernetes key and value"),
        )
    ),
    *(
        Refused(
            rules.priority_class_can_exist,
            pod(priority_class=name),
            "pod.priority_class",
            f'"{name}"',
            "RFC 1123 subdomain",
        )
        for name in ("", "High", "a..b")
    ),
    *(
        Refused(
            rules.rollout_timeout_is_a_time,
            pod(rollout_timeout=text),
            "pod.rollout_timeout",
            f'"{text}"',
            "from 10s to 1h",
        )
        for text in ("", "0", "0s", "9s", "61m", "3601s", "2h", "1d", "-5m", "1.5m", "5 m", "300")
    ),
    *(
        Refused(
            rules.exposed_to_somebody,
            smallest(expose=word, clients={"bob": SECRET}),
            "expose",
            f'"{word}"',
            "the word cluster only",
        )
        for word in ("", "Cluster", "true", "world")
    ),
    Refused(rules.exposed_to_somebody, smallest(expose="cluster"), "expose", '"cluster"', "no client has one"),
]

ACCEPTED = [
    *(
        Accepted(rules.image_is_a_helm_2_that_is_safe, pod(image=image))
        for image in (
            "ghcr.io/helm/tiller:v2.17.0",
            "tiller:2.16.11",
            "localhost:5000/tiller:v2.17.0",
            f"registry.example.org:443/a/b_c/tiller:v2.17.0{DIGEST}",
            f"tiller{DIGEST}",
            "tiller:v2.17.0-hardened",
            "tiller:2.16.11_r2",
            f"tiller:v2.17.0.20240101{DIGEST}",
        )
    ),
    *(Accepted(rules.history_is_limited, pod(history_max=kept)) for kept in (1, 1000)),
    *(
        Accepted(rules.resources_are_quantities, resources(limits={"memory": quantity}))
        for quantity in ("1Gi", "1.5Gi", "1e9", "700M", "1000000000", "1E")
    ),
    Accepted(rules.requests_fit_into_limits, resources(requests={"cpu": "1"}, limits={"cpu": "1000m"})),
    Accepted(rules.node_selector_can_match, pod(node_selector={"kubernetes.io/os": "linux", "disk": ""})),
    Accepted(
        rules.tolerations_can_match,
        pod(
            tolerations=[
                {"operator": "Exists"},
                {"key": "a", "value": "b", "effect": "NoSchedule"},
                {"key": "a", "operator": "Exists", "effect": "NoExecute", "toleration_seconds": 9},
                {"key": "example.org/a_b.c", "value": "", "effect": "NoExecute", "toleration_seconds": 0},
            ]
        ),
    ),
    Accepted(rules.priority_class_can_exist, pod(priority_class="system-cluster-critical")),
    *(
        Accepted(rules.rollout_timeout_is_a_time, pod(rollout_timeout=text))
        for text in ("10s", "90s", "5m", "60m", "3600s", "1h")
    ),
    Accepted(rules.exposed_to_somebody, smallest(expose="cluster", clients={"bob": SECRET})),
]

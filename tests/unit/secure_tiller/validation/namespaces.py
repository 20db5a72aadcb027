"""Namespaces."""

from typing import Any

from secure_tiller.plan.validation import namespaces as rules
from tests.support.samples import smallest
from tests.unit.secure_tiller.validation.table import Accepted, Refused, quoted

PRIVILEGED: dict[str, Any] = {"pod_security": "privileged", "pod_security_reason": "the driver mounts devices"}
LABEL = "RFC 1123 label"


def apps(**settings: Any) -> Any:
    return smallest(namespaces={"apps": settings})


REFUSED = [
    Refused(rules.some_namespace_is_managed, smallest(namespaces={}), "namespaces", "{}", "at least one namespace"),
    *(
        Refused(rules.managed_namespaces_are_labels, smallest(namespaces={name: {}}), "namespaces", shown, LABEL)
        for name, shown in {
            "": '""',
            "Apps": '"Apps"',
            "a_b": '"a_b"',
            "a.b": '"a.b"',
            "-apps": '"-apps"',
            "apps-": '"apps-"',
            "apps\n": '"apps\\n"',
            "\u00e4pps": '"\\u00e4pps"',
            "\u0430pps": '"\\u0430pps"',
            "a" * 64: f'"{"a" * 64}"',
        }.items()
    ),
    *(
        Refused(
            rules.managed_namespaces_are_not_the_clusters,
            smallest(namespaces={name: settings}),
            "namespaces",
            f'"{name}"',
            "belong to the cluster",
        )
        for name, settings in {
            "default": {"existing": True},
            "kube-system": {},
            "kube-public": {},
            "kube-node-lease": {},
        }.items()
    ),
    Refused(
        rules.tiller_namespace_is_not_managed,
        smallest(namespaces={"green-tiller": {}}),
        "namespaces",
        '"green-tiller"',
        "Tiller's own namespace",
    ),
    Refused(
        rules.tiller_namespace_is_not_managed,
        smallest(namespace="green-apps"),
        "namespaces",
        '"green-apps"',
        "Tiller's own namespace",
    ),
    *(
        Refused(
            rules.tiller_namespace_is_not_the_clusters,
            smallest(namespace=name),
            "namespace",
            f'"{name}"',
            "belong to the cluster",
        )
        for name in ("default", "kube-system", "kube-public", "kube-node-lease")
    ),
    Refused(rules.tiller_namespace_is_a_label, smallest(namespace="x_y"), "namespace", '"x_y"', LABEL),
    Refused(
        rules.pod_security_is_a_level,
        apps(pod_security="Baseline"),
        "namespaces.apps.pod_security",
        '"Baseline"',
        "baseline, restricted, privileged",
    ),
    Refused(
        rules.privileged_has_a_reason,
        apps(pod_security="privileged"),
        "namespaces.apps.pod_security_reason",
        "null",
        "needs a written reason",
    ),
    Refused(
        rules.privileged_has_a_reason,
        apps(**{**PRIVILEGED, "pod_security_reason": "  "}),
        "namespaces.apps.pod_security_reason",
        '"  "',
        "needs a written reason",
    ),
    Refused(
        rules.privileged_has_a_reason,
        apps(pod_security_reason="why not"),
        "namespaces.apps.pod_security_reason",
        '"why not"',
        "`pod_security: privileged` only",
    ),
    *(
        Refused(
            rules.privileged_has_a_reason,
            apps(**{**PRIVILEGED, "pod_security_reason": reason}),
            "namespaces.apps.pod_security_reason",
            quoted(reason),
            "must be one line, without control characters",
        )
        for reason in ("two\nlines", "a\x00", "\x1b[2J mounts devices", "devices\u202e")
    ),
    Refused(
        rules.existing_namespaces_are_left_alone,
        apps(existing=True, pod_security="restricted"),
        "namespaces.apps.pod_security",
        '"restricted"',
        "no effect with `existing: true`",
    ),
    Refused(
        rules.existing_namespaces_are_left_alone,
        apps(existing=True, retain_on_delete=False),
        "namespaces.apps.retain_on_delete",
        "false",
        "no effect with `existing: true`",
    ),
    Refused(
        rules.shared_namespaces_exist,
        apps(shared=True),
        "namespaces.apps.shared",
        "true",
        "one would delete it; add `existing: true`",
    ),
]

ACCEPTED = [
    Accepted(rules.some_namespace_is_managed, smallest()),
    Accepted(rules.team_name_is_a_label, smallest()),
    Accepted(rules.managed_namespaces_are_labels, smallest(namespaces={"a" * 63: {}})),
    Accepted(rules.managed_namespaces_are_not_the_clusters, smallest(namespaces={"defaults": {}, "kubeflow": {}})),
    Accepted(rules.tiller_namespace_is_not_managed, smallest(namespaces={"green-tiller": {}}, namespace="helm")),
    Accepted(rules.tiller_namespace_is_not_the_clusters, smallest(namespace="kubernetes")),
    Accepted(rules.tiller_namespace_is_a_label, smallest(namespace="t" * 63)),
    Accepted(rules.pod_security_is_a_level, apps(pod_security="restricted")),
    Accepted(rules.pod_security_is_a_level, apps(pod_security="baseline")),
    Accepted(rules.privileged_has_a_reason, apps(**PRIVILEGED)),
    Accepted(rules.existing_namespaces_are_left_alone, apps(existing=True)),
    Accepted(rules.existing_namespaces_are_left_alone, apps(existing=False, retain_on_delete=False)),
    Accepted(rules.shared_namespaces_exist, apps(existing=True, shared=True)),
    Accepted(rules.shared_namespaces_exist, apps(shared=False)),
]

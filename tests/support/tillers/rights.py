"""Rows about rights."""

from tests.support.cluster_objects import (
    BLUE,
    binding,
    granted,
    rule,
    surroundings,
)
from tests.support.tillers.rows import stands

EVERYTHING = rule("*", "*", "*")
GROUP = f"Group system:serviceaccounts:{BLUE}"

RIGHTS = (
    stands("account-of-any-pod", serviceAccountName="default", finds=("default-account",)),
    stands("cluster-admin", *surroundings(), binding("ClusterRole cluster-admin"), finds=("cluster-admin",)),
    stands(
        "cluster-admin-by-group", *surroundings(), binding("ClusterRole cluster-admin", GROUP), finds=("cluster-admin",)
    ),
    stands(
        "cluster-admin-for-strangers",
        *surroundings(),
        binding("ClusterRole cluster-admin", "User system:anonymous"),
        finds=("rbac-not-enforced", "port-forward-by-everybody"),
    ),
    stands(
        "rights-in-all-namespaces",
        *surroundings(),
        *granted(rule("pods", "get"), namespace=""),
        finds=("cluster-wide-rights",),
    ),
    stands(
        "secrets-of-all-namespaces",
        *surroundings(),
        *granted(rule("secrets", "get"), namespace=""),
        finds=("cluster-wide-rights", "secrets-everywhere"),
    ),
    stands("rights-without-names", *surroundings(), *granted(rule("*", "get", "apps")), finds=("wildcard-rights",)),
    stands(
        "rights-to-give-rights",
        *surroundings(),
        *granted(rule("roles", "bind", "rbac.authorization.k8s.io")),
        finds=("escalating-rights",),
    ),
    stands(
        "rights-to-tokens",
        *surroundings(),
        *granted(rule("serviceaccounts/token", "create")),
        finds=("escalating-rights",),
    ),
    stands(
        "port-forward-for-everybody",
        *surroundings(),
        *granted(rule("pods/portforward", "create"), to="Group system:authenticated", namespace=BLUE),
        finds=("port-forward-by-everybody",),
    ),
    stands(
        "port-forward-for-the-team",
        *surroundings(),
        *granted(rule("pods/portforward", "create"), to="Group blue-developers", namespace=BLUE),
    ),
)

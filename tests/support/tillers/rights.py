"""Rows about rights."""

from tests.support.cluster_objects import (
    BLUE,
    MANAGED,
    RED,
    binding,
    container,
    granted,
    rule,
    surroundings,
    template,
    workload,
)
from tests.support.tillers.rows import RIGHT, but, row, stands

GROUP = f"Group system:serviceaccounts:{BLUE}"

RIGHTS = (
    stands("account-of-any-pod", serviceAccountName="default", finds=("default-account",)),
    stands(
        "cluster-admin",
        *surroundings(),
        binding("ClusterRole cluster-admin"),
        finds=("cluster-admin",),
        answers={1: "no", 4: "no"},
    ),
    stands(
        "cluster-admin-by-group", *surroundings(), binding("ClusterRole cluster-admin", GROUP), finds=("cluster-admin",)
    ),
    *(
        stands(
            f"cluster-admin-for-{name}",
            *surroundings(),
            binding("ClusterRole cluster-admin", somebody),
            finds=("rbac-not-enforced", "port-forward-by-everybody", *more),
            answers={1: "no"},
        )
        for name, somebody, more in (
            ("strangers", "User system:anonymous", ()),
            ("all-strangers", "Group system:unauthenticated", ()),
            ("everybody", "Group system:authenticated", ("cluster-admin",)),
            ("every-account", "Group system:serviceaccounts", ("cluster-admin",)),
        )
    ),
    *(
        stands(
            f"secrets-for-{name}",
            *surroundings(),
            *granted(rule("secrets", "get list"), to=somebody, namespace=BLUE, name="secrets"),
            finds=("secrets-for-everybody",),
        )
        for name, somebody in (
            ("strangers", "User system:anonymous"),
            ("all-strangers", "Group system:unauthenticated"),
            ("everybody", "Group system:authenticated"),
            ("every-account", "Group system:serviceaccounts"),
        )
    ),
    *(
        stands(
            f"everybody-may-{name}",
            *surroundings(),
            *granted(rule(kinds, verbs, group), to="Group system:authenticated", namespace=BLUE, name="act"),
            finds=("tiller-for-everybody", *(("escalating-rights",) if name == "issue-tokens" else ())),
        )
        for name, kinds, verbs, group in (
            ("execute", "pods/exec", "create", ""),
            ("attach", "pods/attach", "get", ""),
            ("debug", "pods/ephemeralcontainers", "patch", ""),
            ("make-pods", "pods", "create", ""),
            ("change-pods", "pods", "update", ""),
            ("change-deployments", "deployments", "patch", "apps"),
            ("make-jobs", "cronjobs", "create", "batch"),
            ("change-records", "secrets", "update", ""),
            ("issue-tokens", "serviceaccounts/token", "create", ""),
            ("bind", "rolebindings", "create", "rbac.authorization.k8s.io"),
        )
    ),
    stands(
        "everybody-may-look",
        *surroundings(),
        *granted(
            rule("pods pods/log events", "get list"), to="Group system:authenticated", namespace=BLUE, name="look"
        ),
    ),
    stands(
        "secrets-for-the-team",
        *surroundings(),
        *granted(rule("secrets", "get list"), to="Group blue-admins", namespace=BLUE, name="secrets"),
    ),
    stands(
        "rights-of-editors",
        *surroundings(),
        binding("ClusterRole edit", namespace=MANAGED),
        finds=("escalating-rights",),
    ),
    stands(
        "rights-in-a-namespace-of-the-cluster",
        *surroundings(),
        *granted(rule("pods", "get"), namespace="kube-system"),
        finds=("rights-in-cluster-namespace",),
    ),
    row(
        "rights-over-another-tiller",
        *(workload("Deployment", template(container()), namespace) for namespace in (BLUE, RED)),
        *surroundings(BLUE),
        *surroundings(RED),
        *granted(rule("pods", "get"), namespace=RED),
        finds=("rights-over-another-tiller",),
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
    row(
        "port-forward-for-the-team-without-verification",
        workload("Deployment", template(container(args=but("--tls-verify=false")))),
        *surroundings(),
        *granted(rule("pods/portforward", "create"), to="Group blue-developers", namespace=BLUE),
        settings={**RIGHT, "verifies": False},
        finds=("no-verification", "port-forward-without-certificate"),
    ),
    stands(
        "port-forward-for-the-team",
        *surroundings(),
        *granted(rule("pods/portforward", "create"), to="Group blue-developers", namespace=BLUE),
    ),
)

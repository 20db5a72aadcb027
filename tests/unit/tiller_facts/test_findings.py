"""Findings about a Tiller: one that is right has none, and each change to it has exactly its own."""

from typing import Any

import pytest

from tests.unit.tiller_facts.samples import (
    CLOSED,
    FILES,
    HOME,
    LABELS,
    RIGHT,
    Object,
    bound,
    container,
    deployment,
    env,
    facts,
    item,
    pod,
    policy,
    rule,
    service,
    template,
)
from tiller_facts.kinds import CLUSTER_ROLES, DEPLOYMENTS, NETWORK_POLICIES, PODS, ROLE_BINDINGS, SERVICES, Kind
from tiller_facts.practices import BY_CODE, Judgement, Status, evaluate
from tiller_facts.values import Hidden

UNREAD = Hidden("it could not be read")


def judged(*objects: Object, **further: Any) -> Judgement:
    judgement = evaluate(facts(*objects, **further))
    for finding in judgement.every:
        assert finding.status is Status.UNKNOWN or finding.code in BY_CODE[finding.practice].findings
    return judgement


def found(*objects: Object, **further: Any) -> set[str]:
    """Severity and code of each finding about the only Tiller among some objects."""
    (one,) = judged(*objects, **further).tillers
    return {f"{finding.severity} {finding.code}" for finding in one.findings}


OWN = bound(rule("secrets", "get list create update delete"))
PEOPLE = bound(rule("pods/portforward", "create"), to="Group blue-developers", name="people")
AROUND = (CLOSED, *OWN, *PEOPLE)
"""Objects around a Tiller of ours."""

NAMED = "high port-forward-without-certificate"
"""Of every Tiller that verifies nobody, where anybody may forward a port."""


def tiller(spec: dict[str, Any] | None = None, **further: Any) -> Object:
    """Ours, but for something in its pod or its container."""
    return deployment(template(container(**further), **(spec or {})))


def but(*flags: str, **further: Any) -> Object:
    """Ours, with other flags; `--tls` alone takes that one away."""
    names = {flag.partition("=")[0] for flag in flags}
    kept = [word for word in RIGHT if word.partition("=")[0] not in names]
    return tiller(args=[*kept, *(flag for flag in flags if "=" in flag)], **further)


def test_one_of_ours_has_no_finding() -> None:
    assert found(tiller(), *AROUND) == set()


ELSEWHERE = [{"name": "V", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]
BY_ENVIRONMENT = env(TILLER_TLS_VERIFY="1", TILLER_TLS_CERTS="/etc/certs")

ENDPOINT: list[tuple[str, Object, set[str]]] = [
    ("plaintext", but("--tls", "--tls-verify"), {"high no-tls", NAMED}),
    (
        "plaintext for the network",
        but("--tls", "--tls-verify", "--listen"),
        {"critical no-tls", NAMED, "low listens-everywhere"},
    ),
    ("TLS alone", but("--tls-verify"), {"high no-verification", NAMED}),
    (
        "TLS alone for the network",
        but("--tls-verify", "--listen=0.0.0.0:44134"),
        {"critical no-verification", NAMED, "low listens-everywhere"},
    ),
    ("TLS perhaps", but("--tls=$(V)", "--tls-verify", env=ELSEWHERE), {"high tls-unknown", NAMED}),
    ("verification perhaps", but("--tls-verify=$(V)", env=ELSEWHERE), {"critical verification-unknown", NAMED}),
    ("public CAs", but("--tls-ca-cert="), {"critical trusts-public-cas"}),
    (
        "verification by the environment",
        but("--tls", "--tls-verify", env=BY_ENVIRONMENT),
        {"low verification-by-environment"},
    ),
    ("all interfaces", but("--listen"), {"low listens-everywhere"}),
    ("the node's network", tiller({"hostNetwork": True}), {"high host-network"}),
    (
        "a port of the node that another container declares",
        deployment(
            template(
                container(),
                {**container([]), "name": "b", "image": "b:1", "ports": [{"containerPort": 44134, "hostPort": 80}]},
            )
        ),
        {"low host-port"},
    ),
    ("a port of the node", tiller(ports=[{"containerPort": 44134, "hostPort": 80}]), {"low host-port"}),
    (
        "a port of the node that leads to it",
        but("--listen", ports=[{"containerPort": 44134, "hostPort": 80}]),
        {"high host-port", "low listens-everywhere"},
    ),
    ("a certificate from elsewhere", tiller({"volumes": []}), {"high certificate-unknown"}),
    (
        "a script",
        tiller(command=["/entrypoint.sh"]),
        {
            "critical verification-unknown",
            "medium listening-unknown",
            "high storage-unknown",
            "low history-unknown",
            NAMED,
        },
    ),
]

RELEASES: list[tuple[str, Object, set[str]]] = [
    ("ConfigMaps", but("--storage"), {"high releases-in-configmaps"}),
    ("memory", but("--storage=memory"), {"medium releases-in-memory"}),
    ("a database", but("--storage=sql"), {"medium releases-in-database"}),
    ("storage perhaps", but("--storage=$(V)", env=ELSEWHERE), {"high storage-unknown"}),
    ("every revision", but("--history-max"), {"low unlimited-history"}),
    ("every revision, by a flag", but("--history-max=0"), {"low unlimited-history"}),
    ("revisions elsewhere", but("--history-max=$(V)", env=ELSEWHERE), {"low history-unknown"}),
    ("namespace elsewhere", tiller(env=[{**ELSEWHERE[0], "name": "TILLER_NAMESPACE"}]), {"high records-unknown"}),
]

POD: list[tuple[str, Object, set[str]]] = [
    ("before 2.7.2", tiller(image="tiller:v2.7.1"), {"critical flawed-version"}),
    ("before 2.16.11", tiller(image="a:5000/b/tiller:v2.16.10@sha256:0"), {"high flawed-version"}),
    ("2.16.11", tiller(image="tiller:v2.16.11"), {"low old-version"}),
    ("2.17.0 of somebody", tiller(image="tiller:2.17.0-mine"), set()),
    ("no tag", tiller(image="a:5000/tiller"), {"medium version-unknown"}),
    ("a digest alone", tiller(image="tiller@sha256:0"), {"medium version-unknown"}),
    ("another tag", tiller(image="tiller:latest"), {"medium version-unknown"}),
    ("no Helm 2", tiller(image="tiller:v3.1.0"), {"medium version-unknown"}),
    ("no limits", tiller(resources={}), {"medium no-limits"}),
    ("one limit", tiller(resources={"limits": {"memory": "1Gi"}}), {"medium no-limits"}),
    ("root", tiller(securityContext={"runAsUser": 0}), {"medium runs-as-root"}),
    ("root perhaps", tiller({"securityContext": {}}), {"low may-run-as-root"}),
    ("somebody", tiller({"securityContext": {"runAsUser": 1}}), set()),
    ("privileged", tiller(securityContext={"privileged": True}), {"high privileged"}),
    ("no account", tiller({"serviceAccountName": None}), {"high default-account"}),
]


@pytest.mark.parametrize(("made", "codes"), [pytest.param(made, codes, id=words) for words, made, codes in ENDPOINT])
def test_the_endpoint(made: Object, codes: set[str]) -> None:
    assert found(made, *AROUND) == codes


@pytest.mark.parametrize(("made", "codes"), [pytest.param(made, codes, id=words) for words, made, codes in RELEASES])
def test_releases(made: Object, codes: set[str]) -> None:
    assert found(made, *AROUND) == codes


@pytest.mark.parametrize(("made", "codes"), [pytest.param(made, codes, id=words) for words, made, codes in POD])
def test_the_pod(made: Object, codes: set[str]) -> None:
    assert found(made, *AROUND) == codes


RECORDS = {HOME: ("shop.v1",), "green-tiller": ("other.v1",)}


def test_releases_that_are_still_in_configmaps_where_it_stores_its_own() -> None:
    assert found(tiller(), *AROUND, records=RECORDS) == {"high records-in-configmaps"}
    assert found(tiller(env=env(TILLER_NAMESPACE="purple")), *AROUND, records=RECORDS) == set()


def test_a_pod_that_runs_otherwise_than_its_deployment_says() -> None:
    same, stale = (
        pod(template(container(args)), name, owner="ReplicaSet/tiller-deploy-5d8f")
        for name, args in (("same", RIGHT), ("stale", ["--storage=secret"]))
    )
    assert found(tiller(), *AROUND, same) == set()
    assert found(tiller(), *AROUND, same, stale) == {"high pods-differ"}
    edited = pod(template(container(image="mine/tiller:v2.17.0")), owner="ReplicaSet/tiller-deploy-5d8f")
    assert found(tiller(), *AROUND, edited) == {"high pods-differ"}


@pytest.mark.parametrize(
    ("made", "lead", "codes"),
    [
        (tiller(), service(), {"low service"}),
        (tiller(), service(inside="green-tiller"), set()),
        (tiller(), service(selector={"app": "shop"}), set()),
        (tiller(), service(selector=None), set()),
        (tiller(), service("NodePort"), {"low service-outside"}),
        (but("--listen"), service("NodePort"), {"low listens-everywhere", "high service-outside"}),
        (but("--listen"), service(externalIPs=["192.0.2.1"]), {"low listens-everywhere", "high service-outside"}),
        (
            but("--listen", "--tls-verify"),
            service("LoadBalancer"),
            {"critical no-verification", "low listens-everywhere", "critical service-outside", NAMED},
        ),
    ],
)
def test_services_that_lead_to_it(made: Object, lead: Object, codes: set[str]) -> None:
    assert found(made, *AROUND, lead) == codes


ALL_PODS: Object = {"namespaceSelector": {}}
TEAM: Object = {"namespaceSelector": {"matchLabels": {"team": "blue"}}}
GRPC: Object = {"port": 44134}
CLOSED_TO_ALL, PROBE_OPEN, OPEN_TO_ALL = (
    {"low listens-everywhere"},
    {"low probe-port-open"},
    {"medium listens-everywhere"},
)

POLICIES: list[tuple[tuple[Object, ...], set[str]]] = [
    ((), OPEN_TO_ALL | PROBE_OPEN),
    ((CLOSED,), CLOSED_TO_ALL),
    ((policy(types=["Egress"]),), OPEN_TO_ALL | PROBE_OPEN),
    ((policy(selector={"matchLabels": LABELS}),), CLOSED_TO_ALL),
    ((policy(selector={"matchLabels": {"app": "shop"}}),), OPEN_TO_ALL | PROBE_OPEN),
    ((policy(selector={"matchExpressions": [{"key": "app", "operator": "Exists"}]}),), CLOSED_TO_ALL),
    (
        (policy(selector={"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["helm"]}]}),),
        OPEN_TO_ALL | PROBE_OPEN,
    ),
    ((policy({}),), OPEN_TO_ALL | PROBE_OPEN),
    ((policy({"from": [ALL_PODS]}),), OPEN_TO_ALL | PROBE_OPEN),
    ((policy({"from": [TEAM]}),), CLOSED_TO_ALL),
    ((policy({"from": [{"podSelector": {}}]}),), CLOSED_TO_ALL),
    ((policy({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}),), OPEN_TO_ALL | PROBE_OPEN),
    ((policy({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}),), CLOSED_TO_ALL),
    ((policy({"ports": [GRPC]}),), OPEN_TO_ALL),
    ((policy({"ports": [{"port": "tiller"}]}),), OPEN_TO_ALL),
    ((policy({"ports": [{"port": 44000, "endPort": 45000}]}),), OPEN_TO_ALL | PROBE_OPEN),
    ((policy({"ports": [{**GRPC, "protocol": "UDP"}]}),), CLOSED_TO_ALL),
    ((policy({"ports": [{"port": 80}]}),), CLOSED_TO_ALL),
    ((CLOSED, policy({"from": [TEAM]}), policy({"ports": [GRPC]})), OPEN_TO_ALL),
]
"""The NetworkPolicies of its namespace, and what they leave open of a Tiller that listens on all interfaces."""


@pytest.mark.parametrize(("around", "codes"), POLICIES)
def test_network_policies(around: tuple[Object, ...], codes: set[str]) -> None:
    assert found(but("--listen"), *OWN, *PEOPLE, *around) == codes


ADMIN = item("ClusterRole", "admin", "", rules=[rule("pods/portforward", "get create")])
GIVES_ADMIN = item(
    "RoleBinding",
    "devs",
    roleRef={"kind": "ClusterRole", "name": "admin"},
    subjects=[{"kind": "Group", "name": "devs"}],
)

CONTROLLER = bound(
    {**rule("*", "get"), "apiGroups": ["*"]},
    to="ServiceAccount kube-system/gc",
    inside="",
    name="system:controller:gc",
)
"""As Kubernetes binds those of its controllers that look at every kind."""

FORWARDS: list[tuple[tuple[Object, ...], bool]] = [
    (bound(rule("pods/portforward", "create"), to="User ann"), True),
    (bound(rule("pods/portforward", "get"), to="User ann"), True),  # of a client that speaks WebSocket
    (bound(rule("*", "*", "*"), to="ServiceAccount ci/bot"), True),
    (bound(rule("*/portforward", "*"), to="User ann"), True),
    (bound(rule("pods/portforward", "create", resourceNames=["tiller-0"]), to="User ann"), True),
    (bound(rule("pods/portforward", "create"), to="User ann", inside=""), True),
    ((ADMIN, GIVES_ADMIN), True),
    ((GIVES_ADMIN,), True),  # known by its name
    (bound(rule("pods/portforward", "create"), to="User ann")[1:], False),  # to a role that is not there
    (bound(rule("pods", "create"), to="User ann"), False),
    (bound(rule("pods/portforward", "list"), to="User ann"), False),
    (bound(rule("pods/portforward", "create", "apps"), to="User ann"), False),
    (bound(rule("pods/portforward", "create"), to="User ann", inside="green-tiller"), False),
    (bound(rule("*", "*", "*"), to="Group system:masters", inside=""), False),  # who needs no Tiller
    (CONTROLLER, False),
    (bound(rule("pods/portforward"), to="ServiceAccount kube-system/gc", inside="", name="gc"), True),
]
"""Bindings, and whether they let anybody forward a port who may not do everything anyway."""


@pytest.mark.parametrize(("bindings", "forwards"), FORWARDS)
def test_who_may_forward_a_port_without_a_certificate(bindings: tuple[Object, ...], forwards: bool) -> None:
    plaintext = but("--tls", "--tls-verify")
    assert found(plaintext, CLOSED, *bindings) == {"high no-tls", *([NAMED] if forwards else [])}


@pytest.mark.parametrize("who", ["Group system:authenticated", "Group system:serviceaccounts", "User system:anonymous"])
def test_a_port_that_everybody_may_forward(who: str) -> None:
    bindings = bound(rule("pods/portforward", "create"), to=who)
    assert found(tiller(), CLOSED, *bindings) == {"medium port-forward-by-everybody"}
    assert "critical port-forward-by-everybody" in found(but("--tls-verify"), CLOSED, *bindings)


ACCOUNT: list[tuple[str, tuple[Object, ...], set[str]]] = [
    ("everything", bound(rule("*", "*", "*"), inside=""), {"critical cluster-admin"}),
    (
        "all Secrets",
        bound(rule("secrets", "list"), inside=""),
        {"critical secrets-everywhere", "high cluster-wide-rights"},
    ),
    ("all nodes", bound(rule("nodes", "list"), inside=""), {"high cluster-wide-rights"}),
    (
        "everything by a group",
        bound(rule("*", "*", "*"), to="Group system:serviceaccounts", inside=""),
        {"critical cluster-admin", "medium port-forward-by-everybody"},
    ),
    (
        "through the group of its namespace",
        bound(rule("nodes", "list"), to=f"Group system:serviceaccounts:{HOME}", inside=""),
        {"high cluster-wide-rights"},
    ),
    (
        "under its user name",
        bound(rule("nodes", "list"), to=f"User system:serviceaccount:{HOME}:tiller", inside=""),
        {"high cluster-wide-rights"},
    ),
    ("another account", bound(rule("nodes", "list"), to=f"ServiceAccount {HOME}/other", inside=""), set()),
    ("of another namespace", bound(rule("nodes", "list"), to="ServiceAccount green/tiller", inside=""), set()),
    ("what everybody may ask", bound(rule("selfsubjectaccessreviews", "create"), inside=""), set()),
    (
        "the document's Role",
        bound(rule("*", "*", "batch extensions apps")),
        {"high wildcard-rights"},
    ),
    (
        "the document's Role with the core group",
        bound({**rule("*", "*"), "apiGroups": ["", "batch", "extensions", "apps"]}),
        {"high wildcard-rights", "high escalating-rights"},
    ),
    ("every verb", bound(rule("pods", "*"), inside="blue-apps"), {"high wildcard-rights"}),
    ("tokens", bound(rule("serviceaccounts/token", "create")), {"high escalating-rights"}),
    ("acts as others", bound(rule("serviceaccounts", "impersonate")), {"high escalating-rights"}),
    ("acts as others, where there are none", bound(rule("users groups", "impersonate")), set()),
    (
        "acts as anybody",
        bound(rule("users", "impersonate"), inside=""),
        {"critical escalating-rights", "high cluster-wide-rights"},
    ),
    ("binds", bound(rule("roles", "bind", "rbac.authorization.k8s.io")), {"high escalating-rights"}),
    (
        "escalates in the cluster",
        bound(rule("clusterroles", "escalate", "rbac.authorization.k8s.io"), inside=""),
        {"critical escalating-rights", "high cluster-wide-rights"},
    ),
    (
        "binds here and acts as anybody",
        (
            *bound(rule("roles", "bind", "rbac.authorization.k8s.io")),
            *bound(rule("users", "impersonate"), inside="", name="wide"),
        ),
        {"critical escalating-rights", "high cluster-wide-rights"},
    ),
    (
        "every kind of a group, to read",
        bound(rule("*", "get", "metrics.k8s.io"), inside=""),
        {"high wildcard-rights", "high cluster-wide-rights"},
    ),
    ("a namespace of its team", bound(rule("pods", "create"), inside="blue-apps"), set()),
    (
        "the cluster's own namespace",
        bound(rule("pods", "create"), inside="kube-system"),
        {"high rights-in-cluster-namespace"},
    ),
]


@pytest.mark.parametrize(("bindings", "codes"), [pytest.param(some, codes, id=words) for words, some, codes in ACCOUNT])
def test_the_rights_of_its_account(bindings: tuple[Object, ...], codes: set[str]) -> None:
    assert found(tiller(), CLOSED, *bindings) == codes


def of(name: str, *objects: Object, **further: Any) -> set[str]:
    """Level and code of each finding about one Tiller among several, by the namespace it lives in or by its name."""
    every = judged(*objects, **further).tillers
    (only,) = [one for one in every if name in (one.tiller.namespace, one.tiller.name)]
    return {f"{finding.severity} {finding.code}" for finding in only.findings}


OTHER = deployment(inside="green-tiller")
OF_ITS_OWN: dict[str, tuple[str, ...]] = {"tls.crt": ("another key",), "ca.crt": ("gus's CA",)}


def read(other: Any) -> dict[str, Any]:
    return {"files": {("", "Secret", HOME, "tls"): FILES, ("", "Secret", "green-tiller", "tls"): other}}


@pytest.mark.parametrize(
    ("other", "codes"),
    [
        (OF_ITS_OWN, set()),
        (FILES, {"high shared-certificate", "critical shared-client-ca"}),
        ({**OF_ITS_OWN, "tls.crt": ("another key", "server key")}, set()),  # that is an intermediate
        ({**OF_ITS_OWN, "ca.crt": ("gus's CA", "alice's CA")}, {"critical shared-client-ca"}),
        (UNREAD, set()),
    ],
)
def test_what_it_has_in_common_with_another_tiller(other: Any, codes: set[str]) -> None:
    assert of(HOME, tiller(), *AROUND, OTHER, **read(other)) == codes


@pytest.mark.parametrize("files", [UNREAD, {}, {"tls.crt": ()}])
def test_a_certificate_that_is_not_known(files: Any) -> None:
    assert found(tiller(), *AROUND, files={("", "Secret", HOME, "tls"): files}) == {"high certificate-unknown"}


def test_rights_where_another_tiller_lives() -> None:
    bindings = bound(rule("pods", "create"), inside="green-tiller")
    assert of(HOME, tiller(), *AROUND, OTHER, *bindings, **read(OF_ITS_OWN)) == {"high rights-over-another-tiller"}


def test_a_tiller_that_lives_among_the_controllers_of_kubernetes() -> None:
    bindings = bound(rule("secrets", "get"), to="ServiceAccount kube-system/tiller", inside="kube-system")
    files = {("", "Secret", "kube-system", "tls"): FILES}
    assert found(deployment(inside="kube-system"), *bindings, files=files) == {
        "high rights-in-cluster-namespace",
        "low probe-port-open",
    }


def test_two_tillers_in_a_namespace() -> None:
    second = deployment(template(volumes=[{"name": "certificates", "secret": {"secretName": "b"}}]), name="second")
    files = {("", "Secret", HOME, "tls"): FILES, ("", "Secret", HOME, "b"): OF_ITS_OWN}
    for name in ("tiller-deploy", "second"):
        assert of(name, tiller(), second, *AROUND, files=files) == {"high several-tillers"}


def test_other_pods_in_its_namespace_and_as_its_account() -> None:
    shop = template({"name": "shop", "image": "shop:1"}, labels={}, serviceAccountName="shop")
    thief = template({"name": "shop", "image": "shop:1"}, labels={})
    assert found(tiller(), *AROUND, pod(shop, "shop")) == {"medium other-pods"}
    assert found(tiller(), *AROUND, pod(shop, "shop", inside="blue-apps")) == set()
    assert found(tiller(), *AROUND, pod(shop, "shop", phase="Succeeded")) == set()
    assert found(tiller(), *AROUND, pod(thief, "thief")) == {"medium other-pods", "high shared-account"}
    former = template({"name": "shop", "image": "shop:1"}, labels={}, serviceAccountName=None, serviceAccount="tiller")
    assert found(tiller(), *AROUND, pod(former, "former")) == {"medium other-pods", "high shared-account"}


REFUSED: list[tuple[Kind, set[str]]] = [
    (SERVICES, {"low services-unknown"}),
    (ROLE_BINDINGS, {"critical rights-unknown", "medium people-unknown"}),
    (CLUSTER_ROLES, {"critical rights-unknown", "medium people-unknown"}),
    (PODS, {"medium pods-unknown"}),
    (NETWORK_POLICIES, {"low probe-port-open"}),
]


@pytest.mark.parametrize(("kind", "codes"), REFUSED)
def test_what_could_not_be_listed_is_a_finding(kind: Kind, codes: set[str]) -> None:
    assert found(tiller(), *AROUND, refused=[kind]) == codes


@pytest.mark.parametrize("kind", [SERVICES, ROLE_BINDINGS, PODS, DEPLOYMENTS])
def test_a_finding_names_the_kind_that_could_not_be_listed(kind: Kind) -> None:
    unlisted = [one for one in judged(tiller(), *AROUND, refused=[kind]).every if "could not be listed" in one.text]
    assert unlisted
    for finding in unlisted:
        assert finding.text.endswith(f": {kind.resource} could not be listed")
        assert finding.remedy == f"let the account that asks list {kind.resource}"
        assert finding.status is Status.HIDDEN


def test_releases_that_could_not_be_listed() -> None:
    assert found(tiller(), *AROUND, records=UNREAD) == {"high records-unknown"}


def test_a_cluster_admin_is_seen_where_roles_could_not_be_listed() -> None:
    (role, binding) = bound(to=f"ServiceAccount {HOME}/tiller", inside="", name="cluster-admin")
    assert found(tiller(), CLOSED, role, binding, refused=[CLUSTER_ROLES]) == {
        "critical cluster-admin",
        "critical rights-unknown",
        "medium people-unknown",
    }


@pytest.mark.parametrize(
    ("further", "codes"),
    [
        ({}, set()),
        ({"everybody": frozenset({"system:anonymous"})}, {"rbac-not-enforced"}),
        ({"everybody": UNREAD}, {"rbac-unknown"}),
        ({"refused": [DEPLOYMENTS]}, {"tillers-unknown"}),
    ],
)
def test_the_cluster(further: dict[str, Any], codes: set[str]) -> None:
    found = judged(tiller(), *AROUND, **further).findings
    assert {finding.code for finding in found} == codes
    assert all(finding.severity == "critical" for finding in found)


STOPPED, RUNNING = "is stopped; once started, it speaks plaintext", "speaks plaintext"


@pytest.mark.parametrize(
    ("spec", "ending", "refused", "text"),
    [
        ({"replicas": 0}, False, (), STOPPED),
        ({"suspend": True}, False, (), STOPPED),
        ({"replicas": 1}, False, (), RUNNING),
        ({}, False, (), RUNNING),
        ({"replicas": 0}, True, (), RUNNING),
        ({"replicas": 0}, False, (PODS,), RUNNING),  # nobody knows whether there are any
    ],
)
def test_a_tiller_that_is_stopped_answers_nobody(
    spec: Object, ending: bool, refused: tuple[Kind, ...], text: str
) -> None:
    described = but("--tls", "--tls-verify")
    described["spec"] |= spec
    pods = [pod(described["spec"]["template"], owner="Deployment/tiller-deploy")] if ending else []
    (one,) = judged(described, CLOSED, *pods, refused=refused).tillers
    (finding,) = (each for each in one.findings if each.code == "no-tls")
    assert finding.text.startswith(text)

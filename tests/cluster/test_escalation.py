"""Escalations that access reviews cannot see, tried for real with the token of Tiller's own ServiceAccount.

Nothing that is tried is kept: most requests are dry runs on the server, which run every check and store nothing
(Kubernetes documentation, API Concepts, "Dry-run"). Each refused request has a control: who holds the right, or where
the protection is not, it is accepted.
"""

import base64
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from kubernetes import client

from testbed.waiting import until
from tests.support.cluster_objects import granted, item
from tests.support.live_objects import client_with, create, existing, tls_secret_name, token_of
from tests.support.projects import TestStack

RBAC = "rbac.authorization.k8s.io"
DRY: Mapping[str, Any] = {"dry_run": "All"}
FORBIDDEN = 403
UNPROCESSABLE = 422
IMAGE = "example.org/nothing:1"  # no pod of these tests is ever run

CLUSTER_ADMIN = {"apiGroup": RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
READ_SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}


@dataclass(frozen=True)
class Teams:
    """The names of what the two deployed teams have."""

    red: str
    gold: str

    @property
    def tiller(self) -> str:
        """The namespace of red's Tiller."""
        return f"{self.red}-tiller"

    @property
    def apps(self) -> str:
        """A namespace that red's Tiller manages."""
        return f"{self.red}-apps"


Attempt = Callable[[client.ApiClient, Teams], object]


@pytest.fixture(scope="module")
def teams(deployed: TestStack, red: str, gold: str) -> Teams:
    assert deployed.name
    return Teams(red, gold)


@pytest.fixture(scope="module")
def tiller(api: client.ApiClient, teams: Teams) -> client.ApiClient:
    """A client with the token of red's Tiller."""
    return _as_service_account(api, teams.tiller, "tiller")


def _as_service_account(api: client.ApiClient, namespace: str, name: str) -> client.ApiClient:
    return client_with(token_of(api, namespace, name), api)


def _who(api: client.ApiClient) -> str:
    review = client.AuthenticationV1Api(api).create_self_subject_review({})
    return str(review.status.user_info.username)


def _pod(**spec: Any) -> dict[str, Any]:
    """A pod that Pod Security `restricted` accepts, but for what is changed."""
    container = {
        "name": "probe",
        "image": IMAGE,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    return {"metadata": {"name": "probe"}, "spec": {"containers": [container], **spec}}


def _secret(name: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, **more}


def _account_token(name: str, account: str) -> dict[str, Any]:
    """A Secret that the token controller fills with a token of a ServiceAccount that never ends."""
    metadata = {"name": name, "annotations": {"kubernetes.io/service-account.name": account}}
    return {"metadata": metadata, "type": "kubernetes.io/service-account-token"}


def _role(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": f"try-{uuid.uuid4().hex[:8]}"}, "rules": list(rules)}


def _binding(role: dict[str, str], account: str, namespace: str) -> dict[str, Any]:
    subject = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
    return {"metadata": {"name": f"try-{uuid.uuid4().hex[:8]}"}, "roleRef": role, "subjects": [subject]}


def _create_role(api: client.ApiClient, teams: Teams) -> object:
    held = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}  # by Tiller, in that namespace
    return client.RbacAuthorizationV1Api(api).create_namespaced_role(teams.apps, _role(held), **DRY)


def _bind_cluster_admin(api: client.ApiClient, teams: Teams) -> object:
    binding = _binding(CLUSTER_ADMIN, "tiller", teams.tiller)
    return client.RbacAuthorizationV1Api(api).create_namespaced_role_binding(teams.apps, binding, **DRY)


def _bind_cluster_admin_everywhere(api: client.ApiClient, teams: Teams) -> object:
    binding = _binding(CLUSTER_ADMIN, "tiller", teams.tiller)
    return client.RbacAuthorizationV1Api(api).create_cluster_role_binding(binding, **DRY)


def _relabel(api: client.ApiClient, teams: Teams) -> object:
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    return client.CoreV1Api(api).patch_namespace(teams.apps, {"metadata": {"labels": labels}}, **DRY)


def _delete_namespace(api: client.ApiClient, teams: Teams) -> object:
    return client.CoreV1Api(api).delete_namespace(teams.apps, **DRY)


def _pod_in_its_namespace(api: client.ApiClient, teams: Teams) -> object:
    pod = _pod(serviceAccountName="tiller", automountServiceAccountToken=False, securityContext={"fsGroup": 65534})
    return client.CoreV1Api(api).create_namespaced_pod(teams.tiller, pod, **DRY)


def _token_of_another_account(api: client.ApiClient, teams: Teams) -> object:
    request = {"spec": {"expirationSeconds": 3600}}
    return client.CoreV1Api(api).create_namespaced_service_account_token("default", teams.apps, request, **DRY)


def _token_of_its_own_account(api: client.ApiClient, teams: Teams) -> object:
    request = {"spec": {"expirationSeconds": 3600}}
    return client.CoreV1Api(api).create_namespaced_service_account_token("tiller", teams.tiller, request, **DRY)


def _change_its_deployment(api: client.ApiClient, teams: Teams) -> object:
    spec = {"template": {"spec": {"containers": [{"name": "tiller", "args": ["--listen=:44134"]}]}}}
    return client.AppsV1Api(api).patch_namespaced_deployment("tiller-deploy", teams.tiller, {"spec": spec}, **DRY)


def _impersonating(user: str, **groups: str) -> Attempt:
    def call(api: client.ApiClient, teams: Teams) -> object:
        other, wanted = client.ApiClient(api.configuration), user.format(gold=teams.gold, apps=teams.apps)
        for name, value in {"User": wanted, **groups}.items():
            other.set_default_header(f"Impersonate-{name}", value)
        return _who(other) == wanted  # a question that everybody may ask

    return call


ATTEMPTS: dict[str, tuple[Attempt, str]] = {
    "create a Role, even of what it holds": (_create_role, "cannot create resource"),
    "bind cluster-admin in a managed namespace": (_bind_cluster_admin, "cannot create resource"),
    "bind cluster-admin in the cluster": (_bind_cluster_admin_everywhere, "cannot create resource"),
    "relabel a managed namespace": (_relabel, "cannot patch resource"),
    "delete a managed namespace": (_delete_namespace, "cannot delete resource"),
    "start a pod in its own namespace": (_pod_in_its_namespace, "cannot create resource"),
    "request a token of an account in a managed namespace": (_token_of_another_account, "cannot create resource"),
    "request a token of its own account": (_token_of_its_own_account, "cannot create resource"),
    "change its own Deployment": (_change_its_deployment, "cannot patch resource"),
    "impersonate the Tiller of another team": (
        _impersonating("system:serviceaccount:{gold}-tiller:tiller"),
        "cannot impersonate",
    ),
    "impersonate an account of a managed namespace": (
        _impersonating("system:serviceaccount:{apps}:default"),
        "cannot impersonate",
    ),
    "impersonate an administrator": (
        _impersonating("somebody", Group="system:masters"),
        "cannot impersonate",
    ),
}
"""Requests that nobody but an administrator may make, and what the API server says to Tiller."""


def test_the_token_is_that_of_tillers_own_account(tiller: client.ApiClient, teams: Teams) -> None:
    assert _who(tiller) == f"system:serviceaccount:{teams.tiller}:tiller"


@pytest.mark.parametrize(("attempt", "says"), [pytest.param(*case, id=name) for name, case in ATTEMPTS.items()])
def test_tiller_may_not(tiller: client.ApiClient, teams: Teams, attempt: Attempt, says: str) -> None:
    assert says in _refusal(lambda: attempt(tiller, teams))


@pytest.mark.parametrize("attempt", [pytest.param(attempt, id=name) for name, (attempt, _) in ATTEMPTS.items()])
def test_control_an_administrator_may(api: client.ApiClient, teams: Teams, attempt: Attempt) -> None:
    assert attempt(api, teams)


def _refusal(request: Callable[[], object], status: int = FORBIDDEN) -> str:
    """Make a request that must be refused, and return what the API server says."""
    with pytest.raises(client.ApiException) as refused:
        request()
    assert refused.value.status == status, refused.value.body
    return str(refused.value.body)


def _dry_pod(api: client.ApiClient, namespace: str, **spec: Any) -> object:
    return client.CoreV1Api(api).create_namespaced_pod(namespace, _pod(**spec), **DRY)


def test_a_pod_in_a_managed_namespace_cannot_run_as_tillers_account(tiller: client.ApiClient, teams: Teams) -> None:
    says = _refusal(lambda: _dry_pod(tiller, teams.apps, serviceAccountName="tiller"))
    assert f"error looking up service account {teams.apps}/tiller" in says.replace('\\"', "")


def test_control_a_pod_in_a_managed_namespace_runs_as_an_account_of_that_namespace(
    tiller: client.ApiClient, teams: Teams
) -> None:
    # And as any: each ServiceAccount of a managed namespace is as good as the team's own.
    assert _dry_pod(tiller, teams.apps, serviceAccountName="default")


PRIVILEGED = [{"name": "probe", "image": IMAGE, "securityContext": {"privileged": True}}]
HOST_PATH = [{"name": "root", "hostPath": {"path": "/"}}]
UNSAFE_PODS: dict[str, tuple[dict[str, Any], str]] = {
    "privileged": ({"containers": PRIVILEGED}, "privileged"),
    "a path of the host": ({"volumes": HOST_PATH}, "hostPath volumes"),
    "the host's network": ({"hostNetwork": True}, "host namespaces"),
    "the host's processes": ({"hostPID": True}, "host namespaces"),
}


@pytest.mark.parametrize(("spec", "says"), [pytest.param(*case, id=name) for name, case in UNSAFE_PODS.items()])
def test_pod_security_refuses_in_a_managed_namespace(
    tiller: client.ApiClient, teams: Teams, spec: dict[str, Any], says: str
) -> None:
    refused = _refusal(lambda: _dry_pod(tiller, teams.apps, **spec))
    assert 'violates PodSecurity \\"baseline:latest\\"' in refused
    assert says in refused


@pytest.mark.parametrize("spec", [pytest.param(spec, id=name) for name, (spec, _) in UNSAFE_PODS.items()])
def test_control_without_the_label_such_a_pod_is_accepted(
    api: client.ApiClient, namespace: str, spec: dict[str, Any]
) -> None:
    until(lambda: _has_account(api, namespace), "the namespace has its default ServiceAccount")
    assert _dry_pod(api, namespace, **spec)


@pytest.fixture
def namespace(api: client.ApiClient) -> Iterator[str]:
    """A namespace of nobody, without any label."""
    name = f"try-{uuid.uuid4().hex[:8]}"
    with existing(api, item("Namespace", name, "")):
        yield name


def _has_account(api: client.ApiClient, namespace: str) -> bool:
    listed = client.CoreV1Api(api).list_namespaced_service_account(namespace, field_selector="metadata.name=default")
    return bool(listed.items)


def _account_with(api: client.ApiClient, namespace: str, *rules: dict[str, Any]) -> client.ApiClient:
    """Return a client with the token of a new ServiceAccount that holds some rules in a namespace."""
    account, to = item("ServiceAccount", "holder", namespace), f"ServiceAccount {namespace}/holder"
    for one in (account, *granted(*rules, to=to, namespace=namespace, name="holder")):
        create(api, one)
    holder = _as_service_account(api, namespace, "holder")
    until(lambda: _may(holder, namespace, "create", "roles"), "the authorizer knows the Role")
    return holder


def _may(api: client.ApiClient, namespace: str, verb: str, resource: str) -> bool:
    attributes = {"namespace": namespace, "verb": verb, "group": RBAC, "resource": resource}
    review = {"spec": {"resourceAttributes": attributes}}
    return bool(client.AuthorizationV1Api(api).create_self_subject_access_review(review).status.allowed)


MAKE_ROLES = {"apiGroups": [RBAC], "resources": ["roles", "rolebindings"], "verbs": ["create", "update", "patch"]}
ESCALATE = {"apiGroups": [RBAC], "resources": ["roles"], "verbs": ["escalate"]}
BIND = {"apiGroups": [RBAC], "resources": ["clusterroles"], "verbs": ["bind"]}


def _grant_secrets(api: client.ApiClient, namespace: str) -> object:
    return client.RbacAuthorizationV1Api(api).create_namespaced_role(namespace, _role(READ_SECRETS), **DRY)


def _bind_admin(api: client.ApiClient, namespace: str) -> object:
    binding = _binding(CLUSTER_ADMIN, "holder", namespace)
    return client.RbacAuthorizationV1Api(api).create_namespaced_role_binding(namespace, binding, **DRY)


@pytest.mark.parametrize("grant", [_grant_secrets, _bind_admin])
def test_who_may_make_roles_cannot_grant_more_than_it_holds(
    api: client.ApiClient, namespace: str, grant: Callable[[client.ApiClient, str], object]
) -> None:
    holder = _account_with(api, namespace, MAKE_ROLES)
    refused = _refusal(lambda: grant(holder, namespace))
    assert "is attempting to grant RBAC permissions not currently held" in refused


def test_control_who_may_make_roles_can_grant_what_it_holds(api: client.ApiClient, namespace: str) -> None:
    assert _grant_secrets(_account_with(api, namespace, MAKE_ROLES, READ_SECRETS), namespace)


@pytest.mark.parametrize(("grant", "more"), [(_grant_secrets, ESCALATE), (_bind_admin, BIND)])
def test_control_with_escalate_or_bind_it_can_grant_anything(
    api: client.ApiClient, namespace: str, grant: Callable[[client.ApiClient, str], object], more: dict[str, Any]
) -> None:
    assert grant(_account_with(api, namespace, MAKE_ROLES, more), namespace)


@pytest.fixture
def named(api: client.ApiClient, teams: Teams) -> Iterator[str]:
    """A name for a Secret of a test; whatever has it in red's namespaces goes."""
    name = f"try-{uuid.uuid4().hex[:8]}"
    yield name
    core = client.CoreV1Api(api)
    for namespace in (teams.tiller, teams.apps):
        for found in core.list_namespaced_secret(namespace, field_selector=f"metadata.name={name}").items:
            core.delete_namespaced_secret(found.metadata.name, namespace)


def _token(api: client.ApiClient, namespace: str, name: str) -> str | None:
    """The token that the controller wrote into a Secret; empty: none yet; None: there is no such Secret."""
    listed = client.CoreV1Api(api).list_namespaced_secret(namespace, field_selector=f"metadata.name={name}").items
    return base64.b64decode((listed[0].data or {}).get("token", "")).decode() if listed else None


def test_a_token_secret_for_tillers_account_is_deleted_in_a_managed_namespace(
    api: client.ApiClient, tiller: client.ApiClient, teams: Teams, named: str
) -> None:
    client.CoreV1Api(tiller).create_namespaced_secret(teams.apps, _account_token(named, "tiller"))
    until(lambda: _token(api, teams.apps, named) is None, "the controller deletes it")


def test_control_a_token_secret_for_an_account_of_the_managed_namespace_is_filled(
    tiller: client.ApiClient, teams: Teams, named: str
) -> None:
    # Why each ServiceAccount of a managed namespace is as good as the team's own.
    client.CoreV1Api(tiller).create_namespaced_secret(teams.apps, _account_token(named, "default"))
    until(lambda: bool(_token(tiller, teams.apps, named)), "the controller fills it")
    assert _who(client_with(_token(tiller, teams.apps, named) or "", tiller)) == (
        f"system:serviceaccount:{teams.apps}:default"
    )


def test_known_gap_tiller_can_make_itself_a_token_that_never_ends(
    tiller: client.ApiClient, teams: Teams, named: str
) -> None:
    # It stores releases in Secrets, and RBAC knows no types of Secrets. The token gives no right that Tiller has not,
    # but outlives its pod, and ends with its Secret: after a break-in, look for Secrets of this type.
    client.CoreV1Api(tiller).create_namespaced_secret(teams.tiller, _account_token(named, "tiller"))
    until(lambda: bool(_token(tiller, teams.tiller, named)), "the controller fills it")
    stolen = _token(tiller, teams.tiller, named) or ""
    assert _who(client_with(stolen, tiller)) == f"system:serviceaccount:{teams.tiller}:tiller"
    claims = base64.urlsafe_b64decode(stolen.split(".")[1] + "==").decode()
    assert '"exp"' not in claims


def _tls_secret(api: client.ApiClient, teams: Teams) -> client.V1Secret:
    deployment = client.AppsV1Api(api).read_namespaced_deployment("tiller-deploy", teams.tiller)
    return client.CoreV1Api(api).read_namespaced_secret(tls_secret_name(deployment.spec.template), teams.tiller)


def test_tiller_cannot_change_its_tls_secret(api: client.ApiClient, tiller: client.ApiClient, teams: Teams) -> None:
    secret = _tls_secret(api, teams)
    secret.data["ca.crt"] = base64.b64encode(b"another CA").decode()
    update = client.CoreV1Api(tiller).replace_namespaced_secret
    says = _refusal(lambda: update(secret.metadata.name, teams.tiller, secret, **DRY), UNPROCESSABLE)
    assert "field is immutable when `immutable` is set" in says


def test_control_tiller_changes_a_secret_that_is_not_immutable(
    api: client.ApiClient, tiller: client.ApiClient, teams: Teams, named: str
) -> None:
    secret = _tls_secret(api, teams)
    core = client.CoreV1Api(tiller)
    core.create_namespaced_secret(teams.tiller, _secret(named, type=secret.type, data=secret.data))
    changed = secret.data | {"ca.crt": base64.b64encode(b"another CA").decode()}
    replaced = core.replace_namespaced_secret(
        named, teams.tiller, _secret(named, type=secret.type, data=changed), **DRY
    )
    assert replaced.data["ca.crt"] == changed["ca.crt"]


def test_known_gap_tiller_can_delete_its_tls_secret(
    api: client.ApiClient, tiller: client.ApiClient, teams: Teams
) -> None:
    # It deletes old releases, and RBAC cannot except one name. `pulumi up --refresh` restores the Secret.
    name = _tls_secret(api, teams).metadata.name
    assert client.CoreV1Api(tiller).delete_namespaced_secret(name, teams.tiller, **DRY)

"""The facts about the cluster, asked through the official Kubernetes client."""

import itertools
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import kubernetes
import urllib3

from secure_tiller.kubeconfig import Access
from secure_tiller.plan import MANAGED_BY, MANAGED_BY_LABEL, SELECTOR, TRUSTS_ANNOTATION
from secure_tiller.problems import ClusterError, Problem

# Not all releases of the client that serve have types.
clients: Any = kubernetes.client
load_kube_config: Any = kubernetes.config.load_kube_config
ConfigException: type[Exception] = kubernetes.config.ConfigException

TIMEOUT_SECONDS = (5, 20)
"""To connect, and to answer."""

UNAUTHORIZED, FORBIDDEN = 401, 403

ANONYMOUS = "system:anonymous"
"""The user whom the API server takes a request without credentials for (Kubernetes documentation, Authenticating)."""

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
"""What the client raises about an entry, or an answer, of a form that it does not expect."""

_TILLERS = ",".join(f"{key}={value}" for key, value in {**SELECTOR, MANAGED_BY_LABEL: MANAGED_BY}.items())
"""Selects the pods of our Tillers."""

MEND = "mend the context's server address, credentials and the files that they name, or choose another context"


@dataclass(frozen=True)
class FoundNamespace:
    """A namespace that the cluster has."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    terminating: bool = False
    """Whether it is being deleted: nothing can be created in it any more."""


@dataclass(frozen=True)
class FoundTiller:
    """A pod of one of our Tillers. It knows best whom it answers, whatever became of an update."""

    namespace: str
    trusts: frozenset[str]
    """Whom it answers (`TillerPlan.trusts`)."""
    stopping: bool
    """Whether it was told to stop: it ends the calls that run, and would answer new ones too."""


@dataclass(frozen=True)
class Facts:
    """What the cluster told."""

    server: str
    """Address of the API server."""
    uid: str
    version: tuple[int, int]
    namespaces: Mapping[str, FoundNamespace]
    """Every namespace, by name."""
    strangers_allowed: bool | None
    """Whether somebody made up may read the Secrets of kube-system; None when it was not asked, or not answered."""
    tillers: tuple[FoundTiller, ...] | None = ()
    """The pods of our Tillers in all namespaces; None when the cluster refused to tell."""


def ask(access: Access, deploying: bool) -> Facts:
    """Gather the facts from the real cluster, without retries.

    Raises:
        ClusterError: it does not answer, or refuses what is asked; the message names address, file and context.
    """
    configuration = _configuration(access)
    try:
        with clients.ApiClient(configuration) as client:
            return _gather(client, configuration.host, deploying)
    except clients.ApiException as error:
        reason = f"it refused what is asked before an update: {error.status} {error.reason}"
        raise _no_answer(access, configuration.host, reason, _remedy(error)) from error
    except UNREADABLE as error:
        # The error is not shown: it can quote the request, which holds credentials.
        reason = f"what the context says cannot be sent, or what answers is no Kubernetes ({type(error).__name__})"
        raise _no_answer(access, configuration.host, reason, MEND) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        remedy = "start the cluster, or choose another kubeconfig or context"
        raise _no_answer(access, configuration.host, f"it cannot be reached: {error}", remedy) from error


def tillers(access: Access, namespace: str) -> tuple[FoundTiller, ...]:
    """Return the pods of our Tiller in a namespace.

    Raises:
        ClusterError: the cluster does not answer, or refuses to tell.
    """
    configuration = _configuration(access)
    try:
        with clients.ApiClient(configuration) as client:
            pods = clients.CoreV1Api(client).list_namespaced_pod(
                namespace, label_selector=_TILLERS, _request_timeout=TIMEOUT_SECONDS
            )
            return tuple(_tillers(pods.items))
    except (clients.ApiException, urllib3.exceptions.HTTPError, OSError, *UNREADABLE) as error:
        reason = f"it does not tell which pods run in {namespace} ({type(error).__name__})"
        raise _no_answer(access, configuration.host, reason, "see that it answers, and run the update again") from error


def _configuration(access: Access) -> Any:
    """Return what the context says, as the client takes it."""
    configuration = clients.Configuration(host="")  # its own default would be this machine
    try:
        load_kube_config(
            str(access.kubeconfig), access.context, client_configuration=configuration, persist_config=False
        )
    except (ConfigException, OSError, *UNREADABLE) as error:
        # The error is not shown: it can quote the file, which holds credentials.
        reason = f"an entry of this context cannot be read ({type(error).__name__})"
        raise _no_answer(access, "", reason, MEND) from error
    if not configuration.host:
        raise _no_answer(access, "", "its cluster cannot be called: there is no server address", MEND)
    configuration.retries = False
    return configuration


def _remedy(error: Any) -> str:
    # Where a login program fails, the client goes on without credentials, and many clusters take it for a guest.
    if error.status == UNAUTHORIZED or ANONYMOUS in str(error.body):
        return (
            "the credentials were not accepted: log in anew; if the context names a program for that, see that it runs"
        )
    return "use an account that may get and list namespaces"


def _no_answer(access: Access, server: str, reason: str, remedy: str) -> ClusterError:
    place = f"context {access.context} of {access.kubeconfig}"
    return ClusterError([Problem("", f"cluster at {server or '(unknown address)'}", f"({place})", reason, remedy)])


def _gather(client: Any, server: str, deploying: bool) -> Facts:
    core = clients.CoreV1Api(client)
    version = clients.VersionApi(client).get_code(_request_timeout=TIMEOUT_SECONDS)
    kube_system = core.read_namespace("kube-system", _request_timeout=TIMEOUT_SECONDS)
    listed = core.list_namespace(_request_timeout=TIMEOUT_SECONDS).items
    namespaces = {namespace.metadata.name: _found(namespace.metadata) for namespace in listed}
    return Facts(
        server=server,
        uid=kube_system.metadata.uid,
        version=(_digits(version.major), _digits(version.minor)),
        namespaces=namespaces,
        strangers_allowed=_strangers_allowed(client) if deploying else None,
        tillers=_all_tillers(core, namespaces),
    )


def _found(metadata: Any) -> FoundNamespace:
    terminating = metadata.deletion_timestamp is not None
    return FoundNamespace(metadata.labels or {}, metadata.annotations or {}, terminating)


def _strangers_allowed(client: Any) -> bool | None:
    """Ask whether somebody whom nobody can know may read the Secrets of kube-system; None if the review is refused.

    The made-up user is in system:authenticated, so that a binding which makes everybody an admin is found too.
    """
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": f"secure-tiller-nobody-{uuid.uuid4()}",
            "groups": ["system:authenticated"],
            "resourceAttributes": {"verb": "get", "resource": "secrets", "namespace": "kube-system"},
        },
    }
    api = clients.AuthorizationV1Api(client)
    try:
        answer = api.create_subject_access_review(review, _request_timeout=TIMEOUT_SECONDS)
    except clients.ApiException as error:
        if error.status == FORBIDDEN:
            return None
        raise
    return bool(answer.status.allowed)


def _all_tillers(core: Any, namespaces: Mapping[str, FoundNamespace]) -> tuple[FoundTiller, ...] | None:
    """Look at all namespaces at once, or where that is refused at those that we made, one by one."""
    ours = [name for name, found in namespaces.items() if found.labels.get(MANAGED_BY_LABEL) == MANAGED_BY]
    for listings in ([core.list_pod_for_all_namespaces], [partial(core.list_namespaced_pod, name) for name in ours]):
        try:
            pods = [list_pods(label_selector=_TILLERS, _request_timeout=TIMEOUT_SECONDS) for list_pods in listings]
        except clients.ApiException as error:
            if error.status != FORBIDDEN:
                raise
        else:
            return tuple(_tillers(itertools.chain(*(listed.items for listed in pods))))
    return None


def _tillers(pods: Iterable[Any]) -> Iterator[FoundTiller]:
    for pod in pods:
        if pod.status.phase not in ("Succeeded", "Failed"):
            words = (pod.metadata.annotations or {}).get(TRUSTS_ANNOTATION, "").split()
            stopping = pod.metadata.deletion_timestamp is not None
            yield FoundTiller(pod.metadata.namespace, frozenset(words), stopping)


def _digits(text: str) -> int:
    """Return the number at the start of a part of the version: providers write `30+`."""
    match = re.match(r"\d+", text)
    return int(match.group()) if match else 0

"""How the cluster is called, and what is said when it cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import kubernetes
import urllib3
import yaml

from secure_tiller.problems import ClusterError, Problem
from secure_tiller_stack.kubeconfig import Access

# Not all releases of the client that serve have types.
clients: Any = kubernetes.client
_config: Any = kubernetes.config
ConfigException: type[Exception] = kubernetes.config.ConfigException

TIMEOUT_SECONDS = (5, 20)
"""To connect, and to answer."""

AT_ONCE = 4
"""Questions at the same time: as many connections as the client keeps."""

ANONYMOUS = "system:anonymous"
"""The user whom the API server takes a request without credentials for (Kubernetes documentation, Authenticating)."""

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
"""The errors of the client about an entry, or an answer, of a form that it does not expect."""

CONTEXT_REMEDY = "correct the context's server address, credentials and their files, or choose another context"


@contextmanager
def calling(
    access: Access, asked: str = "what is asked before an update", right: str = "get and list namespaces"
) -> Iterator[Any]:
    """Give the client of the official library for a context, without retries.

    Args:
        access: how to reach the cluster.
        asked: the request that it may refuse, for the message.
        right: the right that the request takes, for the remedy.

    Raises:
        ClusterError: it does not answer, or refuses what is asked; the message names address, file and context.
    """
    configuration = _configuration(access)
    try:
        with clients.ApiClient(configuration) as client:
            yield client
    except clients.ApiException as error:
        reason = f"it refused {asked}: {error.status} {error.reason}"
        raise no_answer(access, configuration.host, reason, _remedy(error, right)) from error
    except UNREADABLE as error:
        # The error is not shown: it can quote the request, which holds credentials.
        reason = f"what the context says cannot be sent, or what answers is no Kubernetes ({type(error).__name__})"
        raise no_answer(access, configuration.host, reason, CONTEXT_REMEDY) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        remedy = "start the cluster, or choose another kubeconfig or context"
        raise no_answer(access, configuration.host, f"it cannot be reached: {error}", remedy) from error


def _configuration(access: Access) -> Any:
    """Return what the context says, as the client takes it."""
    configuration = clients.Configuration(host="")  # its own default would be this machine
    try:
        _load(access, configuration)
    except (ConfigException, OSError, *UNREADABLE) as error:
        # The error is not shown: it can quote the file, which holds credentials.
        reason = f"an entry of this context cannot be read ({type(error).__name__})"
        raise no_answer(access, "", reason, CONTEXT_REMEDY) from error
    if not configuration.host:
        raise no_answer(access, "", "its cluster cannot be called: there is no server address", CONTEXT_REMEDY)
    configuration.retries = False
    return configuration


def _remedy(error: Any, right: str) -> str:
    # Where a login program fails, the client goes on without credentials, and many clusters take it for a guest.
    if error.status == HTTPStatus.UNAUTHORIZED or ANONYMOUS in str(error.body):
        return (
            "the credentials were not accepted: log in again; if the context names a program for that, see that it runs"
        )
    return f"use an account that may {right}"


def _load(access: Access, configuration: Any) -> None:
    settings = {"context": access.context, "client_configuration": configuration, "persist_config": False}
    if access.content:
        _config.load_kube_config_from_dict(yaml.safe_load(access.content), **settings)
    else:
        _config.load_kube_config(str(access.kubeconfig), **settings)


def no_answer(access: Access, server: str, reason: str, remedy: str) -> ClusterError:
    return ClusterError(
        [Problem("", f"cluster at {server or '(unknown address)'}", f"({access.place})", reason, remedy)]
    )

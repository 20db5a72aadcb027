"""Calls to the cluster, and the errors when it cannot be called."""

import base64
import binascii
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes
import urllib3

from secure_tiller.problems import ClusterError, Problem, plain
from secure_tiller_stack.cluster import login
from secure_tiller_stack.cluster.entries import Entries, Entry, EntryError, context, read
from secure_tiller_stack.cluster.identity import Identity, send
from secure_tiller_stack.cluster.proxy import credentials, proxy
from secure_tiller_stack.kubeconfig import Access

# Not all releases of the client that serve have types.
clients: Any = kubernetes.client

TIMEOUT_SECONDS = (5, 20)
"""To connect, and to answer."""

AT_ONCE = 4
"""Requests at the same time: as many as the client keeps connections."""

ANONYMOUS = "system:anonymous"
"""The user whom the API server takes a request without credentials for (Kubernetes documentation, Authenticating)."""

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
"""The errors that an entry or an answer of an unexpected form raises."""

CORRECT = "correct the context's server address, credentials and the files that they name, or choose another context"

_unverified: set[str] = set()
"""The clusters for which the warning has been printed that nobody verifies them."""


class AnswerError(ValueError):
    """A request cannot be sent, or its answer is not one of a Kubernetes API server. The message quotes neither."""


class TlsError(OSError):
    """There is no TLS with the API server: it does not verify, or it refuses the client's certificate."""


@contextmanager
def answering() -> Iterator[None]:
    """Surround only the code that reads an answer: a bug elsewhere must not be reported as the server's.

    Raises:
        AnswerError: the answer does not have the expected form.
    """
    try:
        yield
    except AnswerError:
        raise
    except UNREADABLE as error:
        raise AnswerError(type(error).__name__) from error


@contextmanager
def calling(
    access: Access,
    asked: str = "what is asked before an update",
    right: str = "get and list namespaces; all rights that an update needs stand in docs/deployer.yaml",
) -> Iterator[Any]:
    """Give the client of the official library for a context, without retries.

    Args:
        access: how to reach the cluster.
        asked: the requests that it may refuse, for the message.
        right: the right that the request takes, for the remedy.

    Raises:
        ClusterError: it does not answer, or refuses a request; the message names address, file and context.
    """
    server = ""
    try:
        entries = _entries(access)
        # OpenSSL reads keys from files alone; they are gone before the first request, however the process ends.
        with tempfile.TemporaryDirectory(prefix="secure-tiller-") as folder, answering():
            server = entries.cluster["server"].rstrip("/")
            made = _client(entries, server, Path(folder))
        with made as client:
            yield client
    except EntryError as error:
        raise no_answer(access, server, str(error), error.remedy) from error
    except clients.ApiException as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            login.forget(entries)
        reason = f"it refused {asked}: {error.status} {error.reason}"
        raise no_answer(access, server, reason, _remedy(error, right)) from error
    except AnswerError as error:
        # The error itself is not shown: it can quote the request, which holds credentials.
        reason = f"the context's values cannot be sent, or the server is no Kubernetes API server ({error})"
        raise no_answer(access, server, reason, CORRECT) from error
    except TlsError as error:
        raise no_answer(access, server, f"there is no TLS with it: {error}", CORRECT) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        remedy = "start the cluster, or choose another kubeconfig or context"
        raise no_answer(access, server, f"it cannot be reached: {error}", remedy) from error


def _entries(access: Access) -> Entries:
    try:
        return read(access)
    except (OSError, *UNREADABLE) as error:
        # The error is not shown: it can quote the file, which holds credentials.
        reason = f"an entry of this context cannot be read ({type(error).__name__})"
        raise no_answer(access, "", reason, CORRECT) from error


def _client(entries: Entries, server: str, folder: Path) -> Any:
    """Return a client for the entries of a context, whose certificates are in a folder until it is made.

    Raises:
        EntryError: a field cannot be used.
    """
    identity = Identity(entries)
    # If the login program fails, it fails here, and does not look like a cluster that does not answer.
    sent = [name for name, _ in identity.headers()]
    configuration = clients.Configuration(host=server)
    configuration.retries = False
    configuration.tls_server_name = entries.cluster.get("tls-server-name")
    configuration.proxy, configuration.no_proxy = proxy(entries.cluster), None
    configuration.proxy_headers = credentials(configuration.proxy)
    configuration.verify_ssl = not entries.cluster.get("insecure-skip-tls-verify", False)
    if configuration.proxy and not server.startswith("https:") and len(set(sent)) < len(sent):
        # urllib3 joins headers of one name into one for such a proxy, and the API server would read one value.
        why = "or as-user-extra: several values cannot be sent through a proxy without TLS"
        raise EntryError("as-groups", why, "use https:// for the server")
    tls = None
    if server.startswith("https:"):
        configuration.ssl_ca_cert = _file(entries, entries.cluster, "certificate-authority", folder)
        certificate = _certificate(entries, folder)
        tls = context(configuration.ssl_ca_cert, *certificate, verifies=configuration.verify_ssl)
        if configuration.proxy:
            # One of https:// is verified by the same CAs, as with kubectl. It is not shown the certificate.
            configuration.proxy_ssl_context = context(configuration.ssl_ca_cert, verifies=configuration.verify_ssl)
        if not configuration.verify_ssl:
            _warn_once(server, configuration.proxy)
    try:
        client = clients.ApiClient(configuration)
        # The context has all CAs; urllib3 would add those that it is given at each connection.
        client.rest_client.pool_manager.connection_pool_kw.update(ssl_context=tls, ca_certs=None)
    except Exception as error:
        # Every error counts, and none is shown: it can quote credentials. Nothing has been sent yet.
        raise EntryError("cluster", f"the Kubernetes client cannot use it ({type(error).__name__})", CORRECT) from error
    send(client, identity.headers)
    client.impersonates = any(name.startswith("Impersonate-") for name in sent)
    return client


def _certificate(entries: Entries, folder: Path) -> tuple[str | None, str | None]:
    """Return the files of the client's certificate and key: the entry's, else the login program's."""
    if not entries.asks_login_program:
        certificate, key = (_file(entries, entries.user, f"client-{word}", folder) for word in ("certificate", "key"))
        return certificate, key
    given = login.login(entries)
    if not given.key:
        return None, None
    return _written(folder / "given-certificate", given.certificate.encode()), _written(
        folder / "given-key", given.key.encode()
    )


def _file(entries: Entries, values: Entry, field: str, folder: Path) -> str | None:
    """Return the file of a field, or a file with the content of its `-data`; None: there is neither."""
    named = entries.file(values, field)
    if named or f"{field}-data" not in values:
        return str(named) if named else None
    try:
        return _written(folder / field, base64.b64decode(values[f"{field}-data"]))
    except (binascii.Error, ValueError) as error:
        raise EntryError(f"{field}-data", "cannot be read as base64") from error


def _written(path: Path, content: bytes) -> str:
    path.write_bytes(content)  # only its owner can read its folder
    return str(path)


def _warn_once(server: str, way: str | None) -> None:
    """Warn once about a cluster that nobody verifies; urllib3 would warn at each request."""
    for host in {urlsplit(address).hostname or "" for address in (server, way or server)}:
        warnings.filterwarnings("ignore", f".*'{re.escape(host)}'", category=urllib3.exceptions.InsecureRequestWarning)
    if server not in _unverified:
        _unverified.add(server)
        words = f"warning: {server} is not verified: insecure-skip-tls-verify is set; credentials go to whoever answers"
        print(plain(words), file=sys.stderr)


def _remedy(error: Any, right: str) -> str:
    if error.status == HTTPStatus.UNAUTHORIZED or ANONYMOUS in str(error.body):
        return "the credentials were not accepted, or there are none: log in again, or choose another context"
    return f"use an account that may {right}"


def no_answer(access: Access, server: str, reason: str, remedy: str) -> ClusterError:
    return ClusterError(
        [Problem("", f"cluster at {server or '(unknown address)'}", f"({access.place})", reason, remedy)]
    )

"""One request of the API server: JSON is sent and received, within limits of time and size.

The client's own models are not used: they refuse fields that they do not know, and metadata alone has not their form.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar

from secure_tiller_stack.cluster.connection import ANONYMOUS, TIMEOUT_SECONDS, AnswerError, TlsError, answering, clients
from secure_tiller_stack.foreign_data import json_value

REQUEST_SECONDS = 60.0
"""Until an answer is there whole; `TIMEOUT_SECONDS` limits each wait for a piece of it."""
LARGEST_ANSWER = 512 * 2**20
"""Bytes. A page of the largest objects that Kubernetes keeps, of 1.5 MiB each, is never reached in practice."""
_PIECE = 2**16

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
"""Of a body that holds the changed fields alone (RFC 7396)."""
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
"""The same, but certain lists are merged item by item (Kubernetes documentation, Update API objects in place)."""

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")
_Otherwise = TypeVar("_Otherwise")


def call(
    client: Any,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Any = None,
    accept: str = JSON,
    sends: str = JSON,
    headers: Mapping[str, str] | None = None,
    until: float | None = None,
) -> Any:
    """Return the answer of the API server to one request, without retries.

    Args:
        client: of the official library.
        method: of HTTP.
        path: quoted, from the root: `/api/v1/pods`.
        query: parameters; empty ones are left out.
        body: plain data.
        accept: the form of the answer.
        sends: the form of the body.
        headers: further HTTP headers.
        until: when the answer must be there, by `time.monotonic`; never later than in `REQUEST_SECONDS`.

    Raises:
        ApiException: it refuses, with its status and the text of its answer as `body`.
        TlsError: it does not verify, or refuses the client's certificate.
        TimeoutError: the answer takes too long.
        AnswerError: the request cannot be sent, or the answer is no JSON, or exceeds the limits.
    """
    last = min(time.monotonic() + REQUEST_SECONDS, until or float("inf"))
    sent = {"Accept": accept, "Content-Type": sends, **(headers or {})}
    with answering():
        answer = _answer(client, method, path, query or {}, body, sent)
        with closing(getattr(answer, "response", answer)) as unread:
            content = _content(unread, last)
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        error = clients.ApiException(status=answer.status, reason=answer.reason)
        error.body = content.decode(errors="replace")
        raise error
    with answering():
        return json_value(content)


def _answer(
    client: Any, method: str, path: str, query: Mapping[str, str], body: Any, headers: Mapping[str, str]
) -> Any:
    sent: dict[str, Any] = {
        "header_params": dict(headers),
        "query_params": [(key, value) for key, value in query.items() if value],
        "body": body,
        "auth_settings": ["BearerToken"],
    }
    try:
        if hasattr(client, "param_serialize"):  # from release 37 on
            return client.call_api(*client.param_serialize(method, path, **sent), _request_timeout=TIMEOUT_SECONDS)
        unread = {"_preload_content": False, "_return_http_data_only": True}
        return client.call_api(path, method, **sent, **unread, _request_timeout=TIMEOUT_SECONDS)
    except clients.ApiException as error:
        if error.status:  # releases before 37 raise an answer of a refusal
            raise
        # There was no answer. The last line says why there is no TLS.
        raise TlsError(str(error.reason).splitlines()[-1]) from error


def _content(unread: Any, last: float) -> bytes:
    read = getattr(unread, "read1", unread.read)  # urllib3 before 2.1 waits until a piece is full
    content = bytearray()
    while piece := read(_PIECE):
        content += piece
        if len(content) > LARGEST_ANSWER:
            raise AnswerError("the answer is too large")
        if time.monotonic() > last:
            raise TimeoutError("the answer takes too long")
    return bytes(content)


def message(error: Any) -> str:
    """Return what the API server says of a refusal; its reason where it says nothing."""
    try:
        return str(json_value(error.body or "")["message"])
    except (ValueError, TypeError, KeyError):
        return str(error.reason)


def fields(error: Any) -> tuple[str, ...]:
    """Return the paths of the fields that the API server names in a refusal, without their values."""
    try:
        causes = json_value(error.body or "")["details"]["causes"]
        return tuple(dict.fromkeys(str(cause["field"]) for cause in causes))
    except (ValueError, TypeError, KeyError):
        return ()


def unless_refused(
    otherwise: _Otherwise,
    ask: Callable[_Arguments, _Answer],
    *arguments: _Arguments.args,
    **named: _Arguments.kwargs,
) -> _Answer | _Otherwise:
    """Return what a function is answered by the API server; `otherwise` where the account has no right to it.

    Raises:
        ApiException: the API server fails otherwise than by refusing.
    """
    try:
        return ask(*arguments, **named)
    except clients.ApiException as error:
        if not lacks_right(error):
            raise
        return otherwise


def lacks_right(error: Any) -> bool:
    """Return whether the API server knows who asks, and gives the account no right."""
    return bool(error.status == HTTPStatus.FORBIDDEN) and ANONYMOUS not in str(error.body)

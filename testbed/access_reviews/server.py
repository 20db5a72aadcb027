"""An API server that is asked thousands of questions a second."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from kubernetes import client
from urllib3 import HTTPHeaderDict

from testbed.access_reviews.rules import Request, Rule, Subject

_GROUP = "authorization.k8s.io/v1"


class Judge(Protocol):
    """Whoever decides what a subject may do."""

    def allows(self, subject: Subject, request: Request) -> bool:
        """Return whether a subject may make a request."""


class ReviewError(Exception):
    """The API server did not answer a question; the text is what it said instead."""


class Server:
    """An API server, asked over the connections of an official client, but without its layers: they cost most of it."""

    def __init__(self, api: client.ApiClient) -> None:
        """Use a client's credentials and its pool of connections.

        Args:
            api: of somebody who may create SubjectAccessReviews.
        """
        self._pool = api.rest_client.pool_manager.connection_from_url(api.configuration.host)
        headers: dict[str, str] = {"Content-Type": "application/json"}
        api.update_params_for_auth(headers, [], ["BearerToken"], "", "", None)
        self._headers = HTTPHeaderDict(headers)

    def get(self, path: str) -> Any:
        """Return the JSON document at a path.

        Raises:
            ReviewError: there is none.
        """
        return self._ask("GET", path, None)

    def allows(self, subject: Subject, request: Request) -> bool:
        """Ask whether a subject may make a request.

        Raises:
            ReviewError: there was no answer, or one that the authorizer could not complete.
        """
        spec = {"user": subject.user, "groups": subject.groups, **_attributes(request)}
        status = self._review("SubjectAccessReview", spec)
        if "evaluationError" in status:
            raise ReviewError(f"{subject.user}: {request}: {status['evaluationError']}")
        return bool(status["allowed"])

    def rules(self, subject: Subject, namespace: str) -> set[Rule]:
        """Return every rule that covers a subject in a namespace, as RBAC lists them: none can hide behind a name.

        The API server tells it only about whoever asks, so it is asked as the subject.
        """
        headers = HTTPHeaderDict({"Impersonate-User": subject.user})
        for group in subject.groups:
            headers.add("Impersonate-Group", group)
        status = self._review("SelfSubjectRulesReview", {"namespace": namespace}, headers)
        return {Rule.of(listed) for listed in (*status["resourceRules"], *status["nonResourceRules"])}

    def _review(self, kind: str, spec: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Any:
        review = {"apiVersion": _GROUP, "kind": kind, "spec": spec}
        return self._ask("POST", f"/apis/{_GROUP}/{kind.lower()}s", json.dumps(review), headers)["status"]

    def _ask(self, method: str, path: str, body: str | None, more: Mapping[str, str] | None = None) -> Any:
        headers = self._headers if more is None else self._headers | more
        answer = self._pool.request(method, path, body=body, headers=headers)
        if answer.status >= 300:
            raise ReviewError(f"{method} {path}: {answer.status}: {answer.data.decode(errors='replace')}")
        return json.loads(answer.data)


def _attributes(request: Request) -> dict[str, object]:
    if request.path:
        return {"nonResourceAttributes": {"path": request.path, "verb": request.verb}}
    resource, _, subresource = request.resource.partition("/")
    return {
        "resourceAttributes": {
            "verb": request.verb,
            "group": request.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": request.namespace,
            "name": request.name,
        }
    }

"""Dry runs: what the API server would answer if an object were created.

They run as Tiller's account if the caller may impersonate it, because the API server judges by its rights and by the
admission rules for it. Otherwise they run as the caller.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from secure_tiller_cli.charts import Manifest
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_stack.cluster.api import JSON, call, fields, message
from secure_tiller_stack.cluster.connection import clients
from secure_tiller_stack.cluster.reviews import NoAnswerError, held
from tiller_facts import values
from tiller_facts.kinds import SERVICE_ACCOUNTS
from tiller_facts.rbac import Right, account_user

_VIOLATES = "violates PodSecurity"
_NOT_DRY = "does not support dry run"
"""The answer of the API server, with status 400, for an admission webhook with side effects (Kubernetes documentation,
Dynamic Admission Control, Side effects)."""
_INVALID = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
_NO_RIGHT = re.compile(r'User ".*" cannot (create|get|impersonate|patch) resource ')

_TEXT = r'"(?:[^"\\]|\\.)*"'
_VALUES = re.compile(
    r"((?:Invalid|Unsupported|Duplicate|illegal|invalid label) value:? |Too long: |Not found: |pars(?:e|ing) (time )?)"
    rf"(?:{_TEXT}|[\w.&*]*[\[{{].*[\]}}]|[^\s:;,]+)",
    re.DOTALL,
)
"""How the API server quotes a value of an object (apimachinery, util/validation/field; Go, strconv)."""
_CONTEXT = re.compile(r"error found in #.*", re.DOTALL)
"""How an API server before Kubernetes 1.23 quotes an object that it cannot decode (json-iterator)."""
_MOST = 10_000
"""Values of Secrets that are searched for in a message; beyond, none of it is shown, because each search takes time."""
_SHORTEST = 4
"""Characters: a shorter value of a Secret is not searched for in messages."""


class Way(StrEnum):
    """The account of a dry run."""

    TILLER = "asked as Tiller's account"
    CALLER = "asked as you"


@dataclass(frozen=True)
class Answer:
    """The answer of the API server to one dry run."""

    status: int
    """The HTTP status; 200 for every success."""
    message: str
    """It holds no value of a Secret."""
    way: Way
    lacks_right: bool = False
    """Whether the account that asked may not do this at all, whatever the object is."""

    @property
    def violation(self) -> str:
        """How a pod violates Pod Security, in the API server's words; empty: it does not."""
        refused = self.status == HTTPStatus.FORBIDDEN and _VIOLATES in self.message
        return self.message[self.message.index(_VIOLATES) :] if refused else ""

    @property
    def fault(self) -> str:
        """The reason why the object is invalid; empty: the API server does not say that it is."""
        if self.status not in _INVALID or _NOT_DRY in self.message:
            return ""
        return self.message.partition("is invalid: ")[2] or self.message


@dataclass(frozen=True)
class Asker:
    """Sends the dry runs of one chart."""

    client: Any
    tiller: DeployedTiller
    way: Way
    secrets: frozenset[str]
    """The values of the chart's Secrets."""

    @classmethod
    def of(cls, client: Any, tiller: DeployedTiller, manifests: Iterable[Manifest]) -> "Asker":
        """Return one for Tiller's account if the caller may impersonate it, else for the caller."""
        hidden = frozenset(text for each in manifests if each.kind == "Secret" for text in _secret_values(each))
        return cls(client, tiller, Way.TILLER if _may_impersonate(client, tiller) else Way.CALLER, hidden)

    def ask(
        self,
        manifest: Manifest,
        path: str,
        body: Mapping[str, Any],
        *,
        method: str = "POST",
        sends: str = JSON,
        way: Way | None = None,
    ) -> Answer:
        """Return the answer of the API server to an object of the chart, or to the pod or patch made from it.

        Args:
            manifest: the object.
            path: of the request, quoted.
            body: sent unchanged: the client's own models refuse fields that they do not know.
            method: the HTTP method.
            sends: the content type of the body.
            way: the account; None: Tiller's, if that is possible.
        """
        way = way or self.way
        user = account_user(self.tiller.namespace, self.tiller.service_account)
        # The API server adds the groups of a ServiceAccount itself (Kubernetes documentation, User impersonation).
        headers = {"Impersonate-User": user} if way is Way.TILLER else {}
        try:
            call(self.client, method, path, query={"dryRun": "All"}, body=body, sends=sends, headers=headers)
        except clients.ApiException as error:
            lacks_right = error.status == HTTPStatus.FORBIDDEN and bool(_NO_RIGHT.search(message(error)))
            return Answer(error.status, self._shown(manifest, error), way, lacks_right)
        return Answer(HTTPStatus.OK, "", way)

    def _shown(self, manifest: Manifest, error: Any) -> str:
        """Return the API server's message without the values that it quotes."""
        said = message(error)
        if (manifest.kind == "Secret" or len(self.secrets) > _MOST) and not _NO_RIGHT.search(said):
            where = ", ".join(fields(error)) or "its form"
            return f"{where} (what the API server says is not shown: it can quote a Secret)"
        said = _CONTEXT.sub("(not shown)", _VALUES.sub(r"\1(not shown)", said))
        for text in sorted(self.secrets, key=len, reverse=True):
            said = said.replace(text, "(not shown)")
        return said


def _may_impersonate(client: Any, tiller: DeployedTiller) -> bool:
    if getattr(client, "impersonates", False):  # one identity at a time
        return False
    right = Right.on(SERVICE_ACCOUNTS, "impersonate", tiller.namespace, tiller.service_account)
    try:
        return bool(held(client, [right]))
    except NoAnswerError:
        return False


def _secret_values(secret: Manifest) -> Iterator[str]:
    for part in ("data", "stringData"):
        found = values.at(secret.content, part)
        for text in found.values() if isinstance(found, Mapping) else ():
            forms = {form for each in (str(text), _decoded(text)) for form in _forms(each)}
            yield from (form for form in forms if len(form) >= _SHORTEST)


def _forms(text: str) -> Iterator[str]:
    """Yield a value and its lines as a message can quote them: unchanged, as JSON writes a string, and in base64."""
    for each in (text, *text.splitlines()):
        yield each.strip()
        yield json.dumps(each)[1:-1]
        yield json.dumps(each, ensure_ascii=False)[1:-1]
        yield base64.b64encode(each.encode()).decode()


def _decoded(text: Any) -> str:
    try:
        return base64.b64decode(str(text), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""

"""The identity of a request: the headers that each request carries, as kubectl sends them."""

import base64
import binascii
import string
import time
from collections.abc import Callable, Iterator
from typing import Any

import urllib3

from secure_tiller_stack.cluster.entries import Entries, EntryError
from secure_tiller_stack.cluster.login import login
from secure_tiller_stack.foreign_data import json_value

TOKEN_FILE_SECONDS = 60.0
"""How long the content of a token file is taken for current (client-go, transport/token_source.go)."""

_HEADER_KEY = frozenset(string.ascii_letters + string.digits + "!#$&'*+-.^_`|~")
"""The characters that the name of a header holds as they are; `%` marks the rest."""

Headers = tuple[tuple[str, str], ...]


class Identity:
    """The credentials of a context's user, and whom they impersonate."""

    def __init__(self, entries: Entries) -> None:
        """Keep the entries; nothing is read or run yet."""
        self._entries = entries
        self._impersonation = tuple(_impersonation(entries.user))
        self._read = ("", 0.0)

    def headers(self) -> Headers:
        """Return the headers of a request that is made now.

        Raises:
            EntryError: the credentials cannot be had.
        """
        authorization = self._authorization()
        return (*((("Authorization", authorization),) if authorization else ()), *self._impersonation)

    def _authorization(self) -> str:
        user = self._entries.user
        if "tokenFile" in user:
            return f"Bearer {self._token_file()}"
        if "token" in user:
            return f"Bearer {user['token']}"
        if "username" in user or "password" in user:
            pair = f"{user.get('username', '')}:{user.get('password', '')}"
            return f"Basic {base64.b64encode(pair.encode()).decode()}"
        if "auth-provider" in user:
            return f"Bearer {_oidc_token(user['auth-provider'])}"
        token = login(self._entries).token if self._entries.asks_login_program else ""
        return f"Bearer {token}" if token else ""

    def _token_file(self) -> str:
        """Return the token of the file; the field `token` where the file cannot be read, as kubectl does."""
        token, at = self._read
        if token and time.monotonic() - at < TOKEN_FILE_SECONDS:
            return token
        user = self._entries.user
        try:
            found = self._entries.file(user, "tokenFile")
            token = found.read_text().strip() if found else ""
        except (EntryError, OSError):
            token = ""
            if "token" not in user:
                raise
        token = token or user.get("token", "")
        if not token:
            raise EntryError("tokenFile", "the file is empty", "let whoever issues the token write it")
        self._read = (token, time.monotonic())
        return token


def send(client: Any, headers: Callable[[], Headers]) -> None:
    """Let each request of a client of the official library carry these headers too.

    The client itself cannot send a header twice, as each impersonated group takes.
    """
    pool = client.rest_client.pool_manager
    plain = pool.request

    def request(method: str, url: str, *arguments: Any, **named: Any) -> Any:
        sent = urllib3.HTTPHeaderDict(named.pop("headers", None) or {})
        for name, value in headers():
            sent.add(name, value)
        return plain(method, url, *arguments, headers=sent, **named)

    pool.request = request


def _impersonation(user: Any) -> Iterator[tuple[str, str]]:
    """Yield the headers of Kubernetes documentation, Authenticating, User impersonation."""
    values = [("User", user.get("as")), ("Uid", user.get("as-uid"))]
    values += [("Group", group) for group in user.get("as-groups", ())]
    for key, extras in user.get("as-user-extra", {}).items():
        name = "".join(each if each in _HEADER_KEY else _escaped(each) for each in key)
        values += [(f"Extra-{name}", extra) for extra in extras]
    for name, value in values:
        if value:
            # Headers are sent as Latin-1, and Go reads UTF-8.
            yield f"Impersonate-{name}", value.encode().decode("latin-1")


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def _oidc_token(provider: Any) -> str:
    """Return the token of an `auth-provider`: of OpenID Connect, while it is valid. Renewing it is kubectl's part."""
    field = "auth-provider"
    if provider.get("name") != "oidc":
        why = "only `oidc` can be used; kubectl too has given up the others"
        raise EntryError(field, why, "write an `exec` entry, as gke-gcloud-auth-plugin and kubelogin do")
    settings = provider.get("config")
    token = settings.get("id-token") if isinstance(settings, dict) else None
    remedy = "renew it with: kubectl auth whoami; or use kubelogin in an `exec` entry"
    try:
        ends = json_value(base64.urlsafe_b64decode(str(token).split(".")[1] + "=="))["exp"]
        if ends > time.time():
            return str(token)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, binascii.Error) as error:
        raise EntryError(field, "its config has no id-token that can be read", remedy) from error
    raise EntryError(field, "its id-token has expired", remedy)

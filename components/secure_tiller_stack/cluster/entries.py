"""The entries of a kubeconfig's context, each field read as kubectl reads it, or refused by its name."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from secure_tiller_stack.kubeconfig import Access
from secure_tiller_stack.kubeconfig_files import entry, parse
from secure_tiller_stack.verification import verifying

Entry = Mapping[str, Any]


class EntryError(Exception):
    """A field of a kubeconfig cannot be used. No text of it quotes a value, which can be a credential."""

    def __init__(self, field: str, why: str, remedy: str = "correct it, or choose another context") -> None:
        """Keep the reason and the remedy, in words."""
        super().__init__(f"{field}: {why}")
        self.remedy = remedy


@dataclass(frozen=True)
class Entries:
    """The cluster and the user of a context."""

    cluster: Entry
    user: Entry
    folder: Path
    """The folder of the file, to which relative paths are relative; unused for a content."""

    @property
    def asks_login_program(self) -> bool:
        """Whether the user's login program gives the credentials: where there are others, client-go does not run it."""
        return "exec" in self.user and not _CREDENTIALS & set(self.user)

    def file(self, values: Entry, field: str) -> Path | None:
        """Return the file that a field names; None: it names none.

        Raises:
            EntryError: the file is not there.
        """
        if not values.get(field):
            return None
        path = self.folder / str(values[field])
        if not path.is_file():
            raise EntryError(field, f"the file is not there: {path}")
        return path


def read(access: Access) -> Entries:
    """Return the entries of a context.

    Raises:
        EntryError: a field cannot be used.
        OSError: the file cannot be read.
        ValueError: it is no kubeconfig.
    """
    content = parse(access.content or (access.kubeconfig or Path()).read_text())
    context = entry(content, "context", access.context)
    if context is None:
        raise EntryError("contexts", "there is no such context")
    found = {kind: _named(content, kind, context.get(kind)) for kind in ("cluster", "user")}
    entries = Entries(found["cluster"], found["user"], access.kubeconfig.parent if access.kubeconfig else Path())
    for values, fields in ((entries.cluster, _CLUSTER), (entries.user, _USER)):
        for field, (fits, form) in fields.items():
            if field in values and not fits(values[field]):
                raise EntryError(field, f"must be {form}")
    for field, why in (*_wrong_cluster(entries.cluster), *_wrong_user(entries.user)):
        raise EntryError(field, why)
    _require_tls(entries)
    return entries


def _require_tls(entries: Entries) -> None:
    """Refuse credentials without TLS: client-go does not send them, so its requests would be those of another user.

    Raises:
        EntryError: the server's address is http://, and the user has credentials.
    """
    credentials = sorted(_LOGINS & set(entries.user))
    if credentials and entries.cluster["server"].startswith("http://"):
        why = f"is http://, over which kubectl sends no credentials, and the user has some: {', '.join(credentials)}"
        raise EntryError("server", why, "write https://, or choose a context whose user has no credentials")


def _named(content: Mapping[str, Any], kind: str, name: Any) -> Entry:
    if not isinstance(name, str | None):  # `no` without quotes is a boolean
        raise EntryError("contexts", f"the {kind} of the context must be text", "put its name into quotes")
    found = entry(content, kind, name) if name else {}
    if found is None:
        raise EntryError(f"{kind}s", f"there is no {kind} of the name that the context gives")
    # An empty value counts as not set, as in Go; `false` does so only where a boolean is expected.
    return {
        key: value
        for key, value in found.items()
        if not (value is None or value in ("", [], {}) or (value is False and key in SWITCHES))
    }


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_name(value: object) -> bool:
    """Return whether a value can be sent as a name to impersonate: the API server drops white space around it."""
    return isinstance(value, str) and bool(value) and value == value.strip()


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_name, value))


def _is_extra(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_is_name, value)) and all(map(_is_names, value.values()))


SWITCHES = ("disable-compression", "insecure-skip-tls-verify")
"""Fields that are true or false."""

_CREDENTIALS = {"client-certificate", "client-certificate-data", "password", "token", "tokenFile", "username"}
"""Fields with credentials of the user's own."""
_LOGINS = _CREDENTIALS | {"auth-provider", "exec"}
"""All fields with which a user logs in."""

Form = tuple[Callable[[object], bool], str]
_TEXT: Form = (_is_text, "text")
_NAME: Form = (_is_name, "text without white space around it")
_TRUTH: Form = (lambda value: isinstance(value, bool), "true or false")
_MAP: Form = (lambda value: isinstance(value, Mapping), "a map")

_CLUSTER = {
    "server": _TEXT,
    "tls-server-name": _TEXT,
    "certificate-authority": _TEXT,
    "certificate-authority-data": _TEXT,
    "proxy-url": _TEXT,
    **dict.fromkeys(SWITCHES, _TRUTH),
}
_USER: Mapping[str, Form] = {
    "client-certificate": _TEXT,
    "client-certificate-data": _TEXT,
    "client-key": _TEXT,
    "client-key-data": _TEXT,
    "token": _TEXT,
    "tokenFile": _TEXT,
    "as": _NAME,
    "as-uid": _NAME,
    "as-groups": (_is_names, "a list of texts, none of them empty or with white space around it"),
    "as-user-extra": (_is_extra, "a map of lists of texts, none of them empty or with white space around it"),
    "username": _TEXT,
    "password": _TEXT,
    "auth-provider": _MAP,
    "exec": _MAP,
}
"""The fields of Kubernetes 1.36, `clientcmd/api/v1`; `extensions` say nothing about the way or the identity."""

_PAIRS = ("certificate-authority", "client-certificate", "client-key")


def _wrong_cluster(cluster: Entry) -> Iterator[tuple[str, str]]:
    """Yield the fields of a cluster that kubectl refuses too, and why."""
    address = cluster.get("server", "")
    if not address:
        yield "server", "is missing: its cluster has no address"
    elif not address.startswith(("https://", "http://")) or not has_host(address):
        yield "server", "must be an address that begins with https://"
    elif "@" in urlsplit(address).netloc:
        yield "server", "must hold no user: kubectl would log in as that user"
    yield from _twice(cluster)
    if cluster.get("insecure-skip-tls-verify") and any(key.startswith(_PAIRS[0]) for key in cluster):
        yield "insecure-skip-tls-verify", "cannot be used with a certificate-authority: remove one of them"


def _wrong_user(user: Entry) -> Iterator[tuple[str, str]]:
    """Yield the fields of a user that kubectl refuses too, and why."""
    yield from _twice(user)
    certificate, key = (any(word.startswith(field) for word in user) for field in _PAIRS[1:])
    if certificate and not key:
        yield "client-key", "is missing: a client-certificate needs its key"
    if {"token", "tokenFile"} & set(user) and {"username", "password"} & set(user):
        yield "username", "cannot be used with a token: it is unclear which of them counts"
    if "exec" in user and "auth-provider" in user:
        yield "auth-provider", "cannot be used with exec: it is unclear which of them counts"
    for field in ("as-uid", "as-groups", "as-user-extra"):
        if field in user and "as" not in user:
            yield field, "needs `as`, the user to impersonate"
    extra = user.get("as-user-extra", {})
    if len({key.lower() for key in extra}) < len(extra):
        yield "as-user-extra", "has two keys that differ only in case, which are one key for the API server"


def _twice(values: Entry) -> Iterator[tuple[str, str]]:
    for field in _PAIRS:
        if field in values and f"{field}-data" in values:
            yield field, f"cannot be used with {field}-data: it is unclear which of them counts"


def has_host(address: str) -> bool:
    """Return whether an address names a host."""
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def context(
    authority: str | None, certificate: str | None = None, key: str | None = None, *, verifies: bool
) -> ssl.SSLContext:
    """Return the TLS of calls. What it cannot use would look like a cluster that does not answer.

    Raises:
        EntryError: a file cannot be used; an encrypted key cannot be used either, as in Go.
    """
    try:
        made = verifying(file=authority, protocols=("http/1.1",))
    except (OSError, ValueError) as error:
        raise EntryError("certificate-authority", "cannot be read as certificates in PEM") from error
    if not verifies:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if certificate:
        try:
            made.load_cert_chain(certificate, key, password=lambda: "")
        except (OSError, ValueError) as error:
            why = "cannot be read as a certificate in PEM with its unencrypted key"
            raise EntryError("client-certificate", why) from error
    return made

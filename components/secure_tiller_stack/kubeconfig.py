"""How to reach the cluster: the stack's `secure-tiller:cluster`, the kubeconfig file and its contexts."""

import base64
import os
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secure_tiller.plan import schema
from secure_tiller.problems import ClusterError, ConfigurationError, Problem, shown
from secure_tiller_stack import kubeconfig_files

SETTINGS = ("context", "kubeconfig", "uid")
CONTENT = "secure-tiller:kubeconfig"
"""The secret value with the content of a kubeconfig."""
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
"""The token of a pod's account (Kubernetes documentation, Accessing the Kubernetes API from a Pod)."""
_IN_A_POD = (
    f"write a kubeconfig for this pod's account: tokenFile {ACCOUNT}, certificate-authority {ACCOUNT.parent}/ca.crt, "
    "server https://kubernetes.default.svc"
)
LONGEST_PATH = 1024
"""Characters; the shortest limit of the systems that kubectl runs on (PATH_MAX of macOS)."""
LONGEST_NAME = 255
"""Characters of a file's name (NAME_MAX of Linux and macOS)."""
SHORTER_THAN_A_TOKEN = 20
"""Characters of a text that holds no credentials."""
NOT_SHOWN = "(not shown)"
_NO_NAME = "is no name or path; it looks like the content of a kubeconfig"
_MOVE_CONTENT = (
    "change its credentials, which stand in plain sight here, and write the new content with: "
    f"pulumi config set --secret {CONTENT} < kubeconfig; in a program: change its credentials, which stand in plain "
    "sight here, and write the path of a file"
)
ANY_CLUSTER = "any"
"""The `uid` of a stack that may touch any cluster: for throwaway ones, whose state goes with them."""


@dataclass(frozen=True)
class Access:
    """How to reach the cluster, and which one it must be."""

    kubeconfig: Path | None
    """The file, absolute; None: the content is given."""
    context: str
    uid: str = ""
    """UID of the namespace kube-system, which no two clusters share; `any` when any will do, empty when not set."""
    content: str = field(default="", repr=False)
    """The content of such a file; holds credentials."""

    @property
    def place(self) -> str:
        """The context and the file that holds it, in words."""
        return f"context {self.context} of {self.kubeconfig or CONTENT}"

    @contextmanager
    def as_file(self) -> Iterator[Path]:
        """Give the file; a content is written into a temporary file that only its owner can read.

        The folder of that file is empty: a content has no relative paths.
        """
        if self.kubeconfig:
            yield self.kubeconfig
            return
        with tempfile.TemporaryDirectory(prefix="secure-tiller-") as folder:
            file = Path(folder) / "kubeconfig.yaml"
            file.touch(mode=0o600)
            file.write_text(self.content)
            yield file


def read_settings(value: object) -> Mapping[str, str]:
    """Return the settings of the cluster.

    Args:
        value: `secure-tiller:cluster` as plain data, a map with the optional texts `kubeconfig` (a file; default:
            KUBECONFIG, else ~/.kube/config), `context` (default: the file's current one) and `uid` (of the namespace
            kube-system, or `any` for clusters that come and go; no default); None when it is not set.

    Raises:
        ConfigurationError: the value has not this form.
    """
    settings = {} if value is None else value
    if not isinstance(settings, Mapping):
        known = f"known keys: {', '.join(SETTINGS)}"
        raise ConfigurationError([_problem("", _unless_content(value), "must be a map", known)])
    problems = []
    for key, item in settings.items():
        if key not in SETTINGS:
            # Its value is not shown: it could be a secret.
            named = NOT_SHOWN if _is_content(str(key)) else str(key)
            problems.append(_problem(named, NOT_SHOWN, *schema.unknown_key(str(key), SETTINGS)))
        elif not isinstance(item, str) or not item:
            problems.append(_problem(str(key), _unless_content(item), "must be text", "write it, or leave the key out"))
        elif _is_content(item):
            problems.append(_problem(str(key), NOT_SHOWN, _NO_NAME, _MOVE_CONTENT))
    if problems:
        raise ConfigurationError(problems)
    return settings


def wrong_content(content: object, settings: object) -> Iterator[Problem]:
    """Yield the problems of the secret content of a kubeconfig, by itself and with the settings of the cluster."""
    if not isinstance(content, str):
        yield Problem("", CONTENT, "(not shown)", "must be text", f"pulumi config set --secret {CONTENT} < kubeconfig")
    elif content and isinstance(settings, Mapping) and "kubeconfig" in settings:
        why = f"names a file, and so does the secret {CONTENT}: it is unclear which of them counts"
        yield _problem("kubeconfig", _unless_content(settings["kubeconfig"]), why, "remove one of the two")


def find(settings: Mapping[str, str], content: str = "", environment: Mapping[str, str] = os.environ) -> Access:
    """Return how to reach the cluster of the settings.

    Args:
        settings: as `read_settings` returns them.
        content: of the kubeconfig; empty: a file is read.
        environment: where KUBECONFIG is looked up.

    Raises:
        ClusterError: the file or the context cannot be used.
    """
    wanted, uid = settings.get("context"), settings.get("uid", "")
    if content:
        parsed = _parsed(CONTENT, content)
        access = Access(None, _context({CONTENT: parsed}, wanted), uid, content)
        _require_absolute(parsed, access.context)
        return access
    contents = {path: _parsed(str(path), _text(path)) for path in _files(settings, environment)}
    context = _context({str(path): each for path, each in contents.items()}, wanted)
    return Access(_holder(contents, context), context, uid)


def _require_absolute(content: Mapping[str, Any], context: str) -> None:
    """Refuse relative paths in a content: kubectl, the provider and this program would each use another folder.

    Raises:
        ClusterError: the context's cluster or user has one, or an entry cannot be read.
    """
    try:
        relative = tuple(kubeconfig_files.relative(content, context))
    except kubeconfig_files.UNREADABLE as error:
        raise _unusable("context", context, f"an entry of it in {CONTENT} cannot be read") from error
    why = "is a relative path, and a content has no folder to which it is relative"
    problems = [
        Problem("", f"{CONTENT}: {field}", "(not shown)", why, f"write the absolute path{embedded}")
        for field, embedded in relative
    ]
    if problems:
        raise ClusterError(problems)


def _files(settings: Mapping[str, str], environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the kubeconfig files to read, absolute; of several in KUBECONFIG those that are there, as kubectl does.

    Raises:
        ClusterError: KUBECONFIG names none, or none that is there.
    """
    listed = environment.get("KUBECONFIG", "")
    if settings.get("kubeconfig") or not listed:
        named = [settings.get("kubeconfig") or "~/.kube/config"]
    else:
        named = list(dict.fromkeys(each for each in listed.split(os.pathsep) if each))
    if any(map(_is_content, named)):
        remedy = "write it into a file that only you can read, and name that file"
        whose = "" if settings.get("kubeconfig") else "KUBECONFIG "
        raise ClusterError([_problem("kubeconfig", NOT_SHOWN, f"{whose}{_NO_NAME}", remedy)])
    # Absolute, because `pulumi destroy` runs the provider from the state, and not from here.
    paths = [_expanded(each).absolute() for each in named]
    found = tuple(path for path in paths if len(paths) == 1 or not _is_missing(path))
    if not found:
        raise _unusable("kubeconfig", listed, "KUBECONFIG names no file that is there")
    return found


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise _unusable("kubeconfig", path, f"{path} begins with the home of nobody here") from error


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False  # whoever reads it reports why it cannot be read
    return False


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror}"
        if ACCOUNT.exists() and not path.exists():
            raise ClusterError([problem("kubeconfig", str(path), why, _IN_A_POD)]) from error
        raise _unusable("kubeconfig", str(path), why) from error
    except UnicodeDecodeError as error:
        raise _unusable("kubeconfig", str(path), f"{path} is not a kubeconfig with contexts") from error


def _parsed(place: str, text: str) -> Mapping[str, Any]:
    try:
        content = kubeconfig_files.parse(text)
        kubeconfig_files.names(content, "context")
    except kubeconfig_files.UNREADABLE as error:
        # The error is not shown: it can quote the file, which holds credentials.
        raise _unusable("kubeconfig", place, f"{place} is not a kubeconfig with contexts") from error
    return content


def _context(contents: Mapping[str, Mapping[str, Any]], wanted: str | None) -> str:
    """Return the context to use, checked against those that the kubeconfigs have."""
    contexts = {name for content in contents.values() for name in kubeconfig_files.names(content, "context")}
    context = wanted or kubeconfig_files.current(tuple(contents.values()))
    if context not in contexts:
        places = ", ".join(contents)
        why = f"must be a context of {places}: {', '.join(sorted(contexts)) or 'it has none'}"
        raise _unusable("context", context, why)
    return str(context)


def _holder(contents: Mapping[Path, Mapping[str, Any]], context: str) -> Path:
    """Return the one file that holds a context with its cluster and its user."""
    if len(contents) == 1:
        return next(iter(contents))
    try:
        places = kubeconfig_files.places(contents, context)
    except kubeconfig_files.UNREADABLE as error:
        names = ", ".join(map(str, contents))
        raise _unusable("context", context, f"an entry of it in {names} cannot be read") from error
    if len(set(places.values())) == 1:
        return places["context"]
    where = ", ".join(f"the {kind} in {path}" for kind, path in places.items())
    why = f"is spread over several files of KUBECONFIG ({where}), and the Kubernetes provider reads one"
    write = f"kubectl config view --context={shlex.quote(context)} --minify --flatten > one.kubeconfig"
    remedy = f"write it into one new file, and set KUBECONFIG to that: (umask 077 && set -C && {write})"
    raise ClusterError([problem("context", context, why, remedy)])


def _unusable(key: str, value: object, why: str) -> ClusterError:
    remedy = "set secure-tiller:cluster in the stack's file, or KUBECONFIG and its current context"
    return ClusterError([problem(key, value, why, remedy)])


def _is_content(text: str) -> bool:
    """Return whether a text is no path or name, but looks like the content of a kubeconfig: YAML, JSON or base64."""
    too_long = len(text) > LONGEST_PATH or any(len(part) > LONGEST_NAME for part in text.split("/"))
    return too_long or not text.isprintable() or any(sign in text for sign in (": ", "{")) or _is_encoded(text)


def _is_encoded(text: str) -> bool:
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return any(word in decoded for word in (b"apiVersion", b"clusters", b"users"))


def _unless_content(value: object) -> str:
    """Return a value in the wrong place as shown, unless it may hold a kubeconfig, and so credentials."""
    is_text = isinstance(value, str) and len(value) < SHORTER_THAN_A_TOKEN and not _is_content(value)
    return shown(value) if is_text or isinstance(value, int | float | None) else NOT_SHOWN


def problem(key: str, value: object, why: str, remedy: str) -> Problem:
    """Return a problem with a key of `secure-tiller:cluster`."""
    return _problem(key, shown(value), why, remedy)


def _problem(key: str, value: str, why: str, remedy: str) -> Problem:
    return Problem("", f"secure-tiller:cluster.{key}".rstrip("."), value, why, remedy)

"""How to reach the cluster: the stack's `secure-tiller:cluster`, the kubeconfig file and its contexts."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from secure_tiller.plan import schema
from secure_tiller.problems import ClusterError, ConfigurationError, Problem, shown

SETTINGS = ("context", "kubeconfig", "uid")
CONTENT = "secure-tiller:kubeconfig"
"""The secret value with the content of a kubeconfig."""
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
        """Where the context stands, in words."""
        return f"context {self.context} of {self.kubeconfig or CONTENT}"

    @contextmanager
    def as_file(self) -> Iterator[Path]:
        """Give the file; a content is put into one that its owner alone can read, and that goes."""
        if self.kubeconfig:
            yield self.kubeconfig
            return
        with tempfile.NamedTemporaryFile("w", prefix="secure-tiller-", suffix=".yaml") as file:
            file.write(self.content)
            file.flush()
            yield Path(file.name)


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
        raise ConfigurationError([problem("", value, "must be a map", f"known keys: {', '.join(SETTINGS)}")])
    problems = []
    for key, item in settings.items():
        if key not in SETTINGS:
            guess = schema.nearest(str(key), SETTINGS)
            # Its value is not shown: it could be a secret.
            problems.append(
                replace(problem(str(key), "", "is an unknown key", f"remove it; {guess}"), value="(not shown)")
            )
        elif not isinstance(item, str) or not item:
            problems.append(problem(str(key), item, "must be text", "write it, or leave the key out"))
    if problems:
        raise ConfigurationError(problems)
    return settings


def wrong_content(content: object, settings: object) -> Iterator[Problem]:
    """Yield the problems of the secret content of a kubeconfig, by itself and with the settings of the cluster."""
    if not isinstance(content, str):
        yield Problem("", CONTENT, "(not shown)", "must be text", f"pulumi config set --secret {CONTENT} < kubeconfig")
    elif content and isinstance(settings, Mapping) and "kubeconfig" in settings:
        why = f"names a file, and so does the secret {CONTENT}: which of both counts would be a guess"
        yield problem("kubeconfig", settings["kubeconfig"], why, "remove one of the two")


def find(settings: Mapping[str, str], content: str = "", environment: Mapping[str, str] = os.environ) -> Access:
    """Return how to reach the cluster of the settings.

    Args:
        settings: as `read_settings` returns them.
        content: of the kubeconfig; empty: a file is read.
        environment: where KUBECONFIG is looked up.

    Raises:
        ClusterError: the file or the context cannot be used.
    """
    path = None if content else file(settings, environment)
    context = _context(path, content, settings.get("context"))
    return Access(path, context, settings.get("uid", ""), content)


def file(settings: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> Path:
    """Return the kubeconfig file of the settings, absolute.

    Raises:
        ClusterError: KUBECONFIG names several.
    """
    named = settings.get("kubeconfig") or environment.get("KUBECONFIG")
    if not settings.get("kubeconfig") and named and os.pathsep in named:
        why = "KUBECONFIG names several files, and the Kubernetes provider reads one"
        raise ClusterError([problem("kubeconfig", named, why, "set `kubeconfig` or KUBECONFIG to one file")])
    # Absolute, because `pulumi destroy` runs the provider from the state, and not from here.
    return Path(named or "~/.kube/config").expanduser().absolute()


def _context(path: Path | None, content: str, wanted: str | None) -> str:
    """Return the context to use, checked against those that the kubeconfig has."""
    place = str(path or CONTENT)
    try:
        read = yaml.safe_load(path.read_text() if path else content)
        contexts = [str(context["name"]) for context in read["contexts"]]
        current = read.get("current-context")
    except OSError as error:
        why = f"{place} cannot be read: {error.strerror}"
        raise _unusable("kubeconfig", place, why) from error
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError, AttributeError) as error:
        # The error is not shown: it can quote the file, which holds credentials.
        raise _unusable("kubeconfig", place, f"{place} is not a kubeconfig with contexts") from error
    context = wanted or current
    if context not in contexts:
        why = f"must be a context of {place}: {', '.join(sorted(contexts)) or 'it has none'}"
        raise _unusable("context", context, why)
    return str(context)


def _unusable(key: str, value: object, why: str) -> ClusterError:
    remedy = "set secure-tiller:cluster in the stack's file, or KUBECONFIG and its current context"
    return ClusterError([problem(key, value, why, remedy)])


def problem(key: str, value: object, why: str, remedy: str) -> Problem:
    """Return a problem with a key of `secure-tiller:cluster`."""
    return Problem("", f"secure-tiller:cluster.{key}".rstrip("."), shown(value), why, remedy)

"""Rendered manifests, read as Tiller reads them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from secure_tiller.problems import Problem, RefusedError

HOOK = "helm.sh/hook"
HOOKS = frozenset(
    (
        *("pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade"),
        *("pre-rollback", "post-rollback", "test-success", "test-failure", "crd-install"),
    )
)
"""The hooks that Tiller knows (Helm 2.17, pkg/hooks/hooks.go). An object with any other it leaves out."""

_SEPARATOR = re.compile(r"(?:^|\s*\n)---\s*")
"""Where Helm cuts (Helm 2.17, pkg/releaseutil/manifest.go)."""
_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError)
"""The errors of the library about `!!int a`, `0x_` and their like."""
_SOURCE = re.compile(r"^# Source: (.+)$", re.MULTILINE)


class ManifestError(RefusedError):
    """A manifest cannot be read."""

    headline = "The manifests are refused"


@dataclass(frozen=True, eq=False)
class Manifest:
    """One object. Two of one name are two: what one holds says nothing of the other."""

    api_version: str
    """As it stands there: `apps/v1`."""
    kind: str
    name: str
    """Empty: the cluster gives it one."""
    namespace: str
    """Empty: that of the release."""
    content: Mapping[str, Any] = field(repr=False)
    """The whole object; can hold secrets."""
    source: str = ""
    """The template, as Helm's comment says: `shop/templates/secret.yaml`."""
    hooks: tuple[str, ...] = ()
    """The kinds of hook in its annotation; empty: it is none."""

    @property
    def left_out(self) -> bool:
        """Whether Tiller never installs it: it is a hook of a kind that Helm 2 does not know."""
        return any(hook not in HOOKS for hook in self.hooks)


def read(text: str) -> tuple[Manifest, ...]:
    """Return the objects of rendered manifests, hooks included, in their order; those of a List one by one.

    Args:
        text: the output of `helm template`, or a release's manifest or one of its hooks as Tiller stores it.

    Raises:
        ManifestError: something in it is no object of Kubernetes; the message names its template.
    """
    return tuple(each for document in _SEPARATOR.split(text) for each in _objects(document))


def _objects(document: str) -> Iterator[Manifest]:
    named = _SOURCE.search(document)
    source = named[1].strip() if named else ""
    try:
        content = yaml.load(document, Loader=_Loader)  # noqa: S506 - a safe loader
        _require_end(content)
    except yaml.YAMLError as error:
        raise _refused(source, f"is no YAML: {_place(error)}") from error
    except _UNREADABLE as error:  # which can quote it
        raise _refused(source, "is no YAML: a value is not what its tag or form says") from error
    except RecursionError as error:
        raise _refused(source, "is nested too deeply, or holds itself") from error
    if content is None:
        return
    hooks = _hooks(content, source)
    for item in _flattened(content):
        yield _manifest(item, source, hooks)


def _require_end(content: Any) -> None:
    """Require that nothing holds itself, which an anchor can make it do.

    Raises:
        RecursionError: something does, or it is nested as deeply as if it did.
    """
    seen: dict[int, Any] = {}

    def enter(value: Any) -> None:
        if isinstance(value, dict | list) and id(value) not in seen:
            for item in value.values() if isinstance(value, dict) else value:
                enter(item)
            seen[id(value)] = value

    enter(content)


def _flattened(content: Any) -> Iterator[Any]:
    """Yield the objects of a List (of any kind: it is one that has items), as Helm's builder does (Flatten)."""
    if isinstance(content, Mapping) and isinstance(content.get("items"), list):
        for item in content["items"]:
            yield from _flattened(item)
    else:
        yield content


def _manifest(item: Any, source: str, hooks: tuple[str, ...]) -> Manifest:
    if not isinstance(item, Mapping):
        raise _refused(source, f"is no object of Kubernetes, but a {type(item).__name__}")
    metadata = item.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise _refused(source, "has metadata that are no map")
    words = {"apiVersion": item.get("apiVersion"), "kind": item.get("kind")}
    words |= {f"metadata.{key}": metadata.get(key) for key in ("name", "namespace") if metadata.get(key) is not None}
    for key, word in words.items():
        if not isinstance(word, str) or not word:
            raise _refused(source, f"has no {key}" if word in (None, "") else f"has a {key} that is no text")
    name, namespace = (str(metadata.get(key) or "") for key in ("name", "namespace"))
    return Manifest(str(item["apiVersion"]), str(item["kind"]), name, namespace, item, source, hooks)


def _hooks(content: Any, source: str) -> tuple[str, ...]:
    """Return the hooks of a document. Helm looks at its head alone, that of a List too (pkg/tiller/hooks.go)."""
    metadata = content.get("metadata") if isinstance(content, Mapping) else None
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    if not isinstance(annotations, Mapping) or HOOK not in annotations:
        return ()
    if not isinstance(annotations[HOOK], str):
        raise _refused(source, f"has an annotation {HOOK} that is no text")
    return tuple(hook.strip().lower() for hook in annotations[HOOK].split(","))


def _place(error: yaml.YAMLError) -> str:
    """Return what is wrong and in which line of the document, without quoting it: it can hold a secret."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or "it cannot be parsed"
    return f"line {mark.line + 1}: {problem}" if mark else str(problem)


def _refused(source: str, why: str) -> ManifestError:
    where = f"manifest {source}" if source else "a manifest"
    return ManifestError([Problem("", where, "", why, "correct the template, or the values that it is rendered with")])


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Takes plain words for what Go's YAML library takes them for: dates and times of the day stay text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as its base has it
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[1] in ("bool", "merge", "null")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_NUMBERS = {
    "int": r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
}
for _kind, _pattern in _NUMBERS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"^({_pattern})$"), list("-+.0123456789"))

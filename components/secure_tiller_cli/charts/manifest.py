"""Rendered manifests, read as Tiller reads them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from secure_tiller.problems import Problem, RefusedError
from secure_tiller_cli.charts.go_yaml import Loader
from secure_tiller_stack.foreign_data import Budget, UnreadableError, json_value, yaml_value

HOOK = "helm.sh/hook"
POLICY = "helm.sh/hook-delete-policy"
WEIGHT = "helm.sh/hook-weight"
HOOKS = frozenset(
    (
        *("pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade"),
        *("pre-rollback", "post-rollback", "test-success", "test-failure", "crd-install"),
    )
)
"""The hooks that Tiller knows (Helm 2.17, pkg/hooks/hooks.go). An object with any other it leaves out."""

_BLANK = "\t\n\f\r "
"""White space, as Go's regular expressions define it."""
_SPACE = "".join(each for each in map(chr, range(0x3001)) if each.isspace() and each not in "\x1c\x1d\x1e\x1f")
"""White space, as Go's strings.TrimSpace defines it."""
_SEPARATOR = re.compile(rf"(?:\A|\n)---[{_BLANK}]*")
"""Helm's separator of documents, without the white space before it (Helm 2.17, pkg/releaseutil/manifest.go)."""
LARGEST = 20 * 2**20
"""Characters. Tiller accepts no larger message (Helm 2.17, cmd/tiller, maxMsgSize)."""
MOST_OBJECTS = 20_000
"""Documents, and objects with those of Lists. A compressed record of 1 MiB holds some thousands."""
_SOURCE = re.compile(r"^# Source: (.+)$", re.MULTILINE)

MOST_PROBLEMS = 20
"""Manifests that cannot be read and are reported, each on its own line. The rest is not read."""


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
    annotations: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Those of the document, if it is a hook; else empty."""

    @property
    def policies(self) -> frozenset[str]:
        """The times at which Tiller deletes the hook: `before-hook-creation`, `hook-succeeded`, `hook-failed`."""
        return frozenset(_listed(self.annotations.get(POLICY, "")))

    @property
    def weight(self) -> int:
        """The weight of the hook, by which Tiller sorts hooks; 0 if it is no number."""
        word = self.annotations.get(WEIGHT, "")
        return int(word) if re.fullmatch(r"[-+]?[0-9]{1,9}", word) else 0

    @property
    def left_out(self) -> bool:
        """Whether Tiller never installs it: it is a hook of a kind that Helm 2 does not know."""
        return any(hook not in HOOKS for hook in self.hooks)


def read(text: str) -> tuple[Manifest, ...]:
    """Return the objects of rendered manifests, hooks included, in their order; those of a List one by one.

    Args:
        text: the output of `helm template`, or a release's manifest or one of its hooks as Tiller stores it.

    Raises:
        ManifestError: something in it is no object of Kubernetes, or exceeds a limit; with a problem for each manifest.
    """
    if len(text) > LARGEST:
        raise _refused("", f"is larger than Tiller accepts: all manifests together exceed {LARGEST // 2**20} MiB")
    found, problems, budget = list[Manifest](), list[Problem](), Budget()
    documents = [each.strip(_SPACE) for each in _SEPARATOR.split(text.strip(_SPACE))]
    documents = [f"{each}\n" for each in documents if each]
    for document in documents:
        try:
            found += _objects(document, budget)
        except ManifestError as error:
            problems += error.problems
        if max(len(documents), len(found)) > MOST_OBJECTS:
            raise _refused("", f"is one of more than {MOST_OBJECTS:,} objects, and no release has so many")
        if len(problems) == MOST_PROBLEMS:
            break
    if problems:
        raise ManifestError(problems)
    return tuple(found)


def _objects(document: str, budget: Budget) -> Iterator[Manifest]:
    named = _SOURCE.search(document)
    source = named[1].strip() if named else ""
    try:
        content = yaml_value(document, Loader, first=True, budget=budget)  # Helm too reads only the first document
    except UnreadableError as error:
        raise _refused(source, str(error)) from error
    if content is None:
        return
    _require_head(content, source)
    annotations = _annotations(content, source)
    hook = _hooks(annotations)
    if hook and HOOKS.issuperset(hook):
        _require_json(document, source)
    made = [_manifest(item, source, hook, annotations if hook else {}) for item in _flattened(content, source)]
    if not made and not HOOKS.isdisjoint(hook):  # Helm 2.17, pkg/kube/client.go, perform
        raise _refused(source, "is a hook without an object, at which Tiller fails: no objects visited")
    yield from made


_HEAD = ("apiVersion", "kind", "metadata", "items")


def _require_head(content: Any, source: str) -> None:
    """Require a head that Helm and the API server read alike: only Helm reads the key `Kind` as `kind`.

    Source: Helm 2.17, pkg/releaseutil/manifest.go, SimpleHead; Go, encoding/json, Unmarshal.

    Raises:
        ManifestError: it has a key in another case, or metadata that are no map.
    """
    _require_case(content, _HEAD, source)
    metadata = content.get("metadata") if isinstance(content, Mapping) else None
    if not isinstance(metadata, Mapping | None):
        raise _refused(source, "has metadata that are no map")
    _require_case(metadata, ("name", "annotations"), source)
    for key, value in (("apiVersion", content), ("kind", content), ("name", metadata)):
        if isinstance(value, Mapping) and isinstance(value.get(key), Mapping | list):
            raise _refused(source, f"has a {key} that is no text")


def _require_case(found: Any, keys: Iterable[str], source: str) -> None:
    folded = {key.casefold(): key for key in keys}
    for key in found if isinstance(found, Mapping) else ():
        meant = folded.get(key.casefold(), key)
        if key != meant:
            raise _refused(source, f"has the key {meant} in another case: Helm accepts that, and Kubernetes does not")


def _require_json(document: str, source: str) -> None:
    """Require that a hook that begins with a brace is JSON: Helm reads it as JSON.

    Source: apimachinery 0.16, util/yaml/decoder.go, GuessJSONStream.

    Raises:
        ManifestError: it is no JSON.
    """
    text = _SOURCE.sub("", document, count=1).strip()
    try:
        if text.startswith("{"):
            json_value(text)
    except ValueError as error:
        raise _refused(source, "is a hook that begins with a brace and is no JSON: Helm reads it as JSON") from error


def _flattened(content: Any, source: str) -> Iterator[Any]:
    """Yield the objects of a List (of any kind: it is one that has items), as Helm's builder does (Flatten)."""
    if not isinstance(content, Mapping) or "items" not in content:
        yield content
        return
    items, kind = content["items"], content.get("kind")
    if not isinstance(kind, str) or not kind:
        raise _refused(source, "has no kind")
    if not isinstance(items, list | None):
        raise _refused(source, "has items that are no list")
    inherited = {"apiVersion": content.get("apiVersion"), "kind": kind.removesuffix("List")}
    for item in items or ():
        if isinstance(item, Mapping) and isinstance(item.get("items"), list):
            raise _refused(source, "holds a List in a List, which Helm cannot read")
        has_type = not isinstance(item, Mapping) or any(_is_text(item.get(key)) for key in inherited)
        yield item if has_type else {**item, **inherited}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _manifest(item: Any, source: str, hooks: tuple[str, ...], annotations: Mapping[str, str]) -> Manifest:
    if not isinstance(item, Mapping):
        raise _refused(source, f"is no object of Kubernetes, but a {type(item).__name__}")
    _require_case(item, _HEAD, source)
    metadata = item.get("metadata")
    if not isinstance(metadata, Mapping | None):
        raise _refused(source, "has metadata that are no map")
    name, namespace = ((metadata or {}).get(key) for key in ("name", "namespace"))
    words = {"apiVersion": item.get("apiVersion"), "kind": item.get("kind")}
    for key, word in {**words, **({} if name in (None, "") else {"metadata.name": name})}.items():
        if not _is_text(word):
            raise _refused(source, f"has no {key}" if word in (None, "") else f"has a {key} that is no text")
    if str(words["apiVersion"]).count("/") > 1:
        raise _refused(source, "has an apiVersion with more than one slash: it must be VERSION or GROUP/VERSION")
    # A namespace that is no text is ignored: Helm's builder overwrites it with the release's (SetNamespace).
    inside = str(namespace) if _is_text(namespace) else ""
    return Manifest(str(words["apiVersion"]), str(words["kind"]), name or "", inside, item, source, hooks, annotations)


def _annotations(content: Any, source: str) -> Mapping[str, str]:
    """Return the annotations of a document, as text. Of a List, Helm reads those of the List itself.

    Source: Helm 2.17, pkg/releaseutil/manifest.go, SimpleHead. Helm refuses a document that does not match SimpleHead.

    Raises:
        ManifestError: Helm cannot read them.
    """
    metadata = content.get("metadata") if isinstance(content, Mapping) else None
    found = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    if not isinstance(found, Mapping | None):
        raise _refused(source, "has annotations that are no map")
    for key, value in (found or {}).items():
        if isinstance(value, Mapping | list):
            raise _refused(source, f"has an annotation {key} that is no text")
    return {key: _as_text(value) for key, value in (found or {}).items()}


def _as_text(value: Any) -> str:
    """Return a scalar as Helm's reader converts it to text (github.com/ghodss/yaml)."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _hooks(annotations: Mapping[str, str]) -> tuple[str, ...]:
    """Return the kinds of hook in the annotations of a document (Helm 2.17, pkg/tiller/hooks.go)."""
    return tuple(_listed(annotations[HOOK])) if HOOK in annotations else ()


def _listed(words: str) -> Iterator[str]:
    return (word.strip().lower() for word in words.split(","))


def _refused(source: str, why: str) -> ManifestError:
    where = f"manifest {source}" if source else "a manifest"
    return ManifestError([Problem("", where, "", why, "correct the template, or the values that it is rendered with")])

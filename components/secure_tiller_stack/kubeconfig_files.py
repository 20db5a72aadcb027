"""The entries of kubeconfig files, and which file of several holds a whole context."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from secure_tiller_stack.foreign_data import yaml_value

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
"""The errors of reading content of another form."""

_EMBEDDED = ("certificate-authority", "client-certificate", "client-key")
_FILES = {"cluster": _EMBEDDED[:1], "user": (*_EMBEDDED[1:], "tokenFile")}
"""The fields that name files; `<field>-data` can hold the content of some instead."""


def parse(text: str) -> Mapping[str, Any]:
    """Return the content of a kubeconfig.

    Raises:
        ValueError: it is no map or no YAML, or exceeds a limit.
    """
    content = yaml_value(text)
    if not isinstance(content, Mapping):
        raise ValueError("no map")
    return content


def names(content: Mapping[str, Any], kind: str) -> list[str]:
    """Return the names of the entries of a kind: `context`, `cluster` or `user`."""
    return [str(item["name"]) for item in content.get(f"{kind}s") or ()]


def entry(content: Mapping[str, Any], kind: str, name: object) -> Mapping[str, Any] | None:
    """Return an entry by its name; None: there is none.

    Raises:
        ValueError: there are several, or it is of another form.
    """
    found = [item for item in content.get(f"{kind}s") or () if str(item["name"]) == str(name)]
    if not found:
        return None
    (one,) = found
    value = one[kind]
    if not isinstance(value, Mapping):
        raise ValueError("no map")
    return value


def relative(content: Mapping[str, Any], context: str) -> Iterator[tuple[str, str]]:
    """Yield the fields of a context's cluster and user with a relative path, each with the end of its remedy."""
    of_context = entry(content, "context", context) or {}
    for kind, fields in _FILES.items():
        values = entry(content, kind, of_context.get(kind)) or {}
        for field in fields:
            if _is_relative(values.get(field)):
                yield field, f", or embed the file as {field}-data" if field in _EMBEDDED else ""
        program = values.get("exec") or {}
        # A command without a slash is looked up on PATH.
        if "/" in str(program.get("command")) and _is_relative(program["command"]):
            yield "exec.command", ""


def _is_relative(path: object) -> bool:
    return bool(path) and not str(path).startswith("/")


def current(contents: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the current context of several files: the first that is set counts."""
    return next((str(each["current-context"]) for each in contents if each.get("current-context")), None)


def places(contents: Mapping[Path, Mapping[str, Any]], context: str) -> Mapping[str, Path]:
    """Return which of several files holds a context, its cluster and its user: of each the first that has it counts.

    What stands in none is left out.
    """
    wanted: dict[str, object] = {"context": context}
    found: dict[str, Path] = {}
    for kind in ("context", "cluster", "user"):
        name = wanted.get(kind)
        place = next((path for path, content in contents.items() if name and str(name) in names(content, kind)), None)
        if place is None:
            continue
        found[kind] = place
        if kind == "context":
            wanted.update(entry(contents[place], kind, name) or {})
            wanted["context"] = context
    return found

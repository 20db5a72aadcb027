"""Where two sets of properties differ, as paths."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller_cli.preview.digest import SECRET, UNKNOWN

Path = tuple[str | int, ...]
"""Keys of maps and indices of lists, from the outside in."""


def differing(old: Any, new: Any, at: Path = ()) -> Iterator[Path]:
    """Yield each path at which two values differ: as deep as both go on, and a map that comes or goes, key by key."""
    if old == new:  # most of a preview is as it was
        return
    maps = [value for value in (old, new) if isinstance(value, Mapping)]
    if len(maps) == 2 or (maps and maps[0] and None in (old, new)):
        for key in sorted({*mapping(old), *mapping(new)}):
            yield from differing(mapping(old).get(key), mapping(new).get(key), (*at, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = (values[index] if index < len(values) else None for values in (old, new))
            yield from differing(before, after, (*at, index))
    else:
        yield at


def within(path: Path, prefix: Path) -> bool:
    """Return whether a path is, or lies under, another."""
    return path[: len(prefix)] == prefix


def at(value: Any, path: Path) -> Any:
    """Return what stands at a path; None where nothing does."""
    for key in path:
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a value if it is a map, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Mapping[str, Any]]:
    """Return the maps of a list; nothing of anything else."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def holds_unknown(value: Any) -> bool:
    """Return whether a value, or something in it, is secret or known during the update only."""
    if isinstance(value, Mapping):
        return any(map(holds_unknown, value.values()))
    if isinstance(value, list):
        return any(map(holds_unknown, value))
    return hidden(value)


def hidden(value: Any) -> bool:
    """Return whether a value as a whole is secret, or unknown until the update."""
    return value in (UNKNOWN, SECRET)


def written(path: Path) -> str:
    """Return a path as Pulumi writes it: `spec.rules[0].verbs`, `metadata.labels["example.org/owner"]`."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        elif key.replace("_", "a").isalnum():
            text += f".{key}" if text else key
        else:
            text += f'["{key}"]'
    return text


def stated(path: Path, value: Any) -> str:
    """Return a property with its value, in words."""
    return f"{written(path)} is {'not set' if value is None else json.dumps(value)}"

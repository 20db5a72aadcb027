"""The stack's file, which says more than the engine: of a map, what in it is encrypted."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from secure_tiller_stack.foreign_data import read_bounded, yaml_value

LARGEST = 2**20
"""Bytes of the largest file that is read. The configuration has to fit on a command line."""


def folder(project: Path) -> Path:
    """Return the folder of the stacks' files.

    Args:
        project: Pulumi.yaml; if there is no such file, the stacks' files stand where it would be.

    Raises:
        As `read`.
    """
    settings = read(project) if project.is_file() else {}
    return project.parent / str(settings.get("stackConfigDir") or ".")


def read(file: Path) -> Mapping[Any, Any]:
    """Return the map that a YAML file holds; an empty one if it holds something else.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no UTF-8 (`UnicodeDecodeError`), no YAML, or too large (`UnreadableError`).
    """
    with file.open("rb") as opened:
        content = yaml_value(read_bounded(opened, LARGEST).decode())
    return content if isinstance(content, Mapping) else {}


def plain_values(root: Path, stack: str, key: str) -> frozenset[str]:
    """Return the names within a map of the configuration whose values are not encrypted.

    To the engine a map is secret if anything in it is. Nothing is found where there is no such file, or one that cannot
    be read: Pulumi then has the configuration from elsewhere (`--config-file`), or reports the file itself.

    Args:
        root: the folder of Pulumi.yaml.
        stack: the stack's name, without organization and project.
        key: of the map, such as `secure-tiller:serverKeys`.
    """
    try:
        config = read(folder(root / "Pulumi.yaml") / f"Pulumi.{stack}.yaml").get("config")
    except (OSError, ValueError):
        return frozenset()
    return frozenset(_plain(config.get(key))) if isinstance(config, Mapping) else frozenset()


def _plain(values: object) -> Iterator[str]:
    if not isinstance(values, Mapping) or _is_encrypted(values):
        return
    yield from (str(name) for name, value in values.items() if not _is_encrypted(value))


def _is_encrypted(value: object) -> bool:
    """Return whether a value is one that `pulumi config set --secret` wrote."""
    return isinstance(value, Mapping) and set(value) == {"secure"} and isinstance(value["secure"], str)

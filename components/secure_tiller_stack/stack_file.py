"""The stack's file, which says more than the engine: of a map, what in it is encrypted."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from secure_tiller_stack.foreign_data import UnreadableError, read_bounded, yaml_value

_LARGEST = 2**20
"""Bytes of a file of Pulumi's; the configuration has to fit on a command line."""


def plain_values(root: Path, stack: str, key: str) -> frozenset[str]:
    """Return the names within a map of the configuration whose values are not encrypted.

    To the engine a map is secret if anything in it is. Nothing is found where there is no such file, or one that cannot
    be read: Pulumi then has the configuration from elsewhere (`--config-file`), or reports the file itself.

    Args:
        root: the folder of Pulumi.yaml.
        stack: the stack's name, without organization and project.
        key: of the map, such as `secure-tiller:serverKeys`.
    """
    folder = root / str(_read(root / "Pulumi.yaml").get("stackConfigDir") or ".")
    config = _read(folder / f"Pulumi.{stack}.yaml").get("config")
    return frozenset(_plain(config.get(key))) if isinstance(config, Mapping) else frozenset()


def _plain(values: object) -> Iterator[str]:
    if not isinstance(values, Mapping) or _is_encrypted(values):
        return
    yield from (str(name) for name, value in values.items() if not _is_encrypted(value))


def _is_encrypted(value: object) -> bool:
    """Return whether a value is one that `pulumi config set --secret` wrote."""
    return isinstance(value, Mapping) and set(value) == {"secure"} and isinstance(value["secure"], str)


def _read(file: Path) -> Mapping[object, object]:
    try:
        with file.open("rb") as opened:
            content = yaml_value(read_bounded(opened, _LARGEST).decode())
    except (OSError, UnicodeDecodeError, UnreadableError):
        return {}
    return content if isinstance(content, Mapping) else {}

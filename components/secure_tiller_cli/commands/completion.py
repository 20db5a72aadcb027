"""The words that a shell completes: teams, clients, stacks and contexts.

They come from files of this machine: the stack configuration files, and the kubeconfig. There are no network requests,
and a file that cannot be read completes nothing.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@+=,-]*")
"""A word without special characters of a shell. Others are not offered: typer's script for zsh would run them."""

_STACK_FILE = "Pulumi.*.yaml"


def stacks(incomplete: str) -> list[str]:
    """Return the stacks that have a file."""
    return _offered(_stack_files, incomplete)


def teams(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the teams of the stack, or of all stacks if none is named."""
    return _offered(lambda: _teams(ctx), incomplete)


def clients(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the clients of the team on the command line."""
    return _offered(lambda: _map(_teams(ctx).get(ctx.params.get("team")), "clients"), incomplete)


def contexts(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the contexts of the kubeconfig on the command line, or of KUBECONFIG."""
    return _offered(lambda: _contexts(ctx.params.get("kubeconfig")), incomplete)


def _offered(names: Callable[[], Iterable[object]], incomplete: str) -> list[str]:
    try:
        words = sorted({str(name) for name in names()})
    except Exception:  # any: its traceback would appear in the line that is being typed
        return []
    return [word for word in words if word.startswith(incomplete) and SAFE.fullmatch(word)]


def _stack_files() -> Mapping[str, Path]:
    """Return the file of each stack of the project in this folder, or in one above."""
    from secure_tiller_stack import stack_file

    here = Path.cwd()
    project = next(folder / "Pulumi.yaml" for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file())
    # A link to a terminal would be waited for.
    files = (file for file in stack_file.folder(project).glob(_STACK_FILE) if file.is_file())
    return {file.name.removeprefix("Pulumi.").removesuffix(".yaml"): file for file in files}


def _teams(ctx: typer.Context) -> Mapping[Any, Any]:
    from secure_tiller_stack.stack_file import read

    files = _stack_files()
    named = str(ctx.params.get("stack") or os.environ.get("PULUMI_STACK") or "").rpartition("/")[2]
    chosen = [files[named]] if named in files else files.values()
    return {
        name: team for file in chosen for name, team in _map(_map(read(file), "config"), "secure-tiller:teams").items()
    }


def _contexts(file: object) -> Iterator[str]:
    from secure_tiller_stack import kubeconfig_files, stack_file

    named = str(file or os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")
    for path in map(Path, named.split(os.pathsep)):
        if path.is_file():
            yield from kubeconfig_files.names(stack_file.read(path), "context")


def _map(value: object, key: str) -> Mapping[Any, Any]:
    """Return the map that a value holds under a key; an empty one if it holds none."""
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}

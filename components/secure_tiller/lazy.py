"""The names of a package that are loaded at their first use, because what they need takes long to load."""

from collections.abc import Mapping
from importlib import import_module


def attribute(package: str, modules: Mapping[str, str], name: str) -> object:
    """Return what a name of a package stands for, for the package's `__getattr__` (PEP 562).

    Args:
        package: its full name.
        modules: by name, the module of the package that has it.
        name: the one in question.

    Raises:
        AttributeError: the package has no such name.
        ImportError: the module cannot be loaded.
    """
    if name not in modules:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    module = f"{package}.{modules[name]}"
    try:
        return getattr(import_module(module), name)
    except AttributeError as error:
        # As it is, Python would say that the package lacks the name, and not why.
        raise ImportError(f"{module} cannot be loaded: {error}", name=module) from error

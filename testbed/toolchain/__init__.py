"""Finds the programs that the demo and the tests run, or builds them from pinned modules into a cache."""

from testbed.toolchain.assemble import (
    Toolchain,
    load,
    prepare,
    prepare_browser,
    prepare_helm_3,
    prepare_wheels,
    prepare_yaml,
)
from testbed.toolchain.errors import ToolchainError

__all__ = [
    "Toolchain",
    "ToolchainError",
    "load",
    "prepare",
    "prepare_browser",
    "prepare_helm_3",
    "prepare_wheels",
    "prepare_yaml",
]

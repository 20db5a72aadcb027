"""The one error of the toolchain: what could not be had, where to look, and what to do."""


class ToolchainError(Exception):
    """A program could be neither found nor built. The text is complete: it is shown without a traceback."""

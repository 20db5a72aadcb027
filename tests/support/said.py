"""A stand-in for a program on PATH: it prints a given text, and keeps its arguments."""

from dataclasses import dataclass
from pathlib import Path

SCRIPT = '#!/bin/sh\necho "$@" > "$0.arguments"\ncat "$0.stdout"\ncat "$0.stderr" >&2\nexit $(cat "$0.exit")\n'


@dataclass(frozen=True)
class Program:
    """A program.

    Attributes:
        file: where it is.
    """

    file: Path

    def __post_init__(self) -> None:
        """Make it; it says nothing and succeeds."""
        self.file.write_text(SCRIPT)
        self.file.chmod(0o755)
        self.says()

    def says(self, stdout: str = "", stderr: str = "", code: int = 0) -> None:
        """Set what it says from now on, and how it ends."""
        for name, text in (("stdout", stdout), ("stderr", stderr), ("exit", str(code))):
            Path(f"{self.file}.{name}").write_text(text)

    @property
    def arguments(self) -> list[str]:
        """The arguments of the last call."""
        return Path(f"{self.file}.arguments").read_text().split()

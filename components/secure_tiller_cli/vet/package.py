"""The files of a chart's package and of the packages within it, read within limits.

The tar reader of Python trusts what it reads: some packages make it take all memory, run for hours, or never end.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from secure_tiller_cli.charts import Concern, Effect, Group

LARGEST, MOST, DEEPEST = 32 * 2**20, 20_000, 5
"""Limits for a chart: bytes unpacked, files, and levels of packages within packages."""
LONGEST_HEADER = 2**12
"""Bytes of an extended header, which holds a long name. Python before 3.11.10 takes the square of its length in time
(CVE-2024-6232)."""

_EXTENDED = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)
"""The types of headers that belong to the next one."""


SMALLER = "exclude files from the chart (.helmignore), or split it into several"
"""The remedy for a chart that is too large."""


class TooLargeError(Exception):
    """A chart exceeds the limits of what is read."""


def not_read(consequence: str) -> Concern:
    """Return the finding about a chart for which `TooLargeError` was raised.

    Args:
        consequence: what may therefore be so, as the end of a sentence.
    """
    limits = f"{LARGEST // 2**20} MiB or {MOST:,} files"
    text = f"not checked: the chart exceeds {limits}, or its package is malformed, so {consequence}"
    return Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, SMALLER)


@dataclass
class Budget:
    """The bytes and files of a chart that may still be read."""

    size: int = LARGEST
    files: int = MOST

    def take(self, size: int, files: int = 0) -> None:
        """Count what was read.

        Raises:
            TooLargeError: it is more than may be read.
        """
        self.size -= size
        self.files -= files
        if min(self.size, self.files) < 0:
            raise TooLargeError


class _Header(tarfile.TarInfo):
    """A header of an archive, of a limited length."""

    @classmethod
    def frombuf(cls, buf: Any, encoding: Any, errors: Any) -> Any:
        """Read a header, before what belongs to it is read."""
        header = super().frombuf(buf, encoding, errors)
        if header.type in _EXTENDED and header.size > LONGEST_HEADER:
            raise TooLargeError
        return header


def files(
    package: bytes, budget: Budget, deep: int = DEEPEST, folder: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Yield each file of a package, and of those within it, with the parts of its path.

    Args:
        package: its content. One that is damaged yields what comes before: Helm reports the error.
        budget: of the chart.
        deep: how many levels of packages may follow.
        folder: the path of the folder in which the package is.

    Raises:
        TooLargeError: there is more than may be read, or it is built so that it cannot be read.
    """
    if not deep:
        raise TooLargeError
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(package)) as packed:
            unpacked = packed.read(budget.size + 1)
        budget.take(len(unpacked))
        with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:", tarinfo=_Header) as archive:
            last = -1
            for each in archive:
                budget.take(0, files=1)
                # A negative size leads back (CVE-2025-8194), and holes of a sparse file take no room in the archive.
                if each.offset <= last or each.size < 0 or each.issparse():
                    raise TooLargeError
                last, parts = each.offset, (*folder, *PurePosixPath(each.name).parts)
                opened = archive.extractfile(each) if each.isreg() else None
                if opened and is_package(parts):
                    yield from files(opened.read(), budget, deep - 1, parts[:-1])
                elif opened:
                    yield parts, opened.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error):
        return
    except (RecursionError, ValueError, LookupError, ArithmeticError) as error:
        raise TooLargeError from error


def is_package(parts: tuple[str, ...]) -> bool:
    """Return whether Helm opens a file of a chart as a package (Helm 2.17, pkg/chartutil/load.go, LoadFiles).

    Args:
        parts: of its path, which begins with the chart's own folder.
    """
    placed = len(parts) % 2 == 1 and set(parts[1::2]) == {"charts"}
    return placed and parts[-1].endswith(".tgz") and parts[-1][0] not in "._"

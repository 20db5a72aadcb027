"""Packages of charts, as archives that `helm package` could have written."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return an archive (.tgz) of files, each with its path."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def package(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write the package of a chart `web` into a folder, and return it. The paths of its files begin below the chart."""
    made = folder / "web.tgz"
    made.write_bytes(packed({f"web/{name}": content for name, content in files.items()}))
    return made

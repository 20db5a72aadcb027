"""Charts that Tiller may render differently, because they ask for the version of Kubernetes.

`helm template` drops the patch version and the vendor's suffix of `--kube-version`: `v1.29.0` for `v1.29.3-eks-1`
(Helm 2.17, pkg/renderutil/render.go).
"""

import io
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from secure_tiller_cli.charts import Concern, Discovery, Effect, Group
from secure_tiller_cli.foreign_text import word

LARGEST, MOST, DEEPEST = 4 * 2**20, 20_000, 5
"""Limits of the search: bytes of a file, files of a chart, and levels of packages within packages."""
BLOCK = 2**14
"""Bytes that count as one more file: unpacking takes time for what is passed over too."""

_ASKS = re.compile(rb"KubeVersion\b[^}]{0,80}")
_MAJOR_MINOR = re.compile(rb"KubeVersion\s*\.\s*(Major|Minor)\b")
_NO_SUFFIX = re.compile(r"v[0-9]+\.[0-9]+\.[0-9]+")


def rendered_differently(chart: Path, discovery: Discovery) -> Concern | None:
    """Return the finding about a chart that asks for what `helm template` drops of the version; None: it does not.

    Args:
        chart: a folder or a package.
        discovery: of the cluster.
    """
    shown = f"v{discovery.version}.0"
    if discovery.release == shown or not any(map(_asks, _templates(chart))):
        return None
    text = f"asks for the version of Kubernetes, and is rendered here for {shown}, by Tiller for {discovery.release}"
    if _NO_SUFFIX.fullmatch(discovery.release):
        compare = f"helm template --kube-version {discovery.version} {word(str(chart))}"
        remedy = f"check whether it depends on the patch version: {compare}"
        return Concern(Group.CANNOT_INSTALL, Effect.NOTE, text, remedy)
    remedy = f"compare, as a client of the team's Tiller: helm install --dry-run --debug {word(str(chart))}"
    return Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, f"not checked: {text}", remedy)


def _asks(template: bytes) -> bool:
    return any(not _MAJOR_MINOR.match(found) for found in _ASKS.findall(template))


def _templates(chart: Path) -> Iterator[bytes]:
    """Yield the templates of a chart and of its subcharts, within the limits."""
    budget = [MOST]
    if chart.is_file():
        yield from _packed(chart.read_bytes() if chart.stat().st_size < LARGEST * 10 else b"", DEEPEST, budget)
        return
    files = (each for each in sorted(chart.rglob("*")) if each.is_file() and each.stat().st_size < LARGEST)
    for _, each in zip(range(MOST), files, strict=False):
        parts = each.relative_to(chart).parts
        if "templates" in parts:
            yield each.read_bytes()
        elif _is_subchart(parts):
            yield from _packed(each.read_bytes(), DEEPEST, budget)


def _packed(package: bytes, deep: int, budget: list[int]) -> Iterator[bytes]:
    """Yield the templates in a package; the budget of files is shared with the packages inside it."""
    try:
        with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as files:
            for each in files:
                budget[0] -= 1 + each.size // BLOCK
                if budget[0] < 0:
                    return
                opened = files.extractfile(each) if each.isfile() and each.size < LARGEST else None
                parts = PurePosixPath(each.name).parts
                if opened and "templates" in parts:
                    yield opened.read(LARGEST)
                elif opened and deep and _is_subchart(parts):
                    yield from _packed(opened.read(LARGEST), deep - 1, budget)
    except (tarfile.TarError, OSError, EOFError, zlib.error):
        return  # Helm reports the error


def _is_subchart(parts: tuple[str, ...]) -> bool:
    """Return whether Helm opens a file as a package: it opens no others than those in a folder `charts`."""
    return parts[-2:-1] == ("charts",) and parts[-1].endswith(".tgz")

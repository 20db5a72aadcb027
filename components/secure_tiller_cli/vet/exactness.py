"""Charts that Tiller may render differently, because they ask for the version of Kubernetes.

`helm template` drops the patch version and the vendor's suffix of `--kube-version`: `v1.29.0` for `v1.29.3-eks-1`
(Helm 2.17, pkg/renderutil/render.go). The minor version is a number then; some vendors' clusters say `29+`.
"""

import os
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from secure_tiller_cli.charts import Concern, Discovery, Effect, Group
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.vet.package import DEEPEST, Budget, TooLargeError, files, is_package, not_read

_ASKS = re.compile(rb"KubeVersion\b")
"""For anything of it."""
_ASKS_MORE = re.compile(rb"KubeVersion\b(?!\s*\.\s*(?:Major|Minor)\b)")
"""For more than the two numbers, which are rendered as they are."""
_NO_SUFFIX = re.compile(r"v[0-9]+\.[0-9]+\.[0-9]+")


def rendered_differently(chart: Path, discovery: Discovery) -> Concern | None:
    """Return the finding about a chart that asks for what `helm template` drops of the version; None: it does not.

    Args:
        chart: a folder or a package.
        discovery: of the cluster.
    """
    shown, by_tiller = f"v{discovery.version}.0", discovery.release
    asks = _ASKS_MORE
    if not discovery.minor.isdecimal():
        asks, by_tiller = _ASKS, f"{by_tiller} with the minor version {discovery.minor}"
    if by_tiller == shown:
        return None
    try:
        if not any(map(asks.search, _templates(chart))):
            return None
    except TooLargeError:
        return not_read("it can ask for the version of Kubernetes")
    text = f"asks for the version of Kubernetes, and is rendered here for {shown}, by Tiller for {by_tiller}"
    if _NO_SUFFIX.fullmatch(by_tiller):
        compare = f"helm template --kube-version {discovery.version} {word(str(chart))}"
        remedy = f"check whether it depends on the patch version: {compare}"
        return Concern(Group.CANNOT_INSTALL, Effect.NOTE, text, remedy)
    remedy = f"compare, as a client of the team's Tiller: helm install --dry-run --debug {word(str(chart))}"
    return Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, f"not checked: {text}", remedy)


def _templates(chart: Path) -> Iterator[bytes]:
    """Yield the templates of a chart and of its subcharts.

    Raises:
        TooLargeError: the chart exceeds the limits of what is read.
    """
    budget = Budget()
    found = files(chart.read_bytes(), budget) if chart.is_file() else _unpacked(chart, budget)
    yield from (content for parts, content in found if "templates" in parts)


def _unpacked(chart: Path, budget: Budget) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Yield the templates in a folder, with those in the packages within. Helm follows links, also to folders."""
    walks = (os.walk(chart / name, followlinks=True) for name in ("templates", "charts"))
    for file in (Path(folder, name) for folder, _, names in chain.from_iterable(walks) for name in names):
        budget.take(0, files=1)
        parts = ("", *file.relative_to(chart).parts)
        if file.is_file() and ("templates" in parts or is_package(parts)):
            budget.take(file.stat().st_size)
            content = file.read_bytes()
            yield from files(content, budget, DEEPEST, parts[:-1]) if is_package(parts) else [(parts, content)]

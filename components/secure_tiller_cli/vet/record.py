"""The size of the record that Tiller would store for a release.

Tiller stores the chart, the values and the rendered manifests in one Secret, compressed and then in base64 (Helm 2.17,
pkg/storage/driver/util.go, encodeRelease). A Secret that is too large is refused.
"""

import tempfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from secure_tiller_cli.charts import Concern, Effect, Group
from secure_tiller_cli.vet.chart import Chart, ChartError
from secure_tiller_cli.vet.package import SMALLER, Budget, TooLargeError, files, not_read

LIMIT = 2**20
"""Bytes of the data of a Secret (Kubernetes documentation, Secret, Restriction on Secret data size)."""
OF_THE_CHART = 3
"""Parts of the path of a file in `charts/` that is no subchart's."""
INACCURACY = 0.05
"""The share by which the size can differ from Tiller's, which compresses with another library and adds a little."""


@dataclass
class _Size:
    """Computes the size of a record from its parts."""

    compressor: "zlib._Compress" = field(default_factory=lambda: zlib.compressobj(9))
    compressed: int = 0

    def add(self, part: bytes) -> None:
        self.compressed += len(self.compressor.compress(part))

    @property
    def encoded(self) -> int:
        """The size in base64."""
        return (self.compressed + len(self.compressor.copy().flush())) * 4 // 3


def too_large(chart: Chart, parts: Iterable[bytes], *, upgrade: bool) -> Concern | None:
    """Return the finding about a record that does not fit into a Secret; None: it fits.

    Args:
        chart: the chart.
        parts: what the record holds besides the chart: the manifests and the user's values.
        upgrade: whether a release is upgraded.
    """
    # Subcharts that the values disable are not stored; which are disabled is not known here.
    least, most = _Size(), _Size()
    try:
        with tempfile.TemporaryDirectory() as folder:
            for place, content in files(chart.package(Path(folder)).read_bytes(), Budget()):
                most.add(content)
                if place[1:2] != ("charts",) or len(place) == OF_THE_CHART:
                    least.add(content)
    except ChartError as error:
        text = f"the size of the release's record was not computed: {error.problems[0].why}"
        return Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, error.problems[0].remedy)
    except TooLargeError:
        return not_read("the record can be too large")
    for part in parts:
        least.add(part)
        most.add(part)
    size = f"the release's record would have about {most.encoded / 2**20:.1f} MiB, and a Secret holds at most 1 MiB"
    if least.encoded * (1 - INACCURACY) > LIMIT:
        effect = "Tiller creates the objects but does not store the release, so it cannot be upgraded or deleted"
        if upgrade:
            effect = "Tiller refuses the upgrade"
        return Concern(Group.CANNOT_INSTALL, Effect.STOPS, f"{size}: {effect}", SMALLER)
    if most.encoded * (1 + INACCURACY) > LIMIT:
        text = f"not checked: {size}; the computed size is not exact"
        return Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, SMALLER)
    return None

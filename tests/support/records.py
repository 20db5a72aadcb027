"""Records of releases, made as Tiller makes them, or changed after it did."""

import base64
import gzip
from typing import Any

from secure_tiller_cli.releases import Status
from secure_tiller_cli.releases.protobuf import ReleaseMessage


def release(name: str = "shop", revision: int = 1, **fields: Any) -> Any:
    """Return the message of a revision, `DEPLOYED` in blue-apps by default.

    Args:
        name: the release's.
        revision: its number.
        fields: `namespace`, `status`, `first_deployed` and `last_deployed` in seconds since 1970, `manifest`, `hooks`.
    """
    made = ReleaseMessage(name=name, version=revision, namespace=fields.get("namespace", "blue-apps"))
    made.info.status.code = fields.get("status", Status.DEPLOYED)
    made.info.first_deployed.seconds = fields.get("first_deployed", 1_500_000_000)
    made.info.last_deployed.seconds = fields.get("last_deployed", 0)
    made.manifest = fields.get("manifest", "")
    made.chart.metadata.name, made.chart.metadata.version = "ledger", "1.0.0"
    for manifest in fields.get("hooks", ()):
        made.hooks.add(manifest=manifest)
    return made


def message(encoded: str) -> Any:
    """Return the message of a record."""
    found = ReleaseMessage()
    found.ParseFromString(gzip.decompress(base64.b64decode(encoded)))
    return found


def encoded(release: Any) -> str:
    """Return a message as Tiller stores it."""
    return base64.b64encode(gzip.compress(release.SerializeToString(), mtime=0)).decode()


def labels(release: Any) -> dict[str, str]:
    """Return the labels of its record."""
    status = Status(release.info.status.code).name
    return {"OWNER": "TILLER", "NAME": release.name, "VERSION": str(release.version), "STATUS": status}


def config_map(release: Any) -> dict[str, Any]:
    """Return its record as a ConfigMap."""
    metadata = {"name": f"{release.name}.v{release.version}", "labels": labels(release)}
    return {"metadata": metadata, "data": {"release": encoded(release)}}

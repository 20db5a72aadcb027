"""Records of releases, made as Tiller makes them, or changed after it did."""

import base64
import gzip
from typing import Any

from secure_tiller.releases import Status
from secure_tiller.releases.protobuf import ReleaseMessage


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

"""Writes container images of one static binary as OCI archives, so that no image builder and no registry is needed.

The layout is the OCI Image Layout 1.0 (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md); times
and owners are fixed, so the same binary always gives the same digest.
"""

import hashlib
import io
import json
import platform
import struct
import tarfile
from pathlib import Path

from testbed.toolchain.pins import Image

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

APPLETS = ("sh", "cat", "grep", "ls", "ps", "rm", "sleep", "test", "touch")
"""The programs that a shell in an image can call, each a link to busybox."""


def architecture() -> str:
    """Return this machine's architecture, as Go and OCI name it."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def is_static(binary: Path) -> bool:
    """Return whether a file is a 64-bit Linux program that runs without any other file: an image holds it alone.

    It is ELF, and none of its segments names an interpreter (elf(5), PT_INTERP), which would load libraries.
    """
    content = binary.read_bytes()
    if content[:6] != b"\x7fELF\x02\x01":
        return False
    (start,), (size, count) = struct.unpack_from("<Q", content, 32), struct.unpack_from("<HH", content, 54)
    return all(struct.unpack_from("<I", content, start + size * index) != (3,) for index in range(count))


def write(image: Image, binary: Path, archive: Path, busybox: Path) -> None:
    """Write the image of a binary to an archive that `ctr images import` reads.

    Args:
        image: the one to write.
        binary: the static program.
        archive: the file to write.
        busybox: the static busybox, for an image with a shell.
    """
    layer = _layer(image, binary, busybox)
    config = _json(
        {
            "architecture": architecture(),
            "os": "linux",
            "config": {"Entrypoint": [image.entrypoint], "User": str(image.user), "Env": ["PATH=/bin:/"]},
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _descriptor(_CONFIG, config),
            "layers": [_descriptor(_LAYER, layer)],
        }
    )
    # containerd reads the name from the first annotation, other tools from the second.
    names = {"io.containerd.image.name": image.reference, "org.opencontainers.image.ref.name": image.reference}
    index = {"schemaVersion": 2, "manifests": [_descriptor(_MANIFEST, manifest) | {"annotations": names}]}
    with tarfile.open(archive, "w") as tar:
        _add(tar, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add(tar, "index.json", _json(index))
        for blob in (layer, config, manifest):
            _add(tar, "blobs/sha256/" + _digest(blob).removeprefix("sha256:"), blob)


def _layer(image: Image, binary: Path, busybox: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tmp = tarfile.TarInfo("tmp")
        tmp.type, tmp.mode = tarfile.DIRTYPE, 0o1777
        tar.addfile(tmp)
        _add(tar, image.entrypoint.lstrip("/"), binary.read_bytes(), mode=0o755)
        if image.with_shell:
            _add(tar, "bin/busybox", busybox.read_bytes(), mode=0o755)
            for applet in APPLETS:
                link = tarfile.TarInfo(f"bin/{applet}")
                link.type, link.linkname, link.mode = tarfile.SYMTYPE, "busybox", 0o777
                tar.addfile(link)
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def _descriptor(media_type: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(blob), "size": len(blob)}


def _digest(blob: bytes) -> str:
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()

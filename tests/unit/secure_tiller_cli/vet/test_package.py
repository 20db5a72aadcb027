"""A package is read within limits of memory and time, whatever its archive says."""

import gzip
import io
import random
import tarfile
import time
import tracemalloc
from collections.abc import Callable

import pytest

from secure_tiller_cli.vet.package import LARGEST, Budget, TooLargeError, files


def header(kind: bytes, size: int = 0, name: str = "web/a") -> bytes:
    made = tarfile.TarInfo(name)
    made.type, made.size = kind, size
    return made.tobuf(tarfile.GNU_FORMAT)


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % tarfile.BLOCKSIZE)


def record(key: str, value: str) -> bytes:
    """Return an extended header of one key (POSIX.1-2024, pax)."""
    length = len(key) + len(value) + 3
    length += len(str(length + len(str(length))))
    body = f"{length} {key}={value}\n".encode()
    return header(tarfile.XHDTYPE, len(body)) + padded(body)


def packed(*parts: bytes) -> bytes:
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb") as archive:
        for part in parts:
            archive.write(part)
    return made.getvalue()


FILE = header(tarfile.REGTYPE, 1) + padded(b"a")
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a long extended header": lambda: packed(header(tarfile.XHDTYPE, 100 * 2**20), *[bytes(2**20)] * 100, FILE),
    "a long name": lambda: packed(header(tarfile.GNUTYPE_LONGNAME, 100 * 2**20), *[bytes(2**20)] * 100, FILE),
    "many folders": lambda: packed(*[header(tarfile.DIRTYPE) * 1000] * 200),
    "digits": lambda: packed(record("comment", "1" * 100_000), FILE),
    "headers of headers": lambda: packed(record("comment", "a") * 2000, FILE),
    "a negative size": lambda: packed(FILE, header(tarfile.REGTYPE, -tarfile.BLOCKSIZE), FILE),
    "a negative size in an extended header": lambda: packed(FILE, record("size", "-1536"), FILE),
    "a sparse file": lambda: packed(record("GNU.sparse.map", "0,1"), FILE, record("GNU.sparse.size", str(2**40)), FILE),
    "a sparse map": lambda: packed(record("GNU.sparse.map", "a,b"), FILE),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_given_up(case: str) -> None:
    package = HOSTILE[case]()
    began = time.process_time()
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        list(files(package, Budget()))
    assert tracemalloc.get_traced_memory()[1] < 3 * LARGEST
    tracemalloc.stop()
    assert time.process_time() - began < 10


def test_long_names_are_read() -> None:
    made = io.BytesIO()
    name = f"web/templates/{'a' * 900}"
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        with tarfile.open(fileobj=made, mode="w:gz", format=form, pax_headers={"comment": "1"}) as archive:
            archive.addfile(tarfile.TarInfo(name))
        assert [parts for parts, _ in files(made.getvalue(), Budget())] == [("web", "templates", "a" * 900)]
        made = io.BytesIO()


@pytest.mark.parametrize("name", ["charts/_a.tgz", "charts/.a.tgz", "files/a.tgz", "files/charts/a.tgz", "a.tgz"])
def test_what_helm_does_not_open_is_a_file(name: str) -> None:
    package = packed(header(tarfile.REGTYPE, 1, f"web/{name}"), padded(b"a"))
    assert [("/".join(parts), content) for parts, content in files(package, Budget())] == [(f"web/{name}", b"a")]


def test_a_package_in_a_package_is_opened() -> None:
    inner = packed(FILE)
    package = packed(header(tarfile.REGTYPE, len(inner), "web/charts/db/charts/a.tgz"), padded(inner))
    assert [parts for parts, _ in files(package, Budget())] == [("web", "charts", "db", "charts", "web", "a")]


def test_no_change_of_an_archive_is_an_error_of_ours() -> None:
    chance = random.Random(13)  # noqa: S311 - repeatable
    whole = record("path", "web/b") + FILE + header(tarfile.GNUTYPE_LONGNAME, 6) + padded(b"web/c\0") + FILE
    for _ in range(2000):
        changed = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.choice([0, 0x31, 0x2D, 0x80, 0xFF, chance.randrange(256)])
        try:
            list(files(packed(bytes(changed)), Budget()))
        except TooLargeError:
            continue

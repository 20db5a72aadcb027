"""A record is decoded as Tiller does, and one that Tiller could not decode is refused with a reason."""

import base64
import gzip
import itertools
import tracemalloc

import pytest

from secure_tiller_cli.releases import Status, encoding
from secure_tiller_cli.releases.encoding import EncodingError, decode, manifests
from tests.support import records

WHOLE = records.encoded(records.release("shop", 3, status=Status.FAILED, manifest="kind: Secret", hooks=["kind: Job"]))


def packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content)).decode()


def test_a_record_tells_its_release() -> None:
    found = decode(WHOLE)
    assert (found.name, found.revision, found.namespace, found.status) == ("shop", 3, "blue-apps", Status.FAILED)
    assert (manifests(WHOLE), found.chart) == (("kind: Secret", "kind: Job"), "ledger-1.0.0")
    assert found.first_deployed == 1_500_000_000 * 10**9


def test_what_an_early_tiller_did_not_compress_is_read_too() -> None:
    assert decode(base64.b64encode(records.release().SerializeToString()).decode()) == decode(
        records.encoded(records.release())
    )


def test_line_breaks_in_base64_are_passed_over_as_go_does() -> None:
    assert decode("\n".join((WHOLE[:40], WHOLE[40:]))) == decode(WHOLE)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no name, revision or namespace"),
        ("not base64 at all!", "is no base64"),
        (WHOLE[:-40], "its gzip stream cannot be read to its end"),
        (WHOLE[:40] + "AAAA" + WHOLE[44:], "its gzip stream cannot be read to its end"),
        (packed(b"\xff\xff\xff\xff"), "is no protobuf message"),
        (packed(b"\x0a\x02\xff\xfe"), "is no protobuf message"),
        (records.encoded(records.release("", 1)), "has no name, revision or namespace"),
        (records.encoded(records.release("shop", 0)), "has no name, revision or namespace"),
        (records.encoded(records.release("shop", -1)), "has no name, revision or namespace"),
        (records.encoded(records.release(namespace="")), "has no name, revision or namespace"),
        (records.encoded(records.release(namespace="blue\x1b[2J")), "names a namespace that there cannot be"),
        (records.encoded(records.release(status=9)), "has a status that Helm 2 does not know: 9"),
    ],
    ids=itertools.count(),  # what is packed is another text in every process
)
def test_what_is_no_release_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(EncodingError, match=why):
        decode(text)


def test_what_unpacks_to_more_than_any_release_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "LARGEST", 1024 * 1024)
    assert decode(records.encoded(records.release(manifest="x" * 1000)))
    with pytest.raises(EncodingError, match="is larger than any release: more than 1 MiB"):
        decode(records.encoded(records.release(manifest="x" * 1024 * 1024)))


def test_a_record_of_more_hooks_than_any_release_is_not_parsed() -> None:
    release = records.release().SerializeToString()
    with pytest.raises(EncodingError, match="has more fields than any release"):
        decode(packed(release + b"\x32\x00" * 30_000_000))
    assert decode(packed(release + b"\x32\x00" * 9_000)).name == "shop"


def test_large_manifests_are_decoded_one_after_the_other_and_not_kept() -> None:
    encoded = [records.encoded(records.release(revision=n, manifest="x" * 20 * 2**20)) for n in range(1, 6)]
    tracemalloc.start()
    try:
        releases = [decode(text) for text in encoded]
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [release.revision for release in releases] == list(range(1, 6))
    assert kept < 2**20
    assert peak < 150 * 2**20


@pytest.mark.parametrize("part", [b"\x0b", b"\x08", b"\x32\x7f", b"\x08" + b"\xff" * 11, b"\x09a", b"\x0da"])
def test_a_message_that_is_cut_off_or_of_another_form_is_refused(part: bytes) -> None:
    with pytest.raises(EncodingError, match="is no protobuf message"):
        decode(packed(records.release().SerializeToString() + part))


def test_no_object_of_a_record_prints_what_it_holds() -> None:
    assert "kind:" not in repr(decode(WHOLE))


@pytest.mark.parametrize(
    ("status", "unfinished"),
    [(status, status.name.startswith("PENDING") or status.name in ("UNKNOWN", "DELETING")) for status in Status],
)
def test_which_status_means_that_a_tiller_has_not_ended(status: Status, unfinished: bool) -> None:
    assert status.unfinished is unfinished

"""A folder that holds a bundle, and those that do not."""

import io
import re
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from secure_tiller_cli import bundle
from secure_tiller_cli.bundle import BundleError, read
from tests.support import pki

CA, OWN = pki.authority(), pki.authority("of ann")
ANN, BOB = pki.client(OWN, "ann"), pki.client(OWN, "bob")


def _written(key: str = ANN.key_pem) -> bundle.Bundle:
    return bundle.Bundle("o/p/s", "blue", "ann", "blue-tiller", CA.pem, ANN.pem, key)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that `secure-tiller bundle` has written."""
    bundle.write(_written(), tmp_path / "ann")
    return tmp_path / "ann"


def test_what_bundle_writes_is_read(folder: Path) -> None:
    assert read(folder) == _written()


@pytest.mark.parametrize("stack", ["", "o/p/s"])
def test_a_bundle_says_whose_it_is(tmp_path: Path, stack: str) -> None:
    bundle.write(replace(_written(), stack=stack), tmp_path / "ann")
    assert read(tmp_path / "ann").stack == stack
    (tmp_path / "ann" / "env").write_text("export TILLER_NAMESPACE=blue-tiller")
    assert read(tmp_path / "ann") == replace(_written(), stack="", team="", client="")


def test_what_bundle_hands_over_is_read(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle.archive(_written()))) as archive:
        archive.extractall(tmp_path, filter="data")
    assert read(tmp_path / "ann").namespace == "blue-tiller"


def test_a_client_that_made_its_own_key_is_asked_to_put_it_there(tmp_path: Path) -> None:
    bundle.write(_written(key=""), tmp_path / "ann")
    with pytest.raises(BundleError, match="put your own key there"):
        read(tmp_path / "ann")
    (tmp_path / "ann" / "key.pem").write_text(ANN.key_pem)
    assert read(tmp_path / "ann").key == ANN.key_pem


@pytest.mark.parametrize(
    ("line", "namespace"),
    [
        ("export TILLER_NAMESPACE=blue", "blue"),
        ('export TILLER_NAMESPACE="blue"', "blue"),
        ("export TILLER_NAMESPACE=blue # of the team", "blue"),
        ("export TILLER_NAMESPACE='red'\nexport TILLER_NAMESPACE='blue'", "blue"),
        ("export HELM_TLS_ENABLE=true TILLER_NAMESPACE=blue", "blue"),
        ('export HELM_TLS_CERT="$(pwd)/cert.pem"; cd\nexport TILLER_NAMESPACE=blue', "blue"),
    ],
)
def test_the_environment_is_read_as_a_shell_reads_it(folder: Path, line: str, namespace: str) -> None:
    (folder / "env").write_text(line)
    assert read(folder).namespace == namespace


def test_without_a_hostname_the_certificate_must_be_for_the_loopback(folder: Path) -> None:
    (folder / "env").write_text("export TILLER_NAMESPACE=blue")
    assert read(folder).hostname == "127.0.0.1"


def test_another_hostname_is_read(folder: Path) -> None:
    (folder / "env").write_text("export TILLER_NAMESPACE=blue HELM_TLS_HOSTNAME=tiller.example")
    assert read(folder).hostname == "tiller.example"


WRONG = {
    "no CA": ("ca.pem", None, "is not there"),
    "no certificate": ("cert.pem", None, "is not there"),
    "no key": ("key.pem", None, "put your own key there"),
    "no environment": ("env", None, "is not there"),
    "a CA that is none": ("ca.pem", "hello", "does not hold certificates: line 1"),
    "an empty CA": ("ca.pem", "", "there is none at all"),
    "a key in the place of the certificate": ("cert.pem", ANN.key_pem, "begins a private key"),
    "another client's key": ("key.pem", BOB.key_pem, "is not the key of the certificate in cert.pem"),
    "a certificate in the place of the key": ("key.pem", ANN.pem, "is not the key of the certificate in cert.pem"),
    "no namespace": ("env", "export HELM_TLS_ENABLE=true", "exports no TILLER_NAMESPACE"),
    "an empty namespace": ("env", "export TILLER_NAMESPACE=", "exports no TILLER_NAMESPACE"),
    "an open quote": ("env", "export TILLER_NAMESPACE='blue", "exports no TILLER_NAMESPACE"),
}


@pytest.mark.parametrize(("file", "text", "words"), [pytest.param(*wrong, id=name) for name, wrong in WRONG.items()])
def test_what_is_no_bundle_is_refused_by_file(folder: Path, file: str, text: str | None, words: str) -> None:
    if text is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(text)
    with pytest.raises(BundleError, match=re.escape(words)) as refused:
        read(folder)
    (problem,) = refused.value.problems
    assert problem.key == str(folder / file)


def test_a_file_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / "cert.pem").write_bytes(b"\xff\xfe")
    with pytest.raises(BundleError, match="is no text"):
        read(folder)


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as refused:
        read(tmp_path)
    assert len(refused.value.problems) == 4


def test_a_folder_that_is_not_there_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="why:    is not there") as refused:
        read(tmp_path / "nowhere")
    assert len(refused.value.problems) == 1


def test_a_file_of_the_bundle_in_the_place_of_its_folder_is_one_problem(folder: Path) -> None:
    with pytest.raises(BundleError, match="why:    is no folder") as refused:
        read(folder / "env")
    assert len(refused.value.problems) == 1


def test_no_key_is_shown(folder: Path) -> None:
    (folder / "cert.pem").write_text(BOB.pem)
    with pytest.raises(BundleError) as refused:
        read(folder)
    assert ANN.key_pem.splitlines()[1] not in str(refused.value)


@pytest.mark.parametrize("name", ["ca.pem", "cert.pem", "key.pem", "env"])
def test_an_endless_file_is_not_read_to_its_end(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).symlink_to("/dev/zero")
    with pytest.raises(BundleError, match="is larger than 1 MiB") as refused:
        read(folder)
    assert len(refused.value.problems) == 1

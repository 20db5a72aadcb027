"""A client's bundle on disk: whose it is, who can read it, and what it never overwrites."""

import errno
import io
import os
import shlex
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secure_tiller_cli import bundle
from secure_tiller_cli.bundle import Bundle, BundleError
from tests.support import pki

ISSUER = pki.authority()


def of(client: str, team: str = "blue", stack: str = "organization/shop/production") -> Bundle:
    made = pki.client(ISSUER, client, organization=team)
    return Bundle(stack, team, client, f"{team}-tiller", ISSUER.pem, made.pem, made.key_pem)


ALICE = of("alice")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "alice"


def files(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def mode(path: Path) -> str:
    return f"{path.stat().st_mode & 0o7777:04o}"


def test_what_helm_reads_and_what_a_shell_sources(folder: Path) -> None:
    bundle.write(ALICE, folder)
    written = files(folder)
    assert set(written) == {"ca.pem", "cert.pem", "key.pem", "env"}
    assert (written["ca.pem"], written["cert.pem"], written["key.pem"]) == (ALICE.ca, ALICE.certificate, ALICE.key)


def test_only_its_owner_may_read_it_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        bundle.write(ALICE, folder)
    finally:
        os.umask(before)
    assert mode(folder) == "0700"
    assert {mode(file) for file in folder.iterdir()} == {"0600"}


def sourced(folder: Path, shell: str = "bash", where: str = "/", **environment: str) -> dict[str, str]:
    """Return a shell's environment after `env` was sourced, by default from another folder."""
    script = f"cd {shlex.quote(where)} && . {shlex.quote(str(folder / 'env'))} && env"
    done = subprocess.run(
        [shell, "-c", f"{script} -0"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        check=True,
    )
    return dict(line.split("=", 1) for line in os.fsdecode(done.stdout).split("\0") if "=" in line)


@pytest.mark.parametrize("shell", ["bash", "sh"])
@pytest.mark.parametrize("name", ["alice", "her folder's $HOME", "-n", "two\nlines", os.fsdecode(b"no\xfftext")])
def test_env_turns_verification_on_and_names_the_files(tmp_path: Path, shell: str, name: str) -> None:
    bundle.write(ALICE, tmp_path / name)
    found = sourced(tmp_path / name, shell)
    assert {key: value for key, value in found.items() if key.startswith(("HELM", "TILLER"))} == {
        "TILLER_NAMESPACE": "blue-tiller",
        "HELM_TLS_ENABLE": "true",
        "HELM_TLS_VERIFY": "true",
        "HELM_TLS_HOSTNAME": "127.0.0.1",
        "HELM_TLS_CA_CERT": f"{tmp_path}/{name}/ca.pem",
        "HELM_TLS_CERT": f"{tmp_path}/{name}/cert.pem",
        "HELM_TLS_KEY": f"{tmp_path}/{name}/key.pem",
    }
    assert "secure_tiller_bundle" not in found


def test_env_keeps_the_users_home_of_helm_and_takes_away_another_tillers_address(folder: Path) -> None:
    bundle.write(ALICE, folder)
    found = sourced(folder, HELM_HOME="/home/alice/.helm", HELM_HOST="old-tiller:44134")
    assert found["HELM_HOME"] == "/home/alice/.helm"
    assert "HELM_HOST" not in found


def test_a_renewed_bundle_replaces_the_same_clients(folder: Path) -> None:
    bundle.write(ALICE, folder)
    renewed = replace(of("alice"), ca="another CA\n")
    bundle.write(renewed, folder)
    assert files(folder)["cert.pem"] == renewed.certificate
    assert files(folder)["ca.pem"] == "another CA\n"
    assert set(files(folder)) == {"ca.pem", "cert.pem", "key.pem", "env"}


def test_what_helm_made_of_a_bundle_before_is_known_by_its_certificate(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "cert.pem").write_text(ALICE.certificate)
    bundle.write(ALICE, folder)
    assert "env" in files(folder)


def with_bundle(other: Bundle) -> Callable[[Path], None]:
    return lambda folder: bundle.write(other, folder)


def with_file(name: str, content: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        folder.mkdir(mode=0o700)
        (folder / name).write_text(content)

    return make


def open_to_others(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)


def with_link(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "key.pem").symlink_to(folder.parent / "elsewhere")


def is_a_file(folder: Path) -> None:
    folder.write_text("")


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (with_bundle(of("bob")), "is of client bob, team blue, stack organization/shop/production"),
        (with_bundle(of("alice", team="green")), "is of client alice, team green"),
        (with_bundle(of("alice", stack="organization/shop/staging")), "stack organization/shop/staging"),
        (with_file("env", ""), "is of somebody else"),
        (with_file("cert.pem", of("bob").certificate), "is of bob of team blue"),
        (with_file("cert.pem", "no certificate"), "is of somebody else"),
        (with_file("key.pem", "a key"), "nothing shows whose it is"),
        (with_file("ca.pem", "a CA"), "nothing shows whose it is"),
        (open_to_others, "is not for your eyes alone"),
        (with_link, "is no plain file"),
        (is_a_file, "cannot be written: File exists"),
    ],
)
def test_what_is_refused_and_left_as_it_was(folder: Path, prepare: Callable[[Path], None], why: str) -> None:
    prepare(folder)
    before = files(folder) if folder.is_dir() and not (folder / "key.pem").is_symlink() else {}
    with pytest.raises(BundleError, match=why):
        bundle.write(ALICE, folder)
    if before:
        assert files(folder) == before
    assert not (folder.parent / "elsewhere").exists()


def test_a_client_with_a_key_of_its_own_gets_none_and_keeps_its_own(folder: Path) -> None:
    own = replace(ALICE, key="")
    bundle.write(own, folder)
    assert set(files(folder)) == {"ca.pem", "cert.pem", "env"}
    (folder / "key.pem").write_text(ALICE.key)
    bundle.write(own, folder)
    assert files(folder)["key.pem"] == ALICE.key
    (folder / "key.pem").write_text(of("alice").key)
    with pytest.raises(BundleError, match="another key than the one"):
        bundle.write(own, folder)


def test_an_archive_holds_the_same_and_is_found_where_it_is_unpacked(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle.archive(ALICE))) as tar:
        assert {(entry.name, f"{entry.mode:04o}") for entry in tar} == {
            ("alice", "0700"),
            *((f"alice/{name}", "0600") for name in ("ca.pem", "cert.pem", "key.pem", "env")),
        }
        tar.extractall(tmp_path, filter="data")
    assert sourced(tmp_path / "alice")["HELM_TLS_KEY"] == f"{tmp_path}/alice/key.pem"
    assert (tmp_path / "alice" / "key.pem").read_text() == ALICE.key


def test_an_unpacked_archive_serves_a_shell_that_tells_no_file_where_it_is_in_the_bundles_folder(
    tmp_path: Path,
) -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle.archive(ALICE))) as tar:
        tar.extractall(tmp_path, filter="data")
    assert sourced(tmp_path / "alice", "sh", str(tmp_path / "alice"))["HELM_TLS_KEY"] == f"{tmp_path}/alice/key.pem"


def test_an_archive_is_found_whatever_cdpath_says(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(bundle.archive(ALICE))) as tar:
        tar.extractall(tmp_path / "here", filter="data")
    (tmp_path / "elsewhere" / "alice").mkdir(parents=True)
    done = subprocess.run(
        ["bash", "-c", 'source alice/env && echo "$HELM_TLS_KEY"'],
        cwd=tmp_path / "here",
        env={"PATH": os.environ["PATH"], "CDPATH": str(tmp_path / "elsewhere")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{tmp_path}/here/alice/key.pem\n"


def test_a_disk_that_is_full_leaves_the_older_bundle_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle.write(ALICE, folder)
    before = files(folder)
    made: list[str] = []

    def full_at_the_third(*arguments: Any, **options: Any) -> tuple[int, str]:
        if len(made) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        made.append("")
        return mkstemp(*arguments, **options)

    mkstemp = tempfile.mkstemp
    monkeypatch.setattr(tempfile, "mkstemp", full_at_the_third)
    with pytest.raises(BundleError, match="cannot be written: No space left on device"):
        bundle.write(of("alice"), folder)
    assert files(folder) == before


def test_the_key_does_not_show_when_a_bundle_is_printed() -> None:
    assert "PRIVATE" not in repr(ALICE)

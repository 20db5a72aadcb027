"""A bundle as files, for one client alone: over no file that is another's, and whole or not at all."""

import io
import os
import shlex
import stat
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from secure_tiller.plan import pem
from secure_tiller.problems import Problem
from secure_tiller_cli.bundle.model import CA, CERTIFICATE, ENVIRONMENT, FILES, KEY, Bundle, BundleError, problem
from secure_tiller_cli.foreign_text import word

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


def write(bundle: Bundle, folder: Path) -> None:
    """Write a bundle into a folder, which is made if it is not there; an older bundle of the same client is replaced.

    Raises:
        BundleError: the folder or a file in it is another's, or cannot be written; nothing was changed.
    """
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if problems := tuple(_in_the_way(bundle, folder)):
            raise BundleError(problems)
        _replace(folder, bundle.files(shlex.quote(str(folder.absolute()))))
    except OSError as error:
        why = f"cannot be written: {error.strerror}"
        raise BundleError([problem(Path(error.filename or folder), why, "choose another folder")]) from error


def archive(bundle: Bundle) -> bytes:
    """Return a tar archive of the bundle's folder, named for the client.

    Its `env` finds the files of its folder in bash and zsh. No other shell gives a file that it reads the path of that
    file: there the files are those of the current folder.
    """
    here = '"$(CDPATH= cd -- "$(dirname -- "${BASH_SOURCE:-${ZSH_VERSION:+$0}}")" && pwd)"'
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        folder = tarfile.TarInfo(bundle.client)
        folder.type, folder.mode = tarfile.DIRTYPE, PRIVATE_FOLDER
        tar.addfile(folder)
        for name, content in bundle.files(here).items():
            file = tarfile.TarInfo(f"{bundle.client}/{name}")
            file.size, file.mode = len(content.encode()), PRIVATE_FILE
            tar.addfile(file, io.BytesIO(content.encode()))
    return written.getvalue()


def _in_the_way(bundle: Bundle, folder: Path) -> Iterator[Problem]:
    status = folder.stat()
    if stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid != os.geteuid():
        why, mode = "is not for your eyes alone, and a key is to lie there", f"mode {stat.S_IMODE(status.st_mode):04o}"
        yield problem(folder, why, f"chmod 700 {word(str(folder))}, if it is yours", mode)
    for file in (folder / name for name in FILES):
        if file.is_symlink() or (file.exists() and not file.is_file()):
            yield problem(file, "is no plain file", "choose another folder")
            return
    yield from _of_another(bundle, folder)


def _of_another(bundle: Bundle, folder: Path) -> Iterator[Problem]:
    """Yield why the files that are there are not an older bundle of the same client."""
    environment, certificate, key = (folder / name for name in (ENVIRONMENT, CERTIFICATE, KEY))
    another = "choose a folder of its own for each client"
    if environment.exists():
        owner = environment.read_text(errors="replace").split("\n", 1)[0]
        if owner != f"# {bundle.owner}":
            yield problem(environment, f"is of {owner.removeprefix('# ')[:200] or 'somebody else'}", another)
    elif certificate.exists():
        if (found := _named(certificate)) != (bundle.client, bundle.team):
            yield problem(certificate, f"is of {' of team '.join(found) or 'somebody else'}", another)
    elif (bundle.key and key.exists()) or (folder / CA).exists():
        there = key if key.exists() else folder / CA
        yield problem(there, "is there, and nothing shows whose it is", another)
    leaf = pem.certificates(bundle.certificate)[0]
    if not bundle.key and key.exists() and not pem.is_key_of(key.read_text(errors="replace"), leaf):
        why = "is another key than the one that the client's certificate was requested with"
        yield problem(key, why, "put the client's own key there, or give a new `csr`")


def _named(certificate: Path) -> tuple[str, ...]:
    """Return the client and team that a certificate is for; nothing if it cannot be read."""
    try:
        subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
    except pem.UNREADABLE:
        return ()
    names = (subject.get_attributes_for_oid(oid) for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME))
    return tuple(str(name.value) for found in names for name in found[:1])


def _replace(folder: Path, files: Mapping[str, str]) -> None:
    """Put files in place when all of them are written: a failure leaves the old ones, whole and of one bundle."""
    with ExitStack() as made:
        written = [(_written(folder / name, content, made), folder / name) for name, content in files.items()]
        for new, file in written:
            new.replace(file)


def _written(file: Path, content: str, made: ExitStack) -> Path:
    """Write a file into the folder of another, under a name that goes when all is done."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")  # 0600, as mkstemp promises
    new = Path(name)
    made.callback(new.unlink, missing_ok=True)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(os.fsencode(content))  # the folder's name in `env` is whatever the file system calls it
    return new

"""A client's bundle in a folder, as `secure-tiller bundle` writes it: what a developer has who sees no stack."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from secure_tiller.plan import pem
from secure_tiller.problems import Problem
from secure_tiller_cli.bundle import CA, CERTIFICATE, ENVIRONMENT, HOSTNAME, KEY, BundleError
from secure_tiller_cli.diagnosis.credentials import Credentials

_ANOTHER = "give the folder that secure-tiller bundle has written, or write it anew"


@dataclass(frozen=True)
class Bundle:
    """What a client holds."""

    namespace: str
    """Tiller's: TILLER_NAMESPACE."""
    hostname: str
    """For which the server's certificate must be: HELM_TLS_HOSTNAME, else 127.0.0.1."""
    credentials: Credentials


def read_bundle(folder: Path) -> Bundle:
    """Read `ca.pem`, `cert.pem`, `key.pem` and `env` of a folder.

    Of `env`, which is a shell's to read, TILLER_NAMESPACE and HELM_TLS_HOSTNAME count.

    Raises:
        BundleError: a file is missing, cannot be read or holds something else, or the key is of another certificate;
            with every problem. A folder that is not there is one.
    """
    if not folder.is_dir():
        why = "is no folder" if folder.exists() else "is not there"
        raise BundleError([_problem(folder, why, _ANOTHER)])
    texts = {name: _read(folder / name) for name in (CA, CERTIFICATE, KEY, ENVIRONMENT)}
    problems = [text for text in texts.values() if isinstance(text, Problem)]
    read = {name: text for name, text in texts.items() if isinstance(text, str)}
    problems += [_problem(folder / name, why, remedy) for name, why, remedy in _faults(read)]
    variables = _variables(read.get(ENVIRONMENT, ""))
    if ENVIRONMENT in read and not variables.get("TILLER_NAMESPACE"):
        problems.append(_problem(folder / ENVIRONMENT, "exports no TILLER_NAMESPACE that can be read", _ANOTHER))
    if problems:
        raise BundleError(problems)
    brought = Credentials(read[CA], read[CERTIFICATE], read[KEY])
    return Bundle(variables["TILLER_NAMESPACE"], variables.get("HELM_TLS_HOSTNAME") or HOSTNAME, brought)


def _read(file: Path) -> str | Problem:
    try:
        return file.read_text()
    except FileNotFoundError:
        own = file.name == KEY
        remedy = "put your own key there, if you gave a certificate request (csr); else write the bundle anew"
        return _problem(file, "is not there", remedy if own else _ANOTHER)
    except OSError as error:
        return _problem(file, f"cannot be read: {error.strerror}", "make it readable for yourself")
    except UnicodeDecodeError:
        return _problem(file, "is no text", _ANOTHER)


def _faults(read: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield file, why and remedy of what is no PEM of its kind, or does not belong together."""
    certificates: dict[str, tuple[x509.Certificate, ...]] = {}
    for name in (CA, CERTIFICATE):
        try:
            certificates[name] = pem.certificates(read[name]) if name in read else ()
        except pem.UnreadableError as error:
            yield name, f"does not hold certificates: {error}", _ANOTHER
    if KEY in read and certificates.get(CERTIFICATE) and not pem.is_key_of(read[KEY], certificates[CERTIFICATE][0]):
        why = f"is not the key of the certificate in {CERTIFICATE}, as one unencrypted PEM block"
        yield KEY, why, "take both from one bundle, or write it anew"


def _variables(env: str) -> dict[str, str]:
    """Return what the lines `export NAME=value ...` set; lines that only a shell understands are left out."""
    found: dict[str, str] = {}
    for line in env.splitlines():
        try:
            word, *pairs = shlex.split(line, comments=True) or [""]
        except ValueError:
            continue
        if word == "export":
            found |= {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
    return found


def _problem(file: Path, why: str, remedy: str) -> Problem:
    return Problem("", str(file), "", why, remedy)

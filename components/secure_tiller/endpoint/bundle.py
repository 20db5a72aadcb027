"""A client's bundle in a folder, as `secure-tiller bundle` writes it: what a developer has who sees no stack."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from secure_tiller import pem
from secure_tiller.endpoint.credentials import Credentials
from secure_tiller.names import LOOPBACK
from secure_tiller.problems import Problem, RefusedError

CA, CERT, KEY, ENV = "ca.pem", "cert.pem", "key.pem", "env"
_EXPORT = re.compile(r"export (TILLER_NAMESPACE|HELM_TLS_HOSTNAME)=(.*)")
_ANOTHER = "give the folder that secure-tiller bundle has written, or write it anew"


class BundleError(RefusedError):
    """The folder holds no bundle that Helm could use."""

    headline = "The bundle is refused"


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

    Of `env`, lines of shell, `export TILLER_NAMESPACE=...` and `export HELM_TLS_HOSTNAME=...` count.

    Raises:
        BundleError: a file is missing, cannot be read or holds something else, or the key is of another certificate;
            with every problem.
    """
    texts = {name: _read(folder / name) for name in (CA, CERT, KEY, ENV)}
    problems = [text for text in texts.values() if isinstance(text, Problem)]
    read = {name: text for name, text in texts.items() if isinstance(text, str)}
    problems += [_problem(folder / name, why, remedy) for name, why, remedy in _faults(read)]
    variables = _variables(read.get(ENV, ""))
    if ENV in read and not variables.get("TILLER_NAMESPACE"):
        problems.append(_problem(folder / ENV, "exports no TILLER_NAMESPACE that can be read", _ANOTHER))
    if problems:
        raise BundleError(problems)
    brought = Credentials(read[CA], read[CERT], read[KEY])
    return Bundle(variables["TILLER_NAMESPACE"], variables.get("HELM_TLS_HOSTNAME") or LOOPBACK, brought)


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
    for name in (CA, CERT):
        try:
            certificates[name] = pem.certificates(read[name]) if name in read else ()
        except pem.UnreadableError as error:
            yield name, f"does not hold certificates: {error}", _ANOTHER
    if KEY in read and certificates.get(CERT) and not pem.is_key_of(read[KEY], certificates[CERT][0]):
        why = f"is not the key of the certificate in {CERT}, as one unencrypted PEM block"
        yield KEY, why, "take both from one bundle, or write it anew"


def _variables(env: str) -> dict[str, str]:
    found = {}
    for line in env.splitlines():
        if match := _EXPORT.fullmatch(line.strip()):
            try:
                words = shlex.split(match[2], comments=True)
            except ValueError:
                continue
            found[match[1]] = words[0] if len(words) == 1 else ""
    return found


def _problem(file: Path, why: str, remedy: str) -> Problem:
    return Problem("", str(file), "", why, remedy)

"""Whom Tiller trusts and by what it is known: the TLS Secret is the stack's, and holds its clients' CAs alone."""

import base64
import binascii
from collections.abc import Iterable, Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from secure_tiller import pem
from secure_tiller.deployed import Deployed
from secure_tiller.plan import TRUSTS_ANNOTATION
from secure_tiller.proof.result import Result, Status, in_words
from secure_tiller.proof.seen import Object, Told, Untold

SECRET = "TLS Secret is the stack's and immutable"  # noqa: S105  the name of a check
ANCHORS = "Tiller trusts the stack's clients alone"

_RESTORE = "find out who changed it; pulumi up --refresh makes another"


def judge(tiller: Deployed, secret: Told[Object | None]) -> Iterator[Result]:
    """Yield the results about the TLS Secret."""
    if isinstance(secret, Untold):
        yield from (secret.result(tiller.name, check) for check in (SECRET, ANCHORS))
        return
    yield _secret(tiller, secret)
    yield _anchors(tiller, secret)


def _secret(tiller: Deployed, secret: Object | None) -> Result:
    wrong = tuple(_wrong(tiller, secret))
    if wrong:
        return Result(tiller.name, SECRET, Status.FAILED, in_words(wrong), _RESTORE)
    return Result(tiller.name, SECRET, Status.PASSED, f"{tiller.tls_secret}: immutable, with the stack's certificate")


def _wrong(tiller: Deployed, secret: Object | None) -> Iterator[str]:
    if secret is None:
        yield f"there is no Secret {tiller.tls_secret} in {tiller.namespace}"
        return
    if secret.get("immutable") is not True:
        yield f"{tiller.tls_secret} is not immutable: its content can be exchanged in place"
    issued = tiller.expirations.get("server", {}).get("serial")
    try:
        found = pem.serial(_text(secret, "tls.crt"))
    except pem.UnreadableError as error:
        yield f"tls.crt cannot be read: {error}"
    else:
        if found != issued:
            yield f"tls.crt has the serial {found}, and the stack issued {issued}"


def _anchors(tiller: Deployed, secret: Object | None) -> Result:
    if secret is None:
        return Result(tiller.name, ANCHORS, Status.FAILED, f"there is no Secret {tiller.tls_secret}", _RESTORE)
    try:
        found = pem.certificates(_text(secret, "ca.crt"))
    except pem.UnreadableError as error:
        return Result(tiller.name, ANCHORS, Status.FAILED, f"ca.crt cannot be read: {error}", _RESTORE)
    clients = {part: text for part, text in tiller.certificates.items() if part.startswith("client-ca:")}
    own = {_print(certificate): part for part, text in clients.items() for certificate in pem.certificates(text)}
    there = {_print(certificate) for certificate in found}
    lacking = [part.removeprefix("client-ca:") for mark, part in own.items() if mark not in there]
    others = tuple(certificate for certificate in found if _print(certificate) not in own)
    words = _trusted(tiller)
    if lacking:
        text = f"the CA of client {in_words(lacking)} is missing: Tiller refuses it"
        return Result(tiller.name, ANCHORS, Status.FAILED, text, _RESTORE)
    if "" in words.values():
        unknown = in_words(name for name, mark in words.items() if not mark)
        why = f"trusted_client_cas.{unknown} became known during an update only, and the state does not hold it"
        return Untold(why, "compare by hand: kubectl get secret --output jsonpath='{.data.ca\\.crt}'").result(
            tiller.name, ANCHORS
        )
    if others and not _explained(others, words):
        text = f"beside those of the stack's clients, it trusts {_described(others)}: whom it signs for may do all"
        return Result(tiller.name, ANCHORS, Status.FAILED, text, _RESTORE)
    if words and not others:
        text = f"the CA {in_words(words)} of trusted_client_cas is missing"
        return Result(tiller.name, ANCHORS, Status.FAILED, text, _RESTORE)
    beside = f", and {len(others)} of trusted_client_cas ({in_words(words)})" if others else ""
    count = "1 client" if len(own) == 1 else f"{len(own)} clients"
    return Result(tiller.name, ANCHORS, Status.PASSED, f"the CAs of {count}{beside}")


def _trusted(tiller: Deployed) -> dict[str, str]:
    """Return the further CAs that the stack gave to its Tiller: names, and what tells their certificates apart."""
    annotations = tiller.pod.get("metadata", {}).get("annotations") or {}
    words = [word.removeprefix("ca:") for word in annotations.get(TRUSTS_ANNOTATION, "").split() if word[:3] == "ca:"]
    return {name: mark for name, _, mark in (word.partition("#") for word in words)}


def _explained(others: tuple[x509.Certificate, ...], words: dict[str, str]) -> bool:
    """Tell whether CAs are just those that the words stand for.

    A word stands for one text, which may hold several certificates in a row.
    """
    marks = set(words.values())
    start = 0
    while start < len(others):
        rest = range(len(others), start, -1)
        end = next((end for end in rest if pem.fingerprint(_pem(others[start:end])) in marks), None)
        if end is None:
            return False
        marks.discard(pem.fingerprint(_pem(others[start:end])))
        start = end
    return not marks


def _described(certificates: Iterable[x509.Certificate]) -> str:
    return in_words(
        f"{each.subject.rfc4514_string() or '(no name)'}, serial {each.serial_number:x}" for each in certificates
    )


def _print(certificate: x509.Certificate) -> bytes:
    return certificate.fingerprint(hashes.SHA256())


def _pem(certificates: Iterable[x509.Certificate]) -> str:
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)


def _text(secret: Object, key: str) -> str:
    try:
        return base64.b64decode((secret.get("data") or {}).get(key, ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""

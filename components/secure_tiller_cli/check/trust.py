"""Tiller's trust anchors and certificate: the TLS Secret is the stack's, and holds its clients' CAs alone."""

import base64
import binascii
from collections.abc import Iterable, Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from secure_tiller.plan import pem
from secure_tiller_cli.check.observed_state import Object, Readable, Unreadable
from secure_tiller_cli.diagnosis import NoVerdictError
from secure_tiller_cli.diagnosis.handshake import ServerHandshake
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.restore import RESTORE
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller
from tiller_facts.identity import TRUSTS_ANNOTATION

SECRET = "TLS Secret is the stack's and immutable"  # noqa: S105  the name of a check
ANCHORS = "Tiller trusts the stack's clients alone"
RUNNING = "running Tiller has read these CAs"

_RESTORE = f"find out who changed it, and make another: {RESTORE}"


def judge(
    tiller: DeployedTiller, secret: Readable[Object | None], shown: ServerHandshake | NoVerdictError
) -> Iterator[Result]:
    """Yield the results about trust.

    Args:
        tiller: the team's.
        secret: the TLS Secret, without the key.
        shown: by Tiller's port; the error in its place: nothing was seen.
    """
    if isinstance(secret, Unreadable):
        yield from (secret.result(tiller.name, check) for check in (SECRET, ANCHORS, RUNNING))
        return
    yield _secret(tiller, secret)
    try:
        anchors = pem.certificates(_text(secret or {}, "ca.crt"))
    except pem.UnreadableError as error:
        text = f"ca.crt of {tiller.tls_secret} cannot be read: {error}"
        yield from (Result(tiller.name, check, Status.FAILED, text, _RESTORE) for check in (ANCHORS, RUNNING))
        return
    yield _anchors(tiller, anchors)
    yield _running(tiller, anchors, shown)


def _secret(tiller: DeployedTiller, secret: Object | None) -> Result:
    wrong = tuple(_wrong(tiller, secret))
    if wrong:
        return Result(tiller.name, SECRET, Status.FAILED, join_limited(wrong), _RESTORE)
    return Result(tiller.name, SECRET, Status.PASSED, f"{tiller.tls_secret}: immutable, with the stack's certificate")


def _wrong(tiller: DeployedTiller, secret: Object | None) -> Iterator[str]:
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


def _anchors(tiller: DeployedTiller, anchors: tuple[x509.Certificate, ...]) -> Result:
    there = {_print(certificate) for certificate in anchors}
    own = _clients(tiller)
    others = tuple(certificate for certificate in anchors if _print(certificate) not in own)
    further = _trusted(tiller)
    if lacking := [client for mark, client in own.items() if mark not in there]:
        text = f"the CA of client {join_limited(lacking)} is missing: Tiller refuses it"
        return Result(tiller.name, ANCHORS, Status.FAILED, text, _RESTORE)
    if late := [name for name, mark in further.items() if not mark]:
        why = f"trusted_client_cas.{join_limited(late)} became known during an update only, and is not in the state"
        remedy = (
            f"compare ca.crt by hand: kubectl --namespace {word(tiller.namespace)} get secret {word(tiller.tls_secret)}"
        )
        return Unreadable(why, remedy).result(tiller.name, ANCHORS)
    if not _explained(others, further):
        text = f"in addition to the stack's clients, it trusts {_described(others) or 'none'}"
        wanted = (
            f", and should trust trusted_client_cas.{join_limited(further)}"
            if further
            else ": whom it signs for may do all"
        )
        return Result(tiller.name, ANCHORS, Status.FAILED, text + wanted, _RESTORE)
    added = f", and {len(others)} of trusted_client_cas ({join_limited(further)})" if others else ""
    count = "1 client" if len(own) == 1 else f"{len(own)} clients"
    return Result(tiller.name, ANCHORS, Status.PASSED, f"the CAs of {count}{added}")


def _running(
    tiller: DeployedTiller, anchors: tuple[x509.Certificate, ...], shown: ServerHandshake | NoVerdictError
) -> Result:
    """Compare the Secret with the trust anchors that the process read at its start: it names them to every caller."""
    if isinstance(shown, NoVerdictError):
        return Unreadable(str(shown), "see what the other checks of the port say").result(tiller.name, RUNNING)
    wanted = {certificate.subject.public_bytes() for certificate in anchors}
    if shown.trusted == wanted:
        return Result(tiller.name, RUNNING, Status.PASSED, f"it names {len(wanted)}, those of the Secret")
    restart = f"kubectl --namespace {word(tiller.namespace)} rollout restart deployment {word(tiller.deployment)}"
    more, lacking = len(shown.trusted - wanted), len(wanted - shown.trusted)
    text = f"it names {more} that are not in the Secret, and not {lacking} of the Secret"
    if not shown.trusted:
        text = "it asks no caller for a certificate"
    return Result(tiller.name, RUNNING, Status.FAILED, text, f"restore it: {RESTORE}; then {restart}")


def _clients(tiller: DeployedTiller) -> dict[bytes, str]:
    """Return the client by the fingerprint of its CA."""
    begin = "client-ca:"
    cas = {part.removeprefix(begin): text for part, text in tiller.certificates.items() if part.startswith(begin)}
    return {_print(ca): client for client, text in cas.items() for ca in pem.certificates(text)}


def _trusted(tiller: DeployedTiller) -> dict[str, str]:
    """Return the further CAs that the stack gave to its Tiller: the fingerprint of each by its name."""
    annotations = tiller.pod.get("metadata", {}).get("annotations") or {}
    words = [word.removeprefix("ca:") for word in annotations.get(TRUSTS_ANNOTATION, "").split() if word[:3] == "ca:"]
    return {name: mark for name, _, mark in (word.partition("#") for word in words)}


def _explained(others: tuple[x509.Certificate, ...], words: dict[str, str]) -> bool:
    """Return whether CAs are just those that the words stand for.

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
    return join_limited(
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

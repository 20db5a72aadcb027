"""Finds private keys in text, in every form in which tools print them.

What is looked for is the secret number of an elliptic curve key alone: the PEM of a private key also holds the public
key, which a certificate shows rightly.
"""

import base64
import re
from collections.abc import Iterable, Iterator

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_PRIVATE_KEY = re.compile(r"-----BEGIN (?:EC )?PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END (?:EC )?PRIVATE KEY-----")
_QUOTED_LINE_END = re.compile(r"\\+n")
_WINDOW = 16  # base64 characters, 96 bits: no coincidence, and short enough to stand on one line of a PEM


def private_keys(text: str) -> set[bytes]:
    """The secret number of every private key in PEM that a text holds, also quoted in JSON, or in JSON within JSON."""
    return {secret_number(pem) for pem in _PRIVATE_KEY.findall(_QUOTED_LINE_END.sub("\n", text))}


def secret_number(pem: str) -> bytes:
    """The secret number of an elliptic curve key."""
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.private_numbers().private_value.to_bytes((key.key_size + 7) // 8, "big")


def leaked(text: str, keys: Iterable[bytes]) -> list[str]:
    """Return the forms in which a text holds a part of any key; none is right."""
    return [form for key in keys for form, part in _parts(key) if part in text]


def _parts(key: bytes) -> Iterator[tuple[str, str]]:
    yield "in hexadecimal", key.hex()
    for encoded in _encodings(key):
        for window in _windows(encoded):
            yield "in base64, as in a PEM", window
            # A Secret's data is base64 of a PEM.
            for again in _encodings(window.encode()):
                yield "in base64 of a PEM", again


def _encodings(content: bytes) -> Iterator[str]:
    """Base64 of a text depends on where in a larger one it begins: three alignments cover all."""
    for skipped in range(3):
        whole = content[skipped:]
        yield base64.b64encode(whole[: len(whole) // 3 * 3]).decode()


def _windows(text: str) -> Iterator[str]:
    return (text[start : start + _WINDOW] for start in range(0, len(text) - _WINDOW + 1, _WINDOW // 2))

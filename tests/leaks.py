"""Finds secrets in text, in every form in which tools print them."""

import base64
import re
from collections.abc import Iterable, Iterator

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\\n|\s)(?:[A-Za-z0-9+/=]|\\n|\s)+-----END [A-Z ]*PRIVATE KEY-----"
)

# Two EC keys have 24 characters of their PEM in common, the name of the curve: a longer part is no coincidence.
_WINDOW = 32


def private_keys(text: str) -> set[str]:
    """Every private key in PEM that a text holds, also where it is quoted in JSON."""
    return {match[0].replace("\\n", "\n") for match in _PRIVATE_KEY.finditer(text)}


def leaked(text: str, secrets: Iterable[str]) -> list[str]:
    """Return the forms in which a text holds a part of any secret; none is right."""
    return [form for secret in secrets for form, part in _parts(secret) if part in text]


def _parts(secret: str) -> Iterator[tuple[str, str]]:
    for line in secret.splitlines():
        if not line.startswith("-----") and len(line) >= _WINDOW:
            yield from (("as it is", window) for window in _windows(line, _WINDOW))
    # Base64 of a text depends on where in a larger one it begins: three alignments cover all.
    for skipped in range(3):
        encoded = base64.b64encode(secret.encode()[skipped:]).decode().rstrip("=")
        header = len(base64.b64encode(b"-----BEGIN EC PRIVATE KEY-----\n"))
        yield from (("in base64", window) for window in _windows(encoded[header:], _WINDOW * 3 // 2))


def _windows(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text) - size + 1, size))

"""The search for leaked keys finds what is planted, in each form, and only that."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.support.leaks import leaked, private_keys, secret_number


def _pem(key: ec.EllipticCurvePrivateKey, form: PrivateFormat = PrivateFormat.TraditionalOpenSSL) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


KEY, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
PEM, NUMBER = _pem(KEY), secret_number(_pem(KEY))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"output:\n{PEM}", id="PEM"),
        pytest.param(_pem(KEY, PrivateFormat.PKCS8), id="PEM, PKCS 8"),
        pytest.param(json.dumps({"key": PEM}), id="PEM in JSON"),
        pytest.param("\n".join("    | " + line for line in PEM.splitlines()), id="PEM, indented as in a diff"),
        pytest.param(PEM.splitlines()[1], id="the first line of the PEM"),
        pytest.param(base64.b64encode(PEM.encode()).decode(), id="base64, as in a Secret's data"),
        pytest.param(base64.b64encode(b"x" + PEM.encode()).decode(), id="base64 shifted by 1"),
        pytest.param(base64.b64encode(b"xy" + PEM.encode()).decode(), id="base64 shifted by 2"),
        pytest.param(KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()).hex(), id="hexadecimal"),
    ],
)
def test_a_planted_key_is_found(text: str) -> None:
    assert leaked(text, [NUMBER])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(_pem(OTHER), id="another private key"),
        pytest.param(base64.b64encode(_pem(OTHER).encode()).decode(), id="another private key in base64"),
        pytest.param(
            KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), id="its public key"
        ),
    ],
)
def test_what_is_not_secret_is_not_found(text: str) -> None:
    assert leaked(text, [NUMBER]) == []


def test_every_private_key_of_an_export_is_collected_once() -> None:
    export = {"a": PEM, "b": {"plaintext": json.dumps(_pem(OTHER))}, "c": _pem(KEY, PrivateFormat.PKCS8)}
    assert private_keys(json.dumps(export)) == {NUMBER, secret_number(_pem(OTHER))}

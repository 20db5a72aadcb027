"""The search for leaked secrets finds what is planted, in each form, and only that."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.leaks import leaked, private_keys


def _key() -> str:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return pem.decode()


KEY = _key()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"output:\n{KEY}", id="PEM"),
        pytest.param(json.dumps({"key": KEY}), id="PEM in JSON"),
        pytest.param("\n".join("    | " + line for line in KEY.splitlines()), id="PEM, indented as in a diff"),
        pytest.param(KEY.splitlines()[2], id="one line of the PEM"),
        pytest.param(base64.b64encode(KEY.encode()).decode(), id="base64, as in a Secret's data"),
        pytest.param(base64.b64encode(b"x" + KEY.encode()).decode(), id="base64 of a text that holds it, shifted by 1"),
        pytest.param(
            base64.b64encode(b"xy" + KEY.encode()).decode(), id="base64 of a text that holds it, shifted by 2"
        ),
    ],
)
def test_a_planted_key_is_found(text: str) -> None:
    assert leaked(text, [KEY])


def test_another_key_is_not_found() -> None:
    other = _key()
    assert leaked(other + base64.b64encode(other.encode()).decode(), [KEY]) == []


def test_every_private_key_of_an_export_is_collected() -> None:
    other = _key()
    assert private_keys(json.dumps({"a": KEY, "b": {"c": other}})) == {KEY.strip(), other.strip()}

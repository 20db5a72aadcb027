"""Calls Tiller's port as those who may and those who may not, and looks at the certificate that it shows."""

import socket
import ssl
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from secure_tiller.plan import pem
from secure_tiller_cli import diagnosis
from secure_tiller_cli.check.endpoint import Calls, Presented, Verdict, first_clients
from secure_tiller_cli.diagnosis import Accepted, AnsweredError, Credentials, NoVerdictError, handshake
from secure_tiller_cli.diagnosis.handshake import ServerHandshake
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_stack.cluster.connection import AT_ONCE
from secure_tiller_stack.kubeconfig import Access
from tiller_facts.identity import LOOPBACK

SECONDS = 5.0
"""How long a handshake may take."""
_DAY = timedelta(days=1)


def call(access: Access, tiller: DeployedTiller, tillers: Iterable[DeployedTiller], now: datetime) -> Calls:
    """Call a Tiller in every way that is to be proven, each through a port-forward of its own.

    Args:
        access: how to reach the cluster.
        tiller: the team's; its clients' keys are of the state.
        tillers: all of the stack; the first client of each other one is tried.
        now: with which the certificates' lives are compared.

    Raises:
        ProgramError: kubectl cannot be run.
    """
    ca, others = tiller.ca_certificate, [other for other in tillers if other.name != tiller.name]
    bundles = tiller.bundles or {}
    keyed = {
        name: Credentials(bundle["ca"], bundle["cert"], bundle["key"])
        for name, bundle in sorted(bundles.items())
        if "key" in bundle
    }
    foreign = {name: Credentials(ca, bundle["cert"], bundle["key"]) for name, bundle in first_clients(others).items()}

    def asked(credentials: Credentials) -> Callable[[], Verdict]:
        return lambda: _verdict(access, tiller.namespace, credentials)

    def diagnosed(credentials: Credentials) -> Callable[[], diagnosis.Diagnosis]:
        return lambda: diagnosis.diagnose(access, tiller.namespace, credentials, now, own=tiller, others=others)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        plaintext = pool.submit(asked(Credentials(ca, plaintext=True)))
        bare = pool.submit(asked(Credentials(ca)))
        stranger = pool.submit(asked(_stranger(ca, now)))
        by_other = {name: pool.submit(asked(brought)) for name, brought in foreign.items()}
        by_client = {name: pool.submit(diagnosed(brought)) for name, brought in keyed.items()}
        presented = pool.submit(_presented, access, tiller.namespace, ca)
        shown = pool.submit(_shown, access, tiller.namespace)
        return Calls(
            plaintext.result(),
            bare.result(),
            stranger.result(),
            {name: future.result() for name, future in by_other.items()},
            {name: future.result() for name, future in by_client.items()},
            tuple(sorted(set(tiller.clients) - set(keyed))),
            presented.result(),
            shown.result(),
        )


def _verdict(access: Access, namespace: str, credentials: Credentials) -> Verdict:
    """Return how a call ends that should be refused."""
    try:
        return diagnosis.refused(partial(diagnosis.forwarded, access, namespace), credentials)
    except AnsweredError:
        return Accepted("")
    except NoVerdictError as error:
        return error
    except OSError as error:
        return NoVerdictError(f"no connection: {error}")


def _presented(access: Access, namespace: str, ca: str) -> Presented | NoVerdictError:
    """Shake hands without a certificate of a client: in TLS 1.3 the server's part of it ends before it asks for one."""
    try:
        with (
            diagnosis.forwarded(access, namespace) as port,
            socket.create_connection((LOOPBACK, port), timeout=SECONDS) as plain,
            ssl.create_default_context(cadata=ca).wrap_socket(plain, server_hostname=LOOPBACK) as secure,
        ):
            shown = secure.getpeercert(binary_form=True) or b""
    except ssl.SSLCertVerificationError as error:
        return Presented("", error.verify_message)
    except NoVerdictError as error:
        return error
    except OSError as error:
        return NoVerdictError(f"no handshake: {error}")
    return Presented(pem.serial(ssl.DER_cert_to_PEM_cert(shown)))


def _shown(access: Access, namespace: str) -> ServerHandshake | NoVerdictError:
    try:
        return handshake.look(partial(diagnosis.forwarded, access, namespace))
    except NoVerdictError as error:
        return error
    except OSError as error:
        return NoVerdictError(f"no handshake: {error}")


def _stranger(ca: str, now: datetime) -> Credentials:
    """Return a client's certificate that is right in every respect, but of a CA that nobody knows."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority, name = _name("secure-tiller check"), _name("stranger")
    made = (
        x509.CertificateBuilder()
        .issuer_name(authority)
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Credentials(ca, made.public_bytes(Encoding.PEM).decode(), private.decode())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

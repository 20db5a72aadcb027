"""The verification of a server's certificate: as strict as kubectl and Helm, on each version of Python.

Both are written in Go. Its crypto/x509 accepts a CA without key identifiers and key usage, which Python 3.13 began to
refuse (VERIFY_X509_STRICT). It takes each certificate that it is given for a trust anchor, also an intermediate CA, as
Python before 3.13 did not (VERIFY_X509_PARTIAL_CHAIN). It looks for the server's name in the alternative names alone.
"""

import ssl
from collections.abc import Iterable


class _Shared(ssl.SSLContext):
    """A context that the connections of several threads use at the same time.

    urllib3 sets the protocols of a context at each connection, in memory that OpenSSL may be reading for another
    connection: it then sends what stands there by chance (https://github.com/python/cpython/issues/141012).
    """

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Change nothing: the protocols are those that the context was made with."""


def verifying(*, file: str | None = None, pem: str | None = None, protocols: Iterable[str] = ()) -> ssl.SSLContext:
    """Return the context of a client that verifies the server's certificate and name.

    Args:
        file: a file with the CAs that it trusts, as PEM.
        pem: the CAs themselves. Without either, it trusts those of the system.
        protocols: those that it offers (ALPN, RFC 7301), for good; without any it offers none.

    Raises:
        OSError: there are no certificates that can be read.
        ValueError: likewise.
    """
    context = _Shared(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    context.hostname_checks_common_name = False
    if file is None and pem is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(cafile=file, cadata=pem)
    if protocols:
        ssl.SSLContext.set_alpn_protocols(context, protocols)
    return context

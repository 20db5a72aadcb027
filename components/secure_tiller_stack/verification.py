"""The verification of a server's certificate: as strict as kubectl and Helm, on each version of Python.

Both are written in Go. Its crypto/x509 accepts a CA without key identifiers and key usage, which Python 3.13 began to
refuse (VERIFY_X509_STRICT). It takes each certificate that it is given for a trust anchor, also an intermediate CA, as
Python before 3.13 did not (VERIFY_X509_PARTIAL_CHAIN). It looks for the server's name in the alternative names alone.
"""

import ssl


def verifying(*, file: str | None = None, pem: str | None = None) -> ssl.SSLContext:
    """Return the context of a client that verifies the server's certificate and name.

    Args:
        file: a file with the CAs that it trusts, as PEM.
        pem: the CAs themselves. Without either, it trusts those of the system.

    Raises:
        OSError: there are no certificates that can be read.
        ValueError: likewise.
    """
    context = ssl.create_default_context(cafile=file, cadata=pem)
    context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    context.hostname_checks_common_name = False
    return context

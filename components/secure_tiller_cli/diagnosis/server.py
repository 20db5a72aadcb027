"""The faults of a server for a client, and those of the client for that server. Pure."""

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509

from secure_tiller.plan import pem
from secure_tiller_cli.diagnosis.cause import Cause, Kind
from secure_tiller_cli.diagnosis.certificate import (
    SERVER_AUTH,
    clocks,
    is_for,
    leads_to,
    odd_curve,
    organization,
    serves,
    uses,
    when,
    whose,
)
from secure_tiller_cli.diagnosis.client import ClientCredentials, again
from secure_tiller_cli.diagnosis.handshake import ServerHandshake
from secure_tiller_cli.diagnosis.stack_certificates import StackCertificates
from secure_tiller_cli.restore import RESTORE


def wrong_with_server(
    brought: ClientCredentials, shown: ServerHandshake, now: datetime, hostname: str, known: StackCertificates
) -> Iterator[Cause]:
    """Yield why a client is not answered by the server that shows this."""
    if shown.plaintext:
        remedy = f"start it with --tls=true --tls-verify=true: {RESTORE}"
        yield Cause(Kind.PLAINTEXT, "the port speaks HTTP/2 without TLS, to whoever reaches it", remedy)
    if shown.chain:
        another = list(_another_team(brought, shown, known))
        yield from another or _another_ca(brought, shown, known)
        yield from _of_authority(brought, shown, now)
        yield from _of_certificate(shown.chain[0], now, hostname, known)
        yield from () if another else _of_trust(brought, shown, known)


def _another_team(brought: ClientCredentials, shown: ServerHandshake, known: StackCertificates) -> Iterator[Cause]:
    """Yield that the client and the Tiller are of two teams, if they do not fit and both are known."""
    leaf, tiller = shown.chain[0], known.team_of_server(shown.chain) or organization(shown.chain[0])
    if not leads_to(brought.authorities, shown.chain):
        client = known.team_of_authorities(brought.authorities) or organization(brought.leaf)
    elif not _is_trusted(brought, shown):
        # The organization is no evidence here: a client that made its own request chose it.
        client = known.team_of_issuer(brought.leaf.issuer)
    else:
        client = ""
    if client and tiller and client != tiller:
        seen = f"the client is of team {client}, and the Tiller of team {tiller} ({whose(leaf)})"
        remedy = f"set TILLER_NAMESPACE to that of team {client}, or take a bundle of team {tiller}"
        yield Cause(Kind.ANOTHER_TEAM, seen, remedy)


def _another_ca(brought: ClientCredentials, shown: ServerHandshake, known: StackCertificates) -> Iterator[Cause]:
    if leads_to(brought.authorities, shown.chain):
        return
    seen = f"no CA of the bundle has signed the server's certificate ({whose(shown.chain[0])})"
    if leads_to(known.ca, shown.chain):
        yield Cause(Kind.ANOTHER_CA, f"{seen}, the stack's CA has: the bundle is old", again(brought.leaf))
    else:
        yield Cause(Kind.ANOTHER_CA, seen, f"see that TILLER_NAMESPACE is right; then {again(brought.leaf)}")


def _of_authority(brought: ClientCredentials, shown: ServerHandshake, now: datetime) -> Iterator[Cause]:
    """Yield the faults of the CA by which the client verifies the server."""
    used = [each for each in brought.authorities if leads_to([each], shown.chain)]
    if used and all(now > each.not_valid_after_utc for each in used):
        seen = f"the bundle's CA expired {when(max(each.not_valid_after_utc for each in used))}"
        yield Cause(Kind.CA_EXPIRED, seen, f"pulumi up, if it was not renewed yet; then {again(brought.leaf)}")
    if used and all(now < each.not_valid_before_utc for each in used):
        seen = f"the bundle's CA begins {when(min(each.not_valid_before_utc for each in used))}"
        yield Cause(Kind.CA_NOT_YET_VALID, seen, clocks(now))


def _of_certificate(leaf: x509.Certificate, now: datetime, hostname: str, known: StackCertificates) -> Iterator[Cause]:
    """Yield the faults of the server's certificate alone."""
    if now > leaf.not_valid_after_utc:
        renewed = known.has_renewed(leaf, now)
        remedy = "the stack has renewed it, and the pod has the old one: see the rollout" if renewed else "pulumi up"
        yield Cause(Kind.SERVER_EXPIRED, f"the server's certificate expired {when(leaf.not_valid_after_utc)}", remedy)
    if now < leaf.not_valid_before_utc:
        seen = f"the server's certificate begins {when(leaf.not_valid_before_utc)}"
        yield Cause(Kind.SERVER_NOT_YET_VALID, seen, clocks(now))
    if not is_for(leaf, hostname):
        names = ", ".join(sorted(pem.alternative_names(leaf))) or "no name"
        remedy = "set HELM_TLS_HOSTNAME to one of its names, or have it issued for 127.0.0.1"
        yield Cause(Kind.SERVER_NAME, f"the server's certificate is for {names}, not for {hostname}", remedy)
    if not serves(leaf, SERVER_AUTH):
        seen = f"the server's certificate is for {uses(leaf)}, not for serverAuth (extended key usage)"
        yield Cause(Kind.SERVER_USE, seen, "have it issued for serverAuth")
    if curve := odd_curve(leaf):
        seen = f"the server's certificate has a key on {curve}, with which TLS 1.3 cannot sign"
        yield Cause(Kind.SERVER_CURVE, seen, "have it issued for a key of P-256")


def _of_trust(brought: ClientCredentials, shown: ServerHandshake, known: StackCertificates) -> Iterator[Cause]:
    """Yield that Tiller does not trust the client's CA: each client of ours has one of its own, named by its key."""
    if _is_trusted(brought, shown):
        return
    seen = f"the CA of the client {whose(brought.leaf)} is not among those that Tiller trusts ({len(shown.trusted)})"
    if known.own and known.team_of_issuer(brought.leaf.issuer) == known.own.name:
        remedy = "pulumi up, and see that the rollout ends"
        yield Cause(Kind.REVOKED, f"{seen}, yet the stack has it", remedy)
    else:
        remedy = f"the client was revoked, or its keys were replaced: if it is still a client, {again(brought.leaf)}"
        yield Cause(Kind.REVOKED, seen, remedy)


def _is_trusted(brought: ClientCredentials, shown: ServerHandshake) -> bool:
    """Return whether the server trusts an issuer of the client; a server that names none is taken to."""
    return not shown.trusted or any(each.issuer.public_bytes() in shown.trusted for each in brought.chain)

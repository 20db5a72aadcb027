"""Certificates: their lives, their keys, and those of one's own."""

from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from secure_tiller.plan.names import server_names
from secure_tiller.plan.pem import opaque_name
from secure_tiller.plan.validation import certificates as rules
from tests.support import pki
from tests.support.samples import OWN_CA, OWN_SERVER, PARTNER, own_certificate, smallest
from tests.unit.secure_tiller.validation.table import Accepted, Refused, quoted

HIDDEN = "(not shown)"
FORM = "must be whole hours or days"
BOUNDS = "must be from 2h to 3650d"
RENEWAL = "cannot be renewed"

LONG_AGO = pki.Life.of(begin=datetime(2020, 1, 1, tzinfo=UTC))

OUT_OF_BOUNDS = (0, -1, 10_000, 10**400)
OUTLIVED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"client": {"validity": "10d"}, "ca": {"validity": "270d"}}, "and a server certificate of 90d could outlive it"),
    ({"ca": {"validity": "10d"}}, "write ca: {validity: 360d, renew_before: 120d}"),
    ({"ca": {"renew_before": "90d"}}, "renewed 90d before its end"),
    ({"ca": {"validity": "365d"}, "client": {"validity": "1500d"}}, "shorten the validity"),
)


def certificates(**settings: Any) -> Any:
    return smallest(certificates=settings)


def own(**changes: Any) -> Any:
    return certificates(server_certificate=own_certificate(**changes))


def partner(text: str) -> Any:
    return certificates(trusted_client_cas={"partner": text})


def exposed(names: tuple[str, ...]) -> Any:
    pair = pki.server(OWN_CA, names=names)
    own = own_certificate(certificate=pair.pem, key=pair.key_pem)
    client = {"secret": {"namespace": "pipelines", "name": "tiller"}}
    return smallest(certificates={"server_certificate": own}, expose="cluster", clients={"bob": client})


RENEWED_PARTNER = pki.authority("partner", key=PARTNER.key)
TWO_NAMES = {
    "the same text": (PARTNER.pem, PARTNER.pem),
    "one of several": (OWN_CA.pem + PARTNER.pem, f"# again\n{PARTNER.pem}"),
    "renewed": (PARTNER.pem, RENEWED_PARTNER.pem),
    "of another name with the same key": (PARTNER.pem, pki.authority("another", key=PARTNER.key).pem),
}
"""Texts of two names that hold one CA."""


ISSUED_KEY = pki.new_key()
ISSUED = pki.authority(opaque_name(pki.public_pem(ISSUED_KEY)), key=ISSUED_KEY)
"""A CA as a stack issues it for a client."""

REFUSED = [
    *(
        Refused(
            rules.trusted_cas_have_one_name_each,
            certificates(trusted_client_cas={"one": first, "two": second}),
            "certificates.trusted_client_cas.two",
            HIDDEN,
            "holds a CA of `one` too",
        )
        for first, second in TWO_NAMES.values()
    ),
    *(
        Refused(
            rules.lives_can_be_counted, certificates(client=settings), "certificates.client", quoted(settings), words
        )
        for settings, words in (
            ({"validity": ""}, FORM),
            ({"validity": "0"}, FORM),
            ({"validity": "0d"}, FORM),
            ({"validity": "-1d"}, FORM),
            ({"validity": "1y"}, FORM),
            ({"validity": "1.5d"}, FORM),
            ({"validity": "nan"}, FORM),
            ({"validity": "90"}, FORM),
            ({"validity": "9999999999d"}, FORM),
            ({"validity": "\u0669\u0660d"}, FORM),
            ({"validity": "1h"}, BOUNDS),
            ({"validity": "3651d"}, BOUNDS),
            ({"validity": "999999999d"}, BOUNDS),
            ({"renew_before": "0h"}, FORM),
            ({"renew_before": "90d"}, RENEWAL),
            ({"renew_before": "100d"}, RENEWAL),
        )
    ),
    *(
        Refused(
            rules.lives_can_be_counted,
            certificates(**{part: {"validity": "1h"}}),
            f"certificates.{part}",
            '{"validity": "1h"}',
            BOUNDS,
        )
        for part in ("server", "ca")
    ),
    *(
        Refused(
            rules.no_certificate_outlives_its_ca, certificates(**lives), "certificates.ca", quoted(lives["ca"]), words
        )
        for lives, words in OUTLIVED
    ),
    *(
        Refused(rules.no_certificate_outlives_its_ca, certificates(**lives), "certificates.ca", "{}", words)
        for lives, words in (
            ({"server": {"validity": "120d"}}, "renewed 120d before its end, and a server certificate of 120d"),
            ({"client": {"validity": "200d"}}, "renewed 120d before its end, and a client certificate of 200d"),
            ({"server": {"validity": "150d"}, "client": {"validity": "130d"}}, "and a server certificate of 150d"),
            ({"server": {"validity": "130d"}, "client": {"validity": "150d"}}, "and a client certificate of 150d"),
            ({"server": {"validity": "2881h"}}, "and a server certificate of 2881h could outlive it"),
        )
    ),
    *(
        Refused(
            rules.server_cas_are_numbers,
            certificates(server_cas=numbers),
            "certificates.server_cas",
            str(numbers),
            "different numbers from 1 to 9999",
        )
        for numbers in ([], [0], [-1], [1, 0], [1, 1], [10_000], [1, 10_000])
    ),
    *(
        Refused(
            rules.generations_are_numbers,
            certificates(generation=number),
            "certificates.generation",
            quoted(number),
            "must be a number from 1 to 9999",
        )
        for number in OUT_OF_BOUNDS
    ),
    *(
        Refused(
            rules.generations_are_numbers,
            smallest(clients={"al": {}, "bob": {"generation": number}}),
            "clients.bob.generation",
            quoted(number),
            "must be a number from 1 to 9999",
        )
        for number in OUT_OF_BOUNDS
    ),
    Refused(
        rules.trusted_cas_can_serve,
        certificates(trusted_client_cas={"a b": PARTNER.pem}),
        "certificates.trusted_client_cas",
        '"a b"',
        "RFC 1123 label",
    ),
    *(
        Refused(rules.trusted_cas_can_serve, partner(text), "certificates.trusted_client_cas.partner", HIDDEN, words)
        for text, words in {
            "": "there is none at all",
            "hello": "line 1 is neither part of a PEM block",
            PARTNER.key_pem: "line 1 begins a private key",
            pki.server(OWN_CA, uses=[pki.CLIENT_AUTH]).pem: "is no CA certificate",
            pki.authority(uses=[pki.SERVER_AUTH]).pem: "is a CA for other uses only",
            ISSUED.pem: "is the CA that secure-tiller issued for a single certificate",
            OWN_CA.pem + ISSUED.pem: "is the CA that secure-tiller issued for a single certificate",
        }.items()
    ),
    *(
        Refused(
            rules.server_certificate_is_the_only_one,
            certificates(server_certificate=own_certificate(), **{key: value}),
            f"certificates.{key}",
            shown,
            "has no effect with `server_certificate`",
        )
        for key, value, shown in (("server", {"validity": "60d"}, '{"validity": "60d"}'), ("server_cas", [1], "[1]"))
    ),
    Refused(
        rules.server_certificate_has_a_key,
        own(key=None),
        "certificates.server_certificate.key",
        "(missing)",
        "pulumi config set --secret --path secure-tiller:serverKeys.green",
    ),
    *(
        Refused(rules.server_certificate_can_serve, own(**changes), "certificates.server_certificate", HIDDEN, words)
        for changes, words in (
            ({"certificate": ""}, "there is none at all"),
            ({"ca": "hello"}, "line 1 is neither part of a PEM block"),
            ({"key": pki.key_pem(pki.new_key())}, "does not belong to the key"),
            ({"key": ""}, "does not belong to the key"),
            ({"ca": PARTNER.pem}, "is not signed by the CA"),
        )
    ),
    Refused(
        rules.server_certificate_can_serve,
        exposed(("127.0.0.1",)),
        "certificates.server_certificate",
        HIDDEN,
        "lacks the names tiller-deploy, tiller-deploy.green-tiller, tiller-deploy.green-tiller.svc, ",
    ),
]

ACCEPTED = [
    *(
        Accepted(rules.lives_can_be_counted, certificates(client=settings))
        for settings in ({}, {"validity": "2h"}, {"validity": "36h", "renew_before": "35h"}, {"renew_before": "89d"})
    ),
    Accepted(rules.no_certificate_outlives_its_ca, certificates(client={"validity": "119d"})),
    Accepted(rules.no_certificate_outlives_its_ca, certificates(server={"validity": "119d"})),
    Accepted(
        rules.no_certificate_outlives_its_ca,
        certificates(client={"validity": "400d"}, ca={"validity": "800d", "renew_before": "401d"}),
    ),
    *(
        Accepted(rules.server_cas_are_numbers, certificates(server_cas=n))
        for n in ([1], [1, 2], [2, 1], [2], [7, 3], [9999])
    ),
    *(Accepted(rules.generations_are_numbers, certificates(generation=number)) for number in (1, 2, 9999)),
    *(
        Accepted(rules.generations_are_numbers, smallest(clients={"bob": {"generation": number}}))
        for number in (1, 2, 9999)
    ),
    Accepted(rules.generations_are_numbers, smallest(clients={"bob": {"generation": 2, "csr": pki.request("bob")}})),
    Accepted(rules.trusted_cas_can_serve, partner(PARTNER.pem)),
    Accepted(rules.trusted_cas_have_one_name_each, partner(PARTNER.pem + RENEWED_PARTNER.pem)),
    Accepted(
        rules.trusted_cas_have_one_name_each,
        certificates(trusted_client_cas={"one": PARTNER.pem, "two": OWN_CA.pem}),
    ),
    # With the name of a key that is not its own.
    Accepted(rules.trusted_cas_can_serve, partner(pki.authority(opaque_name(pki.public_pem(ISSUED_KEY))).pem)),
    Accepted(rules.trusted_cas_can_serve, partner(f"# two\n{PARTNER.pem}\n{OWN_CA.pem}")),
    Accepted(rules.trusted_cas_can_serve, partner(pki.authority(life=LONG_AGO).pem)),
    Accepted(rules.trusted_cas_can_serve, partner(pki.authority(key=ec.generate_private_key(ec.SECP521R1())).pem)),
    Accepted(
        rules.server_certificate_is_the_only_one,
        certificates(server_certificate=own_certificate(), client={"validity": "60d"}, generation=2),
    ),
    Accepted(rules.server_certificate_has_a_key, own()),
    Accepted(rules.server_certificate_can_serve, own(certificate=f"# mine\n{OWN_SERVER.pem}")),
    Accepted(rules.server_certificate_can_serve, exposed(server_names("green-tiller", exposed=True))),
]

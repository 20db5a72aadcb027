"""What the settings may say about certificates."""

from collections.abc import Iterator

from secure_tiller import lifetimes, pem
from secure_tiller.checks.settings import Check, Settings
from secure_tiller.lifetimes import DAY, DEFAULT, Lifetime
from secure_tiller.names import LABEL_RULE, is_label, server_names
from secure_tiller.problems import Problem


def lives_can_be_counted(s: Settings) -> Iterator[Problem]:
    for part in ("ca", "server", "client"):
        try:
            _life(s, part)
        except ValueError as error:
            remedy = "correct it; the default is " + (
                "365d, renewed in the last 120d" if part == "ca" else "90d, in 30d"
            )
            yield s.problem(f"certificates.{part}", s.certificates.get(part), str(error), remedy)


def no_certificate_outlives_its_ca(s: Settings) -> Iterator[Problem]:
    try:
        ca, leaves = _life(s, "ca"), {part: _life(s, part) for part in ("server", "client")}
    except ValueError:
        return  # told above
    for part, leaf in leaves.items():
        if not ca.renew_before > leaf.validity:
            why = (
                f"of {leaf.validity} h could outlive its CA, which is renewed {ca.renew_before} h before its end: "
                "ca.renew_before must be more"
            )
            remedy = f"set certificates.ca.renew_before to {leaf.validity // DAY + 1}d or more, or shorten the validity"
            yield s.problem(f"certificates.{part}.validity", s.certificates.get(part, {}), why, remedy)


def server_cas_are_numbers(s: Settings) -> Iterator[Problem]:
    numbers = s.certificates.get("server_cas", (1,))
    if not numbers or min(numbers) < 1 or len(set(numbers)) != len(numbers):
        why = "must be different numbers above 0, at least one: the first signs, clients trust all"
        yield s.problem("certificates.server_cas", numbers, why, "write [1]; to change the CA: [1, 2], [2, 1], [2]")


def generation_is_a_number(s: Settings) -> Iterator[Problem]:
    if (generation := s.certificates.get("generation", 1)) < 1:
        yield s.problem("certificates.generation", generation, "must be 1 or above", "leave it out for 1")


def trusted_cas_can_serve(s: Settings) -> Iterator[Problem]:
    for name, text in s.certificates.get("trusted_client_cas", {}).items():
        key = f"certificates.trusted_client_cas.{name}"
        if not is_label(name):
            yield s.problem("certificates.trusted_client_cas", name, LABEL_RULE, "choose another name")
        if isinstance(text, str):
            yield from (s.hidden(key, fault) for fault in pem.client_ca_faults(text))


def server_certificate_is_the_only_one(s: Settings) -> Iterator[Problem]:
    for key in ("server", "server_cas"):
        if "server_certificate" in s.certificates and key in s.certificates:
            why = "has no effect with `server_certificate`, which the stack does not issue"
            yield s.problem(f"certificates.{key}", s.certificates.get(key), why, "remove one of the two")


def server_certificate_has_a_key(s: Settings) -> Iterator[Problem]:
    given = s.certificates.get("server_certificate")
    if given is not None and "key" not in given:
        why = "is required: the private key of the server certificate"
        remedy = (
            f"in a stack: pulumi config set --secret --path 'secure-tiller:serverKeys.{s.name}' < key.pem; "
            "in a program: a secret output"
        )
        yield Problem(s.name, "certificates.server_certificate.key", "(missing)", why, remedy)


def server_certificate_can_serve(s: Settings) -> Iterator[Problem]:
    given = s.certificates.get("server_certificate", {})
    certificate, key, ca = given.get("certificate"), given.get("key"), given.get("ca")
    if isinstance(certificate, str) and isinstance(key, str) and isinstance(ca, str):
        required = server_names(s.namespace, exposed="expose" in s.args)
        for fault in pem.server_faults(certificate, key, ca, required):
            yield s.hidden("certificates.server_certificate", fault)


def _life(s: Settings, part: str) -> Lifetime:
    lives = {
        "ca": (s.certificates.get("ca", {}), DEFAULT.ca),
        "server": (s.certificates.get("server", {}), DEFAULT.server),
        "client": (s.certificates.get("client", {}), DEFAULT.client),
    }
    return lifetimes.lifetime(*lives[part])


CHECKS: tuple[Check, ...] = (
    lives_can_be_counted,
    no_certificate_outlives_its_ca,
    server_cas_are_numbers,
    generation_is_a_number,
    trusted_cas_can_serve,
    server_certificate_is_the_only_one,
    server_certificate_has_a_key,
    server_certificate_can_serve,
)

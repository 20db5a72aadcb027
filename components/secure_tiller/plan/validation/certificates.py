"""The rules for the settings of certificates."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Literal

from secure_tiller.plan import lifetimes, pem
from secure_tiller.plan.durations import written
from secure_tiller.plan.lifetimes import DAY, DEFAULT, Lifetime
from secure_tiller.plan.names import LABEL_RULE, is_label, server_names
from secure_tiller.plan.validation.settings import Check, Settings
from secure_tiller.problems import Problem

Part = Literal["ca", "server", "client"]

_DEFAULTS: Mapping[Part, Lifetime] = {"ca": DEFAULT.ca, "server": DEFAULT.server, "client": DEFAULT.client}

NUMBERS = range(1, 10_000)
"""Of generations and of the server's CAs; they stand in names."""


def lives_can_be_counted(s: Settings) -> Iterator[Problem]:
    for part, default in _DEFAULTS.items():
        try:
            _life(s, part)
        except ValueError as error:
            remedy = f"write validity: {written(default.validity)}, renew_before: {written(default.renew_before)}"
            yield s.problem(f"certificates.{part}", s.certificates.get(part), str(error), remedy)


def no_certificate_outlives_its_ca(s: Settings) -> Iterator[Problem]:
    try:
        issued: tuple[Part, ...] = ("client",) if "server_certificate" in s.certificates else ("server", "client")
        ca, leaves = _life(s, "ca"), {part: _life(s, part) for part in issued}
    except ValueError:
        return  # reported by lives_can_be_counted
    part, leaf = max(leaves.items(), key=lambda item: item[1].validity)
    if ca.renew_before > leaf.validity:
        return
    why = (
        f"the CA is renewed {written(ca.renew_before)} before its end, and a {part} certificate of "
        f"{written(leaf.validity)} could outlive it: ca.renew_before must be more than each validity"
    )
    yield s.problem("certificates.ca", s.certificates.get("ca", {}), why, _room_for(leaf))


def _room_for(leaf: Lifetime) -> str:
    """Return a life of the CA that serves, or what to do where there is none."""
    renew_before = leaf.validity + 30 * DAY
    if 3 * renew_before > lifetimes.LONGEST:
        return "shorten the validity of the certificate"
    return f"write ca: {{validity: {written(3 * renew_before)}, renew_before: {written(renew_before)}}}, or shorten it"


def server_cas_are_numbers(s: Settings) -> Iterator[Problem]:
    numbers = s.server_cas
    if not numbers or not all(n in NUMBERS for n in numbers) or len(set(numbers)) != len(numbers):
        why = "must be different numbers from 1 to 9999, at least one: the first signs, clients trust all"
        yield s.problem("certificates.server_cas", numbers, why, "write [1]; to change the CA: [1, 2], [2, 1], [2]")


def generations_are_numbers(s: Settings) -> Iterator[Problem]:
    generations = {f"clients.{name}.generation": client.get("generation", 1) for name, client in s.clients.items()}
    for key, generation in {"certificates.generation": s.generation, **generations}.items():
        if generation not in NUMBERS:
            yield s.problem(key, generation, "must be a number from 1 to 9999", "leave it out for 1")


def trusted_cas_can_serve(s: Settings) -> Iterator[Problem]:
    for name, text in s.certificates.get("trusted_client_cas", {}).items():
        key = f"certificates.trusted_client_cas.{name}"
        if not is_label(name):
            yield s.problem("certificates.trusted_client_cas", name, LABEL_RULE, "choose another name")
        if isinstance(text, str):
            yield from (s.hidden(key, fault) for fault in pem.client_ca_faults(text))


def trusted_cas_have_one_name_each(s: Settings) -> Iterator[Problem]:
    given = s.certificates.get("trusted_client_cas", {})
    for name, fault in pem.named_twice({name: text for name, text in given.items() if isinstance(text, str)}):
        yield s.hidden(f"certificates.trusted_client_cas.{name}", fault)


def server_certificate_is_the_only_one(s: Settings) -> Iterator[Problem]:
    for key in ("server", "server_cas"):
        if "server_certificate" in s.certificates and key in s.certificates:
            why = "has no effect with `server_certificate`, which the stack does not issue"
            yield s.problem(f"certificates.{key}", s.certificates.get(key), why, "remove one of the two")


def server_certificate_has_a_key(s: Settings) -> Iterator[Problem]:
    given = s.certificates.get("server_certificate")
    if given is not None and "key" not in given:
        why = "is required: the private key of the server certificate"
        remedy = f"in a stack: {set_server_key(s.name)}; in a program: a secret output"
        yield Problem(s.name, "certificates.server_certificate.key", "(missing)", why, remedy)


def server_certificate_can_serve(s: Settings) -> Iterator[Problem]:
    given = s.certificates.get("server_certificate", {})
    certificate, key, ca = given.get("certificate"), given.get("key"), given.get("ca")
    if isinstance(certificate, str) and isinstance(key, str) and isinstance(ca, str):
        required = server_names(s.namespace, exposed="expose" in s.args)
        for fault in pem.server_faults(certificate, key, ca, required):
            yield s.hidden("certificates.server_certificate", fault)


def _life(s: Settings, part: Part) -> Lifetime:
    return lifetimes.lifetime(s.certificates.get(part, {}), _DEFAULTS[part])


def set_server_key(team: str) -> str:
    """Return the command that puts the key of a team's own server certificate into a stack's configuration."""
    return f"pulumi config set --secret --path {shlex.quote(f'secure-tiller:serverKeys.{team}')} < key.pem"


CHECKS: tuple[Check, ...] = (
    lives_can_be_counted,
    no_certificate_outlives_its_ca,
    server_cas_are_numbers,
    generations_are_numbers,
    trusted_cas_can_serve,
    trusted_cas_have_one_name_each,
    server_certificate_is_the_only_one,
    server_certificate_has_a_key,
    server_certificate_can_serve,
)

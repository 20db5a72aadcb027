"""Clients, their requests and Secrets, and the subjects who may reach Tiller's port."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from secure_tiller.plan.validation import clients as rules
from tests.support import pki
from tests.support.samples import smallest
from tests.unit.secure_tiller.validation.table import Accepted, Refused, quoted

LABEL = "RFC 1123 label"
SUBDOMAIN = "RFC 1123 subdomain"
HIDDEN = "(not shown)"
UNPRINTABLE = ("", " ", "a\n", "a\x00b", "\x1b[2Jblue", "blue\u202e", "\u2028")


def bob(**settings: Any) -> Any:
    return smallest(clients={"bob": settings})


def secret(namespace: str = "pipelines", name: str = "tiller") -> Any:
    return {"secret": {"namespace": namespace, "name": name}}


def subjects(**settings: Any) -> Any:
    return smallest(subjects=settings)


def account(namespace: str, name: str) -> Any:
    return subjects(service_accounts=[{"namespace": namespace, "name": name}])


def tampered(csr: str) -> str:
    """Return a request whose signature is no more its own: another letter in the last whole line."""
    *lines, last, end = csr.splitlines()
    at = len(last) // 2
    return "\n".join([*lines, f"{last[:at]}{'B' if last[at] == 'A' else 'A'}{last[at + 1 :]}", end])


REFUSED = [
    Refused(rules.some_client_is_named, smallest(clients={}), "clients", "{}", "at least one client"),
    *(
        Refused(rules.clients_are_labels, smallest(clients={name: {}}), "clients", shown, LABEL)
        for name, shown in {
            "al:ice": '"al:ice"',
            "": '""',
            "Bob": '"Bob"',
            "b@c": '"b@c"',
            "b" * 64: f'"{"b" * 64}"',
        }.items()
    ),
    # requests
    *(
        Refused(rules.requests_can_serve, bob(csr=csr), "clients.bob.csr", HIDDEN, words)
        for csr, words in {
            "": "must be one PEM block, CERTIFICATE REQUEST",
            "hello": "line 1 is neither part of a PEM block",
            pki.request("bob") + pki.request("bob"): "must be one PEM block, CERTIFICATE REQUEST",
            pki.authority("bob").pem: "must be one PEM block, CERTIFICATE REQUEST",
            pki.key_pem(pki.new_key()): "must be one PEM block, CERTIFICATE REQUEST",
            pki.request("bob")[:-30]: "line 1 begins a PEM block that does not end",
            pki.request("alice"): "client's name as its one common name, not ['alice']",
            pki.request("bob", "alice"): "client's name as its one common name, not ['bob', 'alice']",
            pki.request(): "client's name as its one common name, not []",
            pki.request("bob", key=ec.generate_private_key(ec.SECP224R1())): "must have a key of P-256",
            pki.request("bob", key=pki.weak_key()): "RSA of 2048 bits or more",
            tampered(pki.request("bob")): "is not signed with its own key",
        }.items()
    ),
    # Secrets
    Refused(
        rules.secrets_hold_a_key,
        bob(csr=pki.request("bob"), **secret()),
        "clients.bob.secret",
        '{"namespace": "pipelines", "name": "tiller"}',
        "the client makes its own key",
    ),
    Refused(rules.secrets_can_exist, bob(**secret(namespace="A")), "clients.bob.secret.namespace", '"A"', LABEL),
    Refused(rules.secrets_can_exist, bob(**secret(name="A")), "clients.bob.secret.name", '"A"', SUBDOMAIN),
    Refused(
        rules.secrets_lie_where_the_client_runs,
        bob(**secret("green-tiller")),
        "clients.bob.secret.namespace",
        '"green-tiller"',
        "Tiller's own namespace",
    ),
    Refused(
        rules.secrets_lie_where_the_client_runs,
        smallest(namespaces={"tools": {"existing": True, "shared": True}}, clients={"bob": secret("tools")}),
        "clients.bob.secret.namespace",
        '"tools"',
        "is shared with another team, whose charts could read the key",
    ),
    *(
        Refused(
            rules.secrets_lie_where_the_client_runs,
            bob(**secret(name)),
            "clients.bob.secret.namespace",
            f'"{name}"',
            "belong to the cluster",
        )
        for name in ("default", "kube-system")
    ),
    Refused(
        rules.secrets_are_apart,
        smallest(clients={"al": secret(), "bob": secret()}),
        "clients.bob.secret",
        '{"namespace": "pipelines", "name": "tiller"}',
        "is the Secret of client al too",
    ),
    # subjects
    *(
        Refused(
            rules.groups_and_users_are_not_reserved,
            subjects(groups=["ok", group]),
            "subjects.groups[1]",
            f'"{group}"',
            "everybody",
        )
        for group in (
            "system:masters",
            "system:authenticated",
            "system:unauthenticated",
            "system:serviceaccounts",
            "system:serviceaccounts:kube-system",
        )
    ),
    *(
        Refused(
            rules.groups_and_users_are_not_reserved,
            subjects(users=[user]),
            "subjects.users[0]",
            f'"{user}"',
            "subjects.service_accounts",
        )
        for user in ("system:anonymous", "system:serviceaccount:a:b")
    ),
    *(
        Refused(
            rules.groups_and_users_are_not_reserved,
            subjects(groups=[name]),
            "subjects.groups[0]",
            quoted(name),
            "must be a name, without control characters",
        )
        for name in (*UNPRINTABLE, " a", "a ")
    ),
    *(
        Refused(
            rules.groups_and_users_are_not_reserved,
            subjects(users=[name]),
            "subjects.users[0]",
            quoted(name),
            "must be a name, without control characters",
        )
        for name in UNPRINTABLE
    ),
    Refused(
        rules.service_accounts_can_exist,
        account("a/b", "ci"),
        "subjects.service_accounts[0].namespace",
        '"a/b"',
        LABEL,
    ),
    Refused(rules.service_accounts_can_exist, account("", "ci"), "subjects.service_accounts[0].namespace", '""', LABEL),
    Refused(
        rules.service_accounts_can_exist, account("a", "CI"), "subjects.service_accounts[0].name", '"CI"', SUBDOMAIN
    ),
]

ACCEPTED = [
    Accepted(rules.some_client_is_named, bob()),
    Accepted(rules.clients_are_labels, smallest(clients={"b" * 63: {}, "1": {}, "a-b": {}})),
    *(
        Accepted(rules.requests_can_serve, bob(csr=csr))
        for csr in (
            pki.request("bob"),
            pki.request("bob", organization="any"),
            pki.request("bob", key=ec.generate_private_key(ec.SECP384R1())),
            pki.request("bob", key=rsa.generate_private_key(65537, 2048)),
            f"# made by bob\n\n{pki.request('bob')}",
        )
    ),
    Accepted(rules.secrets_hold_a_key, bob(**secret())),
    Accepted(rules.secrets_can_exist, bob(**secret("n" * 63, "a.b-c.d"))),
    Accepted(rules.secrets_lie_where_the_client_runs, bob(**secret("green-apps"))),
    Accepted(
        rules.secrets_lie_where_the_client_runs,
        smallest(namespaces={"tools": {"existing": True}}, clients={"bob": secret("tools")}),
    ),
    Accepted(
        rules.secrets_lie_where_the_client_runs,
        smallest(namespaces={"apps": {}, "tools": {"existing": True, "shared": True}}, clients={"bob": secret("apps")}),
    ),
    Accepted(rules.secrets_are_apart, smallest(clients={"al": secret(name="a"), "bob": secret(name="b")})),
    Accepted(rules.secrets_are_apart, smallest(clients={"al": secret("a"), "bob": secret("b")})),
    Accepted(
        rules.groups_and_users_are_not_reserved,
        subjects(groups=["systems:x", "a b"], users=["carol@x.org", "Zo\u00eb"]),
    ),
    Accepted(rules.service_accounts_can_exist, account("a", "b.c")),
]

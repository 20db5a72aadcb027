"""Clients: who joins, who loses access, whose key changes, and what is renewed."""

from collections.abc import Iterator, Mapping

from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.paths import at
from secure_tiller_cli.preview.rules import contents, keys

LEAF, CA, SECRET = "client:", "client-ca:", "secret:"

CASES = (
    (
        "client-joins",
        "client {clients} joins and gets a certificate",
        "clients {clients} join and get a certificate each",
        False,
    ),
    ("client-leaves", "client {clients} loses access", "clients {clients} lose access", False),
    (
        "client-key",
        "client {clients} gets another key and CA: its old bundle stops working",
        "clients {clients} get other keys and CAs: their old bundles stop working",
        True,
    ),
    (
        "client-ca-renews",
        "the CA of client {clients} renews and keeps its key: the old bundle works until its end",
        "the CAs of clients {clients} renew and keep their keys: old bundles work until their end",
        False,
    ),
    (
        "client-renews",
        "the certificate of client {clients} renews: the old one works until its end",
        "the certificates of clients {clients} renew: the old ones work until their end",
        False,
    ),
)
"""The cases of a client: code, sentence for one and for several, and whether it is a risk."""

SECRET_CASES: Mapping[str, tuple[str, str, bool]] = {
    "create": ("client-secret-comes", "the bundle of client {client} is put into the Secret {secret}", True),
    "delete": ("client-secret-goes", "the Secret {secret} of client {client} is deleted", False),
    "update": ("client-secret", "the Secret {secret} of client {client} receives the new bundle", False),
    "replace": (
        "client-secret",
        "the Secret {secret} of client {client} is replaced by one with the new bundle",
        False,
    ),
    "move": (
        "client-secret-moves",
        "the Secret of client {client} moves from {before} to {secret}, with the same key",
        True,
    ),
}
"""The cases of a client's Secret: code, sentence, and whether it is a risk: readers in its namespace get the key."""


def change(team: Team) -> Iterator[Meaning]:
    """Say for each client what happens to its certificate."""
    if team.operation != "same" or keys.emergency(team):
        return
    by_case: dict[str, list[str]] = {}
    for client in _clients(team):
        if case := _case(team, client):
            by_case.setdefault(case, []).append(client)
    for code, one, many, risk in CASES:
        if clients := by_case.get(code):
            parts = (c for name in clients for c in _of(team, name, secret=code in ("client-joins", "client-leaves")))
            sentence, explains = one if len(clients) == 1 else many, tuple(keys.renewal(*parts))
            yield Meaning(code, sentence, {"clients": tuple(clients)}, risk=risk, explains=explains)


def secrets(team: Team) -> Iterator[Meaning]:
    """Say what happens to the Secrets that clients in the cluster receive."""
    if team.operation == "delete":
        return
    for secret in team.of("Secret", SECRET):
        names = {"client": secret.part.removeprefix(SECRET), "secret": f"{secret.namespace}/{secret.place}"}
        before = f"{at(secret.old, ('metadata', 'namespace'))}/{at(secret.old, ('metadata', 'name'))}"
        case = secret.operation
        if case == "replace" and before != names["secret"]:
            case, names["before"] = "move", before
        if case in ("update", "replace") and not (contents.changes(secret) and contents.is_caused(team, secret)):
            continue
        if case in SECRET_CASES:
            code, sentence, risk = SECRET_CASES[case]
            explains = tuple(contents.explained(team, secret))
            if case == "move":
                explains += ((secret, ("metadata", "name")), (secret, ("metadata", "namespace")))
            yield Meaning(code, sentence, names, risk=risk, explains=explains)


def _case(team: Team, client: str) -> str:
    """Return what happens to a client's certificate; empty if nothing that is known."""
    leaf, ca = team.one("LocallySignedCert", f"{LEAF}{client}"), team.one("SelfSignedCert", f"{CA}{client}")
    if leaf and leaf.operation == "create":
        return "client-joins"
    if leaf and leaf.operation == "delete":
        return "client-leaves"
    if keys.is_new(team, f"{CA}{client}"):
        return "client-key"
    if ca and ca.operation == "replace":
        return "client-ca-renews"
    return "client-renews" if leaf and leaf.operation == "replace" else ""


def _clients(team: Team) -> list[str]:
    changed = (*team.of("LocallySignedCert", LEAF), *team.of("SelfSignedCert", CA), *team.of("PrivateKey", CA))
    return sorted({change.part.split(":", 1)[1] for change in changed})


def _of(team: Team, client: str, *, secret: bool) -> Iterator[Change]:
    yield from keys.parts(team, f"{LEAF}{client}", f"{CA}{client}")
    if secret:
        yield from team.of("Secret", f"{SECRET}{client}")

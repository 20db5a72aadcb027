"""Changes of keys: they distinguish a certificate that is renewed from one that locks somebody out."""

from collections.abc import Iterator, Mapping

from secure_tiller_cli.preview.changes import Change, Team
from secure_tiller_cli.preview.paths import Path

KINDS = ("PrivateKey", "CertRequest", "SelfSignedCert", "LocallySignedCert")

RENEWED: Mapping[str, tuple[Path, ...]] = {
    "CertRequest": (("privateKeyPem",),),
    "SelfSignedCert": (("privateKeyPem",), ("subject", "commonName")),
    "LocallySignedCert": (("caCertPem",), ("caPrivateKeyPem",), ("certRequestPem",)),
}
"""By kind, the properties that follow from a renewed key or certificate; `issued` requires fixed values of all others.
`contents` judges the content of Secrets."""

DUE = "readyForRenewal"
"""The reason that the tls provider gives for a renewal."""


def is_new(team: Team, part: str) -> bool:
    """Return whether the key of a part is another one after the update, in place of one before."""
    keys = [key for key in team.of("PrivateKey") if key.part == part]
    made = any(key.operation == "create" for key in keys)
    return any(key.operation == "replace" for key in keys) or (made and any(key.operation == "delete" for key in keys))


def emergency(team: Team) -> bool:
    """Return whether the team's generation changes, and with it every key."""
    generations: dict[tuple[str, str], set[str]] = {}
    for key in team.of("PrivateKey"):
        generations.setdefault((key.operation, key.part), set()).add(_of_team(key.generation))
    created = {part: found for (operation, part), found in generations.items() if operation == "create"}
    return any(generations.get(("delete", part), found) != found for part, found in created.items())


def all_of(team: Team) -> Iterator[Change]:
    """Yield every change of a key, request or certificate, and of the Secrets that clients receive."""
    yield from (change for kind in KINDS for change in team.of(kind))
    yield from team.of("Secret", "secret:")


def parts(team: Team, *wanted: str) -> Iterator[Change]:
    """Yield every change of keys, requests and certificates of some parts."""
    yield from (change for kind in KINDS for change in team.of(kind) if change.part in wanted)


def renewal(*changes: Change) -> Iterator[tuple[Change, Path]]:
    """Yield what a renewal explains of changes: those that come or go as a whole, of others what follows from it."""
    for change in changes:
        follows = RENEWED.get(change.kind, ())
        if change.operation in ("create", "delete"):
            yield change, ()
        elif change.paths:
            yield from ((change, path) for path in follows)
        elif {*change.reasons} <= {DUE, *(str(path[0]) for path in follows)}:
            yield change, ()


def _of_team(generation: str) -> str:
    """Return the team's part of a key's generation: `@2` of `@2.3`; `@1` of a client's own is the first."""
    own = generation.split("#")[0].split(".")[0]
    return "" if own == "@1" else own

"""Content of the Secrets that hold keys: a preview hides it, but shows the certificates, keys and CAs in it.

If one of these changes in the same preview, a change of the content by a transform is seen only if the content then
depends on something else.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from secure_tiller_cli.preview.changes import Change, Team, part_of
from secure_tiller_cli.preview.digest import State
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.paths import Path, at, hidden, written
from tiller_facts.identity import SERVER_CAS_ANNOTATION, SERVER_CERTIFICATE_ANNOTATION, TRUSTS_ANNOTATION

CONTENT = ("data", "stringData")
TLS, CLIENT = "tls", "secret:"
TRUSTS: Path = ("spec", "template", "metadata", "annotations", TRUSTS_ANNOTATION)
GIVEN_CAS: Path = ("metadata", "annotations", SERVER_CAS_ANNOTATION)
GIVEN_CERTIFICATE: Path = ("metadata", "annotations", SERVER_CERTIFICATE_ANNOTATION)

Source = tuple[str, str]
"""Kind and part of a resource; a part that ends in a colon stands for all parts that begin with it."""


def unexplained(team: Team) -> Iterator[Meaning]:
    """Report a Secret whose content changes although nothing that it is made of changes."""
    for secret in _secrets(team):
        if changes(secret) and not is_caused(team, secret):
            sentence = "the content of {secret} changes, but nothing that it is made of changes in this preview"
            explains = tuple(_content(secret))
            yield Meaning("secret-content", sentence, {"secret": _name(secret)}, risk=True, explains=explains)


def plain(team: Team) -> Iterator[Meaning]:
    """Report values of a Secret in clear text, which the component does not write."""
    for secret in _secrets(team):
        known = {*_in_clear_text(secret.old)}
        if found := tuple(written(path) for path in _in_clear_text(secret.new) if path not in known):
            sentence = "{secret} holds values in clear text, which the component does not write: {keys}"
            names = {"secret": _name(secret), "keys": found}
            yield Meaning("secret-plain", sentence, names, risk=True, explains=tuple(_content(secret)))


def sources(team: Team) -> Iterator[Meaning]:
    """Report a Secret that is made of something else than its own certificate, key and CAs, if the preview shows it."""
    for secret in _secrets(team):
        before, after = (_dependencies(state) for state in (secret.step.oldState, secret.step.newState))
        if after is None and before is None:
            continue
        after = after or set()
        names = {"secret": _name(secret)}
        foreign = {_name_of(urn) for urn in after - (before or set()) if not _is_source(team, secret, urn)}
        if foreign:
            sentence = (
                "the content of {secret} comes from {others}, which is not one of its own certificates, keys and CAs"
            )
            yield Meaning("secret-source", sentence, {**names, "others": tuple(sorted(foreign))}, risk=True)
        if missing := sorted(f"{c.kind} {c.name}" for c in _missing(team, secret, before, after)):
            sentence = "the content of {secret} does not come from {own}"
            yield Meaning("secret-source", sentence, {**names, "own": tuple(missing)}, risk=True)


def changes(secret: Change) -> bool:
    """Return whether the content of a Secret that stays changes; a replacement without a reason counts as one."""
    if secret.operation not in ("update", "replace"):
        return False
    reasons = _reasons(secret)
    return not reasons or any(_is_content(reason) for reason in reasons)


def explained(team: Team, secret: Change) -> Iterator[tuple[Change, Path]]:
    """Yield the content of a Secret if what it is made of changes; all of a Secret that is created or deleted."""
    if secret.operation in ("create", "delete"):
        yield secret, ()
    elif is_caused(team, secret):
        yield from _content(secret)


def is_caused(team: Team, secret: Change) -> bool:
    """Return whether something that a Secret is made of changes in this preview."""
    before, after = (_dependencies(state) for state in (secret.step.oldState, secret.step.newState))
    shown = None if before is None or after is None else before | after
    changed = [change for change in team.changes if change.counts and change.operation != "clean up"]
    own = (change for change in changed if shown is None or change.step.urn in shown)
    return any(_is_made_of(secret, change) for change in own) or any(_gives_other_input(secret, c) for c in changed)


def anchors(properties: Mapping[str, Any]) -> dict[str, str]:
    """Return the fingerprints of the CAs of clients that are not the stack's, by name."""
    words = str(at(properties, TRUSTS) or "").split()
    pairs = (word.removeprefix("ca:").partition("#") for word in words if word.startswith("ca:"))
    return {name: content for name, _, content in pairs}


def _missing(team: Team, secret: Change, before: set[str] | None, after: set[str]) -> Iterator[Change]:
    """Yield the certificates, keys and CAs of a Secret that its content no longer depends on."""
    for change in team.changes:
        known = before is not None and change.step.oldState is not None and change.step.urn not in before
        stays = change.operation not in ("delete", "clean up")
        if stays and _is_made_of(secret, change) and change.step.urn not in after and not known:
            yield change


def _secrets(team: Team) -> Iterator[Change]:
    yield from team.remaining("Secret", TLS)
    yield from team.remaining("Secret", CLIENT)


def _made_of(secret: Change) -> tuple[Source, ...]:
    owner = "server" if secret.part == TLS else f"client:{secret.part.removeprefix(CLIENT)}"
    cas = ("client-ca:",) if secret.part == TLS else ("server-ca", "server-ca:")
    return ("LocallySignedCert", owner), ("PrivateKey", owner), *(("SelfSignedCert", ca) for ca in cas)


def _is_made_of(secret: Change, change: Change) -> bool:
    return any(change.kind == kind and _is_part(change.part, part) for kind, part in _made_of(secret))


def _is_source(team: Team, secret: Change, urn: str) -> bool:
    return any(_is_part(part_of(urn, team.name, kind), part) for kind, part in _made_of(secret))


def _is_part(found: str, wanted: str) -> bool:
    return found.startswith(wanted) if wanted.endswith(":") else found == wanted


def _signer_changes(change: Change) -> bool:
    """Return whether another of the server's CAs signs, which is then the first in the clients' bundles."""
    if (change.kind, change.part) != ("LocallySignedCert", "server"):
        return False
    signers = [
        (s.propertyDependencies or {}).get("caCertPem") for s in (change.step.oldState, change.step.newState) if s
    ]
    return len(signers) == 2 and signers[0] != signers[1]


def _gives_other_input(secret: Change, change: Change) -> bool:
    """Return whether a Secret gets another certificate or CA of the user, or the server's CAs in another order."""
    if change.kind == "Deployment":
        return secret.part == TLS and anchors(change.old) != anchors(change.new)
    if change.kind == "LocallySignedCert":
        return secret.part != TLS and _signer_changes(change)
    given = GIVEN_CERTIFICATE if secret.part == TLS else GIVEN_CAS
    return change.kind == "ServiceAccount" and given in change.paths


def _dependencies(state: State | None) -> set[str] | None:
    """Return the resources that the content depends on; None if the preview does not show them."""
    found = state.propertyDependencies if state else None
    given = [found[key] or [] for key in CONTENT if key in found] if found else []
    return {urn for urns in given for urn in urns} if given else None


def _in_clear_text(properties: Mapping[str, Any]) -> Iterator[Path]:
    for key in CONTENT:
        content = properties.get(key)
        if isinstance(content, Mapping):
            yield from ((key, name) for name, value in content.items() if not hidden(value))
        elif content is not None and not hidden(content):
            yield (key,)


def _content(secret: Change) -> Iterator[tuple[Change, Path]]:
    yield from ((secret, (key,)) for key in CONTENT)
    if all(_is_content(reason) for reason in _reasons(secret)):
        yield secret, ()


def _reasons(secret: Change) -> tuple[str, ...]:
    step = secret.step
    said = (*(step.detailedDiff or ()), *(step.diffReasons or ()), *(step.replaceReasons or ()))
    return (*said, *map(written, secret.paths))


def _is_content(reason: str) -> bool:
    return re.split(r"[.\[]", reason, maxsplit=1)[0] in CONTENT


def _name(secret: Change) -> str:
    return f"Secret {secret.name}"


def _name_of(urn: str) -> str:
    return urn.split("::", 3)[-1] or urn

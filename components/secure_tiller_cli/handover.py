"""A client's bundle, taken from a stack to be handed over."""

from datetime import datetime
from pathlib import Path

from secure_tiller.plan import certificate_life
from secure_tiller.plan.model import Expiration
from secure_tiller_cli.bundle import ENVIRONMENT, KEY, Bundle
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.state import DeployedTiller


def bundle(tiller: DeployedTiller, client: str) -> Bundle:
    """Return the bundle of a client, from a state that was read with its secrets."""
    parts = (tiller.bundles or {})[client]
    pems = (parts.get(name, "") for name in ("ca", "cert", "key"))
    return Bundle(tiller.stack, tiller.name, client, tiller.namespace, *pems)


def to_json(made: Bundle, folder: Path, expiration: Expiration) -> dict[str, object]:
    """Return what `--format json` writes."""
    return {
        "team": made.team,
        "client": made.client,
        "folder": str(folder.absolute()),
        "files": sorted(made.files("")),
        "notAfter": expiration["notAfter"],
        "renewalBegins": expiration["renewalBegins"],
    }


def sentences(made: Bundle, out: str, expiration: Expiration, now: datetime) -> list[str]:
    """Return the files that were written, until when they are valid, and how to renew them.

    Args:
        made: the bundle.
        out: its folder; empty: an archive on standard output.
        expiration: when its certificate ends and renews.
        now: the time.
    """
    place = out or "the archive"
    life = certificate_life.read(made.client, expiration)
    left = "IT HAS EXPIRED" if life.expired(now) else f"in {(life.ends - now).days} days"
    said = [f"bundle of {made.owner}: {', '.join(made.files(''))} in {place}"]
    if not made.key:
        said.append(f"the client made its own key: it belongs into the same folder, as {KEY}, mode 0600")
    said.append(f"its certificate ends {life.ends:%Y-%m-%d %H:%M} UTC ({left}), serial {expiration['serial']}")
    if life.renewal_begins:
        said.append(f"to renew: `pulumi up` from {life.renewal_begins:%Y-%m-%d} on, then this command again")
    use = word(str(Path(out or made.client) / ENVIRONMENT))
    said.append(f"to use it: source {use} && helm ls")
    return said

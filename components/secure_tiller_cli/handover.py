"""A client's bundle, taken from a stack to be handed over."""

import shlex
from datetime import datetime
from pathlib import Path

from secure_tiller.resources.certificates import Expiration
from secure_tiller_cli.bundle import ENVIRONMENT, KEY, Bundle
from secure_tiller_cli.state import DeployedTiller


def bundle(tiller: DeployedTiller, client: str) -> Bundle:
    """Return the bundle of a client, from a state that was read with its secrets."""
    parts = (tiller.bundles or {})[client]
    return Bundle(
        stack=tiller.stack,
        team=tiller.name,
        client=client,
        namespace=tiller.namespace,
        ca=parts["ca"],
        certificate=parts["cert"],
        key=parts.get("key", ""),
    )


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
    """Return what was written, until when it is good, and what to do then.

    Args:
        made: the bundle.
        out: its folder; empty: an archive on standard output.
        expiration: when its certificate ends and renews.
        now: the time.
    """
    place = out or "the archive"
    end = datetime.fromisoformat(str(expiration["notAfter"]))
    days = (end - now).days
    left = f"in {days} days" if end > now else "IT HAS EXPIRED"
    said = [f"bundle of {made.owner}: {', '.join(made.files(''))} in {place}"]
    if not made.key:
        said.append(f"the client made its own key: it belongs beside them, as {KEY}, mode 0600")
    said.append(f"its certificate ends {end:%Y-%m-%d %H:%M} UTC ({left}), serial {expiration['serial']}")
    if begins := expiration["renewalBegins"]:
        said.append(f"to renew: `pulumi up` from {datetime.fromisoformat(begins):%Y-%m-%d} on, then this command again")
    use = shlex.quote(str(Path(out) / ENVIRONMENT)) if out else f"{made.client}/{ENVIRONMENT}"
    said.append(f"to use it: source {use} && helm ls")
    return said

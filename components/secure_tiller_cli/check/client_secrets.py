"""Clients in the cluster: the Secrets that were made for them still hold their bundles, and no other CA to trust."""

from collections.abc import Iterator, Mapping

from secure_tiller_cli.check.observed_state import Readable, Unreadable, digest
from secure_tiller_cli.restore import RESTORE
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller

HANDED_OUT = "Secrets of clients hold their bundles"

_ENTRIES = {"ca.crt": "ca", "tls.crt": "cert", "tls.key": "key"}
"""By entry of the Secret, the part of the bundle."""


def judge(tiller: DeployedTiller, found: Mapping[str, Readable[Mapping[str, str] | None]]) -> Iterator[Result]:
    """Yield the result about the Secrets of clients in the cluster; none where there are no such clients."""
    if not tiller.client_secrets:
        return
    wrong: list[str] = []
    for client, (namespace, name) in sorted(tiller.client_secrets.items()):
        entries = found[client]
        if isinstance(entries, Unreadable):
            yield entries.result(tiller.name, HANDED_OUT)
            return
        wrong += (
            f"{namespace}/{name} of {client}: {why}" for why in _wrong((tiller.bundles or {}).get(client, {}), entries)
        )
    if wrong:
        remedy = f"find out who changed it, and restore it: {RESTORE}"
        yield Result(tiller.name, HANDED_OUT, Status.FAILED, join_limited(wrong), remedy)
    else:
        yield Result(tiller.name, HANDED_OUT, Status.PASSED, join_limited(tiller.client_secrets))


def _wrong(bundle: Mapping[str, str], entries: Mapping[str, str] | None) -> Iterator[str]:
    if entries is None:
        yield "is not there"
        return
    for entry, part in _ENTRIES.items():
        if entries.get(entry) != digest(bundle.get(part, "").encode()):
            yield f"{entry} is another"

"""The rules: each looks at one team and says what one kind of change means.

A rule also names what it has put into words, so that nothing is dropped: what no rule explains is said to be so.
"""

from collections.abc import Callable, Iterator

from secure_tiller_cli.preview.changes import Team
from secure_tiller_cli.preview.findings import Meaning
from secure_tiller_cli.preview.rules import (
    clients,
    contents,
    exposure,
    issued,
    life,
    lifetimes,
    metadata,
    namespaces,
    objects,
    people,
    practices,
    promises,
    rest,
    rights,
    server,
    tiller,
)

RULES: tuple[Callable[[Team], Iterator[Meaning]], ...] = (
    life.comes,
    life.goes,
    life.is_renamed,
    life.protection,
    life.stays,
    life.provider,
    namespaces.are_managed,
    namespaces.leave,
    namespaces.moves,
    namespaces.pod_security,
    namespaces.reasons,
    namespaces.retention,
    rights.change,
    people.reach,
    people.others_are_bound,
    exposure.opens,
    exposure.admits,
    exposure.fence,
    exposure.service_stays_inside,
    server.emergency,
    server.authorities,
    server.certificate,
    server.given_authorities,
    server.given_certificate,
    clients.change,
    clients.secrets,
    contents.unexplained,
    contents.plain,
    contents.sources,
    lifetimes.change,
    lifetimes.beyond_settings,
    issued.as_planned,
    tiller.trust,
    tiller.arguments,
    practices.broken,
    promises.pod,
    promises.cluster_wide,
    promises.tls_secret,
    objects.as_made,
    metadata.foreign,
    metadata.own,
    tiller.image,
    tiller.history,
    tiller.settings,
    rest.labels,
    rest.restored,
    tiller.restarts,
    rest.remains,
)
"""In the order in which their sentences are read."""


def findings(team: Team) -> tuple[Meaning, ...]:
    """Return what a preview means for a team; the last are those that no rule has words for."""
    found = [finding for rule in RULES for finding in rule(team)]
    return (*found, *rest.unexplained(team, found))

"""Findings about manifests."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from secure_tiller_cli.charts.manifest import Manifest

SHOWN = 4
"""So many objects of a finding are named on one line, the others counted."""


class Group(StrEnum):
    """The subject of a finding, in the order of the output."""

    CANNOT_INSTALL = "cannot install"
    OUTSIDE = "outside the team"
    POD_SECURITY = "refused by Pod Security"
    API_GONE = "API gone"
    PROVENANCE = "provenance"


class Effect(StrEnum):
    """The consequence of a finding."""

    STOPS = "stops"
    """It would be refused."""
    NOT_CHECKED = "not checked"
    """Nobody knows whether it would be refused."""
    NOTE = "note"
    """Worth knowing; nothing is refused for it."""


@dataclass(frozen=True)
class Concern:
    """One finding, which holds for all its objects alike."""

    group: Group
    severity: Effect
    text: str
    """The consequence, and its reason."""
    remedy: str
    """An imperative."""
    manifests: tuple[Manifest, ...] = ()
    """The objects; none: it is about all of them, or about the package."""

    @property
    def subject(self) -> str:
        """The objects on one line: `NetworkPolicy deny, web`; empty: there are none."""
        names = defaultdict[str, list[str]](list)
        for each in self.manifests:
            names[each.kind].append(each.name or "(unnamed)")
        return ", ".join(f"{kind} {_listed(found)}" for kind, found in names.items())


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")

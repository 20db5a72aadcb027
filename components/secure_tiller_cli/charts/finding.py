"""What was found in manifests."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from secure_tiller_cli.charts.manifest import Manifest

SHOWN = 4
"""So many objects of a finding are named on one line, the others counted."""


class Group(StrEnum):
    """What a finding is about, in the order in which findings are told."""

    CANNOT_INSTALL = "cannot install"
    OUTSIDE = "outside the team"
    POD_SECURITY = "refused by Pod Security"
    API_GONE = "API gone"
    PROVENANCE = "provenance"


class Effect(StrEnum):
    """What a finding means."""

    STOPS = "stops"
    """It would be refused."""
    NOT_CHECKED = "not checked"
    """Whether it would be refused cannot be told."""
    NOTE = "note"
    """Worth knowing; nothing is refused for it."""


@dataclass(frozen=True)
class Concern:
    """One thing that was found, about objects which it holds for alike."""

    group: Group
    severity: Effect
    text: str
    """What would happen, and why."""
    remedy: str
    """What to do about it."""
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

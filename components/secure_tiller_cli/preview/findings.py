"""The meaning of a change, as a sentence with its names apart, so that each way of writing can quote them safely."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from secure_tiller_cli.preview.changes import Change
from secure_tiller_cli.preview.paths import Path, within

Name = str | Sequence[str]
"""A name from the settings or the cluster, or several."""


@dataclass(frozen=True)
class Meaning:
    """One thing that a reviewer should know of a team."""

    code: str
    """Its kind, for machines: `client-leaves`."""
    sentence: str
    """In words; each `{name}` stands for one of the names."""
    names: Mapping[str, Name] = field(default_factory=dict)
    risk: bool = False
    """Whether it is to be approved deliberately: it widens what somebody can do, or something is lost for good."""
    explains: tuple[tuple[Change, Path], ...] = field(default=(), repr=False)
    """The resources, and the paths in them, that it puts into words; the empty path is the whole resource."""

    def explained(self, change: Change, path: Path) -> bool:
        """Return whether it puts a difference of a resource into words."""
        return any(known is change and within(path, prefix) for known, prefix in self.explains)

    def plain(self) -> str:
        """Return the sentence with its names as they are."""
        return self.sentence.format(**{key: joined(name) for key, name in self.names.items()})


def joined(name: Name) -> str:
    """Return a name, or several with commas between them."""
    return name if isinstance(name, str) else ", ".join(name)


def whole(*changes: Change | None) -> tuple[tuple[Change, Path], ...]:
    """Return that resources which come or go are put into words; of one that stays, each difference needs its own."""
    return tuple((change, ()) for change in changes if change is not None and not change.paths)

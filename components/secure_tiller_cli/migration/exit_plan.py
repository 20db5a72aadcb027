"""A team's way from Tiller to Helm 3."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from secure_tiller_cli.charts import Concern
from secure_tiller_cli.migration.history import History
from secure_tiller_cli.migration.judge import gone
from secure_tiller_cli.releases import Status
from secure_tiller_cli.state import DeployedTiller


class By(StrEnum):
    """The account whose rights the commands of a step take."""

    ADMINISTRATOR = "an administrator of the namespaces"
    CONVERTER = "whoever converts"
    PEOPLE = "one of the team's people"
    DEPLOYER = "whoever updates the stack"


@dataclass(frozen=True)
class Step:
    """One step."""

    by: By
    title: str
    text: str
    """Its purpose, and the points to look at."""
    commands: tuple[str, ...] = ()
    """For a POSIX shell; `helm3` stands for Helm 3."""


@dataclass(frozen=True)
class ExitPlan:
    """All steps of a team."""

    tiller: DeployedTiller
    histories: tuple[History, ...]
    """The releases, by name."""
    findings: Mapping[str, tuple[Concern, ...]]
    """By release, what was found in its manifest."""
    stack: str
    """The option for `pulumi` that names the stack; empty: the selected one."""

    @property
    def converted(self) -> tuple[History, ...]:
        """The releases that Helm 3 goes on with: a deleted one has no objects any more."""
        return tuple(item for item in self.histories if item.latest.status is not Status.DELETED)

    @property
    def outdated(self) -> tuple[History, ...]:
        """Those of them with objects of an API version that is gone."""
        return tuple(item for item in self.converted if gone(self.findings.get(item.name, ())))

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Where they are."""
        return tuple(sorted({item.latest.namespace for item in self.converted}))

    @property
    def rewritten(self) -> frozenset[str]:
        """Those of them with objects of an API version that is gone."""
        return frozenset(item.latest.namespace for item in self.outdated)

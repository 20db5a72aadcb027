"""Versions of Tiller: which have known flaws, and which an image is."""

import re
from dataclasses import dataclass

from tiller_facts.severity import Severity

Version = tuple[int, int, int]

LAST: Version = (2, 17, 0)
"""The last of Helm 2."""


@dataclass(frozen=True)
class Flaw:
    """A known flaw.

    Attributes:
        fixed: the first version without it.
        severity: of its consequences.
        name: in words.
    """

    fixed: Version
    severity: Severity
    name: str


FLAWS = (
    Flaw((2, 7, 2), Severity.CRITICAL, "TLS does not keep clients without a certificate out"),
    Flaw((2, 12, 2), Severity.HIGH, "CVE-2019-1000008 (a chart's files are written outside of its folder)"),
    Flaw((2, 15, 2), Severity.HIGH, "CVE-2019-18658 (a chart's links lead to other files)"),
    Flaw((2, 16, 11), Severity.HIGH, "CVE-2020-15184, CVE-2020-15185, CVE-2020-15186, CVE-2020-15187"),
)
"""Source: Helm's release notes and security advisories."""

OLDEST: Version = max(flaw.fixed for flaw in FLAWS)
"""The oldest without a known flaw."""

_TAG = re.compile(
    r"v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?!\d)(?![-_.]?(?:alpha|beta|rc|pre|dev|canary|snapshot))",
    re.ASCII | re.IGNORECASE,
)


def of_image(image: str) -> Version | None:
    """Return the version of Helm 2 that the tag of an image names; None: it names none, or a pre-release."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    found = _TAG.match(tag)
    version = (int(found[1]), int(found[2]), int(found[3])) if found else None
    return version if version and version < (3, 0, 0) else None


def flaws(version: Version) -> tuple[Flaw, ...]:
    """Return the known flaws of a version."""
    return tuple(flaw for flaw in FLAWS if version < flaw.fixed)


def words(version: Version) -> str:
    """Return a version in words: `2.17.0`."""
    return ".".join(map(str, version))

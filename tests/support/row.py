"""The shape of a row of the table of Tillers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from tests.support.cluster_objects import Object

TEMPLATES = ((), ("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
"""Where an object describes pods."""


class Recognition(StrEnum):
    """The answer to the question whether an object runs Tiller."""

    YES = "yes"
    SUSPECTED = "suspected"
    """Only its port is Tiller's."""
    NO = "no"


class Hidden:
    """The value of a setting that no description of the pod gives: a script or another object decides."""

    def __repr__(self) -> str:
        return "hidden"


HIDDEN: Final = Hidden()

Setting = str | int | bool | Hidden


@dataclass(frozen=True, eq=False)
class Row:
    """One case: objects of a cluster, and the verdict about them that every tool reaches.

    Attributes:
        id: names the case.
        make: returns the objects; the first one that describes pods is what the case is about.
        tiller: whether that one runs Tiller.
        settings: how it runs Tiller, by the name of the setting; a setting that is absent is none of the case.
        finds: the code of each finding that the objects lead to.
        starts: whether the real Tiller, so started, comes to serve with nothing but its files.
        severities: of findings that differ in severity, by their code.
        answers: how it follows practices of Helm's guide, by number: `yes`, `no` or `unknown`.
    """

    id: str
    make: Callable[[], tuple[Object, ...]]
    tiller: Recognition
    settings: Mapping[str, Setting]
    finds: frozenset[str]
    starts: bool = True
    severities: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def objects(self) -> tuple[Object, ...]:
        """Every object of the case."""
        return self.make()

    @property
    def workload(self) -> Object:
        """The object that the case is about."""
        return next(one for one in self.objects if list(containers(one)))

    @property
    def container(self) -> Object:
        """Its container that runs Tiller: the one of that name, or else its first."""
        found = list(containers(self.workload))
        return next((one for one in found if one.get("name") == "tiller"), found[0])

    @property
    def practices(self) -> frozenset[str]:
        """The code of each practice that is broken, or that something hides."""
        return frozenset(PRACTICE_OF[code] for code in self.finds)


def containers(one: Object) -> Iterator[Object]:
    """Yield the containers in the pods that an object describes, init containers too."""
    for path in TEMPLATES:
        spec = _at(_at(one, path), ("spec",))
        yield from (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))


def _at(one: Object, path: Iterable[str]) -> Object:
    for name in path:
        one = one.get(name) or {}
    return one


PRACTICE_OF: Mapping[str, str] = {
    code: practice
    for practice, codes in {
        "cluster-decides-by-rbac": ("rbac-not-enforced",),
        "secrets-closed": ("secrets-for-everybody", "tiller-for-everybody"),
        "certificate-of-its-own": ("shared-certificate", "certificate-unknown"),
        "client-ca-of-its-own": ("shared-client-ca", "client-ca-unknown"),
        "clients-verified": (
            *("no-tls", "no-verification", "trusts-public-cas", "verification-unknown", "verification-by-environment"),
            "tls-unknown",
        ),
        "endpoint-closed": ("listens-everywhere", "listening-unknown", "host-network", "host-port"),
        "probe-closed": ("probe-port-open",),
        "no-service": ("service", "service-outside"),
        "port-forward-restricted": ("port-forward-by-everybody", "port-forward-without-certificate"),
        "releases-in-secrets": (
            *("releases-in-configmaps", "releases-in-memory", "releases-in-database", "storage-unknown"),
        ),
        "no-release-in-configmaps": ("records-in-configmaps", "records-unknown"),
        "history-limited": ("unlimited-history", "history-unknown"),
        "account-of-its-own": ("default-account",),
        "namespace-of-its-own": ("several-tillers", "other-pods", "shared-account"),
        "rights-in-namespaces-only": ("cluster-admin", "secrets-everywhere", "cluster-wide-rights"),
        "rights-by-name": ("wildcard-rights",),
        "rights-that-stay": ("escalating-rights",),
        "rights-end-at-others": ("rights-in-cluster-namespace", "rights-over-another-tiller"),
        "tiller-verified": ("client-without-verification", "client-verification-unknown"),
        "supported-version": ("flawed-version", "old-version", "version-unknown"),
        "limits": ("no-limits",),
        "not-root": ("privileged", "runs-as-root", "may-run-as-root"),
        "pods-as-described": ("pods-differ",),
        "tiller-recognised": ("suspected",),
        "component-intact": ("changed",),
    }.items()
    for code in codes
}
"""By the code of a finding, that of the practice which it is about."""

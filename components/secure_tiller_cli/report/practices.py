"""The practices of the catalogue, judged by what a stack's state says of its Tillers."""

from collections.abc import Iterable, Mapping, Sequence

from secure_tiller_cli.report.model import Level
from secure_tiller_cli.state import DeployedTiller
from tiller_facts import certificates
from tiller_facts.facts import Facts
from tiller_facts.practices import PRACTICES, Finding, Practice, Severity, Status, evaluate
from tiller_facts.practices.model import Report

OF_THE_CLUSTER = frozenset(
    (
        "cluster-decides-by-rbac",
        "secrets-closed",
        "no-release-in-configmaps",
        "tiller-verified",
        "pods-as-described",
        "tiller-recognised",
    )
)
"""Codes of practices about what a stack does not make: `secure-tiller audit` judges them."""

OF_TLS = frozenset(("certificate-of-its-own", "client-ca-of-its-own"))
"""Codes of practices that say nothing about a Tiller without TLS; others then answer their number of the guide."""

NOT_SEEN = "not-seen"
"""Code of what is found where the state has no Tiller."""

JUDGED = tuple(practice for practice in PRACTICES if practice.code not in OF_THE_CLUSTER)


def judge(tillers: Sequence[DeployedTiller]) -> Mapping[str, tuple[Finding, ...]]:
    """Return what is found about each team, by its name; what is not known is among it."""
    everything = tuple(each for tiller in tillers for each in tiller.objects)
    facts = Facts(everything, of_program=True, files=certificates.of_objects(everything))
    judgement = evaluate(facts, JUDGED)
    seen = {id(judged.tiller.object) for judged in judgement.tillers}
    found: dict[str, tuple[Finding, ...]] = {}
    for tiller in tillers:
        own = set(map(id, tiller.objects))
        unseen = () if own & seen else map(_not_seen, JUDGED)
        found[tiller.name] = (
            *(each for each in judgement.every if each.about is None or id(each.about) in own),
            *unseen,
        )
    return found


def is_about(finding: Finding, practice: Practice) -> bool:
    """Return whether a finding says that a practice is not kept, or not known to be."""
    answered = practice.code in OF_TLS and practice.guide in (*finding.no, *finding.unknown)
    return finding.practice == practice.code or answered


def _not_seen(practice: Practice) -> Finding:
    return Report(practice)(NOT_SEEN, "the state does not have its workload", status=Status.UNKNOWN)


def level(findings: Iterable[Finding]) -> Level:
    """Return how much the worst of some findings asks of the reader."""
    return Level.BAD if any(each.severity.reaches(Severity.HIGH) for each in findings) else Level.WARNING

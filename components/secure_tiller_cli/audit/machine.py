"""An audit as JSON."""

from collections.abc import Mapping
from typing import Any

from tiller_facts import network
from tiller_facts.practices import BY_CODE, GUIDE, AuditedTiller, Finding, Judgement
from tiller_facts.values import settle

SETTINGS: Mapping[str, str] = {
    "tls": "tls",
    "verifies": "verifies",
    "storage": "storage",
    "listen": "listen",
    "probeListen": "probe_listen",
    "historyMax": "history_max",
}
"""By field of the JSON, that of `tiller_facts.flags.Flags`."""


def to_json(server: str, found: Judgement) -> dict[str, Any]:
    """Return an audit as plain data; docs/audit.md describes its fields."""
    return {
        "server": server,
        "findings": [_finding(finding) for finding in found.findings],
        "tillers": [_tiller(judged) for judged in found.tillers if not judged.tiller.suspected],
        "suspected": [_tiller(judged) for judged in found.tillers if judged.tiller.suspected],
    }


def _tiller(judged: AuditedTiller) -> dict[str, Any]:
    case, tiller = judged.case, judged.tiller
    settings = {
        name: settle(getattr(tiller.flags, field), hidden=None, unknown=None) for name, field in SETTINGS.items()
    }
    stores = settle(tiller.flags.namespace, hidden=None, unknown=None)
    return {
        "namespace": tiller.namespace,
        "kind": tiller.kind,
        "name": tiller.name,
        "container": tiller.container["name"],
        "pods": [pod.name for pod in tiller.pods],
        "image": tiller.image,
        "account": tiller.account,
        "settings": {**settings, "storageNamespace": None if stores is None else stores or tiller.namespace},
        "services": [
            {"name": service.name, "type": network.service_type(service)}
            for service in network.services(case.facts, tiller)
        ],
        "reach": _reach(judged) if case.cluster.grants_are_seen else None,
        "rights": _rights(judged) if case.cluster.grants_are_seen else None,
        "practices": [
            {"number": one.number, "name": GUIDE[one.number], "answer": one.answer.value, "why": one.reason}
            for one in judged.answers
        ],
        "findings": [_finding(finding) for finding in judged.findings],
    }


def _reach(judged: AuditedTiller) -> list[dict[str, str]]:
    return [
        {
            "kind": grant.subject.kind,
            "name": grant.subject.name,
            "namespace": grant.subject.namespace,
            "binding": str(grant.binding),
        }
        for grant in judged.case.reach
    ]


def _rights(judged: AuditedTiller) -> list[dict[str, str]]:
    found = {(grant.namespace, str(grant.binding), str(grant.subject)) for grant in judged.case.held}
    return [dict(zip(("namespace", "binding", "subject"), right, strict=True)) for right in sorted(found)]


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "level": finding.severity.value,
        "code": finding.code,
        "text": finding.quoting,
        "remedy": finding.remedy,
        "status": finding.status.value,
        "practice": finding.practice,
        "page": BY_CODE[finding.practice].page,
    }

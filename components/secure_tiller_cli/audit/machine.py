"""An audit as JSON."""

from typing import Any

from secure_tiller_cli.audit import network, rbac
from secure_tiller_cli.audit.facts import place
from secure_tiller_cli.audit.finding import PRACTICES, Finding
from secure_tiller_cli.audit.judge import Audit, Judged


def to_json(audit: Audit) -> dict[str, Any]:
    """Return an audit as plain data.

    Its fields: `server`, `findings` about the cluster, and `tillers`, the worst first. Of each: `namespace`, `kind`,
    `name`, `container`, `pods`, `image`, `account`; `settings` (`tls`, `verifies`, `storage`, `storageNamespace`,
    `listen`, `probeListen`, `historyMax`; null: not told); `services` (`name`, `type`); `reach`, who may forward a port
    to it (`kind`, `name`, `namespace`, `binding`; null: not told); `rights` (`namespace`, empty for all, `binding`,
    `subject`, by which the binding means its account; null: not told); `practices` (`number`, `name`, `answer`: `yes`,
    `no` or `unknown`, `why`) and `findings` (`level`, `code`, `text`, `remedy`).
    """
    return {
        "server": audit.server,
        "findings": [_finding(finding) for finding in audit.findings],
        "tillers": [_tiller(judged) for judged in audit.tillers],
    }


def _tiller(judged: Judged) -> dict[str, Any]:
    case, tiller = judged.case, judged.tiller
    settings = case.settings
    return {
        "namespace": tiller.namespace,
        "kind": tiller.kind,
        "name": tiller.name,
        "container": tiller.container["name"],
        "pods": [place(pod)[1] for pod in tiller.pods],
        "image": tiller.image,
        "account": tiller.account,
        "settings": {
            "tls": settings.tls,
            "verifies": settings.verifies,
            "storage": settings.storage,
            "storageNamespace": None if settings.namespace is None else settings.namespace or tiller.namespace,
            "listen": settings.listen,
            "probeListen": settings.probe_listen,
            "historyMax": settings.history_max,
        },
        "services": [
            {"name": place(service)[1], "type": network.kind_of(service)}
            for service in network.services(case.facts, tiller)
        ],
        "reach": _reach(judged) if case.grants_are_told else None,
        "rights": _rights(judged) if case.grants_are_told else None,
        "practices": [
            {"number": one.number, "name": PRACTICES[one.number], "answer": one.answer.value, "why": one.why}
            for one in judged.practices
        ],
        "findings": [_finding(finding) for finding in judged.findings],
    }


def _reach(judged: Judged) -> list[dict[str, str]]:
    return [
        {
            "kind": grant.subject.kind,
            "name": grant.subject.name,
            "namespace": grant.subject.namespace,
            "binding": grant.binding,
        }
        for grant in judged.case.reach
    ]


def _rights(judged: Judged) -> list[dict[str, str]]:
    found = {(grant.namespace, grant.binding, rbac.shown(grant.subject)) for grant in judged.case.held}
    return [dict(zip(("namespace", "binding", "subject"), right, strict=True)) for right in sorted(found)]


def _finding(finding: Finding) -> dict[str, str]:
    return {"level": finding.level.value, "code": finding.code, "text": finding.text, "remedy": finding.remedy}

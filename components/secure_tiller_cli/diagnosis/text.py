"""A diagnosis for people and for machines."""

from datetime import datetime

from secure_tiller.plan import pem
from secure_tiller_cli.bundle import Bundle
from secure_tiller_cli.diagnosis.cause import Diagnosis
from secure_tiller_cli.foreign_text import terminal
from secure_tiller_cli.output import console


def to_json(held: Bundle, found: Diagnosis) -> dict[str, object]:
    """Return what `check --bundle --format json` writes."""
    ends = _ends(held, found)
    causes = [{"kind": cause.kind.value, "seen": cause.seen, "remedy": cause.remedy} for cause in found.causes]
    return {
        "namespace": held.namespace,
        "answered": found.answer is not None,
        "version": found.answer.version if found.answer else None,
        "certificateEnds": ends and ends.isoformat(),
        "causes": causes,
        "unchecked": list(found.unchecked),
    }


def write(held: Bundle, found: Diagnosis) -> None:
    """Write whether Tiller answers, and until when; or each cause why it does not."""
    out = console()
    answer = f"answers: {found.answer.version}" if found.answer else "does not answer"
    out.print(terminal(f"Tiller in {held.namespace} {answer}"), soft_wrap=True)
    if ends := _ends(held, found):
        out.print(f"the client's certificate ends {ends:%Y-%m-%d %H:%M} UTC; ask for a new bundle before that")
    for cause in found.causes:
        out.print(terminal(f"{cause.kind.value}: {cause.seen}; {cause.remedy}"), soft_wrap=True)
    for what in found.unchecked:
        out.print(terminal(what), soft_wrap=True)


def _ends(held: Bundle, found: Diagnosis) -> datetime | None:
    """Return when the certificate of a client that is answered ends."""
    return pem.ends(held.certificate) if found.fine else None

"""A diagnosis for people and for machines."""

from secure_tiller_cli.bundle import Bundle
from secure_tiller_cli.diagnosis.cause import Diagnosis
from secure_tiller_cli.foreign_text import terminal
from secure_tiller_cli.output import console


def to_json(held: Bundle, found: Diagnosis) -> dict[str, object]:
    """Return what `check --bundle --format json` writes."""
    causes = [{"kind": cause.kind.value, "seen": cause.seen, "remedy": cause.remedy} for cause in found.causes]
    return {
        "namespace": held.namespace,
        "answered": found.answer is not None,
        "version": found.answer.version if found.answer else None,
        "causes": causes,
        "unchecked": list(found.unchecked),
    }


def write(held: Bundle, found: Diagnosis) -> None:
    """Write whether Tiller answers, and each cause why it does not."""
    out = console()
    answer = f"answers: {found.answer.version}" if found.answer else "does not answer"
    out.print(terminal(f"Tiller in {held.namespace} {answer}"), soft_wrap=True)
    for cause in found.causes:
        out.print(terminal(f"{cause.kind.value}: {cause.seen}; {cause.remedy}"), soft_wrap=True)
    for what in found.unchecked:
        out.print(terminal(what), soft_wrap=True)

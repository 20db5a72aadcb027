"""A diagnosis for people and for machines."""

from rich.text import Text

from secure_tiller.problems import plain
from secure_tiller_cli.diagnosis.bundle import Bundle
from secure_tiller_cli.diagnosis.cause import Cause, Diagnosis
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
    out.print(Text(plain(f"Tiller in {held.namespace} {answer}")), soft_wrap=True)
    for cause in found.causes:
        out.print(Text(_sentence(cause)), soft_wrap=True)
    for what in found.unchecked:
        out.print(Text(plain(what)), soft_wrap=True)


def _sentence(cause: Cause) -> str:
    return f"{cause.kind.value}: {plain(cause.seen)}; {plain(cause.remedy)}"

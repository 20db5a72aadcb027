"""The JSON of a proof, as `check --format json` writes it and the report reads it."""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from secure_tiller.problems import Problem, RefusedError
from secure_tiller_cli.results.result import CheckReport

_FORM = TypeAdapter(CheckReport)


class UnreadableProofError(RefusedError):
    """A text is not the JSON of a proof."""

    headline = "The proof is refused"


def to_json(proof: CheckReport) -> Any:
    """Return a proof as plain data: `stack`, `checkedAt`, `server`, and `results`, a list.

    Each result has `team`, `check`, `status` (`passed`, `warning`, `not checked`, `failed`), `text` and `remedy`.
    """
    return _FORM.dump_python(proof, mode="json", by_alias=True)


def from_json(text: str | bytes, where: str) -> CheckReport:
    """Return the proof that a JSON text holds.

    Args:
        text: written by `check --format json`.
        where: the place of the text, for the error.

    Raises:
        UnreadableProofError: it has not that form.
    """
    try:
        return _FORM.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        why = f"is no proof: {f'{place}: ' if place else ''}{first['msg']}"
        remedy = "write it with: secure-tiller check --format json"
        raise UnreadableProofError([Problem("", where, "", why, remedy)]) from error

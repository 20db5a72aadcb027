"""The form of what `pulumi preview --json` prints, and how it is read: anything but a whole preview is refused.

Source of the form: PreviewDigest and PreviewStep (pulumi 3.250, pkg/display/json.go), ResourceV3 (sdk, apitype).
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from secure_tiller_stack import foreign_data
from secure_tiller_stack.foreign_data import json_prefix

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is known during the update only (pulumi, resource/stack/deployment.go)."""

SECRET = "[secret]"  # noqa: S105  what stands for a secret value (pulumi, pkg/backend/display/json.go)

_COLOR = re.compile(r"\x1b\[[0-9;]*m")

LONGEST_LINE = 200
"""Characters shown of a line that is not understood."""


class UnreadableError(Exception):
    """The text is no preview; the message says why and what to do."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class State(_Form):
    """A resource, as it was or as it is to be."""

    urn: str
    type: str
    id: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict)
    outputs: dict[str, Any] = Field(default_factory=dict)
    parent: str = ""
    provider: str = ""
    protect: bool = False
    retainOnDelete: bool = False  # noqa: N815  the engine's word, as are those below
    delete: bool = False
    """Whether an earlier update replaced it already, and it only waits to be deleted."""
    propertyDependencies: Mapping[str, list[str] | None] | None = None  # noqa: N815


class Step(_Form):
    """The planned operation on one resource."""

    op: str
    urn: str
    oldState: State | None = None  # noqa: N815
    newState: State | None = None  # noqa: N815
    diffReasons: list[str] | None = None  # noqa: N815
    replaceReasons: list[str] | None = None  # noqa: N815
    detailedDiff: dict[str, Any] | None = None  # noqa: N815


class Diagnostic(_Form):
    """A message of the program, a provider or the engine."""

    message: str = ""
    severity: str = ""
    urn: str = ""


class Digest(_Form):
    """A preview."""

    steps: list[Step] = Field(default_factory=list)
    diagnostics: list[Diagnostic] = Field(default_factory=list)
    changeSummary: dict[str, int] | None = None  # noqa: N815
    maybeCorrupt: bool = False  # noqa: N815

    @property
    def failures(self) -> tuple[str, ...]:
        """Why this is no plan that an update would follow; empty for a preview that ended well."""
        errors = [said.message.strip() for said in self.diagnostics if said.severity.startswith("error")]
        if self.maybeCorrupt:
            errors.append("The engine says that the stack's state may be corrupt.")
        if self.changeSummary is None and not errors:
            errors.append("The preview did not come to its end: it has no summary of changes.")
        if missing := self._missing:
            errors.append(f"The preview is not whole: of what its summary counts, the steps lack {missing}.")
        return tuple(errors)

    @property
    def _missing(self) -> int:
        """How many steps were cut out. The engine counts each that it prints; those of `same` it may leave out."""
        shown = Counter(step.op for step in self.steps)
        counted = (self.changeSummary or {}).items()
        return sum(max(0, count - shown[op]) for op, count in counted if op != "same")

    @property
    def hides_unchanged(self) -> bool:
        """Whether resources that stay the same were left out (`pulumi preview` without `--show-sames`)."""
        shown = sum(step.op == "same" for step in self.steps)
        return (self.changeSummary or {}).get("same", 0) > shown


def read(text: str) -> Digest:
    """Return the preview that a text holds.

    Lines around it are what a shell mixed in (`2>&1`): those that begin with `error:` count as errors of the preview,
    as Pulumi says there that it failed.

    Raises:
        UnreadableError: the text holds no preview, or more than one.
    """
    begin, found, end = _document(text)
    around = [line for part in (text[:begin], text[end:]) for line in part.splitlines()]
    if any(line.startswith("{") for line in around):
        raise UnreadableError("more than one JSON document stands there: give one preview at a time")
    if not found:
        raise UnreadableError("the JSON is empty: Pulumi ended before the preview began; see what it says on stderr")
    try:
        digest = Digest.model_validate({key: value for key, value in found.items() if value is not None})
    except ValidationError as error:
        raise UnreadableError(f"this is not what `pulumi preview --json` prints: {_places(error)}") from None
    said = [_COLOR.sub("", line).strip() for line in around]
    errors = [Diagnostic(message=line, severity="error") for line in said if line.startswith("error:")]
    return digest.model_copy(update={"diagnostics": [*digest.diagnostics, *errors]})


def _document(text: str) -> tuple[int, Any, int]:
    """Return where the first JSON object begins, the object, and where it ends."""
    begin = 0 if text.startswith("{") else text.find("\n{") + 1
    if not text.startswith("{", begin):
        first = next((line for line in text.splitlines() if line.strip()), "")[:LONGEST_LINE]
        said = f"it begins with {json.dumps(first)}" if first else "it is empty"
        raise UnreadableError(f"no JSON stands there, {said}: give the output of `pulumi preview --json --show-sames`")
    try:
        found, end = json_prefix(text, begin)
    except foreign_data.UnreadableError as error:
        raise UnreadableError(f"the JSON {error}: run the preview again") from None
    return begin, found, end


def _places(error: ValidationError) -> str:
    """Return where the form is not kept; no values, which could be anything."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults[:3])

"""Whether settings have the form that `secure_tiller.args` describes: keys, types, nothing missing or unknown."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import get_type_hints, is_typeddict

from secure_tiller.args import SecureTillerArgs, ServiceAccountSubjectArgs
from secure_tiller.problems import Problem, shown

Location = tuple[int | str, ...]
Repairs = Mapping[Location, object]

_ADAPTER = TypeAdapter(SecureTillerArgs)

_ALLOWED = {
    "bool_type": ("must be true or false", "write true or false, without quotes"),
    "dict_type": ("must be a map of keys to values", "write key: value pairs, or {} for the defaults"),
    "string_type": ("must be text", "write text, in quotes if it looks like a number, a date or a truth value"),
    "sequence_str": ("must be a list of texts", "write a list, one entry a line, each after '- '"),
    "is_instance_of": ("must be a list", "write a list, one entry a line, each after '- '"),
    "invalid_key": ("keys must be text", "write the key in quotes"),
}
"""What is allowed, and the remedy, for each kind of wrong type, by pydantic's name for it."""

_STAND_INS: Mapping[type, object] = {
    str: "stand-in",
    ServiceAccountSubjectArgs: {"namespace": "stand-in", "name": "stand-in"},
}
"""What takes the place of a malformed item of a list while the rest is checked."""


def read(team: str, value: object) -> tuple[SecureTillerArgs, tuple[Problem, ...]]:
    """Return the part of the settings that has the right form, and a problem for everything else.

    What is returned may lack required keys where there are problems: it serves to go on checking, so that one message
    names every error, and must not be used otherwise.
    """
    try:
        return _ADAPTER.validate_python(value, strict=True, extra="forbid"), ()
    except ValidationError as error:
        details = error.errors(include_url=False)
        sound = _repaired(value, dict(_repair(detail) for detail in details))
        return cast("SecureTillerArgs", sound), tuple(_problem(team, detail) for detail in details)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the words that name the known keys and the one that was most likely meant."""
    names = sorted(known)
    guess = difflib.get_close_matches(word, names, n=1)
    listed = f"known keys: {', '.join(names)}" if names else "there are none to set here"
    return f"did you mean {guess[0]!r}? ({listed})" if guess else listed


def _problem(team: str, detail: ErrorDetails) -> Problem:
    """Translate one of pydantic's errors."""
    location = tuple(part for part in detail["loc"] if part != "[key]")
    key, value = _path(location), shown(detail["input"])
    match detail["type"]:
        case "missing":
            return Problem(team, key, "(missing)", "is required", f"add the key {location[-1]!r}")
        case "extra_forbidden":
            known = get_type_hints(_type_at(location[:-1]))
            return Problem(team, key, value, "is an unknown key", f"remove it; {nearest(str(location[-1]), known)}")
        case "dict_type" if not is_typeddict(_type_at(location)):
            why, remedy = "must be a map of names to settings", "write one key per name, with {} for the defaults"
            return Problem(team, key, value, why, remedy)
        case kind:
            why, remedy = _ALLOWED.get(kind, (detail["msg"], "correct the value"))
            return Problem(team, key, value, why, remedy)


def _path(location: Location) -> str:
    """Return where a value stands: `subjects.groups[0]`; the settings as a whole are `(settings)`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".") or "(settings)"


def _type_at(location: Location) -> Any:
    """Return the type of what stands at a location of the settings."""
    hint: Any = SecureTillerArgs
    for part in location:
        hint = get_type_hints(hint)[str(part)] if is_typeddict(hint) else get_args(hint)[-1]
    return hint


def _repair(detail: ErrorDetails) -> tuple[Location, object]:
    """Return where to repair the settings so that the rest can be checked, and what to put there; None: nothing."""
    location = detail["loc"]
    indices = [i for i, part in enumerate(location) if isinstance(part, int)]
    if indices and location[0] == "subjects" and detail["type"] != "invalid_key":
        # The items of a list keep their places, by which they are named.
        item = location[: indices[0] + 1]
        return item, _STAND_INS[_type_at(item)]
    if detail["type"] == "missing" or location[-1:] == ("[key]",):
        return location[:-1], None
    if detail["type"] == "dict_type" and is_typeddict(_type_at(location)):
        return location, {}  # so that the name before it is checked
    return location, None


def _repaired(value: object, repairs: Repairs) -> object:
    """Return the settings with the repairs; they are empty when they are no map at all."""
    return dict(_items(value, repairs, ())) if isinstance(value, Mapping) else {}


def _items(value: Mapping[Any, Any], repairs: Repairs, at: Location) -> Iterator[tuple[Any, object]]:
    for key, item in value.items():
        here = (*at, key)
        replacement = repairs[here] if here in repairs else _copied(item, repairs, here)
        if replacement is not None:
            yield key, replacement


def _copied(item: object, repairs: Repairs, at: Location) -> object:
    if isinstance(item, Mapping):
        return dict(_items(item, repairs, at))
    if isinstance(item, list | tuple):
        return [repairs.get((*at, i)) or _copied(part, repairs, (*at, i)) for i, part in enumerate(item)]
    return item

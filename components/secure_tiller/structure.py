"""Whether settings have the form that `secure_tiller.args` describes: keys, types, nothing missing or unknown."""

import difflib
import functools
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Union, cast, get_args, get_origin

import pulumi
import typing_extensions
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import is_typeddict

from secure_tiller import args
from secure_tiller.args import SecureTillerArgs, ServiceAccountSubjectArgs
from secure_tiller.problems import Problem, shown

Location = tuple[int | str, ...]
Repairs = Mapping[Location, object]

_INPUT_NAMES = {"Output": pulumi.Output, "T": str}
"""What the names in `pulumi.Input[str]` stand for, which the SDK writes as text."""


def _adapter() -> TypeAdapter[SecureTillerArgs]:
    for _, part in inspect.getmembers(args, is_typeddict):
        part.__pydantic_config__ = ConfigDict(arbitrary_types_allowed=True)  # an Output is none of pydantic's types
    adapter = TypeAdapter(SecureTillerArgs)
    adapter.rebuild(_types_namespace=_INPUT_NAMES)
    return adapter


_ADAPTER = _adapter()

_ALLOWED = {
    "bool_type": ("must be true or false", "write true or false, without quotes"),
    "dict_type": ("must be a map of keys to values", "write key: value pairs, or {} for the defaults"),
    "int_type": ("must be a whole number", "write a number, without quotes"),
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
        details = _one_a_place(error.errors(include_url=False))
        sound = _repaired(value, dict(_repair(detail) for detail in details))
        return cast("SecureTillerArgs", sound), tuple(_problem(team, detail) for detail in details)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the words that name the known keys and the one that was most likely meant."""
    names = sorted(known)
    guess = difflib.get_close_matches(word, names, n=1)
    listed = f"known keys: {', '.join(names)}" if names else "there are none to set here"
    return f"did you mean {guess[0]!r}? ({listed})" if guess else listed


def _one_a_place(details: Iterable[ErrorDetails]) -> tuple[ErrorDetails, ...]:
    """Return the first error of each place: of an Input pydantic tells one for each form that it could have had."""
    places: dict[Location, ErrorDetails] = {}
    for detail in details:
        place = _input_at(detail["loc"]) or detail["loc"]
        places.setdefault(place, {**detail, "loc": place})
    return tuple(places.values())


def _input_at(location: Location) -> Location | None:
    """Return where the Input stands that a location leads into; None: it leads into none."""
    for end in range(1, len(location)):
        if location[end] != "[key]" and get_origin(_type_at(location[:end])) is Union:
            return location[:end]
        if not _has_parts(_type_at(location[:end])):
            return None
    return None


def _has_parts(hint: Any) -> bool:
    return is_typeddict(hint) or bool(get_args(hint))


@functools.cache
def _hints(part: Any) -> dict[str, Any]:
    return typing_extensions.get_type_hints(part, localns=_INPUT_NAMES)


def _problem(team: str, detail: ErrorDetails) -> Problem:
    """Translate one of pydantic's errors."""
    location = tuple(part for part in detail["loc"] if part != "[key]")
    key, value = _path(location), shown(detail["input"])
    match detail["type"]:
        case _ if isinstance(detail["input"], pulumi.Output):
            why = "must be plain: which resources there are follows from it, before any output is known"
            return Problem(team, key, "(an output)", why, "write the value itself")
        case "missing":
            return Problem(team, key, "(missing)", "is required", f"add the key {location[-1]!r}")
        case "extra_forbidden":
            known = _hints(_type_at(location[:-1]))
            return Problem(team, key, value, "is an unknown key", f"remove it; {nearest(str(location[-1]), known)}")
        case "dict_type" if any(map(is_typeddict, get_args(_type_at(location)))):
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
        hint = _hints(hint)[str(part)] if is_typeddict(hint) else get_args(hint)[-1]
    return hint


def _repair(detail: ErrorDetails) -> tuple[Location, object]:
    """Return where to repair the settings so that the rest can be checked, and what to put there; None: nothing."""
    location = detail["loc"]
    indices = [i for i, part in enumerate(location) if isinstance(part, int)]
    if indices and detail["type"] != "invalid_key":
        item = location[: indices[0] + 1]
        # The subjects keep their places, by which they are named; any other list is left out as a whole.
        return (item, _STAND_INS[_type_at(item)]) if location[0] == "subjects" else (item[:-1], None)
    if detail["type"] == "missing" or location[-1:] == ("[key]",) or _is_required_part(location):
        return location[:-1], None
    if detail["type"] == "dict_type" and is_typeddict(_type_at(location)) and not is_typeddict(_type_at(location[:-1])):
        return location, {}  # so that the name before it is checked
    return location, None


def _is_required_part(location: Location) -> bool:
    """Tell whether a part of the settings cannot be without what stands there."""
    whole = _type_at(location[:-1])
    return len(location) > 1 and is_typeddict(whole) and location[-1] in whole.__required_keys__


def _repaired(value: object, repairs: Repairs) -> object:
    """Return the settings with the repairs; they are empty when they are no map at all."""
    return dict(_items(value, repairs, ())) if isinstance(value, Mapping) else {}


def _items(value: Mapping[Any, Any], repairs: Repairs, at: Location) -> Iterator[tuple[Any, object]]:
    for key, item in value.items():
        if not isinstance(key, str):
            continue  # told already; pydantic names such a key by its repr, so that no repair would find it
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

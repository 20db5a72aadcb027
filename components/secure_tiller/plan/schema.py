"""Whether settings have the form that their types describe: keys, types, nothing missing or unknown."""

import difflib
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar, Union, cast, get_args, get_origin

import pulumi
import typing_extensions
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import is_typeddict

from secure_tiller.args import SecureTillerArgs, ServiceAccountSubjectArgs
from secure_tiller.problems import Problem, shown

Location = tuple[int | str, ...]
Repairs = Mapping[Location, object]

_INPUT_NAMES = {"Output": pulumi.Output, "T": str}
"""The types behind the names in `pulumi.Input[str]`, which the SDK writes as text."""

_CONFIG = ConfigDict(
    arbitrary_types_allowed=True,  # an Output is none of pydantic's types
    extra="forbid",
    use_attribute_docstrings=True,  # the JSON Schema tells them to whoever writes a stack file
)

Part = TypeVar("Part")

_ALLOWED = {
    "bool_type": ("must be true or false", "write true or false, without quotes"),
    "dict_type": ("must be a map of keys to values", "write key: value pairs, or {} for the defaults"),
    "int_type": ("must be a whole number", "write a number, without quotes"),
    "string_type": (
        "must be text",
        "write text; put quotes around text that looks like a number, a date or a boolean. With `pulumi config set`, "
        "add the option --type string, because the shell removes quotes",
    ),
    "sequence_str": ("must be a list of texts", "write a list, one entry a line, each after '- '"),
    "is_instance_of": ("must be a list", "write a list, one entry a line, each after '- '"),
    "invalid_key": ("keys must be text", "write the key in quotes"),
}
"""The allowed values, and the remedy, for each kind of wrong type, by pydantic's name for it."""

_STAND_INS: Mapping[type, object] = {
    str: "stand-in",
    ServiceAccountSubjectArgs: {"namespace": "stand-in", "name": "stand-in"},
}
"""The stand-in for a malformed item of a list while the rest is checked."""


class SettingsSchema(Generic[Part]):
    """The form of one part of the settings, as a TypedDict describes it."""

    def __init__(self, part: type[Part]) -> None:
        """Make the form of a TypedDict and of those that it is made of."""
        self._part = part
        self.adapter: TypeAdapter[Part] = _adapter(part)

    def read(self, team: str, value: object) -> tuple[Part, tuple[Problem, ...]]:
        """Return the part of the settings that has the right form, and a problem for everything else.

        What is returned may lack required keys where there are problems: it serves to go on checking, so that one
        message names every error, and must not be used otherwise.
        """
        try:
            return self.adapter.validate_python(value, strict=True), ()
        except ValidationError as error:
            details = self._one_a_place(error.errors(include_url=False))
            sound = _repaired(value, dict(self._repair(detail) for detail in details))
            return cast("Part", sound), tuple(self._problem(team, detail) for detail in details)

    def _one_a_place(self, details: Iterable[ErrorDetails]) -> tuple[ErrorDetails, ...]:
        """Return the first error of each place: of an Input pydantic tells one for each form that it could have had."""
        places: dict[Location, ErrorDetails] = {}
        for detail in details:
            place = self._input_at(detail["loc"]) or detail["loc"]
            places.setdefault(place, {**detail, "loc": place})
        return tuple(places.values())

    def _input_at(self, location: Location) -> Location | None:
        """Return where the Input stands that a location leads into; None: it leads into none."""
        for end in range(1, len(location)):
            if location[end] != "[key]" and get_origin(self._type_at(location[:end])) is Union:
                return location[:end]
            if not _has_parts(self._type_at(location[:end])):
                return None
        return None

    def _problem(self, team: str, detail: ErrorDetails) -> Problem:
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
                known = _hints(self._type_at(location[:-1]))
                return Problem(team, key, value, *unknown_key(str(location[-1]), known))
            case "dict_type" if any(map(is_typeddict, get_args(self._type_at(location)))):
                why, remedy = "must be a map of names to settings", "write one key per name, with {} for the defaults"
                return Problem(team, key, value, why, remedy)
            case kind:
                why, remedy = _ALLOWED.get(kind, (detail["msg"], "correct the value"))
                return Problem(team, key, value, why, remedy)

    def _type_at(self, location: Location) -> Any:
        """Return the type of what stands at a location of the settings."""
        hint: Any = self._part
        for part in location:
            hint = _hints(hint)[str(part)] if is_typeddict(hint) else get_args(hint)[-1]
        return hint

    def _repair(self, detail: ErrorDetails) -> tuple[Location, object]:
        """Return where to repair the settings so that the rest can be checked, and what to put there; None: nothing."""
        location = detail["loc"]
        indices = [i for i, part in enumerate(location) if isinstance(part, int)]
        if indices and detail["type"] != "invalid_key":
            item = location[: indices[0] + 1]
            # The subjects keep their places, by which they are named; any other list is left out as a whole.
            return (item, _STAND_INS[self._type_at(item)]) if location[0] == "subjects" else (item[:-1], None)
        if detail["type"] == "missing" or location[-1:] == ("[key]",) or self._is_required_part(location):
            return location[:-1], None
        named = not is_typeddict(self._type_at(location[:-1]))
        if detail["type"] == "dict_type" and named and is_typeddict(self._type_at(location)):
            return location, {}  # so that the name before it is checked
        return location, None

    def _is_required_part(self, location: Location) -> bool:
        """Return whether a part of the settings cannot be without what stands there."""
        whole = self._type_at(location[:-1])
        return len(location) > 1 and is_typeddict(whole) and location[-1] in whole.__required_keys__


def _adapter(part: Any) -> TypeAdapter[Any]:
    for needed in _parts(part):
        needed.__pydantic_config__ = _CONFIG
    adapter: TypeAdapter[Any] = TypeAdapter(part)
    adapter.rebuild(_types_namespace=_INPUT_NAMES)
    return adapter


def _parts(hint: Any) -> Iterator[Any]:
    """Yield the TypedDicts that a type is made of, itself among them."""
    if is_typeddict(hint):
        yield hint
    for inner in _hints(hint).values() if is_typeddict(hint) else get_args(hint):
        yield from _parts(inner)


def unknown_key(word: str, known: Iterable[str]) -> tuple[str, str]:
    """Return why a key is refused that is none of the known ones, and the remedy."""
    return "is an unknown key", f"correct or remove it; {nearest(word, known)}"


def nearest(word: str, known: Iterable[str], what: str = "known keys", none: str = "there are none to set here") -> str:
    """Return the words that name the known keys, or whatever they are, and the one that was most likely meant."""
    names = sorted(known)
    guess = difflib.get_close_matches(word, names, n=1)
    listed = f"{what}: {', '.join(names)}" if names else none
    return f"did you mean {guess[0]!r}? ({listed})" if guess else listed


def _has_parts(hint: Any) -> bool:
    return is_typeddict(hint) or bool(get_args(hint))


@functools.cache
def _hints(part: Any) -> dict[str, Any]:
    return typing_extensions.get_type_hints(part, localns=_INPUT_NAMES)


def _path(location: Location) -> str:
    """Return where a value stands: `subjects.groups[0]`; the settings as a whole are `(settings)`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".") or "(settings)"


def _repaired(value: object, repairs: Repairs) -> object:
    """Return the settings with the repairs; they are empty when they are no map at all."""
    return dict(_items(value, repairs, ())) if isinstance(value, Mapping) else {}


def _items(value: Mapping[Any, Any], repairs: Repairs, at: Location) -> Iterator[tuple[Any, object]]:
    for key, item in value.items():
        if not isinstance(key, str):
            continue  # reported already; pydantic names such a key by its repr, so that no repair would find it
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


SETTINGS = SettingsSchema(SecureTillerArgs)
"""The form of one team's settings, as the component takes them."""

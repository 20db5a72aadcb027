"""YAML, read as Helm's library reads it: gopkg.in/yaml.v2 2.2.8, then converted to JSON by sigs.k8s.io/yaml."""

import base64
import datetime
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, cast

import yaml

from secure_tiller_stack.foreign_data import BoundedLoader, Budget, UnreadableError

_PLAIN = "tag:secure-tiller:plain"
"""The tag of plain scalars: without quotes and without a tag of their own."""
_LARGEST = 10**21
"""Go writes a whole number below it without an exponent, so that the API server reads it as an integer."""
_LONGEST_INTEGER = 100
"""Characters: a scalar of this length cannot be an integer of 64 bits."""
_TRUE, _FALSE = ("y Y yes Yes YES true True TRUE on On ON", "n N no No NO false False FALSE off Off OFF")
_CONSTANTS = {
    **dict.fromkeys(_TRUE.split(), True),
    **dict.fromkeys(_FALSE.split(), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_BETWEEN_DIGITS = re.compile("(?<=[0-9])_(?=[0-9])")
_NO_TEXT = re.compile("[\udc80-\udcff]")
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?=[Tt ]|$)")
_UNSIGNED = 2**63
"""Go reads whole numbers from this one up as unsigned. They can be neither keys nor have the tag `!!float`."""
_INT = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_SMALL = 1e-37
"""Keys are written as floats of 32 bits, which cannot be smaller."""
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BASES = {"0x": 16, "0b": 2, "0o": 8}


def _resolve(scalar: str) -> tuple[str, Any]:
    """Return the tag and the value that Go gives a plain scalar (gopkg.in/yaml.v2 2.2.8, resolve.go).

    Raises:
        ValueError: it is infinite or no number. JSON has no such values, and Helm's reader refuses them.
    """
    if scalar in _CONSTANTS:
        value = _CONSTANTS[scalar]
        return ("null" if value is None else "bool"), value
    if _NO_JSON.fullmatch(scalar):
        raise ValueError
    plain = _BETWEEN_DIGITS.sub("", scalar) if scalar[0] == "." else scalar.replace("_", "")
    if scalar[0] in "+-.0123456789":
        found = _INT.fullmatch(plain) if len(plain) < _LONGEST_INTEGER else None
        if found and -(2**63) <= (number := _integer(*found.groups())) < 2**64:
            return "int", number
        if _FLOAT.fullmatch(plain) and not math.isinf(real := float(plain)):
            return "float", real
    return "str", scalar


def _integer(sign: str, digits: str) -> int:
    base = _BASES.get(digits[:2].lower(), 8 if digits[0] == "0" else 10)
    return int(sign + (digits[2:] if digits[:2].lower() in _BASES else digits), base)


def _resolve_tagged(tag: str, scalar: str) -> Any:
    """Return the value of a scalar with a tag. With a tag that Go does not know, it is a string.

    Raises:
        ValueError: the scalar does not match its tag, and Helm's reader refuses it.
    """
    if tag == "binary":
        text = base64.b64decode(scalar, validate=True).decode(errors="surrogateescape")
        return _NO_TEXT.sub("\ufffd", text)  # Go replaces each byte
    if tag not in ("bool", "int", "float", "null", "timestamp"):
        return scalar
    found, value = _resolve(scalar)
    if tag == "timestamp" and (date := _DATE.match(scalar)) and datetime.date(*map(int, date.groups())):
        return scalar
    if (found, tag) == ("int", "float") and value < _UNSIGNED:
        return float(value)
    if found != tag:
        raise ValueError
    return value


class Loader(BoundedLoader):
    """Reads scalars, tags and keys as Go's YAML library and the conversion to JSON do (sigs.k8s.io/yaml)."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the type of the base class
        "<": [("tag:yaml.org,2002:merge", re.compile("^<<$"))],
        None: [(_PLAIN, re.compile(""))],
    }
    yaml_constructors: ClassVar[dict[Any, Any]] = {}

    def __init__(self, text: str, budget: Budget) -> None:
        """Prepare to read a text."""
        super().__init__(text, budget)
        self._text = text.removeprefix("\ufeff")  # not counted in the library's positions
        self._brackets = 0

    def compose_scalar_node(self, anchor: Any) -> Any:
        """Compose a scalar. With the tag `!` alone it is a string to Go.

        Raises:
            UnreadableError: Go cannot read it.
        """
        event = cast("Any", self).peek_event()
        where = f"is no YAML for Helm: line {event.start_mark.line + 1}"
        if not event.style and self._brackets and "?" in event.value:
            raise UnreadableError(f"{where} has a ? within brackets and without quotes")
        written = self._text[event.start_mark.index : event.end_mark.index] if event.style == '"' else ""
        if "/" in _ESCAPED.findall(written):
            raise UnreadableError(f"{where} has a backslash before a slash in double quotes")
        node: Any = super().compose_scalar_node(anchor)
        if event.tag == "!":
            node.tag = "tag:yaml.org,2002:str"
        return node

    def compose_sequence_node(self, anchor: Any) -> Any:
        """Compose a list, within brackets or not."""
        with self._within(cast("Any", self).peek_event().flow_style):
            return super().compose_sequence_node(anchor)

    def compose_mapping_node(self, anchor: Any) -> Any:
        """Compose a map, within braces or not."""
        with self._within(cast("Any", self).peek_event().flow_style):
            return super().compose_mapping_node(anchor)

    @contextmanager
    def _within(self, brackets: bool) -> Iterator[None]:
        self._brackets += brackets
        yield
        self._brackets -= brackets

    def flatten_mapping(self, node: Any) -> None:
        """Put in what `<<` names, in its place: Go lets a later key replace an earlier one, wherever it is from."""
        pairs: list[Any] = []
        for key, value in node.value:
            if key.tag != "tag:yaml.org,2002:merge":
                pairs.append((key, value))
                continue
            for each in reversed(value.value) if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(each, yaml.MappingNode):
                    raise ValueError
                self.flatten_mapping(each)
                pairs += each.value
        node.value = pairs

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Construct a map. Its keys are strings in JSON."""
        self.flatten_mapping(node)
        return {_key(key): self.construct_object(value, deep=deep) for key, value in node.value}


def _key(node: Any) -> str:
    """Return a key as the conversion to JSON writes it.

    Raises:
        ValueError: JSON has no such key, or it is a float of more than 6 digits, which the conversion rounds.
    """
    key = _scalar(node) if isinstance(node, yaml.ScalarNode) else None
    if isinstance(key, str):
        return key
    if isinstance(key, float) and (key == 0 or _SMALL < abs(key) < 1 / _SMALL) and float(f"{key:g}") == key:
        return f"{key:g}"
    if isinstance(key, int) and key < _UNSIGNED:
        return json.dumps(key)
    raise ValueError


def _construct(loader: Any, node: Any) -> Any:
    """Construct a node. Go ignores the tag of a map or a list."""
    if isinstance(node, yaml.MappingNode):
        return yaml.SafeLoader.construct_yaml_map(loader, node)
    if isinstance(node, yaml.SequenceNode):
        return yaml.SafeLoader.construct_yaml_seq(loader, node)
    value = _scalar(node)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST else value


def _scalar(node: Any) -> Any:
    if node.tag == _PLAIN:
        return _resolve(node.value)[1]
    return _resolve_tagged(node.tag.removeprefix("tag:yaml.org,2002:"), node.value)


Loader.add_constructor(None, _construct)

"""YAML, read as Helm's library reads it: gopkg.in/yaml.v2 2.2.8, then converted to JSON by sigs.k8s.io/yaml."""

import base64
import json
import math
import re
from typing import Any, ClassVar, cast

import yaml

from secure_tiller_stack.foreign_data import BoundedLoader

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
_INT = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
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
    plain = scalar if scalar.startswith(".") else scalar.replace("_", "")
    if scalar[0] in "+-.0123456789":
        found = _INT.fullmatch(plain) if len(plain) < _LONGEST_INTEGER else None
        if found and -(2**63) <= (number := _integer(*found.groups())) < 2**64:
            return "int", number
        if _FLOAT.fullmatch(plain) and not math.isinf(real := float(plain)):
            return "float", int(real) if real.is_integer() and abs(real) < _LARGEST else real
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
        return base64.b64decode(scalar, validate=True).decode(errors="replace")
    if tag not in ("bool", "int", "float", "null", "timestamp"):
        return scalar
    found, value = _resolve(scalar)
    if tag == "timestamp" and _DATE.match(scalar):
        return scalar
    if found != tag and (found, tag) != ("int", "float"):
        raise ValueError
    return value


_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")


class Loader(BoundedLoader):
    """Reads scalars, tags and keys as Go's YAML library and the conversion to JSON do (sigs.k8s.io/yaml)."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the type of the base class
        "<": [("tag:yaml.org,2002:merge", re.compile("^<<$"))],
        None: [(_PLAIN, re.compile(""))],
    }
    yaml_constructors: ClassVar[dict[Any, Any]] = {}

    def compose_scalar_node(self, anchor: Any) -> Any:
        """Compose a scalar. With the tag `!` alone it is a string to Go."""
        is_string = cast("Any", self).peek_event().tag == "!"
        node: Any = super().compose_scalar_node(anchor)
        if is_string:
            node.tag = "tag:yaml.org,2002:str"
        return node

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
        return {_key(key): value for key, value in super().construct_mapping(node, deep=deep).items()}


def _key(key: Any) -> str:
    """Return a key as a string, as JSON requires.

    Raises:
        ValueError: JSON has no such key.
    """
    if key is None or not isinstance(key, str | int | float):
        raise ValueError
    return json.dumps(key) if not isinstance(key, str) else key


def _construct(loader: Any, node: Any) -> Any:
    """Construct a node. Go ignores the tag of a map or a list."""
    if isinstance(node, yaml.MappingNode):
        return yaml.SafeLoader.construct_yaml_map(loader, node)
    if isinstance(node, yaml.SequenceNode):
        return yaml.SafeLoader.construct_yaml_seq(loader, node)
    if node.tag == _PLAIN:
        return _resolve(node.value)[1]
    return _resolve_tagged(node.tag.removeprefix("tag:yaml.org,2002:"), node.value)


Loader.add_constructor(None, _construct)

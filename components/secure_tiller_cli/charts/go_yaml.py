"""YAML, read as the library of Helm reads it: gopkg.in/yaml.v2 2.2.8, and sigs.k8s.io/yaml on the way to JSON."""

import base64
import json
import math
import re
from typing import Any, ClassVar

import yaml

from secure_tiller_stack.foreign_data import BoundedLoader

_PLAIN = "tag:secure-tiller:plain"
"""Of words without a tag or quotes."""
_LARGEST = 10**21
"""Go writes a whole number below it without an exponent, so that the API server takes it for one."""
_LONG = 100
"""Characters of what is no whole number of 64 bits."""
_TRUE, _FALSE = ("y Y yes Yes YES true True TRUE on On ON", "n N no No NO false False FALSE off Off OFF")
_NAMED = {
    **dict.fromkeys(_TRUE.split(), True),
    **dict.fromkeys(_FALSE.split(), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_INT = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BASES = {"0x": 16, "0b": 2, "0o": 8}


def _word(word: str) -> tuple[str, Any]:
    """Return the tag and the value that Go gives a plain word (gopkg.in/yaml.v2 2.2.8, resolve.go).

    Raises:
        ValueError: it is a number that JSON does not have, which Helm's reader refuses.
    """
    if word in _NAMED:
        value = _NAMED[word]
        return ("null" if value is None else "bool"), value
    if _NO_JSON.fullmatch(word):
        raise ValueError
    plain = word if word.startswith(".") else word.replace("_", "")
    if word[0] in "+-.0123456789":
        found = _INT.fullmatch(plain) if len(plain) < _LONG else None
        if found and -(2**63) <= (number := _integer(*found.groups())) < 2**64:
            return "int", number
        if _FLOAT.fullmatch(plain) and not math.isinf(real := float(plain)):
            return "float", int(real) if real.is_integer() and abs(real) < _LARGEST else real
    return "str", word


def _integer(sign: str, digits: str) -> int:
    base = _BASES.get(digits[:2].lower(), 8 if digits[0] == "0" else 10)
    return int(sign + (digits[2:] if digits[:2].lower() in _BASES else digits), base)


def _tagged(tag: str, word: str) -> Any:
    """Return the value of a word with a tag. A tag that Go does not know makes it text.

    Raises:
        ValueError: the word is not what its tag says, which Helm's reader refuses.
    """
    if tag == "binary":
        return base64.b64decode(word, validate=True).decode(errors="replace")
    if tag not in ("bool", "int", "float", "null", "timestamp"):
        return word
    found, value = _word(word)
    if tag == "timestamp" and _DATE.match(word):
        return word
    if found != tag and (found, tag) != ("int", "float"):
        raise ValueError
    return value


_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")


class Loader(BoundedLoader):
    """Reads words, tags and keys as Go's YAML library does, on the way to JSON (sigs.k8s.io/yaml)."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as its base has it
        "<": [("tag:yaml.org,2002:merge", re.compile("^<<$"))],
        None: [(_PLAIN, re.compile(""))],
    }
    yaml_constructors: ClassVar[dict[Any, Any]] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        return {_key(key): value for key, value in super().construct_mapping(node, deep=deep).items()}


def _key(key: Any) -> str:
    """Return a key as JSON has it.

    Raises:
        ValueError: it is none that JSON can have.
    """
    if key is None or not isinstance(key, str | int | float):
        raise ValueError
    return json.dumps(key) if not isinstance(key, str) else key


def _construct(loader: Any, node: Any) -> Any:
    """Construct a node. Go passes over the tag of a map or a list."""
    if isinstance(node, yaml.MappingNode):
        return yaml.SafeLoader.construct_yaml_map(loader, node)
    if isinstance(node, yaml.SequenceNode):
        return yaml.SafeLoader.construct_yaml_seq(loader, node)
    if node.tag == _PLAIN:
        return _word(node.value)[1]
    return _tagged(node.tag.removeprefix("tag:yaml.org,2002:"), node.value)


Loader.add_constructor(None, _construct)

"""The one reader of JSON and YAML that others wrote, bounded in depth and number of values, and in length of numbers.

A text that exceeds a bound, or has another form, is an `UnreadableError`: one line, which quotes nothing of the text,
because it can hold a secret.
"""

import json
import re
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

if TYPE_CHECKING or not yaml.__with_libyaml__:
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _Events(Reader, Scanner, Parser):
        def __init__(self, text: Any) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)
else:
    from yaml.cyaml import CParser as _Events

DEEPEST = 100
"""Levels of lists and maps. Objects of Kubernetes have less than 60, the deepest published definitions included."""
MOST_VALUES = 500_000
"""Values of a YAML document; what an alias repeats counts each time. Helm 2's reader begins to refuse aliases at
400,000 (gopkg.in/yaml.v2 2.2.8, decode.go, alias_ratio_range_low)."""
LONGEST_NUMBER = 1_000
"""Characters of a number in JSON, or of one with a tag in YAML: time grows with their square."""

_TOO_DEEP = f"is nested too deeply: more than {DEEPEST} levels"
_NUMBER_TOO_LONG = f"holds a number of more than {LONGEST_NUMBER} digits"
_NO_FORM = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""The errors of the YAML library about `!!int a`, `0x_` and their like."""
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class UnreadableError(ValueError):
    """A text has another form than it should have, or exceeds a bound. The message is a predicate: `is no ...`."""


def read_bounded(file: BinaryIO, largest: int) -> bytes:
    """Return the content of an open file.

    Raises:
        UnreadableError: it is larger.
    """
    content = file.read(largest + 1)
    if len(content) > largest:
        raise UnreadableError(f"is larger than {largest // 2**20} MiB")
    return content


def decode(content: bytes) -> str:
    """Return the text of a file of JSON: in UTF-8, UTF-16 or UTF-32, which PowerShell writes.

    What cannot be decoded is replaced: the reader of the JSON reports the place.
    """
    return content.decode(json.detect_encoding(content), errors="replace").removeprefix("\ufeff")


def json_value(content: str | bytes) -> Any:
    """Return the value that a JSON text holds.

    Raises:
        UnreadableError: it holds none, or exceeds a bound.
    """
    text = (content if isinstance(content, str) else decode(content)).strip(" \t\r\n")
    value, end = json_prefix(text)
    if end < len(text):
        raise UnreadableError("is no JSON: more text follows the first value")
    return value


def json_prefix(text: str, begin: int = 0) -> tuple[Any, int]:
    """Return the JSON value that begins at a place of a text, and where it ends.

    Raises:
        UnreadableError: there is none, or it exceeds a bound.
    """
    try:
        value, end = _DECODER.raw_decode(text, begin)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError(f"is broken or cut off ({error.msg}, {where})") from None
    except RecursionError:
        raise UnreadableError(_TOO_DEEP) from None
    _require_depth(value)
    return value, end


def yaml_value(text: str, loader: "type[BoundedLoader] | None" = None, *, first: bool = False) -> Any:
    """Return the value that a text of one YAML document holds.

    Args:
        text: the document.
        loader: how plain words and tags are read; None: as YAML 1.1 says.
        first: whether other documents may follow, and are not read.

    Raises:
        UnreadableError: it holds none, or exceeds a bound.
    """
    try:
        made: Any = (loader or BoundedLoader)(text)
        return made.get_data() if first else made.get_single_data()
    except UnreadableError:
        raise
    except yaml.YAMLError as error:
        raise UnreadableError(f"is no YAML: {_place(error)}") from None
    except _NO_FORM:
        raise UnreadableError("is no YAML: a value is not what its tag or form says") from None


class BoundedLoader(Composer, _Events, SafeConstructor, Resolver):
    """PyYAML's safe loader, whose C form would compose a document without any bound, by recursion."""

    def __init__(self, text: str) -> None:
        """Begin to read a text."""
        _Events.__init__(self, text)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self.values = 0
        self._depth = 0
        self._sizes: dict[str, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose the next value, which may be an alias."""
        anchor = cast("Any", self).peek_event().anchor
        if self.check_event(yaml.AliasEvent):
            if anchor in self.anchors and anchor not in self._sizes:
                raise UnreadableError("is nested too deeply: it holds itself")
            self._count(self._sizes.get(anchor, 1))
            return super().compose_node(parent, index)
        if self._depth > DEEPEST:
            raise UnreadableError(_TOO_DEEP)
        before, self._depth = self.values, self._depth + 1
        self._count(1)
        node: Any = super().compose_node(parent, index)
        self._depth -= 1
        self._sizes[anchor] = self.values - before
        if node.tag in _NUMBERS and len(node.value) > LONGEST_NUMBER:
            raise UnreadableError(_NUMBER_TOO_LONG)
        return node

    def _count(self, values: int) -> None:
        self.values += values
        if self.values > MOST_VALUES:
            raise UnreadableError(f"holds more than {MOST_VALUES:,} values, aliases resolved")


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise UnreadableError(_NUMBER_TOO_LONG)
    return int(digits)


_DECODER = json.JSONDecoder(parse_int=_integer)


def _require_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [item for each in level for item in _inside(each) if isinstance(item, dict | list)]
        if not level:
            return
    raise UnreadableError(_TOO_DEEP)


def _inside(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _place(error: yaml.YAMLError) -> str:
    """Return the fault and its line, without the words that the library quotes: an alias or a tag can be a password."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or "it cannot be parsed"
    problem = re.split(" ['\"]", problem)[0]
    return f"line {mark.line + 1}: {problem}" if mark else problem

"""The one reader of JSON and YAML that others wrote. It limits depth, the number of values and the length of numbers.

A text that exceeds a limit, or is malformed, raises an `UnreadableError`. Its message has one line, and quotes nothing
of the text, because the text can hold a secret.
"""

import json
import math
import re
from dataclasses import dataclass
from itertools import islice
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
"""Levels of lists and maps. Objects of Kubernetes have fewer than 60, even the deepest published CRDs."""
MOST_VALUES = 500_000
"""Values of a YAML document; those of an alias count each time it is used. Helm 2's reader begins to refuse aliases at
400,000 (gopkg.in/yaml.v2 2.2.8, decode.go, alias_ratio_range_low)."""
MOST_PARTS = 6_000_000
"""Strings, opening brackets and commas of a JSON text, which cannot hold more values than these. In the worst case
(small objects) the values take about 400 MB of memory."""
LONGEST_NUMBER = 1_000
"""Characters of a number in JSON, or of one with a tag in YAML: the time to parse it grows with their square."""

_TOO_DEEP = f"is nested too deeply: more than {DEEPEST} levels"
_NUMBER_TOO_LONG = f"holds a number of more than {LONGEST_NUMBER} digits"
_MALFORMED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""The errors of the YAML library about `!!int a`, `0x_` and their like."""
_PARTS = re.compile(r'"[^"]*"?|[,\[{]')
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class UnreadableError(ValueError):
    """A text is malformed or exceeds a limit. The message is a predicate: `is no ...`."""


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
    """Return the text of a JSON file in UTF-8, or in UTF-16 or UTF-32, which PowerShell writes.

    Bytes that cannot be decoded are replaced; the JSON reader then reports their place.
    """
    return content.decode(json.detect_encoding(content), errors="replace").removeprefix("\ufeff")


def json_value(content: str | bytes) -> Any:
    """Return the value that a JSON text holds.

    Raises:
        UnreadableError: it holds none, or exceeds a limit.
    """
    text = (content if isinstance(content, str) else decode(content)).strip(" \t\r\n")
    value, end = json_prefix(text)
    if end < len(text):
        raise UnreadableError("is no JSON: more text follows the first value")
    return value


def json_prefix(text: str, begin: int = 0) -> tuple[Any, int]:
    """Return the JSON value that begins at an offset of a text, and the offset of its end.

    Raises:
        UnreadableError: there is none, or it exceeds a limit.
    """
    _require_few_parts(text[begin:] if begin else text)
    try:
        value, end = _DECODER.raw_decode(text, begin)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError(f"is broken or cut off ({error.msg}, {where})") from None
    except RecursionError:
        raise UnreadableError(_TOO_DEEP) from None
    _require_depth(value)
    return value, end


@dataclass
class Budget:
    """The values that one or several documents may still hold."""

    left: int = MOST_VALUES


def yaml_value(
    text: str,
    loader: "type[BoundedLoader] | None" = None,
    *,
    first: bool = False,
    budget: Budget | None = None,
) -> Any:
    """Return the value that a text of one YAML document holds.

    Args:
        text: the document.
        loader: the loader, which resolves plain scalars and tags; None: the one of YAML 1.1.
        first: whether other documents may follow; they are not read.
        budget: shared with other documents; None: one for this document alone.

    Raises:
        UnreadableError: it holds none, or exceeds a limit.
    """
    try:
        made: Any = (loader or BoundedLoader)(text, budget or Budget())
        return made.get_data() if first else made.get_single_data()
    except UnreadableError:
        raise
    except yaml.YAMLError as error:
        # LibYAML, as PyYAML 6.0.4 brings it, reads ahead to a limit of its own.
        too_deep = "maximum nesting depth" in (getattr(error, "problem", None) or "")
        raise UnreadableError(_TOO_DEEP if too_deep else f"is no YAML: {_fault(error)}") from None
    except _MALFORMED:
        raise UnreadableError("is no YAML: a value does not match its tag or format") from None


class BoundedLoader(Composer, _Events, SafeConstructor, Resolver):
    """PyYAML's safe loader with limits. The loader in C has none, and recurses for each level."""

    def __init__(self, text: str, budget: Budget) -> None:
        """Prepare to read a text."""
        _Events.__init__(self, text)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)
        self.values = 0
        self._budget = budget
        self._depth = 0
        self._sizes: dict[str, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose the next value, which may be an alias."""
        anchor = cast("Any", self).peek_event().anchor
        if self.check_event(yaml.AliasEvent):
            if anchor in self.anchors and anchor not in self._sizes:
                raise UnreadableError("is nested too deeply: a value contains itself by an alias")
            self._count(self._sizes.get(anchor, 1))
            return super().compose_node(parent, index)
        if self._depth > DEEPEST:
            raise UnreadableError(_TOO_DEEP)
        for known in (self.anchors, self._sizes):
            known.pop(anchor, None)  # Go takes the later of two anchors of one name
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
        self._budget.left -= values
        if self._budget.left < 0:
            raise UnreadableError(f"holds more than {MOST_VALUES:,} values, aliases resolved")


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise UnreadableError(_NUMBER_TOO_LONG)
    return int(digits)


def _real(digits: str) -> float:
    if len(digits) > LONGEST_NUMBER:
        raise UnreadableError(_NUMBER_TOO_LONG)
    if math.isinf(real := float(digits)):
        raise UnreadableError("holds a number that is too large for 64 bits")
    return real


def _constant(word: str) -> float:
    raise UnreadableError(f"is no JSON: it holds {word}")


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_real, parse_constant=_constant)


def _require_few_parts(text: str) -> None:
    if sum(map(text.count, ',[{"')) <= MOST_PARTS:  # an upper bound, which is fast to count
        return
    without_escapes = text.replace("\\\\", "").replace('\\"', "")
    if sum(1 for _ in islice(_PARTS.finditer(without_escapes), MOST_PARTS + 1)) > MOST_PARTS:
        raise UnreadableError(f"holds too many values: more than {MOST_PARTS:,} strings, brackets and commas")


def _require_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [item for each in level for item in _children(each) if isinstance(item, dict | list)]
        if not level:
            return
    raise UnreadableError(_TOO_DEEP)


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _fault(error: yaml.YAMLError) -> str:
    """Return the fault and its line, without the text that the library quotes: an alias or a tag can be a password."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or "it cannot be parsed"
    problem = re.split(" ['\"]", problem)[0]
    return f"line {mark.line + 1}: {problem}" if mark else problem

"""Samples of what others write, changed at random: parts, bytes and characters."""

import base64
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

DEEP: Any = []
for _ in range(150):
    DEEP = [DEEP]

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**70, 1e300, float("inf"), "", "a", "\n\n## b\n```\n", "\x1b[2J\u202e", "\ud800", "x" * 100_000,
    "`" * 5_000, [], [[]], [None], {}, {"": {}}, {"a": None}, DEEP, "/", "::", "0x", "2030-01-01", "a\0b",
)  # fmt: skip
"""Values that stand where others are expected."""

Place = tuple[Any, Any]
"""A map or a list, and a key of it."""


def places(value: Any) -> Iterator[Place]:
    """Yield each place of a value where another value stands."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


@st.composite
def parts(draw: st.DrawFn, sample: Any) -> Any:
    """A value in which some places hold something else, or nothing, or hold twice what they held."""
    changed = deepcopy(sample)
    for _ in range(draw(st.integers(1, 3))):
        known = list(places(changed))
        if not known:
            break
        inside, key = draw(st.sampled_from(known))
        match draw(st.sampled_from(["odd", "odd", "odd", "gone", "another", "twice"])):
            case "odd":
                inside[key] = deepcopy(draw(st.sampled_from(ODD)))
            case "gone":
                del inside[key]
            case "another":
                other, at = draw(st.sampled_from(known))
                inside[key] = deepcopy(other[at]) if at in range(len(other)) or at in other else None
            case "twice" if isinstance(inside, list):
                inside.append(deepcopy(inside[key]))
    return changed


BYTES = st.sampled_from([b"", b"\x00", b"\xff", b"\x02", b"\x30", b"\x31"]) | st.binary(max_size=4)
SIGNS = st.sampled_from(["", "[", "{", "*a", "&a ", "!!int ", "? ", "<<: ", "\n", "\t", "---\n", "\x00", "\ud800", '"'])


@st.composite
def content(draw: st.DrawFn, sample: bytes) -> bytes:
    """Bytes of which some are others, are missing or are added."""
    changed = bytearray(sample)
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(changed)))
        end = begin + draw(st.sampled_from([0, 1, 1, 1, 2, 50]))
        changed[begin:end] = draw(BYTES)
    return bytes(changed)


def texts(sample: str) -> st.SearchStrategy[str]:
    """A text of which some characters are others, are missing or are added."""
    cuts = st.tuples(st.integers(0, len(sample)), st.integers(0, 3), SIGNS)
    return st.lists(cuts, min_size=1, max_size=4).map(lambda chosen: _cut(sample, chosen))


def _cut(text: str, chosen: list[tuple[int, int, str]]) -> str:
    for begin, length, sign in chosen:
        text = text[:begin] + sign + text[begin + length :]
    return text


def documents(sample: Any) -> st.SearchStrategy[str]:
    """JSON of a changed value, or changed JSON."""
    return parts(sample).map(json.dumps) | texts(json.dumps(sample, indent=1))


def pems(sample: str) -> st.SearchStrategy[str]:
    """A PEM text whose first block holds other bytes, or which has other characters."""
    block = re.compile(r"(-----BEGIN [A-Z ]+-----\n)(.*?)(-----END [A-Z ]+-----)", re.DOTALL)
    found = block.search(sample)
    assert found

    def filled(changed: bytes) -> str:
        return f"{sample[: found.end(1)]}{base64.encodebytes(changed).decode()}{sample[found.start(3) :]}"

    return content(base64.b64decode(found[2])).map(filled) | texts(sample)

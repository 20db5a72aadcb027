"""The part of a stack file that a pull request may change without an approval: its teams' settings, in plain text.

The rest of the file says whom the preview trusts: which cluster it asks, what decrypts the state, which plugins run.
And a value `secure` is decrypted for whoever refers to it. None of that is taken from a pull request. What is taken is
not copied as text, which Pulumi's YAML parser could read otherwise than this one: its values are put into the base's
file.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

TEAM_SETTINGS = ("secure-tiller:defaults", "secure-tiller:removed", "secure-tiller:teams")
ANY_CLUSTER = "any"

MOST_CHARACTERS = 500_000
DEEPEST = 30

Canonical = tuple[object, ...]


class StackFileError(Exception):
    """The file is not plain YAML; the text is what is wrong with it, free of what stands in it."""


@dataclass(frozen=True)
class Taken:
    """The part of a pull request's stack file that is taken.

    Attributes:
        text: the base's file with the pull request's team settings; empty when there are reasons against it.
        reasons: what the pull request changes besides, a sentence each.
    """

    text: str
    reasons: tuple[str, ...]


def take(base: str | None, proposed: str) -> Taken:
    """Take the team settings of a pull request's stack file.

    Args:
        base: the file as the base branch has it; None where it has none.
        proposed: the file as the pull request would have it.
    """
    if base is None:
        return Taken("", ("it is a new stack, with a cluster and a secrets provider of the pull request's choice",))
    try:
        ours = _read(base)
    except StackFileError as error:
        return Taken("", (f"the base branch's file cannot be compared: {error}",))
    try:
        theirs = _read(proposed)
        reasons = tuple(_reasons(ours, theirs))
        return Taken("" if reasons else _put(ours, theirs), reasons)
    except StackFileError as error:
        return Taken("", (str(error),))


def throwaway(text: str) -> bool:
    """Return whether a stack may touch any cluster: such clusters come and go, and nobody previews for them."""
    try:
        cluster = _items(_items(_read(text))["config"])["secure-tiller:cluster"]
        return bool(_items(cluster)["uid"].value == ANY_CLUSTER)
    except (StackFileError, KeyError):
        return False


def scalar(text: str, key: str) -> str | None:
    """Return the text of a top-level key of a file; None: it has no such key.

    Raises:
        StackFileError: it is not plain YAML.
    """
    found = _items(_read(text)).get(key)
    if found and not isinstance(found, yaml.ScalarNode):
        raise StackFileError(f"its {key} is no scalar")
    return found.value if found else None


def _reasons(ours: yaml.MappingNode, theirs: yaml.MappingNode) -> Iterator[str]:
    """Yield what differs besides the teams' settings, and what in those is not plain."""
    mine, other = _configs(ours, theirs)
    yield from (f"it changes {_shown(key)}" for key in _different(_items(ours), _items(theirs)) if key != "config")
    yield from (f"it changes config.{_shown(key)}" for key in _different(mine, other) if key not in TEAM_SETTINGS)
    for key in TEAM_SETTINGS:
        if _has_secure(other.get(key)):
            yield f"it has an encrypted value in {key}, which the preview would decrypt and show"


def _different(mine: dict[str, yaml.Node], other: dict[str, yaml.Node]) -> list[str]:
    def value(items: dict[str, yaml.Node], key: str) -> Canonical | None:
        return _canonical(items[key]) if key in items else None

    return [key for key in sorted({*mine, *other}) if value(mine, key) != value(other, key)]


def _put(ours: yaml.MappingNode, theirs: yaml.MappingNode) -> str:
    """Write the base's file with the team settings of the other."""
    mine, other = _configs(ours, theirs)
    kept = {key: value for key, value in mine.items() if key not in TEAM_SETTINGS}
    taken = {key: value for key, value in other.items() if key in TEAM_SETTINGS}
    whole = _mapping(_items(ours) | {"config": _mapping(kept | taken)})
    # Pure ASCII, and a scalar keeps its style: what is plain here is plain there.
    text: str = yaml.serialize(whole, Dumper=yaml.SafeDumper)
    if _canonical(_read(text)) != _canonical(whole):
        raise StackFileError("its settings cannot be written without changing them")
    return text


def _configs(*files: yaml.MappingNode) -> tuple[dict[str, yaml.Node], ...]:
    return tuple(_items(_items(file).get("config", _mapping({}))) for file in files)


def _mapping(items: dict[str, yaml.Node]) -> yaml.MappingNode:
    pairs = [(yaml.ScalarNode("tag:yaml.org,2002:str", key, style='"'), value) for key, value in items.items()]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=False)


def _read(text: str) -> yaml.MappingNode:
    """Return the one mapping of a file in plain YAML.

    Raises:
        StackFileError: it is something else, or uses what two parsers could read in two ways.
    """
    if len(text) > MOST_CHARACTERS:
        raise StackFileError("it is longer than 500,000 characters")
    if not all(character == "\n" or character.isprintable() for character in text):
        raise StackFileError("it has characters that cannot be seen")
    try:
        _refuse_references(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise StackFileError("it is no valid YAML") from error
    if not isinstance(node, yaml.MappingNode):
        raise StackFileError("it is no map")
    _refuse_odd_keys(node)
    return node


def _refuse_references(text: str) -> None:
    """Refuse anchors, aliases, tags, directives and depth, before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise StackFileError(f"it is nested more than {DEEPEST} deep")
        directives = isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags)
        if directives or getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise StackFileError("it uses anchors, aliases, tags or directives of YAML")


def _refuse_odd_keys(node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        if len(set(keys)) != len(node.value):
            raise StackFileError("it has a key twice, a merge key, or a key that is no scalar")
    for below in node.value if isinstance(node, yaml.CollectionNode) else ():
        for child in below if isinstance(below, tuple) else (below,):
            _refuse_odd_keys(child)


def _items(node: yaml.Node) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise StackFileError("it has something else where a map belongs")
    return {str(key.value): value for key, value in node.value}


def _canonical(node: yaml.Node) -> Canonical:
    """Return the value with the type of every scalar: what is equal here is equal to every reader."""
    if isinstance(node, yaml.MappingNode):
        return ("map", *sorted((key.value, _canonical(value)) for key, value in node.value))
    if isinstance(node, yaml.SequenceNode):
        return ("list", *(_canonical(item) for item in node.value))
    return (node.tag, node.value)


def _has_secure(node: yaml.Node | None) -> bool:
    if isinstance(node, yaml.MappingNode):
        return any(key.value == "secure" or _has_secure(value) for key, value in node.value)
    return isinstance(node, yaml.SequenceNode) and any(_has_secure(item) for item in node.value)


def _shown(key: str) -> str:
    """Return a key that can stand in a summary: others' text is not repeated unless it is harmless."""
    harmless = len(key) <= 60 and key.isascii() and all(letter.isalnum() or letter in ":-_" for letter in key)
    return key if harmless else "(a key that is not shown)"

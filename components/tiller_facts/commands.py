"""Commands that a container starts: variables of Kubernetes are put in, launchers and shells are seen through.

What is not known of a command line stands in its words as a mark, so that the rest stays readable.

Source: Kubernetes documentation, Define a Command and Arguments for a Container.
"""

import posixpath
import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from tiller_facts.shell import SCRIPTED, simple_commands
from tiller_facts.values import UNKNOWN, Hidden, NotKnown, NotKnownError, Value, at, each, is_known

ELSEWHERE = Hidden("a variable that is set elsewhere decides it")
SCRIPT = Hidden("a script decides it")

_HIDDEN, _UNKNOWN = "\0hidden\0", "\0unknown\0"
"""Marks in place of what is not known; no word of a command line can hold them."""

_REFERENCE = re.compile(r"\$\$|\$\(([^()]+)\)")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_MOST = 6 * 2**20
"""Characters of arguments and variables together: Linux starts nothing with more (execve(2), Limits). Values that name
others twice double with each of them."""
_DEEPEST = 50
"""Launchers and shells within each other."""
_SHELLS = frozenset(("sh", "ash", "bash", "dash", "ksh", "zsh"))


class Environment:
    """The variables of a container, as far as its description says.

    Attributes:
        own_namespace: whether TILLER_NAMESPACE is that of the pod.
    """

    def __init__(self, container: Any) -> None:
        """Read them; a value may name variables before it (Kubernetes API reference, EnvVar)."""
        self._values: dict[str, Value[str]] = {}
        self.own_namespace = False
        self._default: Value[str] = ""
        self._left = _MOST
        try:
            self._default = ELSEWHERE if list(each(container, "envFrom")) else ""
            for item in each(container, "env"):
                self._read(item)
        except NotKnownError:
            self._default = UNKNOWN

    def __contains__(self, name: str) -> bool:
        """Return whether the description names a variable."""
        return name in self._values

    def __call__(self, name: str) -> Value[str]:
        """Return the text of a variable; empty if there is none."""
        return self._values.get(name, self._default)

    def put_into(self, word: str) -> str:
        """Return a word with the variables that Kubernetes puts in; a reference to no variable stays as it is.

        What exceeds the limit of all words is hidden.
        """

        def value_of(found: re.Match[str]) -> str:
            if found[1] is None:
                return "$"
            value = self(found[1])
            if isinstance(value, NotKnown):
                return mark(value)
            return value if found[1] in self else found[0]

        self._left -= len(word) + sum(len(value_of(found)) for found in _REFERENCE.finditer(word))
        return _REFERENCE.sub(value_of, word) if self._left >= 0 else mark(ELSEWHERE)

    def _read(self, item: Any) -> None:
        name = str(at(item, "name"))
        if name == "TILLER_NAMESPACE":
            self.own_namespace = _or_unknown(item, "valueFrom", "fieldRef", "fieldPath") == "metadata.namespace"
        if _or_unknown(item, "valueFrom"):
            self._values[name] = ELSEWHERE
            return
        value = _or_unknown(item, "value")
        self._values[name] = unmarked(self.put_into(str(value or ""))) if is_known(value) else value


def _or_unknown(value: Any, *path: str) -> Any:
    try:
        return at(value, *path)
    except NotKnownError:
        return UNKNOWN


@dataclass(frozen=True)
class Command:
    """A program that is started.

    Attributes:
        words: its name, and what it is given.
        variables: set for it alone.
        scripted: whether a shell starts it.
    """

    words: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    scripted: bool = False

    @property
    def program(self) -> str:
        """Its name, without the folder; empty for an assignment alone."""
        return posixpath.basename(self.words[0]) if self.words else ""


def mark(value: NotKnown) -> str:
    """Return what stands in a word in place of a value that is not known."""
    return _HIDDEN if isinstance(value, Hidden) else _UNKNOWN


def unmarked(word: str) -> Value[str]:
    """Return a word, or that it is not known."""
    if _UNKNOWN in word:
        return UNKNOWN
    return ELSEWHERE if _HIDDEN in word else SCRIPT if SCRIPTED in word else word


def command_line(container: Any) -> tuple[str, ...]:
    """Return the words of a container's command line, without its image's own, variables of Kubernetes put in.

    Raises:
        NotKnownError: not even their number is known.
    """
    environment = Environment(container)
    lists = [at(container, name) for name in ("command", "args")]
    words = [word for one in lists if isinstance(one, Sequence) and not isinstance(one, str) for word in one]
    return tuple(environment.put_into(str(word)) if is_known(word) else mark(word) for word in words)


def commands(container: Any) -> tuple[Command, ...]:
    """Return the commands of a container's command line, in order. Raises NotKnownError as `command_line`."""
    words = command_line(container)
    # An image may be a shell: then its container is given the script alone.
    alone = bool(words) and not at(container, "command") and _script_option(words[0])
    return tuple(_started(("sh", *words) if alone else words, {}, scripted=False))


def calls(program: str, container: Any) -> tuple[Command, ...]:
    """Return the calls of a program, in scripts too; those that can be seen."""
    try:
        return tuple(one for one in commands(container) if one.program == program)
    except NotKnownError:
        return ()


def _started(
    words: Sequence[str], variables: Mapping[str, str], *, scripted: bool, deep: int = _DEEPEST
) -> Iterator[Command]:
    """Yield the commands that a command is in the end: what a launcher launches, what a shell's script holds.

    Raises:
        NotKnownError: they are too deep within each other.
    """
    if not deep:
        raise NotKnownError(SCRIPT)
    program = posixpath.basename(words[0]) if words else ""
    launch = _LAUNCHERS.get(program)
    if program in _SHELLS and (script := _script(words[1:])) is not None:
        for simple in simple_commands(script):
            rest, own = _assigned(simple, variables)
            inner = _started(rest, own, scripted=True, deep=deep - 1)
            yield from inner if rest else (Command(simple, {}, scripted=True),)
    elif launch and (launched := launch(words[1:])):
        rest, own = _assigned(launched, variables) if program == "env" else (launched, variables)
        yield from _started(rest, own, scripted=scripted, deep=deep - 1)
    elif words:
        yield Command(tuple(words), variables, scripted)


def _assigned(words: Sequence[str], before: Mapping[str, str]) -> tuple[Sequence[str], Mapping[str, str]]:
    """Return a command without the assignments before it, and these with those of its surroundings.

    They are not copied: a script can hold many commands, and each would keep a copy.
    """
    own: dict[str, str] = {}
    for position, word in enumerate(words):
        found = _ASSIGNMENT.fullmatch(word)
        if not found:
            return words[position:], ChainMap(own, cast("dict[str, str]", before)) if own else before
        own[found[1]] = found[2]
    return (), before


def _after_options(with_value: str = "") -> Callable[[Sequence[str]], Sequence[str]]:
    """Return how a launcher finds what it launches: behind its options, some of which take a word."""

    def launched(words: Sequence[str]) -> Sequence[str]:
        rest = list(words)
        while rest and rest[0].startswith("-"):
            option = rest.pop(0)
            if option == "--":
                break
            if option in with_value.split():
                del rest[:1]
        return rest

    return launched


def _of_env(words: Sequence[str]) -> Sequence[str]:
    """Return what `env` runs; nothing where its options change more than it is given."""
    rest = words[1:] if list(words[:1]) == ["--"] else words
    return () if rest and rest[0].startswith("-") else rest


def _of_exec(words: Sequence[str]) -> Sequence[str]:
    """Return what `exec` runs; nothing where bash empties the environment first (`-c`)."""
    launched = _after_options("-a")(words)
    return () if any(map(_script_option, words[: len(words) - len(launched)])) else launched


_LAUNCHERS: Mapping[str, Callable[[Sequence[str]], Sequence[str]]] = {
    "busybox": _after_options(),
    "catatonit": _after_options(),
    "dumb-init": _after_options("-r --rewrite"),
    "env": _of_env,
    "exec": _of_exec,
    "gosu": lambda words: words[1:],
    "ionice": _after_options("-c --class -n --classdata"),
    "nice": _after_options("-n --adjustment"),
    "nohup": _after_options(),
    "s6-setuidgid": lambda words: words[1:],
    "setsid": _after_options(),
    "su-exec": lambda words: words[1:],
    "timeout": lambda words: _after_options("-k --kill-after -s --signal")(words)[1:],
    "tini": _after_options("-p -e"),
}
"""Programs that become, or start, the program that they are given, and change nothing of it."""


def _script_option(word: str) -> bool:
    """Return whether a word is the option of a shell behind which its script stands: `-c`, `-ec`."""
    return re.fullmatch(r"-[A-Za-z]*c[A-Za-z]*", word) is not None


def _script(words: Sequence[str]) -> str | None:
    """Return the script that a shell is given; what follows it is the script's own `$0`, `$1` and so on."""
    given = False
    rest = iter(words)
    for word in rest:
        if not word.startswith(("-", "+")):
            return word if given else None
        given = given or _script_option(word)
        if word.endswith("o"):  # the name of an option follows: -o pipefail
            next(rest, "")
    return None

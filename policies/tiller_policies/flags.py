"""What Tiller is told: by its command line, which comes first, and by its environment.

Source: Helm 2.17, cmd/tiller/tiller.go, and the package flag of Go, which it reads its command line with.
"""

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from tiller_policies.values import UNKNOWN, NotKnownError, each

PROGRAM = "tiller"

TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
"""What Go's strconv.ParseBool takes for true."""

SWITCHES = frozenset(
    (
        *("tls", "tls-verify", "probe", "trace", "experimental-release", "version"),
        *("logtostderr", "alsologtostderr", "skip_headers", "skip_log_headers"),  # of klog
    )
)
"""The flags that take no word after them: only `--flag` and `--flag=false`."""

EVERYWHERE = ":44134"
"""Where Tiller listens unless told otherwise."""


@dataclass(frozen=True)
class Settings:
    """How a Tiller runs.

    Attributes:
        verifies: whether it asks its clients for a certificate.
        storage: where releases go; `secret` for Secrets.
        listen: host and port of its gRPC endpoint.
        certificate: path of its certificate.
        client_cas: path of the CAs that it trusts; empty for those of the operating system.
    """

    verifies: bool
    storage: str
    listen: str
    certificate: str
    client_cas: str


def read(container: Mapping[str, Any]) -> Settings:
    """Return how a container runs Tiller.

    What the environment takes from a ConfigMap, a Secret or a field counts as not said: nobody sees it here, and what
    is not said is open.

    Raises:
        NotKnownError: a part of it that matters is unknown.
    """
    told = flags(tiller_words(container))
    environment = variables(container)
    certificates = _plain(environment, "TILLER_TLS_CERTS")
    switch = told.get("tls-verify")
    return Settings(
        # The value of the variable does not matter, `false` means yes as well.
        verifies=switch in TRUE if switch is not None else _plain(environment, "TILLER_TLS_VERIFY") != "",
        storage=told.get("storage", "configmap"),
        listen=told.get("listen", EVERYWHERE),
        certificate=told.get("tls-cert", posixpath.join(certificates, "tls.crt")),
        client_cas=told.get("tls-ca-cert", posixpath.join(certificates, "ca.crt")),
    )


def words(container: Mapping[str, Any]) -> list[str]:
    """Return the words of a container's command line, without its image's own, variables of Kubernetes replaced.

    Raises:
        NotKnownError: one of them is unknown.
    """
    environment = variables(container)

    def value_of(reference: re.Match[str]) -> str:
        name = reference[1]
        return _plain(environment, name) if environment.get(name) is not None else reference[0]

    said = [*each(container, "command"), *each(container, "args")]
    return [re.sub(r"(?<!\$)\$\((\w+)\)", value_of, str(word)) for word in said]


def tiller_words(container: Mapping[str, Any]) -> list[str]:
    """Return the words that Tiller is given: after its name, in a script too, or all when its image starts it."""
    said = words(container)
    if not any(each(container, "command")):
        return said
    if posixpath.basename(said[0]) == PROGRAM:
        return said[1:]
    return next(reversed(calls(PROGRAM, said)), [])


def calls(program: str, said: Sequence[str]) -> list[list[str]]:
    """Return the words after each call of a program in a command line, up to the end of its command."""
    tokens = [token for word in said for token in _tokens(word)]
    found = [position for position, token in enumerate(tokens) if posixpath.basename(token) == program]
    return [list(takewhile(lambda token: token.strip(";&|<>()"), tokens[position + 1 :])) for position in found]


def flags(said: Sequence[str]) -> dict[str, str]:
    """Return the value of each flag: the last one counts, and none does after a word that belongs to no flag."""
    found: dict[str, str] = {}
    rest = iter(said)
    for word in rest:
        if len(word) < 2 or word[0] != "-" or word == "--":
            break
        name, given, value = word.removeprefix("-").removeprefix("-").partition("=")
        found[name] = value if given else "true" if name in SWITCHES else next(rest, "")
    return found


def variables(container: Mapping[str, Any]) -> dict[str, Any]:
    """Return the environment of a container: None for what stands elsewhere, UNKNOWN for what is not known.

    Raises:
        NotKnownError: not even the names are known.
    """
    said = (item for item in each(container, "env") if isinstance(item, Mapping))
    return {str(item.get("name")): item.get("value", None if "valueFrom" in item else "") for item in said}


def _plain(environment: Mapping[str, Any], name: str) -> str:
    value = environment.get(name)
    if value is UNKNOWN:
        raise NotKnownError
    return str(value or "")


def _tokens(word: str) -> list[str]:
    """The words of a script; a word that is none is one token."""
    if not re.search(r"\s", word):
        return [word]
    lexer = shlex.shlex(word.replace("\\\n", " ").replace("\n", " ; "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:  # its quotes do not match: no shell runs it either
        return []

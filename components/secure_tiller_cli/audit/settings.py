"""How a container runs Tiller, as its description tells: by its command line, and where that is silent its environment.

Source: Helm 2.17, cmd/tiller/tiller.go, and Go's package flag, by which Tiller reads its command line. A variable is
the default of its flag, and TLS is on when it holds any text, `false` too. So whatever leaves out the variable or
empties it starts a Tiller that answers everybody.
"""

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from secure_tiller_cli.audit.facts import Json

PROGRAM = "tiller"
PORT = 44134
"""Where Helm's client looks for it (Helm 2.17, pkg/helm/portforwarder)."""
_IMAGE = re.compile(rf"(.+[-_.])?{PROGRAM}")
TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
"""What Go's strconv.ParseBool takes for true."""
SWITCHES = frozenset(
    (
        *("tls", "tls-verify", "probe", "trace", "experimental-release", "version"),
        *("logtostderr", "alsologtostderr", "skip_headers", "skip_log_headers"),  # of klog
    )
)
"""The flags that take no word after them."""
SHELL = re.compile(r"[;&|<>()]+")
_REDIRECTS = re.compile(r"&?[<>]+[&|]?")
_MEDDLES = re.compile(r"TILLER_|\b(env|unset|eval|source|xargs)\b|(^|[\s;&|])\.\s")
"""What a script may do to Tiller's environment, or to its words."""
_SHELLS = frozenset(("sh", "ash", "bash", "dash", "ksh", "zsh"))
_GIVES_SCRIPT = re.compile(r"-[A-Za-z]*c[A-Za-z]*")
"""The option behind which the next word is a shell's script: `-c`, `-ec`."""
_COMMENT = re.compile(r"(^|\s)#[^\n]*")
_BEFORE = frozenset(("exec", "--", "-c", "env", "nohup", "dumb-init", "tini"))
"""Words before the name of a program, where it is that of the program to start."""


@dataclass(frozen=True)
class Settings:
    """How a Tiller runs. None: its description does not tell, because a value or a script stands elsewhere."""

    tls: bool | None
    """Whether it speaks TLS."""
    verifies: bool | None
    """Whether it asks its clients for a certificate."""
    explicit: bool
    """Whether verification, where it is on, is asked for by a flag, and not by the environment."""
    storage: str | None
    """`configmap`, `secret`, `memory` or `sql`."""
    namespace: str | None
    """Where it stores releases; empty: in its own."""
    listen: str | None
    """Host and port of its gRPC endpoint."""
    probe_listen: str | None
    """Host and port of its probes and metrics; empty: it has none."""
    history_max: int | None
    """Revisions kept of a release; 0: all."""
    certificate: str | None
    """Path of its certificate."""
    client_cas: str | None
    """Path of the CAs that it trusts; empty: those of the operating system."""


UNREAD = Settings(None, None, False, None, None, None, None, None, None, None)
"""Of a Tiller that a script starts, nobody knows how."""


def read(container: Json) -> Settings:
    """Return how a container runs Tiller."""
    environment = _Variables(container)
    told = _told(container, environment)
    if told is None:
        return UNREAD
    enabled = _switch(told, "tls", environment("TILLER_TLS_ENABLE"))
    verifies = _switch(told, "tls-verify", environment("TILLER_TLS_VERIFY"))
    folder = environment("TILLER_TLS_CERTS")
    history = told.get("history-max", environment("TILLER_HISTORY_MAX"))
    probes = "" if _switch(told, "probe", "1") is False else told.get("probe-listen", ":44135")
    return Settings(
        tls=_either(enabled, verifies),
        verifies=verifies,
        explicit="tls-verify" in told,
        storage=_storage(told),
        namespace=environment.own_namespace(),
        listen=told.get("listen", ":44134"),
        probe_listen=probes,
        history_max=None if history is None else int(history) if re.fullmatch(r"[0-9]{1,9}", history) else 0,
        certificate=told.get("tls-cert", None if folder is None else posixpath.join(folder, "tls.crt")),
        client_cas=told.get("tls-ca-cert", None if folder is None else posixpath.join(folder, "ca.crt")),
    )


def runs(container: Json) -> bool:
    """Tell whether a container runs Tiller: its image is called so (`helm-tiller` too), or it is so started."""
    said = _said(container)
    if next(_calls(PROGRAM, said), None) is not None:
        return True
    image = posixpath.basename(str(container.get("image") or "").partition("@")[0]).partition(":")[0]
    # The image of Tiller holds the Helm client too.
    return _IMAGE.fullmatch(image) is not None and next(_calls("helm", said), None) is None


def _either(first: bool | None, second: bool | None) -> bool | None:
    """Return whether one of two switches is on: verification turns TLS on too."""
    return True if first or second else None if None in (first, second) else False


def _switch(told: Mapping[str, str | None], flag: str, variable: str | None) -> bool | None:
    """Return whether a switch is on: its flag decides, else any text in its variable."""
    if flag in told:
        value = told[flag]
        return None if value is None else value in TRUE
    return None if variable is None else variable != ""


def _storage(told: Mapping[str, str | None]) -> str | None:
    storage = told.get("storage", "configmap")
    # What Tiller does not know leaves it with what it starts from (pkg/tiller/environment, New).
    return storage if storage in ("configmap", "secret", "sql", None) else "memory"


class _Variables:
    """The environment of a container: the text of a variable, empty where there is none, None where it is not told."""

    def __init__(self, container: Json) -> None:
        items = container.get("env") or ()
        self.more = bool(container.get("envFrom"))
        self.said: dict[str, str | None] = {}
        for item in items:  # a value may name variables before it (Kubernetes API reference, EnvVar)
            value = None if item.get("valueFrom") else _replaced(str(item.get("value") or ""), self)
            self.said[item["name"]] = value
        sources = {item["name"]: (item.get("valueFrom") or {}).get("fieldRef") or {} for item in items}
        self.follows_pod = sources.get("TILLER_NAMESPACE", {}).get("fieldPath") == "metadata.namespace"

    def __call__(self, name: str) -> str | None:
        if name in self.said:
            return self.said[name]
        return None if self.more else ""

    def own_namespace(self) -> str | None:
        """Return where Tiller is told to store releases; empty: nowhere, or in the namespace of its pod."""
        return "" if self.follows_pod else self("TILLER_NAMESPACE")


def _said(container: Json) -> list[str]:
    return [str(word) for word in (*(container.get("command") or ()), *(container.get("args") or ()))]


def _told(container: Json, environment: _Variables) -> dict[str, str | None] | None:
    """Return the value of each flag, None for one that is not told; None: nobody knows which flags it is given."""
    said = _said(container)
    if not container.get("command"):
        words: Sequence[str] | None = said
    elif posixpath.basename(said[0]) == PROGRAM:
        words = said[1:]
    else:
        words = _scripted(said)
    return None if words is None else _flags(words, environment)


def _scripted(said: Sequence[str]) -> list[str] | None:
    """Return the words that a script gives Tiller; None where it gives none, or where it could have changed them."""
    found = list(_calls(PROGRAM, said))
    # Of several calls, nobody knows which is made.
    if not found or any(words != found[0] for words in found) or any(_MEDDLES.search(word) for word in said):
        return None
    put_in = ("$" in re.sub(r"\$\(\w+\)", "", word) or "`" in word for word in found[0])
    return None if any(put_in) else found[0]


def _flags(words: Sequence[str], environment: _Variables) -> dict[str, str | None]:
    """Return flags as Go reads them: the last one counts, and none does after a word that belongs to no flag."""
    found: dict[str, str | None] = {}
    rest = iter(words)
    for word in rest:
        if len(word) < 2 or word[0] != "-" or word == "--":
            break
        name, given, value = word.removeprefix("-").removeprefix("-").partition("=")
        said = value if given else "true" if name in SWITCHES else next(rest, "")
        found[name] = _replaced(said, environment)
    return found


def _replaced(said: str, environment: _Variables) -> str | None:
    """Return a word with the variables that Kubernetes puts in; None where one of them is not told."""
    names = re.findall(r"(?<!\$)\$\((\w+)\)", said)
    if any(environment(name) is None for name in names):
        return None
    # Kubernetes leaves a reference to no variable as it stands.
    return re.sub(r"(?<!\$)\$\((\w+)\)", lambda found: str(environment.said.get(found[1], found[0])), said)


def _calls(program: str, said: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words after each call of a program in a command line, up to the end of its command."""
    tokens = [token for word in _run(said) for token in _tokens(word)]
    for position, token in enumerate(tokens):
        if posixpath.basename(token) == program and _starts(token, tokens[position - 1] if position else ";"):
            yield list(_words(tokens[position + 1 :]))


def _words(tokens: Sequence[str]) -> Iterator[str]:
    """Yield the words of a command up to its end; where its input and output go is none of them."""
    rest = list(tokens)
    while rest:
        word, following = rest.pop(0), rest[0] if rest else ""
        if word.isdecimal() and _REDIRECTS.fullmatch(following):  # 2>&1
            continue
        if _REDIRECTS.fullmatch(word):
            del rest[:1]
        elif SHELL.fullmatch(word):
            return
        else:
            yield word


def _run(said: Sequence[str]) -> Sequence[str]:
    """Return the words of a command line that are run: those behind the script of a shell are its $0, $1, and so on."""
    shell = next((at for at, word in enumerate(said) if posixpath.basename(word) in _SHELLS), len(said))
    option = next((at for at in range(shell + 1, len(said)) if _GIVES_SCRIPT.fullmatch(said[at])), len(said))
    return said[: option + 2]


def _starts(token: str, before: str) -> bool:
    """Tell whether a word is a program to start, by the word before: it may also be a namespace of that name."""
    if posixpath.basename(before) in _BEFORE or SHELL.fullmatch(before) or re.match(r"\w+=", before):
        return True
    return token.startswith("/") and not before.startswith("--")


def _tokens(word: str) -> list[str]:
    """Return the words of a script; a word that is none is one token."""
    if not re.search(r"\s", word):
        return [word]
    script = _COMMENT.sub(r"\1", word.replace("\\\n", " ")).replace("\n", " ; ")
    lexer = shlex.shlex(script, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:  # its quotes do not match: no shell runs it either
        return []

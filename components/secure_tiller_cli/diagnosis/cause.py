"""The causes for which a client of a Tiller gets no answer."""

from dataclasses import dataclass
from enum import StrEnum

from secure_tiller_cli.diagnosis.verdict import Accepted


class Kind(StrEnum):
    """The kinds of causes, the decisive first: the one before hides those after it."""

    CLUSTER_UNREACHABLE = "the cluster does not answer"
    NO_NAMESPACE = "the namespace is not there"
    NO_TILLER = "no Tiller in the namespace"
    NOT_READY = "no pod of Tiller is ready"
    FORWARD_DENIED = "the port-forward is denied"
    FORWARD_FAILED = "the port-forward fails"
    UNREADABLE = "a file of the bundle cannot be read"
    KEY_MISMATCH = "the key does not belong to the certificate"
    PLAINTEXT = "Tiller speaks plaintext"
    ANOTHER_TEAM = "the bundle is of another team"
    ANOTHER_CA = "the server's certificate is of another CA"
    CA_EXPIRED = "the bundle's CA has expired"
    CA_NOT_YET_VALID = "the bundle's CA is not yet valid"
    SERVER_EXPIRED = "the server's certificate has expired"
    SERVER_NOT_YET_VALID = "the server's certificate is not yet valid"
    SERVER_NAME = "the server's certificate is for other names"
    SERVER_USE = "the server's certificate is not for a server"
    SERVER_CURVE = "the server's key is on a curve that TLS 1.3 has not"
    REVOKED = "Tiller does not trust the client's CA"
    CLIENT_EXPIRED = "the client's certificate has expired"
    CLIENT_NOT_YET_VALID = "the client's certificate is not yet valid"
    CLIENT_USE = "the client's certificate is not for a client"
    CLIENT_CURVE = "the client's key is on a curve that TLS 1.3 has not"
    UNEXPLAINED = "no cause was found"


@dataclass(frozen=True)
class Cause:
    """One cause."""

    kind: Kind
    seen: str
    """The observation, in one sentence without its full stop."""
    remedy: str


@dataclass(frozen=True)
class Diagnosis:
    """How a client fares at a Tiller, and why."""

    answer: Accepted | None
    """None: Tiller did not answer."""
    causes: tuple[Cause, ...]
    """All that apply, the decisive first; never empty without an answer."""
    unchecked: tuple[str, ...] = ()
    """The checks that could not be made, and why."""

    @property
    def fine(self) -> bool:
        """Whether Tiller answered, and nothing was seen for which the Helm client would not be answered."""
        return bool(self.answer) and not self.causes

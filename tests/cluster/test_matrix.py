"""Every team's Tiller, asked with every kind of credentials of every client: only its own clients are answered."""

import dataclasses
import re
import ssl
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from kubernetes import client
from rich.console import Console
from rich.table import Table

from secure_tiller_cli.diagnosis import Accepted, AnsweredError, Credentials, NoVerdictError, Refused
from secure_tiller_cli.diagnosis.plaintext import answer
from secure_tiller_cli.diagnosis.refusal import alert
from testbed.command import TABLE_WIDTH
from testbed.helm import Helm
from testbed.tiller import ask, forwarded
from testbed.toolchain.pins import HELM
from testbed.waiting import until
from tests.cluster.copies import Change, copy_of_tiller, talkative, without_tls, without_verification
from tests.support.credentials import HOUR, P224, P256, SERVER_AUTH, Client, Tiller, tillers
from tests.support.projects import TestStack

AT_ONCE = 6
"""How many calls at a time. Each starts kubectl, so that more would only wait for a processor."""

OWN, FORGED = "the client's own", "forged, nothing wrong"
OF_A_CLIENT: Mapping[str, Callable[[Client], Credentials]] = {
    OWN: lambda it: it.own,
    FORGED: lambda it: it.forged(),
    "self-signed": lambda it: it.self_signed(),
    "by a CA of the same name": lambda it: it.forged(signer=ec.generate_private_key(P256)),
    "expired": lambda it: it.forged(starts=-3 * HOUR),
    "not yet valid": lambda it: it.forged(starts=HOUR),
    "EKU serverAuth": lambda it: it.forged(purpose=SERVER_AUTH),
    "P-224": lambda it: it.forged(curve=P224),
}
"""The kinds of credentials that each client of a Tiller tries."""

UNKNOWN, NONE = "certificate signed by unknown authority", "client didn't provide a certificate"
EXPIRED = "certificate has expired or is not yet valid: current time .*"
WRONG = {
    "none": NONE,
    "plaintext": "first record does not look like a TLS handshake",
    "another team's": UNKNOWN,
    "Tiller's own": UNKNOWN,
    "self-signed": UNKNOWN,
    "by a CA of the same name": UNKNOWN,
    "expired": f"{EXPIRED} is after",
    "not yet valid": f"{EXPIRED} is before",
    "EKU serverAuth": "certificate specifies an incompatible key usage",
    "P-224": NONE,
}
"""The kinds that must not be answered, and what Tiller finds wrong (Go 1.14, crypto/tls and crypto/x509).

A key of P-224 is refused by the caller's own TLS: version 1.3 has no signature scheme for its curve (RFC 8446, 4.2.3).
BoringSSL in Python's gRPC does not load it; OpenSSL in Python's ssl and Go in the Helm client bring no certificate in
its place, and that is what Tiller refuses. Over TLS 1.2 OpenSSL can sign with it, and Tiller answers: it trusts
whatever its client's CA has signed.
"""


@dataclass(frozen=True)
class Attempt:
    """A call of a Tiller.

    Attributes:
        namespace: of the Tiller.
        kind: of the credentials.
        caller: their holder.
        credentials: those presented.
    """

    namespace: str
    kind: str
    caller: str
    credentials: Credentials = field(repr=False)


@dataclass(frozen=True)
class Asked:
    """An attempt, and how it ended."""

    attempt: Attempt
    answer: Accepted | Refused | NoVerdictError


def _attempts(tiller: Tiller, strangers: Iterable[Client]) -> Iterator[Attempt]:
    for own in tiller.clients:
        for kind, credentials in OF_A_CLIENT.items():
            yield Attempt(tiller.namespace, kind, own.name, credentials(own))
    for stranger in strangers:
        brought = dataclasses.replace(stranger.own, ca=tiller.own.ca)
        yield Attempt(tiller.namespace, "another team's", stranger.name, brought)
    yield Attempt(tiller.namespace, "Tiller's own", "Tiller", tiller.own)
    yield Attempt(tiller.namespace, "none", "anybody", Credentials(tiller.own.ca))
    yield Attempt(tiller.namespace, "plaintext", "anybody", Credentials(tiller.own.ca, plaintext=True))


@pytest.fixture(scope="module")
def attempts(deployed: TestStack) -> list[Attempt]:
    """Every attempt at every Tiller."""
    known = tillers(deployed)
    return [
        attempt
        for tiller in known
        for attempt in _attempts(tiller, [one for other in known if other is not tiller for one in other.clients])
    ]


def _ask_all(stack: TestStack, attempts: Iterable[Attempt]) -> list[Asked]:
    def one(attempt: Attempt) -> Asked:
        try:
            return Asked(attempt, ask(attempt.namespace, stack.environment, attempt.credentials))
        except NoVerdictError as error:
            return Asked(attempt, error)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, attempts))


@pytest.fixture(scope="module")
def matrix(deployed: TestStack, attempts: list[Attempt]) -> list[Asked]:
    """How every attempt ended."""
    return _ask_all(deployed, attempts)


def test_each_kind_is_tried_at_each_tiller(matrix: list[Asked], red: str, gold: str) -> None:
    tried = Counter((one.attempt.namespace, one.attempt.kind) for one in matrix)
    each_client = dict.fromkeys(OF_A_CLIENT, 2) | {"none": 1, "plaintext": 1, "Tiller's own": 1, "another team's": 1}
    of_gold = dict.fromkeys(each_client, 1) | {"another team's": 2}
    assert tried == {(f"{red}-tiller", kind): count for kind, count in each_client.items()} | {
        (f"{gold}-tiller", kind): count for kind, count in of_gold.items()
    }


def test_a_client_is_answered_with_its_own_certificate(matrix: list[Asked]) -> None:
    assert {one.answer for one in matrix if one.attempt.kind == OWN} == {Accepted(HELM)}


def test_control_a_forged_certificate_with_nothing_wrong_is_answered(matrix: list[Asked]) -> None:
    assert {one.answer for one in matrix if one.attempt.kind == FORGED} == {Accepted(HELM)}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_credentials_are_refused_by_tillers_side_of_tls(matrix: list[Asked], kind: str) -> None:
    asked = [one for one in matrix if one.attempt.kind == kind]
    assert asked
    assert [one for one in asked if not _refused_by_tiller(one)] == []


def _refused_by_tiller(asked: Asked) -> bool:
    """An alert is received, never one's own finding, such as that the server's certificate is not to be trusted."""
    return isinstance(asked.answer, Refused) and bool(re.match("alert|connection closed", asked.answer.reason))


@pytest.fixture(scope="module")
def at_red(attempts: list[Attempt], red: str) -> dict[str, Attempt]:
    """One attempt of each kind, at red's Tiller."""
    return {attempt.kind: attempt for attempt in reversed(attempts) if attempt.namespace == f"{red}-tiller"}


class Talkative:
    """A copy of red's Tiller that logs what it finds wrong with a handshake."""

    def __init__(self, api: client.ApiClient, stack: TestStack, namespace: str) -> None:
        """Find its pod."""
        self.namespace = namespace
        self._core, self._environment = client.CoreV1Api(api), stack.environment
        self._pod = self._core.list_namespaced_pod(namespace).items[0].metadata.name

    def findings(self) -> list[str]:
        """All that it has found wrong, a line for each connection."""
        log = self._core.read_namespaced_pod_log(self._pod, self.namespace)
        return re.findall(r'failed to complete security handshake from "[^"]+": (.*)', log)

    def finding(self, credentials: Credentials) -> str:
        """Return the reason why it refuses a connection's credentials; or how they were not refused."""
        before = len(self.findings())
        try:
            with forwarded(self.namespace, self._environment) as port:
                # An alert that a reset overtakes is in Tiller's log all the same. And to plaintext Tiller sends none.
                alert(port, credentials) if not credentials.plaintext else answer(port)
        except NoVerdictError as error:
            return str(error)
        until(lambda: len(self.findings()) > before, "the refusal is in Tiller's log")
        return self.findings()[before]


@pytest.fixture(scope="module")
def listener(deployed: TestStack, api: client.ApiClient, red: str) -> Iterator[Talkative]:
    with copy_of_tiller(api, f"{red}-tiller", talkative) as namespace:
        yield Talkative(api, deployed, namespace)


@pytest.fixture(scope="module")
def findings(listener: Talkative, at_red: dict[str, Attempt]) -> dict[str, str]:
    """The reason why Tiller refuses each kind, asked one after the other."""
    return {kind: listener.finding(at_red[kind].credentials) for kind in WRONG}


@pytest.mark.parametrize("kind", WRONG)
def test_tiller_finds_wrong_what_is_wrong(findings: dict[str, str], kind: str) -> None:
    assert re.search(WRONG[kind], findings[kind])


def test_control_nothing_is_found_wrong_with_a_clients_own_certificate(
    listener: Talkative, at_red: dict[str, Attempt]
) -> None:
    assert "answers these credentials" in listener.finding(at_red[OWN].credentials)


def test_nothing_else_in_the_whole_matrix_is_answered(
    matrix: list[Asked], findings: dict[str, str], console: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        console.line()
        Console(file=console.file, width=TABLE_WIDTH).print(_table(matrix, findings))
    assert {one.attempt.kind for one in matrix if isinstance(one.answer, Accepted)} == {OWN, FORGED}
    assert {type(one.answer) for one in matrix} == {Accepted, Refused}


def _table(matrix: list[Asked], findings: dict[str, str]) -> Table:
    namespaces = sorted({one.attempt.namespace for one in matrix})
    table = Table("credentials", *namespaces, "the caller sees", "Tiller finds")
    for kind in (OWN, FORGED, *WRONG):
        asked = [one for one in matrix if one.attempt.kind == kind]
        cells = [_counts(one for one in asked if one.attempt.namespace == namespace) for namespace in namespaces]
        seen = sorted({one.answer.reason for one in asked if isinstance(one.answer, Refused)})
        table.add_row(kind, *cells, ", ".join(seen), _short(findings.get(kind, "")))
    return table


def _short(finding: str) -> str:
    """Return the error of a finding alone, without its place, its time and guesses at the cause."""
    finding = re.sub("^tls: (failed to verify client certificate: x509: )?", "", finding)
    return re.split(r": current time| \(possibly", finding)[0]


def _counts(asked: Iterable[Asked]) -> str:
    words = {Accepted: "answered", Refused: "refused", NoVerdictError: "without verdict"}
    return ", ".join(f"{count} {words[kind]}" for kind, count in Counter(type(one.answer) for one in asked).items())


@pytest.mark.parametrize("kind", sorted(WRONG.keys() - {"plaintext", "P-224"}))
def test_an_older_tls_gets_no_further(deployed: TestStack, at_red: dict[str, Attempt], kind: str) -> None:
    attempt = at_red[kind]
    with forwarded(attempt.namespace, deployed.environment) as port:
        assert alert(port, attempt.credentials, ssl.TLSVersion.TLSv1_2)


@pytest.mark.parametrize("kind", [OWN, FORGED, "P-224"])
def test_control_an_older_tls_is_spoken_with_a_certificate_of_a_trusted_ca(
    deployed: TestStack, at_red: dict[str, Attempt], kind: str
) -> None:
    attempt = at_red[kind]
    with (
        forwarded(attempt.namespace, deployed.environment) as port,
        pytest.raises(AnsweredError),
    ):
        alert(port, attempt.credentials, ssl.TLSVersion.TLSv1_2)


def _helm(stack: TestStack, listener: Talkative, credentials: Credentials, home: Path) -> Helm:
    return Helm.of(credentials, stack.environment, home, listener.namespace)


def test_the_helm_client_cannot_bring_a_key_of_p_224(
    deployed: TestStack, listener: Talkative, at_red: dict[str, Attempt], tmp_path: Path
) -> None:
    before = len(listener.findings())
    done = _helm(deployed, listener, at_red["P-224"].credentials, tmp_path / "home").run("version", "--server")
    assert done.returncode != 0
    assert any(NONE in finding for finding in listener.findings()[before:])


def test_control_the_helm_client_brings_a_forged_key_of_p_256(
    deployed: TestStack, listener: Talkative, at_red: dict[str, Attempt], tmp_path: Path
) -> None:
    done = _helm(deployed, listener, at_red[FORGED].credentials, tmp_path / "home").run("version", "--server")
    assert HELM in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        # Not P-224, which the caller would have to bring: its control is TLS 1.2.
        pytest.param(without_verification, WRONG.keys() - {"plaintext", "P-224"}, id="without --tls-verify"),
        pytest.param(without_tls, {"plaintext"}, id="without TLS"),
    ],
)
def test_control_a_copy_without_the_protection_answers_all_that_it_kept_out(
    deployed: TestStack, api: client.ApiClient, attempts: list[Attempt], change: Change, kinds: set[str]
) -> None:
    kept_out = [attempt for attempt in attempts if attempt.kind in kinds]
    with _copies(api, {attempt.namespace for attempt in kept_out}, change) as copies:
        there = [dataclasses.replace(attempt, namespace=copies[attempt.namespace]) for attempt in kept_out]
        asked = _ask_all(deployed, there)
    assert {one.attempt.kind for one in asked} == kinds
    assert [one for one in asked if one.answer != Accepted(HELM)] == []


@contextmanager
def _copies(api: client.ApiClient, originals: Collection[str], change: Change) -> Iterator[dict[str, str]]:
    """Copies of several Tillers at once: their namespaces by that of the original."""
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        made = pool.map(stack.enter_context, [copy_of_tiller(api, original, change) for original in originals])
        yield dict(zip(originals, made, strict=True))

"""Tiller's port answers the team's clients alone, with the certificate that the stack issued."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from secure_tiller_cli.diagnosis import Accepted, Diagnosis, Kind, NoVerdictError, Refused, UnverifiedError
from secure_tiller_cli.diagnosis.handshake import ServerHandshake
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.restore import RESTORE
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller

PLAINTEXT = "port refuses plaintext"
NO_CERTIFICATE = "port refuses callers without a certificate"
STRANGER = "port refuses a stranger's certificate"
OTHER_TEAMS = "port refuses the other teams' clients"
CLIENTS = "port answers the team's clients"
SERVER = "port shows the stack's certificate"

_OF_THE_CALLER = (Kind.CLUSTER_UNREACHABLE, Kind.FORWARD_DENIED, Kind.FORWARD_FAILED)
"""Causes that lie with the account that checks, not with the client."""

Verdict = Accepted | Refused | NoVerdictError
"""How a call ended; the error in the place of a verdict: it showed nothing."""


@dataclass(frozen=True)
class Calls:
    """How the calls of one Tiller's port ended."""

    plaintext: Verdict
    no_certificate: Verdict
    stranger: Verdict
    others: dict[str, Verdict]
    """By client of another team, `<team>/<client>`."""
    clients: dict[str, Diagnosis]
    """By client of the team."""
    keyless: tuple[str, ...]
    """The team's clients whose keys the stack does not hold: they cannot be tried."""
    unseen: tuple[str, ...]
    """The team's clients of which the state holds no bundle."""
    presented: str | NoVerdictError
    """The hexadecimal serial of the server's certificate, as a client verifies it."""
    shown: ServerHandshake | NoVerdictError
    """Shown to everybody: the trust anchors."""


def judge(tiller: DeployedTiller, calls: Calls) -> Iterator[Result]:
    """Yield the results about the port."""
    yield _refused(tiller, PLAINTEXT, {"a call in plaintext": calls.plaintext})
    yield _refused(tiller, NO_CERTIFICATE, {"a call without a certificate": calls.no_certificate})
    yield _refused(tiller, STRANGER, {"the client of a CA made for this check": calls.stranger})
    yield _refused(tiller, OTHER_TEAMS, calls.others)
    yield from _answered(tiller, calls)
    yield _presented(tiller, calls.presented)


def _refused(tiller: DeployedTiller, check: str, verdicts: dict[str, Verdict]) -> Result:
    answered = [who for who, verdict in verdicts.items() if isinstance(verdict, Accepted)]
    if answered:
        stop = f"kubectl --namespace {word(tiller.namespace)} scale deployment {word(tiller.deployment)} --replicas=0"
        remedy = f"stop it now: {stop}; then restore it: {RESTORE}"
        return Result(tiller.name, check, Status.FAILED, f"ANSWERED: {join_limited(answered)}", remedy)
    unsure = {who: verdict for who, verdict in verdicts.items() if isinstance(verdict, NoVerdictError)}
    if unsure:
        text = join_limited(f"{who}: {why}" for who, why in unsure.items())
        return Result(tiller.name, check, Status.NOT_CHECKED, text, "see what the other checks of the port say")
    reasons = join_limited(verdict.reason for verdict in verdicts.values() if isinstance(verdict, Refused))
    text = f"refused {join_limited(verdicts)}: {reasons}" if verdicts else "there is no other team with a key to try"
    return Result(tiller.name, check, Status.PASSED, text)


def _answered(tiller: DeployedTiller, calls: Calls) -> Iterator[Result]:
    """Yield a result for each client that is not served, and one for all others."""
    served = {name: found for name, found in calls.clients.items() if found.fine}
    yield from (_unserved(tiller, name, found) for name, found in calls.clients.items() if name not in served)
    if calls.unseen:
        text = f"{join_limited(calls.unseen)}: the state holds no bundle of them"
        yield Result(tiller.name, CLIENTS, Status.NOT_CHECKED, text, "update the stack, and check it again")
    keyless = f"not tried, for they made their own keys: {join_limited(calls.keyless)}" if calls.keyless else ""
    if served or not (calls.clients or calls.unseen):
        versions = join_limited({found.answer.version for found in served.values() if found.answer})
        words = f"{join_limited(served)} ({versions})" if served else "there is none with a key in the state"
        yield Result(tiller.name, CLIENTS, Status.PASSED, "; ".join(filter(None, (words, keyless))))


def _unserved(tiller: DeployedTiller, name: str, found: Diagnosis) -> Result:
    seen = "; ".join(cause.seen for cause in found.causes)
    if all(cause.kind in _OF_THE_CALLER for cause in found.causes):
        remedy = f"use an account that may list and get pods, and create pods/portforward, in {tiller.namespace}"
        return Result(tiller.name, CLIENTS, Status.NOT_CHECKED, f"{name}: {seen}", remedy)
    text = f"{name}: answered here, but Helm would not be: {seen}" if found.answer else f"{name}: {seen}"
    return Result(tiller.name, CLIENTS, Status.FAILED, text, found.causes[0].remedy)


def _presented(tiller: DeployedTiller, presented: str | NoVerdictError) -> Result:
    if isinstance(presented, UnverifiedError):
        text = f"does not verify for 127.0.0.1 by the stack's ca_certificate: {presented}"
        return Result(tiller.name, SERVER, Status.FAILED, text, f"clients must stop using it; restore it: {RESTORE}")
    if isinstance(presented, NoVerdictError):
        remedy = "see what the other checks of the port say"
        return Result(tiller.name, SERVER, Status.NOT_CHECKED, str(presented), remedy)
    issued = tiller.expirations.get("server", {}).get("serial")
    if presented != issued:
        text = f"has the serial {presented}, and the stack issued {issued}"
        return Result(tiller.name, SERVER, Status.FAILED, text, f"roll out the one of the stack: {RESTORE}")
    return Result(tiller.name, SERVER, Status.PASSED, f"serial {issued}, verified for 127.0.0.1")


def bundles_with_key(tiller: DeployedTiller) -> dict[str, Mapping[str, str]]:
    """Return by client, in order, the bundles of a Tiller whose key the stack holds."""
    return {name: bundle for name, bundle in sorted((tiller.bundles or {}).items()) if "key" in bundle}


def first_clients(tillers: Iterable[DeployedTiller]) -> dict[str, Mapping[str, str]]:
    """Return of each Tiller the first bundle with a key, by `<team>/<client>`."""
    first = ((tiller.name, list(bundles_with_key(tiller).items())[:1]) for tiller in tillers)
    return {f"{team}/{name}": bundle for team, found in first for name, bundle in found}

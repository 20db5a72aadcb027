"""Causes for which a client of a Tiller gets no answer, made for real: the Helm client's words, and our diagnosis."""

import dataclasses
import re
import shlex
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from kubernetes import client

from secure_tiller_cli import bundle
from secure_tiller_cli.diagnosis import Accepted, Credentials, Diagnosis, Kind, diagnose
from secure_tiller_cli.state import DeployedTiller, read
from secure_tiller_stack.kubeconfig import Access
from testbed.demo.place import Place
from testbed.helm import Helm
from testbed.toolchain.pins import HELM
from tests.cluster.copies import Change, copy_of_tiller, unchanged, without_tls
from tests.support import pki
from tests.support.ageing import DAY, moved
from tests.support.cluster_objects import granted, item, rule
from tests.support.command import with_our_command
from tests.support.credentials import HOUR, P224, SERVER_AUTH, Client, tillers
from tests.support.live_objects import create, kubeconfig_of
from tests.support.projects import TestStack
from tests.support.remedies import commands, run, succeeded
from tests.support.state import State

AT_ONCE = 8
"""How many cases at a time: most of each is the Helm client's waiting."""

NO_REASON = r"cannot connect to Tiller|context deadline exceeded"
"""All that the Helm client says of what happens inside TLS."""


@dataclass(frozen=True)
class Case:
    """A client that calls a Tiller.

    Attributes:
        says: the error of the Helm client, as a regular expression; empty: it is answered.
        kind: the decisive cause; None: there is none.
        seen: the observation in the diagnosis, as a regular expression.
        place: in which namespace, by the names of `Scene.places`.
        credentials: those of the client, made of ann's and of another team's gus'.
        account: the one that reaches the cluster, by the names of `Scene.accounts`.
        hostname: for which the server's certificate must be.
        stack: whether the caller sees the stack.
    """

    says: str = NO_REASON
    kind: Kind | None = None
    seen: str = ""
    place: str = "own"
    credentials: Callable[["Scene"], Credentials] = lambda scene: scene.ann.own
    account: str = "admin"
    hostname: str = "127.0.0.1"
    stack: bool = False


CASES = {
    "a client": Case(says=""),
    "a client, with a look at the stack": Case(says="", stack=True),
    "somebody of the team, who holds no other right": Case(says="", account="developer"),
    "the server's certificate is for another hostname, which is asked for": Case(
        says="", place="for tiller.example alone", hostname="tiller.example"
    ),
    "a client of a forged certificate with nothing wrong": Case(says="", credentials=lambda it: it.ann.forged()),
    "client expired": Case(
        kind=Kind.CLIENT_EXPIRED,
        seen=r"certificate of ann of why-\w+ expired on 20",
        credentials=lambda it: it.ann.forged(starts=-3 * HOUR),
    ),
    "client not yet valid": Case(
        kind=Kind.CLIENT_NOT_YET_VALID, seen="begins on 20", credentials=lambda it: it.ann.forged(starts=HOUR)
    ),
    "client's use": Case(
        kind=Kind.CLIENT_USE,
        seen="is for serverAuth, not for clientAuth",
        credentials=lambda it: it.ann.forged(purpose=SERVER_AUTH),
    ),
    "client's key of P-224": Case(
        kind=Kind.CLIENT_CURVE, seen="a key on secp224r1", credentials=lambda it: it.ann.forged(curve=P224)
    ),
    "key of another certificate": Case(
        says="private key does not match public key",
        kind=Kind.KEY_MISMATCH,
        seen="is not that of the certificate of ann",
        credentials=lambda it: dataclasses.replace(it.ann.own, key=it.gus.own.key),
    ),
    "revoked": Case(
        kind=Kind.REVOKED, seen=r"ann of why-\w+ is not among those that Tiller trusts \(1\)", place="ann revoked"
    ),
    "not yet rolled out": Case(kind=Kind.REVOKED, seen="yet the stack has it", place="ann revoked", stack=True),
    "another team's bundle": Case(
        kind=Kind.ANOTHER_TEAM,
        seen=r"of team else-\w+, and the Tiller of team why-\w+",
        credentials=lambda it: it.gus.own,
    ),
    "another team's certificate": Case(
        kind=Kind.ANOTHER_TEAM,
        seen=r"of team else-\w+, and the Tiller of team why-\w+",
        credentials=lambda it: dataclasses.replace(it.gus.own, ca=it.ann.own.ca),
        stack=True,
    ),
    "another CA": Case(
        kind=Kind.ANOTHER_CA,
        seen="no CA of the bundle has signed",
        credentials=lambda it: dataclasses.replace(it.ann.own, ca=pki.authority().pem),
    ),
    "an old bundle": Case(
        kind=Kind.ANOTHER_CA,
        seen="the stack's CA has: the bundle is old",
        credentials=lambda it: dataclasses.replace(it.ann.own, ca=pki.authority().pem),
        stack=True,
    ),
    "the bundle's CA expired": Case(
        kind=Kind.CA_EXPIRED,
        seen="the bundle's CA expired on 20",
        credentials=lambda it: dataclasses.replace(it.ann.own, ca=it.ca_from(-2 * DAY)),
    ),
    "the bundle's CA not yet valid": Case(
        kind=Kind.CA_NOT_YET_VALID,
        seen="the bundle's CA begins on 20",
        credentials=lambda it: dataclasses.replace(it.ann.own, ca=it.ca_from(DAY)),
    ),
    "a certificate that cannot be read": Case(
        says="failed to find any PEM data",
        kind=Kind.UNREADABLE,
        seen="certificate cannot be read: line 1",
        credentials=lambda it: dataclasses.replace(it.ann.own, cert="hello"),
    ),
    "server expired": Case(kind=Kind.SERVER_EXPIRED, seen="expired on 20", place="server expired"),
    "server not yet valid": Case(kind=Kind.SERVER_NOT_YET_VALID, seen="begins on 20", place="server not yet valid"),
    "server's use": Case(
        kind=Kind.SERVER_USE, seen="is for clientAuth, not for serverAuth", place="server for clients"
    ),
    "server's names": Case(
        kind=Kind.SERVER_NAME, seen="is for tiller.example, not for 127.0.0.1", place="for tiller.example alone"
    ),
    "server's names, of a hostname that it has not": Case(
        kind=Kind.SERVER_NAME, seen="not for tiller.example", hostname="tiller.example"
    ),
    "server's key of P-224": Case(kind=Kind.SERVER_CURVE, seen="a key on secp224r1", place="server of P-224"),
    "plaintext": Case(kind=Kind.PLAINTEXT, seen="speaks HTTP/2 without TLS", place="without TLS"),
    "a port on which nobody listens": Case(
        kind=Kind.UNEXPLAINED, seen="speaks neither TLS nor HTTP/2", place="on another port"
    ),
    "a CA of the same name as the client's": Case(
        kind=Kind.UNEXPLAINED,
        seen="the certificates fit, as far as they can be seen",
        credentials=lambda it: it.ann.forged(signer=pki.new_key()),
    ),
    "scaled to 0": Case(
        says="could not find tiller", kind=Kind.NOT_READY, seen="tiller-deploy is scaled to 0", place="scaled to 0"
    ),
    "no such image": Case(
        says="could not find a ready tiller pod",
        kind=Kind.NOT_READY,
        seen=r"pod tiller-deploy-\S+ waits: .*Pull.*localhost/none:1",
        place="no such image",
    ),
    "no right to forward": Case(
        says="forbidden|unable to upgrade connection",
        kind=Kind.FORWARD_DENIED,
        seen="lacks the right to create pods/portforward$",
        account="lister",
    ),
    "no right at all": Case(
        says="forbidden",
        kind=Kind.FORWARD_DENIED,
        seen="lacks the right to list pods, get pods, create pods/portforward$",
        account="stranger",
    ),
    "a namespace without Tiller": Case(
        says="could not find tiller", kind=Kind.NO_TILLER, seen="has no pod with the labels", place="apps"
    ),
    "a namespace that is not there": Case(
        says="could not find tiller", kind=Kind.NO_NAMESPACE, seen="there is no namespace", place="nowhere"
    ),
    "no cluster": Case(
        says="connection refused|cannot connect",
        kind=Kind.CLUSTER_UNREACHABLE,
        seen="cannot be reached",
        account="nobody",
    ),
}


@dataclass(frozen=True)
class Scene:
    """Two teams and their clients, and Tillers that have something wrong.

    Attributes:
        stack: of both teams.
        ann: a client of the team.
        gus: a client of the other team.
        authority: the CA of the team's server.
        known: the Tiller as the stack has it, and the other one.
        places: namespaces by what is wrong there.
        accounts: kubeconfigs by who they are.
    """

    stack: TestStack
    ann: Client
    gus: Client
    authority: pki.Pair
    known: tuple[DeployedTiller, DeployedTiller]
    places: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, Path] = field(default_factory=dict)

    def ca_from(self, begin: timedelta) -> str:
        """The CA of the team's server with another life, of a day that begins in `begin`."""
        start = datetime.now(UTC) + begin
        return moved(self.authority.certificate, start, start + DAY, self.authority.key_pem)

    def server(self, **wrong: Any) -> dict[str, str]:
        """A certificate of the team's CA for its server, as the files of the TLS Secret."""
        pair = pki.server(self.authority, **wrong)
        return {"tls.crt": pair.pem, "tls.key": pair.key_pem}


@pytest.fixture(scope="module")
def stack(new_stack: Callable[..., TestStack], suffix: str) -> Iterator[TestStack]:
    def settings(team: str, *clients: str) -> dict[str, object]:
        return {
            "namespaces": {f"{team}-apps": {"retain_on_delete": False}},
            "clients": {name: {} for name in clients},
            "subjects": {"service_accounts": [{"namespace": f"{team}-apps", "name": "developer"}]},
        }

    why, other = f"why-{suffix}", f"else-{suffix}"
    with new_stack({why: settings(why, "ann", "bob"), other: settings(other, "gus")}) as made:
        made.up()
        yield made


@pytest.fixture(scope="module")
def scene(
    stack: TestStack,
    api: client.ApiClient,
    cluster: Place,
    suffix: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scene]:
    state, team = State.of(stack), f"why-{suffix}"
    other, own = tillers(stack)
    key = load_pem_private_key(state.private_key(f"{team}-server-ca").encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    authority = pki.Pair(x509.load_pem_x509_certificate(state.authority(f"{team}-server-ca").encode()), key)
    gold, mine = read(state.content["deployment"])
    made = Scene(stack, own.clients[0], other.clients[0], authority, (mine, gold))
    made.places.update({"own": own.namespace, "apps": f"{team}-apps", "nowhere": f"nowhere-{suffix}"})
    made.accounts.update(_accounts(api, cluster, team, tmp_path_factory.mktemp("accounts")))
    bob = state.authority(f"{team}-client-ca:bob")
    with ExitStack() as copies, ThreadPoolExecutor() as pool:

        def copy(wrong: str, change: Change = unchanged, **how: Any) -> Any:
            return pool.submit(lambda: (wrong, copies.enter_context(copy_of_tiller(api, own.namespace, change, **how))))

        now = datetime.now(UTC)
        waiting = [
            copy("ann revoked", files={"ca.crt": bob}),
            copy("server expired", files=made.server(life=pki.Life(now - 2 * HOUR, now - HOUR))),
            copy("server not yet valid", files=made.server(life=pki.Life(now + HOUR, now + 2 * HOUR))),
            copy("server for clients", files=made.server(uses=[pki.CLIENT_AUTH])),
            copy("for tiller.example alone", files=made.server(names=["tiller.example"])),
            copy("server of P-224", files=made.server(key=ec.generate_private_key(P224))),
            copy("without TLS", without_tls),
            copy("on another port", _on_another_port),
            copy("scaled to 0", replicas=0),
            copy("no such image", _without_image, ready=False),
        ]
        made.places.update(each.result() for each in waiting)
        yield made


def _without_image(container: Any) -> None:
    container.image, container.image_pull_policy = "localhost/none:1", "Never"


def _on_another_port(container: Any) -> None:
    container.args = [argument.replace("44134", "44136") for argument in container.args]


def _accounts(api: client.ApiClient, cluster: Place, team: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """Kubeconfigs of accounts: with all rights, with those of the team's people, with some of them, with none."""
    whole, apps = yaml.safe_load(cluster.kubeconfig.read_text()), f"{team}-apps"
    lister, pods = f"ServiceAccount {apps}/lister", rule("pods", "list get")
    for one in granted(pods, to=lister, namespace=f"{team}-tiller", name="lister"):
        create(api, one)
    yield "admin", cluster.kubeconfig
    for name in ("developer", "lister", "stranger"):
        create(api, item("ServiceAccount", name, apps))
        yield name, _file(folder / name, kubeconfig_of(api, cluster.kubeconfig, apps, name))
    nowhere = [{**whole["clusters"][0], "cluster": {"server": "http://127.0.0.1:1"}}]
    yield (
        "nobody",
        _file(
            folder / "nobody",
            yaml.safe_dump({**whole, "clusters": nowhere, "users": [{**whole["users"][0], "user": {}}]}),
        ),
    )


def _file(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@dataclass(frozen=True)
class Reports:
    """The reports of the Helm client and of the diagnosis on a case."""

    helm: "CompletedProcess[str]"
    diagnosis: Diagnosis


@pytest.fixture(scope="module")
def reports(scene: Scene, cluster: Place, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reports]:
    """Each case, as both tell it."""
    home = tmp_path_factory.mktemp("helm")

    def report(name: str) -> Reports:
        case = CASES[name]
        brought, namespace = case.credentials(scene), scene.places[case.place]
        access = Access(scene.accounts[case.account], cluster.context)
        environment = {**scene.stack.environment, "KUBECONFIG": str(access.kubeconfig)}
        helm = Helm.of(brought, environment, home / re.sub(r"\W", "-", name), namespace)
        own, other = scene.known
        diagnosis = diagnose(
            access,
            namespace,
            brought,
            datetime.now(UTC),
            hostname=case.hostname,
            own=own if case.stack else None,
            others=[other] if case.stack else [],
            environment=environment,
        )
        return Reports(helm.run("version", "--server", f"--tls-hostname={case.hostname}"), diagnosis)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(CASES, pool.map(report, CASES), strict=True))


ANSWERED = [name for name, case in CASES.items() if not case.says]
UNANSWERED = [name for name, case in CASES.items() if case.says]


@pytest.mark.parametrize("name", ANSWERED)
def test_control_who_is_answered_is_fine(reports: dict[str, Reports], name: str) -> None:
    assert HELM in reports[name].helm.stdout, reports[name].helm.stderr
    assert reports[name].diagnosis == Diagnosis(Accepted(HELM), ())
    assert reports[name].diagnosis.fine


@pytest.mark.parametrize("name", UNANSWERED)
def test_the_helm_client_does_not_say_why(reports: dict[str, Reports], name: str) -> None:
    assert reports[name].helm.returncode != 0
    assert re.search(CASES[name].says, reports[name].helm.stderr)


@pytest.mark.parametrize("name", UNANSWERED)
def test_the_cause_is_named(reports: dict[str, Reports], name: str) -> None:
    diagnosis, case = reports[name].diagnosis, CASES[name]
    assert diagnosis.answer is None
    assert not diagnosis.fine
    assert [cause.kind for cause in diagnosis.causes] == [case.kind], diagnosis
    assert re.search(case.seen, diagnosis.causes[0].seen), diagnosis.causes[0].seen
    assert diagnosis.causes[0].remedy


def test_the_commands_of_a_cause_run(reports: dict[str, Reports], scene: Scene, tmp_path: Path) -> None:
    said = {each for report in reports.values() for cause in report.diagnosis.causes for each in commands(cause.remedy)}
    looks = {each for each in said if each.startswith("kubectl")}
    assert {shlex.split(each)[3] for each in looks} == {"describe", "logs"}
    for each in looks:
        succeeded(run(each, tmp_path, scene.stack.environment))


def test_a_bundle_that_is_written_again_is_answered(reports: dict[str, Reports], scene: Scene, cluster: Place) -> None:
    (cause,) = reports["an old bundle"].diagnosis.causes
    (command,) = commands(cause.remedy)
    succeeded(run(command, scene.stack.project, with_our_command(scene.stack)))
    held = bundle.read(scene.stack.project / "ann")
    access, environment = Access(cluster.kubeconfig, cluster.context), scene.stack.environment
    brought = Credentials(held.ca, held.certificate, held.key)
    assert diagnose(access, held.namespace, brought, datetime.now(UTC), environment=environment).fine


def test_a_kubectl_that_fails_is_reported(scene: Scene, cluster: Place, tmp_path: Path) -> None:
    (tmp_path / "kubectl").write_text("#!/bin/sh\necho 'error: a proxy in between' >&2; exit 1\n")
    (tmp_path / "kubectl").chmod(0o700)
    access, environment = Access(cluster.kubeconfig, cluster.context), {"PATH": f"{tmp_path}:/bin"}
    diagnosis = diagnose(access, scene.places["own"], scene.ann.own, datetime.now(UTC), environment=environment)
    assert [cause.kind for cause in diagnosis.causes] == [Kind.FORWARD_FAILED]
    assert "error: a proxy in between" in diagnosis.causes[0].seen


def test_there_is_no_other_cause() -> None:
    assert set(Kind) - {case.kind for case in CASES.values()} == {Kind.FORWARD_FAILED}


def test_the_content_of_a_kubeconfig_serves_like_its_file(scene: Scene, cluster: Place) -> None:
    access = Access(None, cluster.context, content=cluster.kubeconfig.read_text())
    environment = scene.stack.environment
    assert diagnose(access, scene.places["own"], scene.ann.own, datetime.now(UTC), environment=environment).fine


def test_the_folder_of_a_bundle_is_all_that_a_developer_needs(scene: Scene, cluster: Place, tmp_path: Path) -> None:
    own, place = scene.ann.own, scene.places["own"]
    bundle.write(bundle.Bundle("", "why", "ann", place, own.ca, own.cert, own.key), tmp_path / "ann")
    held = bundle.read(tmp_path / "ann")
    access, environment = Access(scene.accounts["developer"], cluster.context), scene.stack.environment
    now = datetime.now(UTC)
    brought = Credentials(held.ca, held.certificate, held.key)
    assert diagnose(access, held.namespace, brought, now, hostname=held.hostname, environment=environment) == Diagnosis(
        Accepted(HELM), ()
    )


def test_in_a_wrong_namespace_the_nearest_with_a_tiller_is_offered(reports: dict[str, Reports], scene: Scene) -> None:
    remedy = reports["a namespace without Tiller"].diagnosis.causes[0].remedy
    assert re.search(rf"namespaces with a Tiller: .*\b{scene.places['own']}\b", remedy)


def test_every_cause_is_reported_the_decisive_first(scene: Scene, cluster: Place) -> None:
    credentials = scene.ann.forged(starts=-3 * HOUR, purpose=SERVER_AUTH)
    access, environment = Access(cluster.kubeconfig, cluster.context), scene.stack.environment
    place = scene.places["server expired"]
    diagnosis = diagnose(access, place, credentials, datetime.now(UTC), environment=environment)
    assert [cause.kind for cause in diagnosis.causes] == [Kind.SERVER_EXPIRED, Kind.CLIENT_EXPIRED, Kind.CLIENT_USE]


def test_a_certificate_is_judged_by_the_hour_that_is_given(scene: Scene, cluster: Place) -> None:
    access, environment = Access(cluster.kubeconfig, cluster.context), scene.stack.environment
    later = datetime.now(UTC) + 3650 * DAY
    diagnosis = diagnose(access, scene.places["own"], scene.ann.own, later, environment=environment)
    assert [cause.kind for cause in diagnosis.causes] == [Kind.CLIENT_EXPIRED]


def test_what_the_account_may_not_look_at_is_said(scene: Scene, cluster: Place) -> None:
    access, environment = Access(scene.accounts["developer"], cluster.context), scene.stack.environment
    place = scene.places["scaled to 0"]
    diagnosis = diagnose(access, place, scene.ann.own, datetime.now(UTC), environment=environment)
    assert [cause.kind for cause in diagnosis.causes] == [Kind.FORWARD_DENIED]


def test_no_key_is_shown(reports: dict[str, Reports], scene: Scene) -> None:
    lines = scene.ann.own.key.splitlines()[1:-1] + scene.gus.own.key.splitlines()[1:-1]
    assert [name for name, each in reports.items() if any(line in repr(each.diagnosis) for line in lines)] == []

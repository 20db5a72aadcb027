"""The attempts of the demo, as a table of expected and observed results."""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kubernetes import client
from urllib3.exceptions import HTTPError

from secure_tiller_cli.diagnosis import Accepted, Credentials, NoVerdictError
from testbed import pods
from testbed.demo.place import Place
from testbed.helm import Helm
from testbed.pulumi_stack import Stack
from testbed.tiller import ask

CHART = Path(__file__).parent / "chart"
RELEASE = "demo-web"
STRAY = "demo-stray"
_WAIT = ("--wait", "--timeout=90")


@dataclass(frozen=True)
class Attempt:
    """One line of the table.

    Attributes:
        what: the attempt, and who makes it.
        expected: the result that should be seen; a colon and details may follow it.
        make: tries it and returns the result.
    """

    what: str
    expected: str
    make: Callable[[], str]


@dataclass(frozen=True)
class Seen:
    """The result of an attempt.

    Attributes:
        text: in a few words.
        as_expected: whether it is what should be.
    """

    text: str
    as_expected: bool


class Attempts:
    """The demo's attempts against the teams blue and green of the local stack."""

    def __init__(self, stack: Stack, place: Place, folder: Path) -> None:
        """Fetch the clients' bundles.

        Args:
            stack: deployed.
            place: the cluster it is deployed to.
            folder: for the clients' files; removed by the caller.
        """
        outputs = stack.outputs()
        self._environment = stack.environment
        self._place = place
        self._core = client.CoreV1Api(place.api())
        self._blue: str = outputs["blue"]["namespace"]
        self._alice = stack.bundle("blue", "alice")
        self._bob = stack.bundle("green", "bob")
        self._helm = Helm.of(self._alice, stack.environment, folder / "alice", self._blue)

    def table(self) -> Iterator[Attempt]:
        """The attempts in the order of the story; they build on one another."""
        yield Attempt("alice: helm install into blue-apps", "DEPLOYED", self._install)
        yield Attempt("alice: helm upgrade, 2 replicas", "revision 2, 2 replicas ready", self._upgrade)
        yield Attempt("alice: helm rollback, revision 1", "revision 3, 1 replica ready", self._rollback)
        yield Attempt("alice: helm ls", f"{RELEASE} DEPLOYED", self._list)
        yield Attempt("release records in Secrets", "3", self._records_in_secrets)
        yield Attempt("release records in ConfigMaps", "0", self._records_in_config_maps)
        yield Attempt("alice: helm install into green-apps", "forbidden by RBAC", self._install_abroad)
        yield Attempt("alice of blue at blue's Tiller", "answered", partial(self._answer, self._alice))
        ca = self._alice.ca
        strangers = {
            "bob of green": Credentials(ca, self._bob.cert, self._bob.key),
            "no certificate": Credentials(ca),
            "plaintext": Credentials(ca, plaintext=True),
        }
        for who, credentials in strangers.items():
            yield Attempt(f"{who} at blue's Tiller", "refused by TLS", partial(self._answer, credentials))
        yield Attempt("a pod of green at blue's web page", "the page", self._fetch_page)
        yield Attempt("a pod of green at blue's probe port", "no answer", self._fetch_probe)
        yield Attempt("alice: helm delete --purge", "no release, no object left", self._delete)

    def _install(self) -> str:
        self._helm.run("delete", "--purge", RELEASE)  # what a demo that was cut off left
        done = self._helm.run(
            *("install", str(CHART), "--name", RELEASE, "--namespace", "blue-apps", *_WAIT),
            *("--set", f"image={self._place.busybox}"),
        )
        return "DEPLOYED" if "STATUS: DEPLOYED" in done.stdout else _last_line(done.stderr)

    def _upgrade(self) -> str:
        self._helm.run("upgrade", RELEASE, str(CHART), "--reuse-values", "--set", "replicas=2", *_WAIT)
        return self._revision()

    def _rollback(self) -> str:
        self._helm.run("rollback", RELEASE, "1", *_WAIT)
        return self._revision()

    def _revision(self) -> str:
        listed = re.search(rf"^{RELEASE}\s+(\d+)", self._helm.run("ls").stdout, re.MULTILINE)
        apps = client.AppsV1Api(self._core.api_client)
        ready = apps.read_namespaced_deployment(RELEASE, "blue-apps").status.ready_replicas or 0
        return f"revision {listed[1] if listed else '?'}, {ready} replica{'s' if ready != 1 else ''} ready"

    def _list(self) -> str:
        line = next((line for line in self._helm.run("ls").stdout.splitlines() if line.startswith(RELEASE)), "")
        return f"{RELEASE} DEPLOYED" if "DEPLOYED" in line else line or "nothing"

    def _records_in_secrets(self) -> str:
        secrets = self._core.list_namespaced_secret(self._blue, label_selector=f"OWNER=TILLER,NAME={RELEASE}")
        return str(len(secrets.items))

    def _records_in_config_maps(self) -> str:
        return str(len(self._core.list_config_map_for_all_namespaces(label_selector="OWNER=TILLER").items))

    def _install_abroad(self) -> str:
        done = self._helm.run("install", str(CHART), "--name", STRAY, "--namespace", "green-apps")
        self._helm.run("delete", "--purge", STRAY)  # Tiller records a refused release as FAILED
        forbidden = done.returncode != 0 and "is forbidden" in done.stderr
        return "forbidden by RBAC" if forbidden else _last_line(done.stderr)

    def _answer(self, credentials: Credentials) -> str:
        answer = ask(self._blue, self._environment, credentials)
        return f"answered: {answer.version}" if isinstance(answer, Accepted) else f"refused by TLS: {answer.reason}"

    def _fetch_page(self) -> str:
        service = self._core.read_namespaced_service(RELEASE, "blue-apps")
        ended = self._fetch(service.spec.cluster_ip, 80, "/index.html")
        page = "Installed by Helm 2" in ended.output
        return "the page" if page else f"exit {ended.code}: {ended.output.strip()}"

    def _fetch_probe(self) -> str:
        tillers = self._core.list_namespaced_pod(self._blue, label_selector="app=helm,name=tiller").items
        ended = self._fetch(tillers[0].status.pod_ip, 44135, "/readiness")
        silent = ended.code != 0 and "HTTP/" not in ended.output
        reason = ended.output.strip().rsplit(": ", 1)[-1].lower()
        return f"no answer: {reason}" if silent else "ANSWERED: are NetworkPolicies enforced here?"

    def _fetch(self, address: str, port: int, path: str) -> pods.Ended:
        return pods.fetch(self._core.api_client, "green-apps", self._place.busybox, address, port, path)

    def _delete(self) -> str:
        self._helm.run("delete", "--purge", RELEASE)
        records = self._core.list_namespaced_secret(self._blue, label_selector=f"OWNER=TILLER,NAME={RELEASE}").items
        kinds = (self._core.list_namespaced_service, self._core.list_namespaced_config_map)
        names = [item.metadata.name for kind in kinds for item in kind("blue-apps").items]
        left = [name for name in names if name == RELEASE] + [record.metadata.name for record in records]
        return f"left: {', '.join(left)}" if left else "no release, no object left"


def attempt(wanted: Attempt) -> Seen:
    """Make an attempt; an error is a result, and not as expected."""
    try:
        text = wanted.make()
    except (NoVerdictError, client.ApiException, HTTPError, LookupError, OSError, subprocess.SubprocessError) as error:
        return Seen(f"{type(error).__name__}: {error}", as_expected=False)
    return Seen(text, text == wanted.expected or text.startswith(f"{wanted.expected}: "))


def folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder for the clients' keys that goes when the demo ends."""
    return tempfile.TemporaryDirectory(prefix="secure-tiller-demo-")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no output"

"""Files that two Tillers have in common, wherever they are mounted from."""

from typing import Any

import pytest

from tests.support import pki
from tests.unit.tiller_facts.samples import CLOSED, RIGHT, Object, container, deployment, facts, found, item, template
from tiller_facts.certificates import of_objects
from tiller_facts.facts import Facts
from tiller_facts.practices import evaluate, sources
from tiller_facts.values import UNKNOWN, Hidden
from tiller_facts.workloads import find

ARGS = [*RIGHT, "--tls-cert=/srv/own/tls.crt", "--tls-ca-cert=/srv/clients/ca.crt"]
FOLDER = {"name": "clients", "mountPath": "/srv/clients"}
ALONE = {"name": "clients", "mountPath": "/srv/clients/ca.crt", "subPath": "ca.crt"}
SECRET = {"secret": {"secretName": "client-cas"}}
CONFIG_MAP = {"configMap": {"name": "client-cas"}}
PROJECTED = {"projected": {"sources": [{"secret": {"name": "own"}}, CONFIG_MAP]}}


class Made:
    """Certificates of two teams, made once."""

    def __init__(self) -> None:
        """Make them."""
        self.blue_ca, self.green_ca = pki.authority("blue"), pki.authority("green")
        self.blue, self.green = pki.server(self.blue_ca).pem, pki.server(self.green_ca).pem


@pytest.fixture(scope="module")
def made() -> Made:
    return Made()


def tiller(team: str, volume: Object, mount: Object = FOLDER) -> Object:
    mounts = [{"name": "own", "mountPath": "/srv/own"}, mount]
    volumes = [{"name": "own", "secret": {"secretName": "own"}}, {"name": "clients", **volume}]
    return deployment(template(container(ARGS, volumeMounts=mounts), volumes=volumes), inside=team)


def team(name: str, certificate: str, cas: str, volume: Object, mount: Object = FOLDER) -> list[Object]:
    kind, content = ("Secret", "stringData") if volume == SECRET else ("ConfigMap", "data")
    own = item("Secret", "own", name, stringData={"tls.crt": certificate})
    clients = item(kind, "client-cas", name, **{content: {"ca.crt": cas}})
    return [tiller(name, volume, mount), own, clients, {**CLOSED, "metadata": {"name": "around", "namespace": name}}]


def codes(*objects: Object, read: bool = True, program: bool = False) -> list[set[str]]:
    seen = tuple(map(found, objects))
    files = dict(of_objects(seen)) if read else {}
    if not program:
        for one in find(Facts(seen)):
            files |= {
                source.object: files.get(source.object, Hidden("it could not be read")) for source in sources(one)
            }
    known = facts(*objects, files=files, of_program=program)
    return [{finding.code for finding in judged.findings} for judged in evaluate(known).tillers]


@pytest.mark.parametrize("program", [False, True], ids=["cluster", "program"])
@pytest.mark.parametrize(
    ("volume", "mount"),
    [(SECRET, FOLDER), (CONFIG_MAP, FOLDER), (SECRET, ALONE), (CONFIG_MAP, ALONE), (PROJECTED, FOLDER)],
    ids=["secret", "config map", "secret by subPath", "config map by subPath", "projected"],
)
def test_a_ca_that_two_tillers_trust_is_found(made: Made, volume: Object, mount: Object, program: bool) -> None:
    blue = team("blue", made.blue, made.blue_ca.pem, volume, mount)
    shared = team("green", made.green, made.green_ca.pem + made.blue_ca.pem, volume, mount)
    assert codes(*blue, *shared, program=program) == [{"shared-client-ca"}] * 2
    apart = team("green", made.green, made.green_ca.pem, volume, mount)
    assert codes(*blue, *apart, program=program) == [set()] * 2
    unread = {"not-known-yet"} if program else {"certificate-unknown", "client-ca-unknown"}
    assert codes(*blue, *shared, read=False, program=program) == [unread] * 2


def test_a_certificate_that_two_tillers_have_is_found(made: Made) -> None:
    blue = team("blue", made.blue, made.blue_ca.pem, SECRET)
    shared = team("green", made.blue, made.green_ca.pem, SECRET)
    assert codes(*blue, *shared) == [{"shared-certificate"}] * 2


def test_an_intermediate_is_nobodys_own(made: Made) -> None:
    blue = team("blue", made.blue + made.blue_ca.pem, made.blue_ca.pem, SECRET)
    green = team("green", made.green + made.blue_ca.pem, made.green_ca.pem, SECRET)
    assert codes(*blue, *green) == [set()] * 2


def test_an_object_that_was_not_read_is_the_same_one_in_the_same_place() -> None:
    twice = [tiller("blue", SECRET), item("StatefulSet", "second", "blue", spec=tiller("blue", SECRET)["spec"])]
    shared = {"shared-certificate", "shared-client-ca", "several-tillers", "probe-port-open"}
    assert codes(*twice, read=False) == [shared] * 2


def test_the_ca_of_an_only_tiller_is_its_own(made: Made) -> None:
    blue = team("blue", made.blue, made.blue_ca.pem, SECRET)
    assert codes(*blue, read=False) == [{"certificate-unknown"}]


def test_what_only_the_update_decides_is_no_violation(made: Made) -> None:
    blue = team("blue", made.blue, made.blue_ca.pem, SECRET)
    later = team("green", made.green, made.blue_ca.pem, {"secret": {"secretName": UNKNOWN}})
    files: Any = team("green", made.green, made.blue_ca.pem, SECRET)
    unread = [{**one, "stringData": UNKNOWN} if one["kind"] == "Secret" else one for one in files]
    assert codes(*blue, *later, program=True) == [set(), {"not-known-yet"}]
    assert codes(*blue, *unread, program=True) == [set(), {"not-known-yet"}]

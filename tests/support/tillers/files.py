"""Rows about the certificates of Tillers and of their clients."""

from collections.abc import Sequence
from typing import Any

from tests.support.cluster_objects import (
    BLUE,
    RED,
    Object,
    config_map,
    container,
    instead,
    secret,
    surroundings,
    template,
    without,
    workload,
)
from tests.support.row import Row
from tests.support.tillers.rows import RIGHT, but, row, stands


def two(name: str, *blue: Object, red: Sequence[Object], finds: Sequence[str] = (), **spec: Any) -> Row:
    """Return a row with the Tillers of two teams, whose files are among its objects."""
    made = [workload("Deployment", template(container(), **spec), namespace) for namespace in (BLUE, RED)]
    return row(name, *made, *instead((*surroundings(BLUE), *surroundings(RED)), *blue, *red), finds=finds)


CLIENTS = [{"name": "certificates", "mountPath": "/etc/certs"}, {"name": "clients", "mountPath": "/etc/clients"}]
BY_FILE = [CLIENTS[0], {"name": "clients", "mountPath": "/etc/clients/ca.crt", "subPath": "ca.crt"}]
ELSEWHERE_CA = container(args=but("--tls-ca-cert=/etc/clients/ca.crt"), volumeMounts=CLIENTS)
CERTIFICATES = {"name": "certificates", "secret": {"secretName": "tiller-tls"}}
OF_CONFIG_MAP = {"name": "clients", "configMap": {"name": "client-cas"}}
OF_SECRET = {"name": "clients", "secret": {"secretName": "client-cas"}}
PROJECTED = {
    "name": "clients",
    "projected": {"sources": [{"configMap": {"name": "client-cas", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}]},
}


def sharing(name: str, *objects: Object, of: Object, volume: Object, finds: Sequence[str], answer: str = "no") -> Row:
    """Return a row with the Tillers of two teams, whose client CAs come from a volume of its own."""
    made = [
        workload("Deployment", template(of, volumes=[CERTIFICATES, volume]), namespace) for namespace in (BLUE, RED)
    ]
    settings = {**RIGHT, "client_cas": "/etc/clients/ca.crt"}
    every = (*made, *surroundings(BLUE), *surroundings(RED), *objects)
    return row(name, *every, settings=settings, finds=finds, answers={5: answer})


SAME = [config_map("of both", namespace) for namespace in (BLUE, RED)]
SAME_SECRETS = [secret(namespace, name="client-cas", clients="of both") for namespace in (BLUE, RED)]
DIFFERENT = [config_map(f"of {namespace}", namespace) for namespace in (BLUE, RED)]
SHARED = ("shared-client-ca",)

CERTIFICATE = (
    two("two-teams", red=()),
    two("client-ca-in-common", secret(BLUE, clients="of both"), red=[secret(RED, clients="of both")], finds=SHARED),
    two(
        "certificate-in-common",
        secret(BLUE, keys="both"),
        red=[secret(RED, keys="both")],
        finds=("shared-certificate",),
    ),
    sharing("client-ca-in-common-by-config-map", *SAME, of=ELSEWHERE_CA, volume=OF_CONFIG_MAP, finds=SHARED),
    sharing("client-ca-in-common-by-secret", *SAME_SECRETS, of=ELSEWHERE_CA, volume=OF_SECRET, finds=SHARED),
    sharing("client-ca-in-common-by-projection", *SAME, of=ELSEWHERE_CA, volume=PROJECTED, finds=SHARED),
    sharing(
        "client-ca-in-common-by-sub-path",
        *SAME_SECRETS,
        of={**ELSEWHERE_CA, "volumeMounts": BY_FILE},
        volume=OF_SECRET,
        finds=SHARED,
    ),
    sharing("client-cas-in-config-maps", *DIFFERENT, of=ELSEWHERE_CA, volume=OF_CONFIG_MAP, finds=(), answer="yes"),
    sharing(
        "client-cas-missing", of=ELSEWHERE_CA, volume=OF_CONFIG_MAP, finds=("client-ca-unknown",), answer="unknown"
    ),
    row(
        "two-in-a-namespace",
        workload("Deployment", template(container())),
        workload("Deployment", template(container()), name="another"),
        *surroundings(),
        finds=("several-tillers", "shared-certificate", "shared-client-ca"),
    ),
    stands("certificate-missing", *without(surroundings(), "Secret"), finds=("certificate-unknown",)),
)

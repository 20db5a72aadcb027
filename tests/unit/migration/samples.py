"""Records and Tillers that the tests start from."""

from typing import Any

from secure_tiller.deployed import ClusterReference, Deployed
from secure_tiller.migration.history import History, histories
from secure_tiller.migration.route import Route
from secure_tiller.plan import RolePlan, Subject
from secure_tiller.releases import Kind, Record
from secure_tiller.releases.encoding import decode
from secure_tiller.rights import manage
from tests import records

ROUTE = Route("blue", Kind.CONFIG_MAP, "kube-system", "blue-tiller")
MANAGERS = {"blue-apps": ("blue",), "green-apps": ("green",), "shared": ("blue", "green")}


def record(name: str = "shop", revision: int = 1, inside: str = "kube-system", **fields: Any) -> Record:
    """Return the record of a revision, as it was read."""
    made = records.config_map(records.release(name, revision, **fields))
    encoded = made["data"]["release"]
    kind = Kind.CONFIG_MAP if inside == ROUTE.source else Kind.SECRET
    metadata = made["metadata"]
    return Record(kind, inside, metadata["name"], metadata["labels"], "uid", "1", encoded, decode(encoded))


def copied(name: str = "shop", revision: int = 1, **fields: Any) -> Record:
    """Return the record of a revision in the namespace of the new Tiller."""
    return record(name, revision, ROUTE.target, **fields)


def history(*source: Record, target: tuple[Record, ...] = ()) -> History:
    """Return the only release of some records."""
    (found,) = histories(source, target)
    return found


def tiller(*subjects: Subject) -> Deployed:
    """Return the Tiller of the team blue, which manages blue-apps."""
    account = Subject("ServiceAccount", "tiller", "blue-tiller")
    roles = (
        RolePlan("manage:blue-apps", "blue-tiller", "blue-apps", manage("blue-apps"), (account,)),
        RolePlan("people", "blue-people", "blue-tiller", (), subjects),
    )
    return Deployed(
        name="blue",
        stack="organization/secure-tiller/test",
        namespace="blue-tiller",
        service_account="tiller",
        deployment="tiller-deploy",
        ca_certificate="",
        expirations={},
        certificates={},
        roles=roles,
        created={},
        pod={},
        tls_secret="tls",
        exposed=False,
        cluster=ClusterReference(),
    )

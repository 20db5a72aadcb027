"""Records and Tillers that the tests start from."""

from typing import Any

from secure_tiller.plan.model import RolePlan
from secure_tiller.plan.rights import manage
from secure_tiller_cli.migration.history import History, histories
from secure_tiller_cli.migration.route import Route
from secure_tiller_cli.releases import Kind, Record
from secure_tiller_cli.releases.encoding import decode
from secure_tiller_cli.state import DeployedTiller
from tests.support import records
from tests.unit.secure_tiller_cli.state.samples import ACCOUNT, blue
from tiller_facts.rbac import Subject

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


def tiller(*subjects: Subject) -> DeployedTiller:
    """Return the Tiller of the team blue, which manages blue-apps."""
    return blue(
        RolePlan("manage:blue-apps", "blue-tiller", "blue-apps", manage("blue-apps"), (ACCOUNT,)),
        RolePlan("people", "blue-people", "blue-tiller", (), subjects),
    )

"""One object as it stands now, and how it is given back to whoever made it."""

from collections.abc import Mapping
from typing import Any

from secure_tiller_stack.cluster.api import MERGE_PATCH, call
from secure_tiller_stack.cluster.connection import answering, calling
from secure_tiller_stack.cluster.lister import METADATA, find, path
from secure_tiller_stack.kubeconfig import Access
from tiller_facts.identity import MANAGED_BY_LABEL
from tiller_facts.kinds import Object


def metadata(access: Access, item: Object) -> Mapping[str, Any] | None:
    """Return the metadata of an object; None: it is not there.

    Raises:
        ClusterError: the cluster does not answer, or refuses.
    """
    with calling(access, f"to read {item}", f"get {item.kind}") as client:
        found = find(client, item.kind, item.name, item.namespace)
        with answering():
            return None if found is None else found["metadata"]


def give_back(access: Access, item: Object) -> None:
    """Take our label from an object that the update took over, so that every later look refuses it as somebody else's.

    Raises:
        ClusterError: the cluster does not answer, or refuses.
    """
    body = {"metadata": {"labels": {MANAGED_BY_LABEL: None}}}
    where = path(item.kind, item.namespace, item.name)
    with calling(access, f"to change {item}", f"patch {item.kind}") as client:
        # Of a Secret, too, no more than the metadata comes back.
        call(client, "PATCH", where, body=body, sends=MERGE_PATCH, accept=METADATA.format(""))

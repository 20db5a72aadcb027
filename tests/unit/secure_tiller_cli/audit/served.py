"""Objects of a cluster, as an API server shows them to an audit."""

from collections.abc import Sequence
from typing import Any

from secure_tiller_cli.audit.ask import LISTED
from secure_tiller_stack.cluster.lister import path
from tests.support.api_server import REVIEW, Answer, ApiServer, Question, review
from tests.support.cluster_objects import Object, item, of_every_cluster
from tiller_facts.kinds import SECRETS, WORDS

KINDS = {WORDS[kind]: kind for kind in (*LISTED, SECRETS)}


def serve(server: ApiServer, *objects: Object) -> ApiServer:
    """Let an API server hold some objects, and those that every cluster has, and nothing else."""
    there = [*objects, *of_every_cluster(), *(pod for one in objects for pod in _pods(one))]
    server.answers = {path(kind): _list([one for one in there if one["kind"] == WORDS[kind]]) for kind in LISTED}
    for one in there:
        if one["kind"] in ("ConfigMap", "Secret"):
            metadata = one["metadata"]
            server.answers[path(KINDS[one["kind"]], metadata["namespace"], metadata["name"])] = (200, one)
    admins = {
        subject["name"]
        for one in there
        if one["kind"] == "ClusterRoleBinding" and one["roleRef"]["name"] == "cluster-admin"
        for subject in one["subjects"]
    }
    server.answers[REVIEW] = lambda question: _review(question, admins)
    return server


def _pods(one: Object) -> Sequence[Object]:
    """Return what the controller of an object makes that an audit cannot list."""
    if one["kind"] in KINDS or "template" not in one.get("spec", ()):
        return ()
    template, metadata = one["spec"]["template"], one["metadata"]
    owner = {"kind": one["kind"], "name": metadata["name"], "controller": True}
    of_pod = {"labels": template["metadata"]["labels"], "ownerReferences": [owner]}
    return [item("Pod", f"{metadata['name']}-0", metadata["namespace"], metadata=of_pod, spec=template["spec"])]


def _list(found: Sequence[Object]) -> Any:
    def answer(question: Question) -> Answer:
        wanted = [word.split("=") for word in question.query.get("labelSelector", ())]
        return 200, {
            "items": [
                one
                for one in found
                if all(one["metadata"].get("labels", {}).get(key) == value for key, value in wanted)
            ]
        }

    return answer


def _review(question: Question, admins: set[str]) -> Answer:
    spec = question.body["spec"]
    return review(allowed=not admins.isdisjoint((spec["user"], *spec["groups"])))

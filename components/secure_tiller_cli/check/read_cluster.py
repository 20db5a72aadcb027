"""The look at the cluster: reads alone, and of release records only their number."""

import base64
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from secure_tiller_cli.check.observed_state import (
    Object,
    ObservedState,
    Readable,
    Records,
    Unreadable,
    Workload,
    digest,
)
from secure_tiller_cli.check.questions import Answers, Asker, Questions
from secure_tiller_cli.state import DeployedTiller
from secure_tiller_stack.cluster.api import unless_refused
from secure_tiller_stack.cluster.connection import AT_ONCE
from secure_tiller_stack.cluster.lister import RELEASES, find, items
from secure_tiller_stack.cluster.reviews import NoAnswerError, held
from tiller_facts import rbac
from tiller_facts.facts import Facts, FoundObject
from tiller_facts.identity import SELECTOR
from tiller_facts.kinds import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    NAMESPACES,
    NETWORK_POLICIES,
    PODS,
    REPLICA_SETS,
    RIGHTS,
    SECRETS,
    SERVICES,
    WORDS,
    Kind,
)
from tiller_facts.rbac import Grant, Right

_Seen = TypeVar("_Seen")


def observe(client: Any, tiller: DeployedTiller) -> ObservedState:
    """Return what there is in the namespaces of a team.

    Raises:
        ApiException: the cluster fails otherwise than by refusing.
    """
    names = tuple(dict.fromkeys((tiller.namespace, *tiller.managed, *tiller.created)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        namespaces = pool.map(partial(_namespace, client), names)
        workload = pool.submit(_in_namespace, partial(_workload, client, tiller), tiller, "get deployments, list pods")
        secret = pool.submit(_in_namespace, partial(_secret, client, tiller), tiller, "get secrets")
        records = pool.submit(_in_namespace, partial(_records, client, tiller), tiller, "list secrets and configmaps")
        policies = pool.submit(
            _in_namespace, partial(items, client, NETWORK_POLICIES, tiller.namespace), tiller, "list networkpolicies"
        )
        services = pool.submit(
            _in_namespace, partial(items, client, SERVICES, tiller.namespace), tiller, "list services"
        )
        return ObservedState(
            namespaces=dict(zip(names, namespaces, strict=True)),
            workload=workload.result(),
            secret=secret.result(),
            records=records.result(),
            policies=policies.result(),
            services=services.result(),
            client_secrets={name: _client_secret(client, *place) for name, place in tiller.client_secrets.items()},
        )


def all_grants(client: Any) -> Readable[tuple[Grant, ...]]:
    """Return what every RoleBinding and ClusterRoleBinding of the cluster grants."""

    def asked() -> tuple[Grant, ...]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            listed = zip(RIGHTS, pool.map(partial(items, client), RIGHTS), strict=True)
            return rbac.grants(Facts(tuple(_found(kind, item) for kind, found in listed for item in found)))

    return _refusable(asked, "the bindings of the cluster", "list roles and bindings in all namespaces")


def _found(kind: Kind, item: Object) -> FoundObject:
    """Return an object under the words by which kubectl takes it: `rolebinding/a-name`."""
    word, namespace = WORDS[kind], item["metadata"].get("namespace", "")
    shown = f"{word.lower()}/{item['metadata']['name']}" + (f" in {namespace}" if namespace else "")
    return FoundObject(word, item, shown, kind.group)


def review_access(client: Any, asked: Iterable[Questions]) -> Readable[Answers]:
    """Return the answers to all questions, by every authorizer that the cluster has.

    Raises:
        ApiException: the cluster fails otherwise than by refusing.
    """
    answers: dict[tuple[Asker, Right], bool] = {}
    try:
        for each in asked:
            found = held(client, each.rights(), each.asker.user, each.asker.groups)
            answers |= {(each.asker, right): right in found for right in each.rights()}
    except NoAnswerError as error:
        return Unreadable(error.why, error.remedy)
    return answers


def _namespace(client: Any, name: str) -> Readable[Object | None]:
    return _refusable(partial(find, client, NAMESPACES, name), f"namespace {name}", "get namespaces")


def _workload(client: Any, tiller: DeployedTiller) -> Workload:
    here = tiller.namespace
    pods = [pod for pod in items(client, PODS, here) if pod["status"].get("phase") not in ("Succeeded", "Failed")]
    labelled, others = (tuple(pod for pod in pods if _is_found_by_helm(pod) is wanted) for wanted in (True, False))
    deployment = find(client, DEPLOYMENTS, tiller.deployment, here)
    return Workload(deployment, items(client, REPLICA_SETS, here), labelled, others)


def _is_found_by_helm(pod: Object) -> bool:
    return SELECTOR.items() <= (pod["metadata"].get("labels") or {}).items()


def _secret(client: Any, tiller: DeployedTiller) -> Object | None:
    # An update that was cut off may have left none, and then its name is empty.
    found = find(client, SECRETS, tiller.tls_secret, tiller.namespace, secret_data=True)
    if found is None:
        return None
    data = {key: value for key, value in (found.get("data") or {}).items() if key != "tls.key"}
    return {**found, "data": data}


def _records(client: Any, tiller: DeployedTiller) -> Records:
    secrets, maps = (
        items(client, kind, tiller.namespace, labels=RELEASES, metadata_only=True) for kind in (SECRETS, CONFIG_MAPS)
    )
    return Records(len(secrets), tuple(sorted(str(each["metadata"]["name"]) for each in maps)))


def _client_secret(client: Any, namespace: str, name: str) -> Readable[Mapping[str, str] | None]:
    def asked() -> Mapping[str, str] | None:
        found = find(client, SECRETS, name, namespace, secret_data=True)
        return found and {key: digest(base64.b64decode(value)) for key, value in (found.get("data") or {}).items()}

    return _refusable(asked, f"the Secret {namespace}/{name}", f"get secrets in {namespace}")


def _in_namespace(asked: Callable[[], _Seen], tiller: DeployedTiller, right: str) -> _Seen | Unreadable:
    return _refusable(asked, f"what is in {tiller.namespace}", f"{right} in {tiller.namespace}")


def _refusable(asked: Callable[[], _Seen], what: str, right: str) -> _Seen | Unreadable:
    refused = Unreadable(f"the cluster refused to show {what}", f"use an account that may {right}")
    return unless_refused(refused, asked)

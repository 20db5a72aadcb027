"""The rules for clients, and for the subjects who may reach Tiller's port."""

from collections.abc import Iterator

from secure_tiller.plan import names, pem
from secure_tiller.plan.validation.settings import Check, Settings
from secure_tiller.problems import Problem


def some_client_is_named(s: Settings) -> Iterator[Problem]:
    if s.args.get("clients") == {}:
        why = "must name at least one client: Tiller does not start without a trusted certificate"
        yield s.problem("clients", {}, why, "add one: alice: {}")


def clients_are_labels(s: Settings) -> Iterator[Problem]:
    for name in s.clients:
        if not names.is_label(name):
            yield s.problem("clients", name, names.LABEL_RULE, "choose another name")


def requests_can_serve(s: Settings) -> Iterator[Problem]:
    for name, client in s.clients.items():
        if isinstance(request := client.get("csr"), str):
            for fault in pem.request_faults(request, name):
                yield s.hidden(f"clients.{name}.csr", fault)


def secrets_hold_a_key(s: Settings) -> Iterator[Problem]:
    for name, client in s.clients.items():
        if "csr" in client and "secret" in client:
            why = "has a `csr` too: the client makes its own key, so there is none to put into a Secret"
            yield s.problem(f"clients.{name}.secret", client["secret"], why, "remove one of the two")


def secrets_can_exist(s: Settings) -> Iterator[Problem]:
    for name, secret in s.secrets.items():
        yield from _misnamed(s, f"clients.{name}.secret", secret["namespace"], secret["name"])


def secrets_lie_where_the_client_runs(s: Settings) -> Iterator[Problem]:
    for name, secret in s.secrets.items():
        key, namespace = f"clients.{name}.secret.namespace", secret["namespace"]
        if namespace == s.namespace:
            why = "is Tiller's own namespace, in which nothing else runs"
            yield s.problem(key, namespace, why, "name the namespace in which the client runs")
        elif s.namespaces.get(namespace, {}).get("shared", False):
            why = "is shared with another team, whose charts could read the key and connect in the client's place"
            yield s.problem(key, namespace, why, "run the client in a namespace that is this team's alone")
        elif names.is_cluster_namespace(namespace):
            why = "the namespaces default and kube-* belong to the cluster, not to a team's client"
            yield s.problem(key, namespace, why, "run the client in a namespace of its own")


def secrets_are_apart(s: Settings) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for name, secret in s.secrets.items():
        place = (secret["namespace"], secret["name"])
        if place in first:
            why = f"is the Secret of client {first[place]} too: each client has a key of its own"
            yield s.problem(f"clients.{name}.secret", secret, why, "choose another name")
        first.setdefault(place, name)


def groups_and_users_are_not_reserved(s: Settings) -> Iterator[Problem]:
    for key, listed in (("groups", s.subjects.get("groups", ())), ("users", s.subjects.get("users", ()))):
        for i, name in enumerate(listed):
            if names.is_reserved_subject(name):
                why = "names with the prefix system: are reserved for Kubernetes; most of them are everybody"
                remedy = "name the team's own people; ServiceAccounts go under subjects.service_accounts"
                yield s.problem(f"subjects.{key}[{i}]", name, why, remedy)
            elif not name or name != name.strip() or not name.isprintable():
                why = "must be a name, without control characters, and without white space around it"
                yield s.problem(f"subjects.{key}[{i}]", name, why, "remove it, or write the name")


def service_accounts_can_exist(s: Settings) -> Iterator[Problem]:
    for i, account in enumerate(s.subjects.get("service_accounts", ())):
        yield from _misnamed(s, f"subjects.service_accounts[{i}]", account["namespace"], account["name"])


def _misnamed(s: Settings, key: str, namespace: str, name: str) -> Iterator[Problem]:
    """Yield what is wrong with the names of an object in a namespace."""
    if not names.is_label(namespace):
        yield s.problem(f"{key}.namespace", namespace, names.LABEL_RULE, "correct the name")
    if not names.is_subdomain(name):
        yield s.problem(f"{key}.name", name, names.SUBDOMAIN_RULE, "correct the name")


CHECKS: tuple[Check, ...] = (
    some_client_is_named,
    clients_are_labels,
    requests_can_serve,
    secrets_hold_a_key,
    secrets_can_exist,
    secrets_lie_where_the_client_runs,
    secrets_are_apart,
    groups_and_users_are_not_reserved,
    service_accounts_can_exist,
)

"""Settings that two Tillers of one program may not both claim."""

from collections.abc import Iterator, Sequence

from secure_tiller.plan import pem
from secure_tiller.plan.validation import Settings
from secure_tiller.problems import Problem


def conflicts(teams: Sequence[Settings]) -> Iterator[Problem]:
    """Yield a problem for what two teams of one cluster lay claim to: it is reported once, for the later team."""
    yield from in_cluster(teams)
    yield from in_trust(teams)


def in_cluster(teams: Sequence[Settings]) -> Iterator[Problem]:
    """Yield a problem for each object of the cluster that two teams lay claim to, or that one could read of another."""
    tillers: dict[str, str] = {}
    for team in teams:
        if team.namespace in tillers:
            why = f"is the Tiller namespace of team {tillers[team.namespace]} too; each Tiller has one of its own"
            yield team.problem("namespace", team.namespace, why, "set another `namespace`")
        tillers.setdefault(team.namespace, team.name)
    yield from _managed_twice(teams)
    for team in teams:
        for key, name in _reached(team):
            if tillers.get(name, team.name) != team.name:
                why = f"is the Tiller namespace of team {tillers[name]}: its keys would be within this team's reach"
                yield team.problem(key, name, why, "remove it")
    yield from _keys_in_reach(teams)


def _managed_twice(teams: Sequence[Settings]) -> Iterator[Problem]:
    first: dict[str, Settings] = {}
    for team in teams:
        for name, namespace in team.namespaces.items():
            other = first.setdefault(name, team)
            if other is team or (namespace.get("shared", False) and other.namespaces[name].get("shared", False)):
                continue
            why = f"is managed by team {other.name} too; what two Tillers install there overwrites each other"
            yield team.problem("namespaces", name, why, "leave it to one of the teams, or set `shared: true` in both")


def _reached(team: Settings) -> Iterator[tuple[str, str]]:
    """Yield each namespace that a team's settings name, but its own Tiller's, and where they name it."""
    yield from (("namespaces", name) for name in team.namespaces)
    yield from ((f"clients.{client}.secret.namespace", at["namespace"]) for client, at in team.secrets.items())


def _keys_in_reach(teams: Sequence[Settings]) -> Iterator[Problem]:
    """Yield a problem for each client's Secret in a namespace of another team, which could read its key."""
    managers = {name: other.name for other in teams for name in other.namespaces}
    taken: dict[tuple[str, str], str] = {}
    for team in teams:
        for client, secret in team.secrets.items():
            key, namespace = f"clients.{client}.secret", secret["namespace"]
            if managers.get(namespace, team.name) != team.name and namespace not in team.namespaces:
                why = f"is managed by team {managers[namespace]}, which could read the key"
                yield team.problem(f"{key}.namespace", namespace, why, "run the client in another namespace")
            owner = taken.setdefault((namespace, secret["name"]), team.name)
            if owner != team.name:
                yield team.problem(key, secret, f"is the Secret of a client of team {owner} too", "choose another name")


def in_trust(teams: Sequence[Settings]) -> Iterator[Problem]:
    """Yield a problem for each CA that two teams trust: whom it signs for could call both Tillers, on any cluster."""
    before: list[tuple[str, str]] = []
    for team in teams:
        own = [(n, t) for n, t in team.certificates.get("trusted_client_cas", {}).items() if isinstance(t, str)]
        for name, text in own:
            for owner in sorted({owner for owner, other in before if pem.trust_the_same(text, other)}):
                why = (
                    f"is trusted by team {owner} too, or signed by what it trusts: its clients could call both Tillers"
                )
                at = f"certificates.trusted_client_cas.{name}"
                yield Problem(team.name, at, "(not shown)", why, "have each team's clients signed by a CA of its own")
        before += [(team.name, text) for _, text in own]

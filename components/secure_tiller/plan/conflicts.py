"""Settings that two Tillers of one program may not both claim."""

from collections.abc import Iterable, Iterator, Sequence

from secure_tiller.plan import chains, pem
from secure_tiller.plan.validation import Settings
from secure_tiller.problems import Problem, shown


def conflicts(teams: Sequence[Settings]) -> Iterator[Problem]:
    """Yield a problem for what two teams of one cluster lay claim to: it is reported once, for the later team."""
    yield from in_cluster(teams)
    yield from in_trust(teams)


def in_cluster(teams: Sequence[Settings]) -> Iterator[Problem]:
    """Yield a problem for each object of the cluster that two teams lay claim to, or that one could read of another."""
    tillers: dict[str, str] = {}
    names = [team.name for team in teams]
    for number, team in enumerate(teams):
        if team.name in names[:number]:
            why = "names two Tillers on one cluster, whose namespaces and Secrets could not be kept apart"
            yield Problem(team.name, "", shown(team.name), why, "give one of them another name")
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
    """Yield a problem for each CA whose clients could call the Tillers of two teams, on any cluster."""
    for number, team in enumerate(teams):
        yield from trusted_too(team, teams[:number])


def trusted_too(team: Settings, others: Iterable[Settings]) -> Iterator[Problem]:
    """Yield a problem for each CA of a team whose clients could call the Tiller of another one too, on any cluster.

    A CA that only the update will know is passed over.
    """
    theirs: dict[str, list[str]] = {}
    for other in others:
        theirs.setdefault(other.name, []).extend(_known_cas(other).values())
    own = _known_cas(team)
    for name, text in own.items():
        for owner, texts in sorted(theirs.items()):
            for why, remedy in _shared(owner, text, list(own.values()), texts):
                yield Problem(team.name, f"certificates.trusted_client_cas.{name}", "(not shown)", why, remedy)


def _known_cas(team: Settings) -> dict[str, str]:
    given = team.certificates.get("trusted_client_cas", {})
    return {name: text for name, text in given.items() if isinstance(text, str)}


def _shared(owner: str, text: str, own: Sequence[str], others: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield why whom a CA signs for could call the Tiller of another team too, or the other way, and the remedy."""
    if any(pem.trust_the_same(text, other) for other in others):
        why = f"is trusted by team {owner} too, or signed by what it trusts: its clients could call both Tillers"
        yield why, "have each team's clients signed by a CA of its own"
    elif chains.may_meet(text, own, others):
        why = (
            f"and a CA of team {owner} may stand one above the other, through a CA that neither team lists: the "
            "clients of the lower one could call both Tillers"
        )
        yield why, "have the upper one reissued with its key and a path length of 0, or use a self-signed lower one"

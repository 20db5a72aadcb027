"""The same teams on every cluster of a fleet."""

import pulumi

from secure_tiller_stack import deploy

TEAMS = ("orders", "search")

for name, cluster in pulumi.Config().require_object("clusters").items():
    # A team's name is unique in the program: no client of one cluster is one of another.
    teams = {
        f"{team}-{name}": {"namespaces": {f"{team}-apps": {"retain_on_delete": False}}, "clients": {"ci": {}}}
        for team in TEAMS
    }
    # Each cluster has a provider of its own, under a name of its own.
    tillers = deploy(teams, cluster=cluster, provider_name=name)
    pulumi.export(name, {team: tiller.bundles["ci"] for team, tiller in tillers.items()})

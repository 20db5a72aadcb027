"""The changes of stack files whose previews are kept: two teams, and what a pull request does to them."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support import pki

Teams = dict[str, dict[str, Any]]

PARTNER = pki.authority("partner").pem
"""A CA of somebody else's."""

RUN = "run()\n"
"""The line of the program before which a transform is put."""

TRANSFORM = """
import pulumi


def careless(args):
    if args.type_ == "kubernetes:apps/v1:Deployment" and args.name == "{blue}-deployment":
        pod = args.props["spec"]["template"]["spec"]
        container = pod["containers"][0]
        container["args"] = [argument for argument in container["args"] if argument != "--tls-verify=true"]
        container["securityContext"]["readOnlyRootFilesystem"] = False
        pod["hostNetwork"] = True
        metadata = args.props["spec"]["template"]["metadata"]
        metadata["annotations"]["container.apparmor.security.beta.kubernetes.io/tiller"] = "unconfined"
        return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)
    if args.type_.endswith(":Role") and args.name == "{blue}-manage:{blue}-apps":
        args.props["rules"].append({{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}})
        return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)
    if args.type_.endswith(":Secret") and args.name == "{blue}-tls":
        theirs = {{"ca.crt": "a CA of somebody else"}}
        args.props["stringData"] = args.props["stringData"].apply(lambda made: {{**made, **theirs}})
        return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)
    if args.type_.endswith(":LocallySignedCert") and args.name == "{blue}-client:alice":
        args.props["validityPeriodHours"] = 87600
        return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)
    return None


pulumi.runtime.register_resource_transform(careless)

"""
"""Resources that somebody adds to a program, and should not."""


@dataclass(frozen=True)
class Names:
    """The names of the teams in a run; their namespaces begin with that."""

    blue: str
    green: str
    gold: str


Edit = Callable[[Names, Teams], None]


def base(names: Names) -> Teams:
    """The teams that are deployed: green is protected, and in the middle of a change of its server's CA."""
    return {
        names.blue: {
            "namespaces": {
                f"{names.blue}-apps": {},
                f"{names.blue}-jobs": {"retain_on_delete": False},
                f"{names.blue}-web": {},
            },
            "clients": {"alice": {}, "ci": {}},
            "subjects": {"groups": ["blue-developers"]},
        },
        names.green: {
            "namespaces": {f"{names.green}-apps": {}},
            "clients": {"bob": {}},
            "certificates": {"server_cas": [1, 2]},
            "protect": True,
        },
    }


def changed(names: Names, change: str) -> Teams:
    """The teams as a pull request has them."""
    teams = copy.deepcopy(base(names))
    CHANGES[change](names, teams)
    return teams


def _new_team(names: Names, teams: Teams) -> None:
    teams[names.gold] = {
        "namespaces": {f"{names.gold}-apps": {}, f"{names.gold}-raw": {"pod_security": "privileged",
                       "pod_security_reason": "mounts devices; approved in SEC-1234"}},
        "clients": {"gus": {}},
        "rights": {"roles": True},
    }  # fmt: skip


def _exposed(names: Names, teams: Teams) -> None:
    teams[names.blue]["clients"]["ci"] = {"secret": {"namespace": f"{names.blue}-apps", "name": "tiller-ci"}}
    teams[names.blue]["expose"] = "cluster"


def _weaker_pods(names: Names, teams: Teams) -> None:
    reason = {"pod_security": "privileged", "pod_security_reason": "CSI driver | see <b>SEC-1</b> @security"}
    teams[names.blue]["namespaces"][f"{names.blue}-apps"] = reason


def _renamed(names: Names, teams: Teams) -> None:
    blue = teams.pop(names.blue)
    teams[names.gold] = {**blue, "formerly": names.blue, "namespace": f"{names.blue}-tiller"}


def _setting(team: str, key: str, value: Any) -> Edit:
    """Return the edit that gives a team another value of one setting; None takes the setting away."""

    def edit(names: Names, teams: Teams) -> None:
        settings = teams[getattr(names, team)]
        settings.pop(key, None)
        if value is not None:
            settings[key] = value

    return edit


def _of_namespace(namespace: str, value: Mapping[str, Any] | None) -> Edit:
    """Return the edit that gives a namespace of blue other settings; None takes it away."""

    def edit(names: Names, teams: Teams) -> None:
        managed = teams[names.blue]["namespaces"]
        managed.pop(f"{names.blue}-{namespace}", None)
        if value is not None:
            managed[f"{names.blue}-{namespace}"] = dict(value)

    return edit


def _both(*edits: Edit) -> Edit:
    """Return the edit that does several, one after the other."""

    def edit(names: Names, teams: Teams) -> None:
        for one in edits:
            one(names, teams)

    return edit


def _nothing(_names: Names, _teams: Teams) -> None:
    pass


POD = {
    "image": "registry.example.org/helm/tiller:v2.17.0",
    "history_max": 5,
    "resources": {"limits": {"memory": "1Gi"}},
    "node_selector": {"kubernetes.io/os": "linux"},
    "rollout_timeout": "2m",
}
OPERATOR = {"api_groups": ["monitoring.coreos.com"], "resources": ["servicemonitors"], "verbs": ["get", "create"]}

CHANGES: Mapping[str, Edit] = {
    "nothing": _nothing,
    "team-added": _new_team,
    "team-removed": lambda names, teams: teams.__delitem__(names.blue),
    "team-renamed": _renamed,
    "client-joins": _setting("blue", "clients", {"alice": {}, "ci": {}, "dora": {}}),
    "client-loses-access": _setting("blue", "clients", {"alice": {}}),
    "typical": _both(
        _setting("blue", "clients", {"alice": {}, "dora": {}}), _setting("green", "rights", {"network_policies": True})
    ),
    "client-generation": _setting("blue", "clients", {"alice": {"generation": 2}, "ci": {}}),
    "subjects": _setting("blue", "subjects", {"groups": ["blue-leads"], "users": ["carol@example.org"]}),
    "rights-granted": _setting("blue", "rights", {"network_policies": True, "rules": [OPERATOR]}),
    "rights-narrowed": _setting("green", "rights", {"preset": "none", "rules": [OPERATOR]}),
    "exposed": _exposed,
    "pod-security-weakened": _weaker_pods,
    "namespaces": _both(_of_namespace("apps", None), _of_namespace("jobs", None), _of_namespace("new", {})),
    "options": _both(_of_namespace("apps", {"retain_on_delete": False}), _setting("green", "protect", None)),
    "server-ca-added": _setting("blue", "certificates", {"server_cas": [1, 2]}),
    "server-ca-signs": _setting("green", "certificates", {"server_cas": [2, 1]}),
    "server-ca-removed": _setting("green", "certificates", {"server_cas": [2]}),
    "emergency-generation": _setting("green", "certificates", {"server_cas": [1, 2], "generation": 2}),
    "pod": _both(_setting("blue", "pod", POD), _setting("blue", "labels", {"cost-center": "42"})),
    "trusted-ca": _setting("blue", "certificates", {"trusted_client_cas": {"partner": PARTNER}}),
    "failed": _setting("blue", "expse", "cluster"),
    "transform": _nothing,
    "renewal": _nothing,
    "drift": _nothing,
}
"""By the name of the golden files, what is done to the teams; the last three change something else."""

AGAIN = (
    *("nothing", "team-added", "team-removed", "team-renamed", "client-loses-access", "typical", "rights-granted"),
    *("exposed", "pod-security-weakened", "namespaces", "server-ca-removed", "emergency-generation"),
    *("failed", "transform", "renewal"),
)
"""Those that `make test` previews again each time; `make golden` previews all."""

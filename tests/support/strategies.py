"""Settings as hypothesis makes them up."""

import functools
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from secure_tiller.args import RuleArgs
from secure_tiller.plan.names import server_names
from tests.support import pki
from tests.support.samples import LEASES, OWN_CA, PARTNER

labels = st.text("ab-z09", max_size=12).map("a{}9".format)
names = labels.filter(lambda name: name not in ("default", "team-tiller") and not name.startswith("kube-"))
texts = st.text(alphabet="abcxyz:@.-", min_size=1).filter(lambda text: not text.startswith("system:"))

created = st.fixed_dictionaries(
    {}, optional={"pod_security": st.sampled_from(["baseline", "restricted"]), "retain_on_delete": st.booleans()}
)
existing = st.fixed_dictionaries({"existing": st.just(True)}, optional={"shared": st.booleans()})
privileged = st.fixed_dictionaries(
    {"pod_security": st.just("privileged"), "pod_security_reason": st.text("abc ", min_size=1).filter(str.strip)}
)
managed: st.SearchStrategy[Mapping[str, Any]] = st.dictionaries(
    names, st.one_of(created, existing, privileged), min_size=1, max_size=4
)
accounts = st.lists(st.fixed_dictionaries({"namespace": names, "name": labels}), max_size=2)
subjects = st.fixed_dictionaries(
    {},
    optional={
        "groups": st.lists(texts, max_size=2),
        "users": st.lists(texts, max_size=2),
        "service_accounts": accounts,
    },
)

SCALE: RuleArgs = {"api_groups": ["", "apps"], "resources": ["deployments/scale"], "verbs": ["patch"]}
rules = st.lists(st.sampled_from([LEASES, SCALE]), min_size=1, max_size=2)
rights = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "preset": st.just("edit"),
            "network_policies": st.booleans(),
            "roles": st.booleans(),
            "rules": rules,
        },
    ),
    st.fixed_dictionaries({"preset": st.just("none"), "rules": rules}),
)

durations = st.builds("{}{}".format, st.integers(1, 500), st.sampled_from("hd"))
lives = st.fixed_dictionaries({}, optional={"validity": durations, "renew_before": durations})
certificates = st.fixed_dictionaries({}, optional={"ca": lives, "server": lives, "client": lives})
"""Lives of certificates, many of them impossible."""


@st.composite
def possible_lives(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    """Lives under which no leaf outlives its CA."""
    leaves = {part: draw(st.integers(2, 2400)) for part in ("server", "client")}
    spare = draw(st.integers(1, 2400))
    left = max(leaves.values()) + spare
    ca = {"validity": f"{left + draw(st.integers(1, 2400))}h", "renew_before": f"{left}h"}
    return {"ca": ca, **{part: {"validity": f"{hours}h"} for part, hours in leaves.items()}}


keys = st.fixed_dictionaries(
    {},
    optional={
        "server_cas": st.lists(st.integers(1, 4), min_size=1, unique=True),
        "generation": st.integers(1, 9999),
        "trusted_client_cas": st.builds(
            lambda names, cas: dict(zip(names, cas, strict=False)),
            st.lists(labels, max_size=2, unique=True),
            st.permutations([PARTNER.pem, OWN_CA.pem]),
        ),
    },
)


@functools.cache
def _own_server() -> dict[str, str]:
    pair = pki.server(OWN_CA, names=server_names("team-tiller", exposed=True))
    return {"certificate": pair.pem, "key": pair.key_pem, "ca": OWN_CA.pem}


@st.composite
def right_certificates(draw: st.DrawFn) -> dict[str, Any]:
    """Settings of certificates that are right."""
    wanted: dict[str, Any] = draw(keys)
    if draw(st.integers(0, 4)) == 0:
        wanted.pop("server_cas", None)
        return {**wanted, "server_certificate": _own_server()}
    return {**wanted, **draw(possible_lives())} if draw(st.booleans()) else wanted


@functools.cache
def _request(name: str) -> str:
    return pki.request(name)


@st.composite
def clients(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Clients of each kind, with Secrets of their own."""
    secret = st.fixed_dictionaries({"namespace": names, "name": labels})
    found: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(draw(st.lists(labels, min_size=1, max_size=4, unique=True))):
        match draw(st.sampled_from(["plain", "secret", "csr"])):
            case "secret":
                place = draw(secret)
                found[name] = {"secret": {**place, "name": f"{place['name']}-{i}"}}
            case "csr":
                found[name] = {"csr": _request(name)}
            case _:
                found[name] = {}
        if draw(st.integers(0, 3)) == 0:
            found[name]["generation"] = draw(st.integers(1, 9999))
    return found


pod = st.fixed_dictionaries(
    {},
    optional={
        "image": st.sampled_from(["ghcr.io/helm/tiller:v2.16.12", f"tiller@sha256:{'a' * 64}"]),
        "history_max": st.integers(1, 1000),
        "resources": st.fixed_dictionaries({}, optional={"limits": st.just({"cpu": "2", "memory": "1Gi"})}),
        "node_selector": st.dictionaries(labels, labels, max_size=2),
        "tolerations": st.lists(st.sampled_from([{"operator": "Exists"}, {"key": "dedicated", "value": "helm"}])),
        "priority_class": labels,
        "rollout_timeout": st.sampled_from(["10s", "90s", "5m", "1h"]),
    },
)
described = st.dictionaries(labels.map("example.org/{}".format), labels, max_size=2)


@st.composite
def _settings(draw: st.DrawFn) -> dict[str, Any]:
    wanted: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {"namespaces": managed, "clients": clients()},
            optional={
                "subjects": subjects,
                "rights": rights,
                "certificates": right_certificates(),
                "pod": pod,
                "labels": described,
                "annotations": described,
            },
        )
    )
    kept = {client["secret"]["namespace"] for client in wanted["clients"].values() if "secret" in client}
    # A client's key does not go where another team's charts run.
    wanted["namespaces"] = {
        name: {key: value for key, value in one.items() if name not in kept or key != "shared"}
        for name, one in wanted["namespaces"].items()
    }
    if draw(st.booleans()) and kept:
        wanted["expose"] = "cluster"
    return wanted


settings = _settings()
"""Settings of the team `team` that are right."""

WORDS = (
    *("namespaces", "clients", "namespace", "subjects", "groups", "service_accounts", "existing", "name", "shared"),
    *("csr", "secret", "rights", "rules", "verbs", "resources", "api_groups", "certificates", "ca", "server", "client"),
    *("validity", "server_cas", "generation", "server_certificate", "key", "trusted_client_cas", "expose", "pod"),
    *("image", "requests", "limits", "tolerations", "labels", "annotations", "x"),
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=15,
)
"""Anything that a stack's file can hold, with the words of the settings in the wrong places."""


@st.composite
def misplaced(draw: st.DrawFn) -> dict[str, Any]:
    """Right settings in one part of which stands anything."""
    wanted = draw(settings)
    part = draw(st.sampled_from(sorted(wanted)))
    within = wanted[part]
    if isinstance(within, dict) and within and draw(st.booleans()):
        return {**wanted, part: {**within, draw(st.sampled_from(sorted(within))): draw(plain)}}
    return {**wanted, part: draw(plain)}

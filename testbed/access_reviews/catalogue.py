"""Everything that can be asked of an API server: what its discovery offers, and what only authorization knows.

Source of what is added by hand: Kubernetes 1.36, where the packages are named.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from testbed.access_reviews.rules import Request
from testbed.access_reviews.server import Server

REQUEST_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
"""The verbs that requests for resources have (Kubernetes documentation, Authorization)."""

IMPERSONATION_MODES = ("associated-node", "arbitrary-node", "serviceaccount", "user-info")
"""Modes of constrained impersonation, KEP-5284 (apiserver, pkg/endpoints/filters/impersonation/mode.go)."""

SPECIAL_VERBS = (
    "*",
    "escalate",  # pkg/registry/rbac/escalation_check.go
    "bind",
    "impersonate",
    *(f"impersonate:{mode}" for mode in IMPERSONATION_MODES),
    "approve",  # pkg/certauthorization
    "sign",
    "attest",  # ClusterTrustBundles, plugin/pkg/admission/certificates/ctbattest
    "use",  # of policies that other distributions and older versions have
    "request-serviceaccounts-token-audience",  # plugin/pkg/admission/noderestriction
    "unsafe-delete-ignore-read-errors",  # apiserver, pkg/endpoints/handlers/delete.go
    "associated-node:update",  # pkg/registry/resource/utils.go
    "arbitrary-node:update",
)
"""Verbs that no request has, and that authorization is asked for besides it."""

OTHER_NAME = "another"
"""The name of an object that no rule names."""

_AUTHENTICATION = "authentication.k8s.io"
_BY_HAND: Mapping[tuple[str, str], tuple[str, ...]] = {
    # Whom to impersonate, in the old way and in that of KEP-5284.
    ("", "users"): ("system:admin", "system:kube-controller-manager"),
    ("", "groups"): ("system:masters",),
    (_AUTHENTICATION, "users"): ("system:admin",),
    (_AUTHENTICATION, "groups"): ("system:masters",),
    (_AUTHENTICATION, "uids"): (OTHER_NAME,),
    (_AUTHENTICATION, "userextras"): (OTHER_NAME,),
    (_AUTHENTICATION, "userextras/scopes"): (OTHER_NAME,),
    (_AUTHENTICATION, "userextras/authentication.kubernetes.io/pod-name"): (OTHER_NAME,),
    (_AUTHENTICATION, "serviceaccounts"): (OTHER_NAME,),
    (_AUTHENTICATION, "nodes"): (OTHER_NAME,),
    ("certificates.k8s.io", "signers"): ("kubernetes.io/kube-apiserver-client", "kubernetes.io/*"),
    # What the kubelet asks for (pkg/kubelet/server/auth.go).
    **{("", f"nodes/{part}"): () for part in ("checkpoint", "configz", "healthz", "log", "metrics", "pods", "stats")},
    ("", "nodes/statusz"): (),
    ("resource.k8s.io", "resourceclaims/binding"): (),
    ("resource.k8s.io", "resourceclaims/driver"): (OTHER_NAME,),
    # What is not served here: old groups that rules still name, policies of others, and what may be installed one day.
    ("extensions", "deployments"): (),
    ("extensions", "ingresses"): (),
    ("policy", "podsecuritypolicies"): (OTHER_NAME,),
    ("security.openshift.io", "securitycontextconstraints"): ("privileged",),
    ("metrics.k8s.io", "pods"): (),
    ("example.org", "widgets"): (),
    ("example.org", "widgets/status"): (),
    ("*", "*"): (),
    ("", "*"): (),
    ("*", "*/*"): (),
}
"""Resources that discovery does not offer, and the names that requests for them carry."""

_PATHS = (
    *("*", "/", "/*", "/index.html", "/api/", "/apis/*", "/healthz/*", "/version/"),
    *("/debug", "/debug/pprof", "/debug/pprof/heap", "/debug/pprof/profile", "/debug/flags/v", "/debug/api_priority"),
    *("/configz", "/logs", "/logs/kube-apiserver.log", "/metrics/cadvisor", "/.well-known/openid-configuration/"),
    *("/openid/v1/jwks/", "/swagger.json", "/livezz", "/somewhere/else"),
)
"""Paths that the API server serves without listing them, and some that it does not serve."""

_PATH_VERBS = ("get", "head", "post", "put", "patch", "delete", "*")


@dataclass(frozen=True)
class Offer:
    """A resource that can be asked for.

    Attributes:
        group: API group of its path; empty is the core.
        resource: with its subresource.
        verbs: those that discovery lists; those of `REQUEST_VERBS` where discovery does not know it.
        names: of objects that requests carry besides none.
    """

    group: str
    resource: str
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()

    def asked(self) -> tuple[str, ...]:
        """Every verb, whether it is offered or not, and what impersonation adds to the offered ones."""
        on_behalf = (f"impersonate-on:{mode}:{verb}" for mode in IMPERSONATION_MODES for verb in self.verbs)
        return (*REQUEST_VERBS, *SPECIAL_VERBS, *on_behalf)


@dataclass(frozen=True)
class Catalogue:
    """Every resource and path that requests can name."""

    offers: tuple[Offer, ...]
    paths: tuple[str, ...]

    def requests(self, namespace: str, names: Mapping[tuple[str, str], Iterable[str]]) -> Iterator[Request]:
        """Yield every request in a namespace; empty is the cluster scope, which has the paths.

        Args:
            namespace: where.
            names: by group and resource, the objects that rules name: they are asked for, and another one.
        """
        for offer in self.offers:
            named = tuple(names.get((offer.group, offer.resource), ()))
            objects = dict.fromkeys(("", *offer.names, *named, *((OTHER_NAME,) if named else ())))
            for verb in offer.asked():
                for name in objects:
                    yield Request(verb, offer.group, offer.resource, namespace, name)
        if not namespace:
            yield from (Request(verb, path=path) for path in self.paths for verb in _PATH_VERBS)


def discover(server: Server) -> Catalogue:
    """Return what an API server's discovery offers, in every version, and what is added by hand."""
    versions = {"/api/v1": ""}
    for group in server.get("/apis")["groups"]:
        versions |= {f"/apis/{version['groupVersion']}": group["name"] for version in group["versions"]}
    found: dict[tuple[str, str], set[str]] = {key: set(REQUEST_VERBS) for key in _BY_HAND}
    for path, name in versions.items():
        # The group of the path is what is authorized: a Deployment's scale is of autoscaling, and asked for in apps.
        for resource in server.get(path)["resources"]:
            found.setdefault((name, resource["name"]), set()).update(resource["verbs"])
    offers = (Offer(*key, tuple(sorted(verbs)), _BY_HAND.get(key, ())) for key, verbs in sorted(found.items()))
    return Catalogue(tuple(offers), tuple(sorted({*server.get("/")["paths"], *_PATHS})))

"""The practices, as a table; docs/practices.md is written from it."""

from tiller_facts.practices import account, authorization, certificates, clients, component, endpoint, pod, storage
from tiller_facts.practices.model import Practice

PRACTICES: tuple[Practice, ...] = (
    authorization.CLUSTER_DECIDES_BY_RBAC,
    authorization.SECRETS_CLOSED,
    certificates.CERTIFICATE_OF_ITS_OWN,
    certificates.CLIENT_CA_OF_ITS_OWN,
    endpoint.ENDPOINT_CLOSED,
    endpoint.PROBE_CLOSED,
    endpoint.NO_SERVICE,
    endpoint.PORT_FORWARD_RESTRICTED,
    storage.RELEASES_IN_SECRETS,
    storage.NO_RELEASE_IN_CONFIGMAPS,
    account.ACCOUNT_OF_ITS_OWN,
    account.NAMESPACE_OF_ITS_OWN,
    account.RIGHTS_IN_NAMESPACES_ONLY,
    account.RIGHTS_BY_NAME,
    account.RIGHTS_THAT_STAY,
    account.RIGHTS_END_AT_OTHERS,
    clients.CLIENTS_VERIFIED,
    clients.TILLER_VERIFIED,
    storage.HISTORY_LIMITED,
    pod.SUPPORTED_VERSION,
    pod.LIMITS,
    pod.NOT_ROOT,
    pod.PODS_AS_DESCRIBED,
    pod.TILLER_RECOGNISED,
    component.COMPONENT_INTACT,
)
"""In the order of the guide's practices, and by theme."""

BY_CODE = {practice.code: practice for practice in PRACTICES}

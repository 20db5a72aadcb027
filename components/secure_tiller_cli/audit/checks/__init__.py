"""What is looked at in each Tiller: small checks that read as a table, each of a Case and yielding findings."""

from collections.abc import Callable, Iterator

from secure_tiller_cli.audit.case import Case
from secure_tiller_cli.audit.checks import account, endpoint, pod, reach, releases
from secure_tiller_cli.audit.finding import Finding

Check = Callable[[Case], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    endpoint.clients_are_verified,
    endpoint.certificate_is_its_own,
    endpoint.listens_for_its_pod_alone,
    endpoint.probes_are_closed,
    reach.no_service_leads_to_it,
    reach.no_port_of_its_node_leads_to_it,
    reach.nobody_forwards_a_port_without_a_certificate,
    account.rights_are_told,
    account.rights_are_limited,
    account.rights_are_named,
    account.rights_stay,
    account.rights_end_at_others,
    account.account_is_its_own,
    account.namespace_is_its_own,
    releases.stored_in_secrets,
    releases.none_left_in_configmaps,
    releases.history_is_limited,
    pod.version_is_the_last,
    pod.has_limits,
    pod.is_not_root,
    pod.runs_as_described,
)

"""Storage: where Tiller keeps its releases, which hold all values of their charts, passwords too."""

from collections.abc import Iterator

from tiller_facts.practices.case import Case
from tiller_facts.practices.model import Finding, Practice, Report, some
from tiller_facts.severity import Severity
from tiller_facts.values import Hidden, known


def releases_are_in_secrets(case: Case, report: Report) -> Iterator[Finding]:
    """Find out where it keeps its releases."""
    storage = case.flags.storage
    if isinstance(storage, Hidden):
        text = f"its description does not decide where it keeps releases: {storage.reason}"
        remedy = "write the flag in the pod's args, with its value: --storage=secret"
        yield report.hidden("storage-unknown", text, remedy=remedy, unknown=(3,))
    elif known(storage) == "configmap":
        text = "keeps releases in ConfigMaps, which more people read than Secrets"
        yield report("releases-in-configmaps", text, no=(3,))
    elif storage == "memory":
        text = "keeps releases in its memory: when it restarts they are gone"
        yield report("releases-in-memory", text, severity=Severity.MEDIUM, no=(3,))
    elif storage == "sql":
        text = "keeps releases in a database, which no right in the cluster protects"
        yield report("releases-in-database", text, severity=Severity.MEDIUM, no=(3,))


def none_is_left_in_configmaps(case: Case, report: Report) -> Iterator[Finding]:
    """Find releases in ConfigMaps where it stores its own."""
    namespace, records = case.flags.namespace, case.facts.records
    if isinstance(case.flags.storage, Hidden):  # another finding reports it
        return
    if isinstance(records, Hidden):
        text = f"whether releases are in ConfigMaps could not be seen: {records.reason}"
        yield report.hidden("records-unknown", text, remedy="let the account that asks list configmaps", unknown=(3,))
    elif isinstance(namespace, Hidden):
        text = f"its description does not decide in which namespace it keeps releases: {namespace.reason}"
        yield report.hidden("records-unknown", text, remedy="set TILLER_NAMESPACE by value", unknown=(3,))
    elif names := known(records).get(known(namespace) or case.tiller.namespace):
        text = "releases are in ConfigMaps where it keeps its own"
        yield report("records-in-configmaps", text, detail=some(sorted(names)), no=(3,))


def history_is_limited(case: Case, report: Report) -> Iterator[Finding]:
    """Find out whether it forgets old revisions."""
    kept = case.flags.history_max
    if isinstance(kept, Hidden):
        text = f"its description does not decide how many revisions it keeps: {kept.reason}"
        yield report.hidden("history-unknown", text)
    elif known(kept) == 0:
        text = "keeps every revision of a release, until listing them exhausts its memory"
        yield report("unlimited-history", text)


RELEASES_IN_SECRETS = Practice(
    code="releases-in-secrets",
    guide=3,
    severity=Severity.HIGH,
    title="Tiller keeps its releases in Secrets",
    why="Releases hold every value of every chart. `configmap`, Tiller's default, shows them to whoever reads "
    "ConfigMaps. `memory` loses them at a restart. `sql` keeps them in a database, which no right in the cluster "
    "protects.",
    remedy="give Tiller --storage=secret, and migrate the releases that it has",
    findings={
        "releases-in-configmaps": "its storage is ConfigMaps",
        "releases-in-memory": "its storage is its memory",
        "releases-in-database": "its storage is a database",
        "storage-unknown": "a script or a value elsewhere decides where releases go",
    },
    of_tiller=releases_are_in_secrets,
)

NO_RELEASE_IN_CONFIGMAPS = Practice(
    code="no-release-in-configmaps",
    guide=3,
    severity=Severity.HIGH,
    title="No release is left in ConfigMaps",
    why="A Tiller that moved to Secrets leaves its earlier records in ConfigMaps.",
    remedy="migrate the releases to Secrets, then delete the ConfigMaps",
    findings={
        "records-in-configmaps": "there are releases in ConfigMaps where it stores its own",
        "records-unknown": "ConfigMaps could not be listed, or a value elsewhere decides where it stores releases",
    },
    of_tiller=none_is_left_in_configmaps,
    compares=True,
)

HISTORY_LIMITED = Practice(
    code="history-limited",
    severity=Severity.LOW,
    title="Tiller forgets old revisions",
    why="Unless `--history-max` or `TILLER_HISTORY_MAX` limits them, Tiller keeps every revision of a release. In the "
    "end, listing them exhausts its memory.",
    remedy="give Tiller --history-max=20",
    findings={
        "unlimited-history": "keeps every revision of a release",
        "history-unknown": "a script or a value elsewhere decides how many revisions it keeps",
    },
    of_tiller=history_is_limited,
)

"""Where Tiller keeps its releases, which hold all values of their charts, passwords too."""

from collections.abc import Iterator

from secure_tiller_cli.audit.case import Case
from secure_tiller_cli.audit.finding import Finding, Level, some

SECRETS = "give Tiller --storage=secret"


def stored_in_secrets(case: Case) -> Iterator[Finding]:
    storage = case.settings.storage
    if storage is None:
        text = "its description does not tell where it keeps releases"
        yield Finding(Level.HIGH, "storage-unknown", text, f"write the flag in the pod's args: {SECRETS}")
    elif storage == "configmap":
        text = "keeps releases in ConfigMaps, which more people read than Secrets"
        yield Finding(Level.HIGH, "releases-in-configmaps", text, f"{SECRETS}, and migrate its releases")
    elif storage == "memory":
        text = "keeps releases in its memory: when it restarts they are gone"
        yield Finding(Level.MEDIUM, "releases-in-memory", text, SECRETS)
    elif storage == "sql":
        text = "keeps releases in a database, which no right in the cluster protects"
        yield Finding(Level.MEDIUM, "releases-in-database", text, SECRETS)


def none_left_in_configmaps(case: Case) -> Iterator[Finding]:
    if case.records is None:
        text = "whether releases are in ConfigMaps was not told"
        yield Finding(Level.HIGH, "records-unknown", text, "audit with an account that may list configmaps")
    elif case.records:
        namespace = case.settings.namespace or case.tiller.namespace
        text = f"releases are in ConfigMaps of {namespace}: {some(case.records)}"
        yield Finding(Level.HIGH, "records-in-configmaps", text, "migrate them to Secrets, then delete them")


def history_is_limited(case: Case) -> Iterator[Finding]:
    if case.settings.history_max is None:
        text = "its description does not tell how many revisions it keeps"
        yield Finding(Level.LOW, "history-unknown", text, "give Tiller --history-max=20")
    elif case.settings.history_max == 0:
        text = "keeps every revision of a release, until listing them exhausts its memory"
        yield Finding(Level.LOW, "unlimited-history", text, "give Tiller --history-max=20")

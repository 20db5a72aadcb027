"""Where releases are kept: in Secrets, for ConfigMaps are read by many, and a release holds all values of its chart."""

from collections.abc import Iterator

from secure_tiller_cli.check.observed_state import Object, ObservedState, Readable, Records, Unreadable, Workload
from secure_tiller_cli.restore import RESTORE
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller
from tiller_facts import flags
from tiller_facts.values import settle

RECORDS = "releases are in Secrets alone"
SETTING = "running Tiller stores in Secrets"


def judge(tiller: DeployedTiller, seen: ObservedState) -> Iterator[Result]:
    """Yield the results about storage."""
    yield _records(tiller, seen.records)
    yield _setting(tiller, seen.workload)


def _records(tiller: DeployedTiller, records: Readable[Records]) -> Result:
    if isinstance(records, Unreadable):
        return records.result(tiller.name, RECORDS)
    if records.config_maps:
        text = f"release records in ConfigMaps of {tiller.namespace}: {join_limited(records.config_maps)}"
        remedy = "find out which Tiller wrote them; secure-tiller migrate moves them into Secrets"
        return Result(tiller.name, RECORDS, Status.FAILED, text, remedy)
    return Result(tiller.name, RECORDS, Status.PASSED, f"records in Secrets: {records.secrets}, in ConfigMaps: none")


def _setting(tiller: DeployedTiller, workload: Readable[Workload]) -> Result:
    if isinstance(workload, Unreadable):
        return workload.result(tiller.name, SETTING)
    stores = {pod["metadata"]["name"]: _storages(pod) for pod in workload.ready}
    wrong = [f"{name} ({found or 'no Tiller in it'})" for name, found in stores.items() if found != "secret"]
    if wrong or not stores:
        text = f"not in Secrets: {join_limited(wrong)}" if wrong else "no pod is ready"
        return Result(tiller.name, SETTING, Status.FAILED, text, f"restore the arguments: {RESTORE}")
    return Result(tiller.name, SETTING, Status.PASSED, join_limited(stores))


def _storages(pod: Object) -> str:
    """Return where the Tillers of a pod store releases, or why that cannot be seen."""
    found = (flags.read(container).storage for container in pod["spec"]["containers"] if flags.runs(container))
    return ", ".join(sorted({settle(value, hidden="hidden", unknown="not known") for value in found}))

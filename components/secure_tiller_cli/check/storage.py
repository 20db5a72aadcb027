"""Where releases are kept: in Secrets, for ConfigMaps are read by many, and a release holds all values of its chart."""

from collections.abc import Iterator

from secure_tiller_cli.check.observed_state import ObservedState, Readable, Records, Unreadable, Workload
from secure_tiller_cli.results.result import Result, Status, join_limited
from secure_tiller_cli.state import DeployedTiller

RECORDS = "releases are in Secrets alone"
SETTING = "running Tiller stores in Secrets"
ARGUMENT = "--storage=secret"


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
    stores = {
        pod["metadata"]["name"]: all(ARGUMENT in (each.get("args") or ()) for each in pod["spec"]["containers"])
        for pod in workload.ready
    }
    wrong = [name for name, right in stores.items() if not right]
    if wrong or not stores:
        text = f"no {ARGUMENT} in {join_limited(wrong)}" if wrong else "no pod is ready"
        return Result(tiller.name, SETTING, Status.FAILED, text, "pulumi up --refresh brings the arguments back")
    return Result(tiller.name, SETTING, Status.PASSED, f"{ARGUMENT} in {join_limited(stores)}")

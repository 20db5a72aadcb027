"""Where releases are kept: in Secrets, for ConfigMaps are read by many, and a release holds all values of its chart."""

from collections.abc import Iterator

from secure_tiller.deployed import Deployed
from secure_tiller.proof.result import Result, Status, in_words
from secure_tiller.proof.seen import Records, Seen, Told, Untold, Workload

RECORDS = "releases are in Secrets alone"
SETTING = "running Tiller stores in Secrets"
ARGUMENT = "--storage=secret"


def judge(tiller: Deployed, seen: Seen) -> Iterator[Result]:
    """Yield the results about storage."""
    yield _records(tiller, seen.records)
    yield _setting(tiller, seen.workload)


def _records(tiller: Deployed, records: Told[Records]) -> Result:
    if isinstance(records, Untold):
        return records.result(tiller.name, RECORDS)
    if records.config_maps:
        text = f"release records in ConfigMaps of {tiller.namespace}: {in_words(records.config_maps)}"
        remedy = "find out which Tiller wrote them; secure-tiller migrate moves them into Secrets"
        return Result(tiller.name, RECORDS, Status.FAILED, text, remedy)
    return Result(tiller.name, RECORDS, Status.PASSED, f"records in Secrets: {records.secrets}, in ConfigMaps: none")


def _setting(tiller: Deployed, workload: Told[Workload]) -> Result:
    if isinstance(workload, Untold):
        return workload.result(tiller.name, SETTING)
    stores = {
        pod["metadata"]["name"]: all(ARGUMENT in (each.get("args") or ()) for each in pod["spec"]["containers"])
        for pod in workload.ready
    }
    wrong = [name for name, right in stores.items() if not right]
    if wrong or not stores:
        text = f"no {ARGUMENT} in {in_words(wrong)}" if wrong else "no pod is ready"
        return Result(tiller.name, SETTING, Status.FAILED, text, "pulumi up --refresh brings the arguments back")
    return Result(tiller.name, SETTING, Status.PASSED, f"{ARGUMENT} in {in_words(stores)}")

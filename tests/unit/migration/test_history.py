"""What there is to do about a release, told from the records of both sides."""

import pytest

from secure_tiller.migration.history import History, State, histories
from secure_tiller.releases import Record, Status
from tests.unit.migration.samples import copied, history, record

OLD = (record(revision=1, status=Status.SUPERSEDED), record(revision=2, status=Status.DEPLOYED))
SAME = (copied(revision=1, status=Status.SUPERSEDED), copied(revision=2, status=Status.DEPLOYED))
GONE_ON = (SAME[0], copied(revision=2, status=Status.SUPERSEDED), copied(revision=3))
ANOTHER = (copied(revision=1, first_deployed=1_600_000_000),)


@pytest.mark.parametrize(
    ("target", "state", "missing"),
    [
        ((), State.TO_COPY, ["shop.v2", "shop.v1"]),
        (SAME[1:], State.TO_COPY, ["shop.v1"]),
        (SAME, State.COPIED, []),
        ((*SAME, copied(revision=3)), State.COPIED, []),
        (GONE_ON, State.IN_USE, []),
        (GONE_ON[2:], State.IN_USE, []),  # its history is shorter there
        (ANOTHER, State.TAKEN, []),
        ((copied(revision=1, namespace="blue-jobs"),), State.TAKEN, []),
        ((copied(revision=1, status=Status.DEPLOYED),), State.TAKEN, []),  # the old Tiller has gone on
        ((copied("blog"),), State.TO_COPY, ["shop.v2", "shop.v1"]),
    ],
)
def test_the_records_of_the_target_say_what_there_is_to_do(
    target: tuple[Record, ...], state: State, missing: list[str]
) -> None:
    found = history(*OLD, target=target)
    assert (found.state, [item.name for item in found.missing]) == (state, missing)


def test_a_record_of_the_target_that_cannot_be_read_takes_the_name() -> None:
    (found,) = histories(OLD, (), ["shop.v2"])
    assert found.state is State.TAKEN
    (control,) = histories(OLD, (), ["blog.v2"])
    assert control.state is State.TO_COPY


def test_the_newest_revision_is_copied_first_and_the_tenth_is_newer_than_the_ninth() -> None:
    found = history(*(record(revision=number) for number in (9, 10, 1)))
    assert [item.name for item in found.missing] == ["shop.v10", "shop.v9", "shop.v1"]
    assert found.latest.revision == 10


@pytest.mark.parametrize(
    ("statuses", "current"),
    [
        ((Status.SUPERSEDED, Status.DEPLOYED), 2),
        ((Status.DEPLOYED, Status.FAILED), 1),
        ((Status.SUPERSEDED, Status.DEPLOYED, Status.FAILED, Status.FAILED), 2),
        ((Status.FAILED,), 1),
        ((Status.FAILED, Status.FAILED), 2),
        ((Status.DEPLOYED, Status.DELETED), 2),
    ],
)
def test_the_current_revision_is_the_last_deployed_one(statuses: tuple[Status, ...], current: int) -> None:
    found: History = history(*(record(revision=number, status=status) for number, status in enumerate(statuses, 1)))
    assert found.current.revision == current

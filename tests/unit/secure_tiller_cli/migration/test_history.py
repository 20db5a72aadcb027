"""The state of a release follows from the records of both sides."""

import pytest

from secure_tiller_cli.migration.history import History, State, histories
from secure_tiller_cli.releases import Kind, Record, Status, Unreadable
from tests.unit.secure_tiller_cli.migration.samples import copied, history, record

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


@pytest.mark.parametrize(
    ("target", "state"),
    [
        ((*SAME[:1], copied(revision=2, status=Status.SUPERSEDED), copied(revision=3, last_deployed=3)), State.IN_USE),
        ((*SAME[:1], copied(revision=2, status=Status.SUPERSEDED), copied(revision=3, last_deployed=4)), State.TAKEN),
        ((*SAME[:1], copied(revision=2, status=Status.SUPERSEDED), copied(revision=3, manifest="a: b")), State.TAKEN),
        ((*SAME[:1], copied(revision=2, status=Status.SUPERSEDED), copied(revision=4)), State.TAKEN),
        ((copied(revision=4), copied(revision=5)), State.IN_USE),  # it keeps no older ones
    ],
)
def test_a_release_with_which_both_tillers_went_on_is_two(target: tuple[Record, ...], state: State) -> None:
    last = next((item.release.last_deployed for item in target if item.release.revision == 3), 0)
    third = record(revision=3, last_deployed=3 if last else 0, status=Status.FAILED)
    assert history(*OLD, third, target=target).state is state


def test_the_old_records_that_a_release_in_use_has_nowhere_else_are_known() -> None:
    assert [item.name for item in history(*OLD, target=GONE_ON[1:]).left_behind] == ["shop.v1"]
    assert history(*OLD, target=GONE_ON).left_behind == ()


@pytest.mark.parametrize(
    ("name", "claimed", "state"),
    [
        ("shop.v3", "shop", State.UNREADABLE),
        ("shop.v3", "", State.UNREADABLE),
        ("shop.v2", "blog", State.UNREADABLE),  # it is not the readable one, but says nothing of its own revision
        ("renamed", "shop", State.UNREADABLE),
        ("shop.v1", "shop", State.TO_COPY),  # an old one: the last is known
        ("blog.v3", "blog", State.TO_COPY),
    ],
)
def test_a_release_whose_last_revision_may_be_unreadable_stays(name: str, claimed: str, state: State) -> None:
    torn = Unreadable(Kind.CONFIG_MAP, "kube-system", name, claimed, "is damaged")
    (found,) = histories(OLD, (), (), (torn,))
    assert found.state is state
    assert bool(found.missing) is (state is State.TO_COPY)


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
    assert found.current.release.revision == current

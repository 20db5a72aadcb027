"""The reader of flags says of each container of the table what the real Tiller does, or that it is hidden."""

import pytest

from testbed.toolchain import Toolchain
from tests.support.real_tiller import Room
from tests.support.row import Row
from tests.support.tillers import BARE, RIGHT, ROWS
from tiller_facts import flags
from tiller_facts.network import is_loopback
from tiller_facts.values import is_known

STARTED = [row for row in ROWS if row.settings and row.starts]


@pytest.fixture(scope="module")
def room(tools: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Room:
    return Room(tmp_path_factory.mktemp("tiller"), tools.bin / "tiller")


@pytest.mark.parametrize("row", STARTED, ids=lambda row: row.id)
def test_tiller_runs_as_the_reader_of_flags_says(room: Room, row: Row) -> None:
    with room.started(row.container) as tiller:
        seen, everywhere = tiller.settings, tiller.is_everywhere

    read = flags.read(row.container)
    known = {name: value for name in seen if is_known(value := getattr(read, name))}
    assert known == {name: seen[name] for name in known}
    assert not is_known(read.listen) or is_loopback(read.listen) is not everywhere


def test_what_is_seen_of_a_tiller_without_flags_is_not_what_is_seen_of_a_right_one(room: Room) -> None:
    rows = {row.id: row for row in STARTED}
    with room.started(rows["deployment"].container) as right:
        seen = right.settings
        assert not right.is_everywhere
    assert seen == {name: RIGHT[name] for name in seen}
    assert set(RIGHT) - set(seen) == {"explicit", "namespace"}

    with room.started(rows["no-flag"].container) as bare:
        seen = bare.settings
        assert bare.is_everywhere
    assert seen == {name: BARE[name] for name in seen}
    assert set(BARE) - set(seen) == {"explicit", "namespace", "certificate", "client_cas"}

"""The table of the tests' CPU time."""

import pytest

from tests.support.times import ROWS, Times, table


def report(nodeid: str, seconds: float, **fixtures: float) -> pytest.TestReport:
    made = pytest.TestReport(nodeid, (nodeid, None, ""), {}, "passed", None, "call")
    made.__dict__ |= {"cpu_seconds": seconds, "fixture_seconds": fixtures}
    return made


def test_the_phases_of_all_tests_of_a_file_add_up() -> None:
    times = Times()
    for each in (report("a.py::b", 1, key=0.5), report("a.py::c[1]", 2, key=0.25), report("b.py::b", 4)):
        times.pytest_runtest_logreport(each)
    assert times.by_file == {"a.py": 3, "b.py": 4}
    assert times.by_fixture == {"key": 0.75}


def test_the_table_has_the_slowest_first_and_the_sum_of_all() -> None:
    rows = [*table({f"{n}.py": float(n) for n in range(ROWS + 5)})]
    assert rows[0] == f"{ROWS + 4:8.2f}  {ROWS + 4}.py"
    assert len(rows) == ROWS + 1
    assert rows[-1] == f"{sum(range(ROWS + 5)):8.2f}  all {ROWS + 5}"

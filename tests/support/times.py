"""A plugin that prints where the CPU time of the tests goes: `pytest -p tests.support.times`.

CPU time of the process and of what it started says the same on a busy machine as on an idle one.
"""

import os
from collections.abc import Generator, Iterator, Mapping

import pytest

ROWS = 25
"""Rows of each table."""


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its children that ended."""
    return sum(os.times()[:4])


class Times:
    """The CPU seconds of tests by file, and of fixtures, whichever process of pytest-xdist ran them."""

    def __init__(self) -> None:
        """Begin to measure."""
        self.last = cpu_seconds()
        self.fixtures = dict[str, float]()
        """Of this process, since its last report."""
        self.inner = list[float]()
        """By fixture that is being set up, the time of the fixtures that it asked for meanwhile."""
        self.by_file = dict[str, float]()
        self.by_fixture = dict[str, float]()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: "pytest.FixtureDef[object]") -> Generator[None, object, object]:
        """Measure a fixture, without those that it asks for by name at run time."""
        begin = cpu_seconds()
        self.inner.append(0)
        try:
            return (yield)
        finally:
            spent = cpu_seconds() - begin
            add(self.fixtures, {f"{fixturedef.argname} ({fixturedef.baseid or 'any'})": spent - self.inner.pop()})
            if self.inner:
                self.inner[-1] += spent

    def pytest_runtest_logstart(self) -> None:
        """Leave out what happened between two tests."""
        self.last = cpu_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the times of a phase into its report, which reaches the first process."""
        report = yield
        now = cpu_seconds()
        report.__dict__ |= {"cpu_seconds": now - self.last, "fixture_seconds": dict(self.fixtures)}
        self.last = now
        self.fixtures.clear()
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up the times of a phase."""
        add(self.by_file, {report.nodeid.partition("::")[0]: report.__dict__["cpu_seconds"]})
        add(self.by_fixture, report.__dict__["fixture_seconds"])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the tables."""
        for title, seconds in (("file", self.by_file), ("fixture", self.by_fixture)):
            terminalreporter.section(f"CPU seconds by {title}")
            for line in table(seconds):
                terminalreporter.line(line)


def add(every: dict[str, float], more: Mapping[str, float]) -> None:
    """Add times to those of the same names."""
    for name, spent in more.items():
        every[name] = every.get(name, 0) + spent


def table(seconds: Mapping[str, float]) -> Iterator[str]:
    """Yield the rows with the most time, and the sum of all."""
    for name, spent in sorted(seconds.items(), key=lambda row: -row[1])[:ROWS]:
        yield f"{spent:8.2f}  {name}"
    yield f"{sum(seconds.values()):8.2f}  all {len(seconds)}"


def pytest_configure(config: pytest.Config) -> None:
    """Measure."""
    config.pluginmanager.register(Times())

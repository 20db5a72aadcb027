"""Durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_tiller.plan import durations


@pytest.mark.parametrize(
    ("text", "hours"), [("90d", 2160), ("36h", 36), ("1h", 1), ("365d", 8760), ("999999999h", 999_999_999)]
)
def test_the_life_of_a_certificate_is_counted_in_hours(text: str, hours: int) -> None:
    assert durations.read(text, durations.HOURS) == hours


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("5m", 300), ("1h", 3600)])
def test_a_time_to_wait_is_counted_in_seconds(text: str, seconds: int) -> None:
    assert durations.read(text, durations.SECONDS) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "0d",
        "00d",
        "090d",
        "-1d",
        "+1d",
        "1.5d",
        "1y",
        "1w",
        "90",
        "d",
        "",
        " 90d",
        "90d ",
        "90 d",
        "90d\n",
        "90D",
        "1d12h",
        "P90D",
        "nan",
        "1_0d",
        "1e3d",
        "9999999999d",
        "\u0669\u0660d",
        "\uff19\uff10d",
    ],
)
def test_anything_else_is_no_duration(text: str) -> None:
    assert durations.read(text, durations.HOURS) is None


@pytest.mark.parametrize("text", ["90s", "5m"])
def test_a_unit_that_certificates_are_not_counted_in_is_none(text: str) -> None:
    assert durations.read(text, durations.HOURS) is None


@pytest.mark.parametrize("text", ["1d", "10"])
def test_a_unit_that_waiting_is_not_counted_in_is_none(text: str) -> None:
    assert durations.read(text, durations.SECONDS) is None


@given(number=st.integers(1, 999_999_999), unit=st.sampled_from("hd"))
def test_every_whole_number_with_a_unit_is_read(number: int, unit: str) -> None:
    assert durations.read(f"{number}{unit}", durations.HOURS) == number * durations.HOURS[unit]


@pytest.mark.parametrize(
    ("hours", "text"), [(1, "1h"), (23, "23h"), (24, "1d"), (25, "25h"), (36, "36h"), (48, "2d"), (2160, "90d")]
)
def test_hours_are_written_in_days_where_they_are_whole_days(hours: int, text: str) -> None:
    assert durations.written(hours) == text


@given(hours=st.integers(1, 999_999_999))
def test_what_is_written_is_read_as_the_same_hours(hours: int) -> None:
    assert durations.read(durations.written(hours), durations.HOURS) == hours


@given(text=st.text(max_size=6))
def test_whatever_is_read_is_a_time_that_passes(text: str) -> None:
    hours = durations.read(text, durations.HOURS)
    assert hours is None or hours > 0

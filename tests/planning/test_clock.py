"""A clock that cannot be right is said, and which way it is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from planning.clock import clock_problem

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("year", [1970, 1980, 2025])
def test_before_the_program_was_made_no_clock_is_right(year: int) -> None:
    said = clock_problem(NOW.replace(year=year))
    assert f"{year}-11-26 12:00" in said
    assert "before this Trephine was made" in said


def test_a_far_future_can_hardly_be() -> None:
    assert "can hardly be" in clock_problem(NOW.replace(year=2100))


def test_it_must_not_be_before_what_was_done_already() -> None:
    later = (NOW + timedelta(days=3)).astimezone(timezone(timedelta(hours=5))).isoformat()
    said = clock_problem(NOW, ["2026-11-20", "no time", later])
    assert "kept on 2026-11-29" in said
    assert clock_problem(NOW, [(NOW + timedelta(minutes=30)).isoformat()]) == ""
    assert clock_problem(NOW, ["2026-11-26T11:00:00"]) == ""

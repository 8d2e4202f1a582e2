"""Working days: the golden values of the published calendar, and years that are not published yet."""

from datetime import date

import pytest

from portal.policy.calendar import Calendar, DatedDay, DayCount, add_years, shipped_calendar


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        ("2022-12-30", 5, "2023-01-09"),  # crosses a year, the notice touches December
        ("2023-01-18", 5, "2023-01-30"),  # Spring Festival, both weekend days 28 and 29 are working
        ("2023-04-21", 5, "2023-04-27"),  # working Sunday 23 April
        ("2023-04-28", 5, "2023-05-09"),  # holiday and working Saturday 6 May
        ("2023-06-21", 5, "2023-06-29"),  # working Sunday 25 June
        ("2023-09-27", 5, "2023-10-10"),  # double holiday, working weekend 7 and 8 October
        ("2023-09-27", 7, "2023-10-12"),
        ("2023-07-03", 20, "2023-07-31"),  # ordinary
        ("2024-02-08", 5, "2024-02-21"),  # working Sunday 18 February
        ("2024-09-13", 5, "2024-09-23"),  # working Saturday 14 September
        ("2025-01-24", 5, "2025-02-07"),  # working Sunday 26 January
        ("2025-09-26", 5, "2025-10-10"),  # working Sunday 28 September
        ("2026-02-13", 5, "2026-02-27"),  # nine-day holiday, working Saturday 14 February
        ("2026-09-18", 5, "2026-09-24"),  # working Sunday 20 September
    ],
)
def test_working_days_are_counted_on_the_published_calendar(start: str, count: int, last: str) -> None:
    assert shipped_calendar().add_working_days(date.fromisoformat(start), count) == DatedDay(
        date.fromisoformat(last), False
    )
    assert shipped_calendar().count_working_days(date.fromisoformat(start), date.fromisoformat(last)) == DayCount(
        count, False
    )


def test_a_count_that_reaches_an_unpublished_year_is_provisional() -> None:
    assert shipped_calendar().add_working_days(date(2026, 12, 30), 1) == DatedDay(date(2026, 12, 31), False)
    assert shipped_calendar().add_working_days(date(2026, 12, 30), 3) == DatedDay(date(2027, 1, 4), True)
    assert shipped_calendar().count_working_days(date(2026, 12, 30), date(2027, 1, 4)) == DayCount(3, True)


def test_nobody_knows_whether_a_day_of_an_unpublished_year_is_worked() -> None:
    assert shipped_calendar().is_working(date(2027, 3, 1)) is None
    assert shipped_calendar().is_working(date(2021, 12, 31)) is None
    assert shipped_calendar().is_working(date(2022, 12, 31)) is False
    assert shipped_calendar().is_working(date(2023, 6, 25)) is True


def test_a_day_that_an_administrator_lists_wins_over_the_shipped_calendar() -> None:
    calendar = shipped_calendar().extended(frozenset({2027}), {date(2026, 3, 2): False, date(2027, 1, 1): False})
    assert calendar.is_working(date(2026, 3, 2)) is False
    assert calendar.add_working_days(date(2026, 12, 31), 1) == DatedDay(date(2027, 1, 4), False)


def test_a_listed_day_is_known_even_in_an_unpublished_year() -> None:
    calendar = Calendar(frozenset(), {date(2030, 5, 1): False})
    assert calendar.is_working(date(2030, 5, 1)) is False
    assert calendar.is_working(date(2030, 5, 2)) is None


def test_no_working_days_lie_before_the_start() -> None:
    assert shipped_calendar().count_working_days(date(2023, 7, 3), date(2023, 7, 3)) == DayCount(0, False)
    assert shipped_calendar().add_working_days(date(2023, 7, 1), 0) == DatedDay(date(2023, 7, 1), False)


def test_a_year_ends_on_the_matching_day() -> None:
    assert add_years(date(2022, 6, 30), 1) == date(2023, 6, 30)
    assert add_years(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert add_years(date(2024, 2, 29), 4) == date(2028, 2, 29)


def test_nothing_is_later_than_the_last_day_there_is():
    assert add_years(date(9998, 5, 4), 1) == date(9999, 5, 4)
    assert add_years(date(9999, 1, 1), 1) == date(9999, 12, 31)
    assert add_years(date(2001, 3, 8), 9000) == date(9999, 12, 31)

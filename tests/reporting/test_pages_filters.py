"""What the filter form asks for, and what it says when that cannot be."""

from datetime import UTC, date, datetime

import pytest

from services.reporting.dashboard.filters import asked, usual_window
from services.reporting.dashboard.places import Places, filters
from services.reporting.dashboard.unit_page import correct_as_at
from services.reporting.views import AsAt, Window

TODAY = date(2027, 3, 19)


def test_a_team_is_shown_over_its_last_twelve_months() -> None:
    window = usual_window("team", TODAY)
    assert (window.first_month, window.last_month, window.period) == ("2026-04", "2027-03", "month")


@pytest.mark.parametrize(
    ("today", "first"), [(date(2027, 3, 19), "2026-04"), (date(2027, 4, 1), "2026-07"), (date(2027, 1, 31), "2026-04")]
)
def test_a_service_area_is_shown_over_four_quarters_that_begin_at_a_quarter(today: date, first: str) -> None:
    assert usual_window("service_area", today).first_month == first


def test_filters_are_read_as_they_were_written() -> None:
    window = Window(first_month="2026-01", last_month="2026-06", period="quarter", structure="as-now")
    assert asked(filters(window), "team", TODAY).window == window


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-13"}, "from"),
        ({"from": "April"}, "from"),
        ({"to": "0026-01"}, "to"),
        ({"from": "2027-03", "to": "2027-02"}, "to"),
        ({"from": "2020-01", "to": "2027-02"}, "to"),
        ({"period": "week"}, "period"),
        ({"structure": "never"}, "structure"),
        ({"from": "2026-04\n"}, None),
        ({"from": "٢٠٢٦-٠٤"}, "from"),
    ],
)
def test_a_filter_that_cannot_be_is_named_and_the_usual_months_are_shown(
    query: dict[str, str], field: str | None
) -> None:
    found = asked(query, "team", TODAY)
    assert list(found.errors) == ([field] if field else [])
    if field:
        assert found.window == usual_window("team", TODAY)


def test_an_error_never_repeats_what_was_typed() -> None:
    found = asked({"from": "<script>"}, "team", TODAY)
    assert "script" not in " ".join(found.errors.values())


def test_addresses_keep_ids_inside_their_place() -> None:
    places = Places("team", "a/../b?c", Window(first_month="2026-01", last_month="2026-01"))
    assert places.page.startswith("/teams/a%2F..%2Fb%3Fc?")


NINE_FORTY_ONE = datetime(2027, 3, 29, 8, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("as_at", "said"),
    [
        (AsAt(time=NINE_FORTY_ONE, behind=3, positions=()), "Correct as at 09:41, 3 events behind"),
        (AsAt(time=NINE_FORTY_ONE, behind=0, positions=()), "Correct as at 09:41, up to date"),
        (AsAt(time=NINE_FORTY_ONE, behind=1, positions=()), "Correct as at 09:41, 1 event behind"),
        (AsAt(time=NINE_FORTY_ONE, behind=None, positions=()), "Correct as at 09:41, events behind not known"),
        (AsAt(time=None, behind=0, positions=()), "Nothing has been counted yet, up to date"),
    ],
)
def test_every_page_says_how_fresh_it_is_in_london_time(as_at: AsAt, said: str) -> None:
    assert correct_as_at(as_at, datetime(2027, 3, 29, 12, 0, tzinfo=UTC)) == said


def test_an_older_day_is_named() -> None:
    as_at = AsAt(time=NINE_FORTY_ONE, behind=0, positions=())
    assert correct_as_at(as_at, datetime(2027, 3, 30, tzinfo=UTC)) == "Correct as at 09:41 on 29 March 2027, up to date"

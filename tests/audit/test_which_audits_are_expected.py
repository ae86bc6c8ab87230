"""Cadence: a QA Officer audits each linked team every month, a Team Manager the own team every two months."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.expectation.planning import TeamThen, by_programme, of_qa_officers, of_team_managers
from services.audit.domain.policy import AuditPolicy
from services.audit.domain.programme.decisions import regular, set_audit_programme
from services.audit.domain.programme.state import DECIDER as PROGRAMME
from services.audit.domain.windows import MONTHS, QUARTERS, Windows, months_from
from shared.published.place import Place
from tests.examples.an_expectation import ALDER, AUTHORITY, BIRCH

YEAR = months_from(date(2026, 4, 1), date(2027, 3, 1))
MANAGERS = AuditPolicy().team_manager_windows


def financial_quarter(day: date) -> int:
    return (day.month - 4) % 12 // 3 + 1


def a_year(teams: list[TeamThen]) -> list[tuple[str, date]]:
    """Cadence and window end of everything that a financial year expects, each expectation once."""
    found = {}
    for month in YEAR:
        for one in (
            *of_qa_officers(MONTHS.around(month), 1, teams),
            *of_team_managers(MANAGERS.around(month), 1, teams),
        ):
            found[one.expectation_id] = (one.cadence, one.window_last)
    return list(found.values())


def test_team_manager_windows_end_in_may_july_september_november_january_and_march():
    ends = sorted({MANAGERS.around(month).last for month in YEAR})
    assert [end.month for end in ends] == [5, 7, 9, 11, 1, 3]
    by_quarter = Counter(financial_quarter(end) for end in ends)
    assert [by_quarter[quarter] for quarter in (1, 2, 3, 4)] == [1, 2, 1, 2]


def test_twenty_four_teams_expect_432_audits_a_year():
    teams = [TeamThen(Place(team=f"team-{n}", service_area="a", authority="902"), (f"qa-{n % 5}",)) for n in range(24)]
    year = a_year(teams)
    assert len(year) == 432
    assert Counter(cadence for cadence, _ in year) == {"QA_OFFICER": 288, "TEAM_MANAGER": 144}
    by_quarter = Counter(financial_quarter(end) for _, end in year)
    assert [by_quarter[quarter] for quarter in (1, 2, 3, 4)] == [96, 120, 96, 120]


def test_every_officer_linked_with_a_team_is_expected_to_audit_it():
    teams = [TeamThen(ALDER, ("qa-1", "qa-2")), TeamThen(BIRCH)]
    expected = of_qa_officers(MONTHS.around(date(2026, 4, 20)), 2, teams)
    assert [(one.place.team, one.auditor_ref, one.number, one.of) for one in expected] == [
        ("team-alder", "qa-1", 1, 2),
        ("team-alder", "qa-1", 2, 2),
        ("team-alder", "qa-2", 1, 2),
        ("team-alder", "qa-2", 2, 2),
    ]
    assert len({one.expectation_id for one in expected}) == 4


def test_an_expectation_has_one_id_whoever_works_it_out_and_whenever():
    window = MANAGERS.around(date(2026, 4, 1))
    (first,) = of_team_managers(window, 1, [TeamThen(ALDER)])
    moved = ALDER.model_copy(update={"service_area": "elsewhere", "regions": ()})
    (again,) = of_team_managers(MANAGERS.around(date(2026, 5, 31)), 1, [TeamThen(moved)])
    assert first.expectation_id == again.expectation_id
    (officers,) = of_qa_officers(MONTHS.around(date(2026, 4, 1)), 1, [TeamThen(ALDER, ("qa-1",))])
    assert officers.expectation_id != first.expectation_id


def test_the_regular_programme_expects_thirty_audits_a_period():
    for unit, windows in (("MONTH", MONTHS), ("QUARTER", QUARTERS)):
        command = regular(AUTHORITY, unit, date(2026, 4, 1))
        rows = PROGRAMME.fold(set_audit_programme(command, PROGRAMME.initial)).on(date(2026, 4, 1))
        window = windows.around(date(2026, 5, 20))
        expected = [one for row in rows for one in by_programme(window, row, AUTHORITY)]
        assert Counter(one.audit_type for one in expected) == {
            "REGULAR_MASH": 12,
            "REGULAR_PRIVATE_FOSTERING": 1,
            "REGULAR_MARAC": 1,
            "REGULAR_CSE": 1,
            "REGULAR_CONTACTS": 10,
            "REGULAR_CLA_IN_OUT": 5,
        }
        assert {(one.auditor_role, one.auditor_ref, one.place.team) for one in expected} == {(None, None, None)}
        assert len({one.expectation_id for one in expected}) == 30


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from([1, 2, 3, 4, 6, 12]), st.integers(1, 12))
def test_windows_follow_each_other_without_a_gap(day: date, months: int, anchor: int):
    windows = Windows(months, anchor)
    window = windows.around(day)
    assert window.holds(day)
    assert windows.around(window.first) == windows.around(window.last) == window
    following = windows.around(window.last + timedelta(days=1))
    assert following.first == window.last + timedelta(days=1)
    assert windows.begins_on(window.first)
    assert len(months_from(window.first, window.last)) == months
    assert any(windows.begins_on(date(day.year, anchor, 1)) for _ in (1,))

"""Of several expected audits a finalised one meets that of its own window; one too many makes up for an earlier one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.audit.domain.expectation.events import AuditExpected
from services.audit.domain.expectation.fitting import Done, Known, candidates
from services.audit.domain.expectation.planning import TeamThen, of_qa_officers, of_team_managers
from services.audit.domain.windows import MONTHS, Windows
from shared.published.place import Place
from tests.examples.an_expectation import ALDER, AUTHORITY, BIRCH, done

MARCH, APRIL, MAY = (MONTHS.around(date(2026, month, 1)) for month in (3, 4, 5))
ALDERS = [TeamThen(ALDER, ("qa-1",))]


def officers(window, teams=ALDERS, n=1) -> list[AuditExpected]:
    return of_qa_officers(window, n, teams)


def chosen(audit: Done, *known: Known) -> list[tuple[str, str | None, int]]:
    by_id = {one.expected.expectation_id: one.expected for one in known}
    found = [by_id[id_] for id_ in candidates(audit, known)]
    return [(one.window_first.isoformat()[:7], one.auditor_ref, one.number) for one in found]


def still_open(*expected: AuditExpected) -> list[Known]:
    return [Known(one, True) for one in expected]


def met(*expected: AuditExpected) -> list[Known]:
    return [Known(one, False) for one in expected]


def test_the_window_that_holds_the_effective_date_comes_first():
    known = still_open(*officers(MARCH), *officers(APRIL), *officers(MAY))
    assert chosen(done, *known) == [("2026-04", "qa-1", 1), ("2026-03", "qa-1", 1)]


def test_an_audit_for_a_month_meets_that_month_however_late_it_is():
    late = replace(done, period="2026-03", counts_on=date(2026, 5, 4))
    known = still_open(*officers(MARCH), *officers(APRIL), *officers(MAY))
    assert chosen(late, *known) == [("2026-03", "qa-1", 1)]
    assert chosen(late, *met(*officers(MARCH)), *still_open(*officers(APRIL))) == []


def test_one_too_many_makes_up_for_the_oldest_that_is_open():
    known = [*still_open(*officers(MAY)), *still_open(*officers(MARCH)), *met(*officers(APRIL))]
    february = MONTHS.around(date(2026, 2, 1))
    assert chosen(done, *known) == [("2026-03", "qa-1", 1)]
    assert chosen(done, *known, *still_open(*officers(february)))[0] == ("2026-02", "qa-1", 1)


def test_it_does_not_make_up_for_another_before_its_own_window_is_known_whole():
    april = officers(APRIL, n=2)
    assert chosen(done, *still_open(*officers(MARCH))) == []
    assert chosen(done, *still_open(*officers(MARCH)), *met(april[0])) == []
    assert chosen(done, *still_open(*officers(MARCH)), *met(*april)) == [("2026-03", "qa-1", 1)]


def test_the_auditors_own_comes_before_that_of_a_colleague_for_whom_they_cover():
    teams = [TeamThen(ALDER, ("qa-0", "qa-1"))]
    assert chosen(done, *still_open(*officers(APRIL, teams))) == [("2026-04", "qa-1", 1), ("2026-04", "qa-0", 1)]


def test_of_several_alike_the_first_number_comes_first():
    assert [number for *_, number in chosen(done, *still_open(*reversed(officers(APRIL, n=3))))] == [1, 2, 3]


def test_a_team_managers_window_is_two_months():
    window = Windows(2).around(date(2026, 4, 1))
    (expected,) = of_team_managers(window, 1, ALDERS)
    manager = replace(done, audit_type="TM_ROUTINE", auditor_role="TEAM_MANAGER", auditor_ref="tm-1")
    for day, period in (
        (date(2026, 4, 1), None),
        (date(2026, 5, 31), None),
        (date(2026, 8, 1), "2026-05"),
    ):
        assert candidates(replace(manager, counts_on=day, period=period), still_open(expected))
    assert not candidates(replace(manager, counts_on=date(2026, 6, 1)), still_open(expected)), "June is not known yet"


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        (ALDER, [True, False, False]),
        (AUTHORITY.model_copy(update={"service_area": "area-duty"}), [True, True, False]),
        (AUTHORITY, [True, True, True]),
    ],
    ids=["team", "service area", "authority"],
)
def test_a_programme_is_met_by_audits_in_its_scope(scope: Place, reached: list[bool]):
    expected = AuditExpected(
        expectation_id="e",
        cadence="PROGRAMME",
        audit_type="REGULAR_MASH",
        place=scope,
        window_first=APRIL.first,
        window_last=APRIL.last,
    )
    other = AUTHORITY.model_copy(update={"team": "team-far", "service_area": "area-far"})
    places = (ALDER, BIRCH, other)
    audits = [replace(done, audit_type="REGULAR_MASH", auditor_role="IRO", place=place) for place in places]
    assert [bool(candidates(audit, still_open(expected))) for audit in audits] == reached


def test_the_narrowest_scope_comes_first():
    wide = officers(APRIL)[0].model_copy(
        update={"expectation_id": "a", "auditor_role": None, "auditor_ref": None, "place": AUTHORITY}
    )
    narrow = wide.model_copy(update={"expectation_id": "b", "place": ALDER})
    assert candidates(done, still_open(wide, narrow)) == ["b", "a"]

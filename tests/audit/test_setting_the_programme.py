"""The programme says which audits are expected besides the routine: rows in a scope, from a day on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit.domain.programme.decisions import (
    PROGRAMME_TYPES,
    Row,
    SetAuditProgramme,
    programme_id,
    regular,
    set_audit_programme,
)
from services.audit.domain.programme.events import AuditProgrammeSet
from services.audit.domain.programme.state import DECIDER
from tests.audit.service import running
from tests.examples.an_expectation import ALDER, AUTHORITY
from tests.specification import asked_in_turn, specification

programme = specification(DECIDER)
APRIL, JULY = date(2026, 4, 1), date(2026, 7, 1)
mash = Row(AUTHORITY, "REGULAR_MASH", "MONTH", 12, APRIL)


def was_set(row: Row) -> AuditProgrammeSet:
    return AuditProgrammeSet(
        programme_id=programme_id(row.place, row.audit_type),
        audit_type=row.audit_type,
        period_unit=row.period_unit,
        expected_n=row.expected_n,
        place=row.place,
        first=row.first,
        last=row.last,
    )


def test_a_row_holds_from_its_first_day_until_another_is_set():
    fewer = replace(mash, expected_n=8, first=JULY)
    after = (
        programme.given([was_set(mash)]).when(set_audit_programme, SetAuditProgramme((fewer,))).then([was_set(fewer)])
    )
    assert after.on(date(2026, 3, 31)) == []
    assert [term.expected_n for term in after.on(date(2026, 6, 30))] == [12]
    assert [term.expected_n for term in after.on(JULY)] == [8]


def test_a_row_ends_on_its_last_day():
    ending = replace(mash, last=date(2026, 6, 30))
    after = programme.given([]).when(set_audit_programme, SetAuditProgramme((ending,))).then([was_set(ending)])
    assert len(after.on(date(2026, 6, 30))) == 1
    assert after.on(JULY) == []


def test_the_same_type_in_another_scope_is_another_row():
    of_alder = replace(mash, place=ALDER, expected_n=2)
    after = (
        programme.given([was_set(mash)])
        .when(set_audit_programme, SetAuditProgramme((of_alder,)))
        .then_some(AuditProgrammeSet)
    )
    assert sorted(term.expected_n for term in after.on(APRIL)) == [2, 12]


def test_all_rows_are_set_or_none():
    two = SetAuditProgramme((mash, replace(mash, audit_type="QA_ROUTINE")))
    programme.given([]).when(set_audit_programme, two).then_refused("not expected by programme", field="audit_type")
    twice = SetAuditProgramme((mash, replace(mash, expected_n=3)))
    programme.given([]).when(set_audit_programme, twice).then_refused("named once", field="rows")


def test_the_regular_programme_is_six_rows_of_the_authority():
    command = regular(AUTHORITY, "MONTH", APRIL)
    after = programme.given([]).when(set_audit_programme, command).then_some(*[AuditProgrammeSet] * 6)
    assert sum(term.expected_n for term in after.on(APRIL)) == 30
    assert {term.place for term in after.on(APRIL)} == {AUTHORITY}


@pytest.mark.parametrize(
    ("change", "words", "field"),
    [
        ({"period_unit": "YEAR"}, "a month or a quarter", "period_unit"),
        ({"expected_n": -1}, "from 0 to 200", "expected_n"),
        ({"expected_n": 201}, "from 0 to 200", "expected_n"),
        ({"first": date(2026, 4, 2)}, "first day of a period", "first"),
        ({"first": date(2026, 5, 1), "period_unit": "QUARTER"}, "first day of a period", "first"),
        ({"last": date(2026, 3, 31)}, "does not end before", "last"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(change: dict[str, object], words: str, field: str):
    command = SetAuditProgramme((replace(mash, **change),))
    programme.given([]).when(set_audit_programme, command).then_refused(words, field=field)


rows = st.builds(
    Row,
    place=st.sampled_from([AUTHORITY, ALDER]),
    audit_type=st.sampled_from([*sorted(PROGRAMME_TYPES), "QA_ROUTINE"]),
    period_unit=st.sampled_from(["MONTH", "QUARTER", "YEAR"]),
    expected_n=st.integers(-1, 201),
    first=st.sampled_from([APRIL, JULY, date(2026, 5, 1), date(2026, 5, 2)]),
    last=st.none() | st.sampled_from([date(2026, 6, 30), date(2026, 3, 1)]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(rows, min_size=1, max_size=3).map(tuple).map(SetAuditProgramme), max_size=6))
def test_any_order_of_commands_keeps_the_promises(asked: list[SetAuditProgramme]):
    history = asked_in_turn(DECIDER, [lambda state, c=command: set_audit_programme(c, state) for command in asked])
    state = DECIDER.fold(history)
    for day in (APRIL, date(2026, 5, 1), JULY):
        holding = state.on(day)
        assert len({term.programme_id for term in holding}) == len(holding)
        assert all(term.first <= day for term in holding)


async def test_the_head_of_quality_sets_rows_and_everybody_in_the_authority_reads_them():
    async with running() as service:
        address = "/v1/audit-programmes/902"
        body = {"first": "2026-04-01"}
        assert (await service.post("qa-1", f"{address}/regular", body, 0)).status_code == 403
        assert (await service.post("head-1", f"{address}/regular", body, 0)).status_code == 200
        rows = [
            {
                "audit_type": "DIP_SAMPLE",
                "period_unit": "QUARTER",
                "expected_n": 4,
                "team_id": "alder",
                "first": "2026-04-01",
            },
            {
                "audit_type": "OBSERVATION",
                "period_unit": "MONTH",
                "expected_n": 2,
                "service_area_id": "duty",
                "first": "2026-05-01",
            },
        ]
        answered = await service.post("head-1", address, {"rows": rows}, 6)
        assert (answered.status_code, answered.json()["version"]) == (200, 8)
        shown = (await service.get("sw-1", address)).json()["rows"]
        places = {row["audit_type"]: (row["place"]["team"], row["place"]["service_area"]) for row in shown}
        assert (len(shown), places["DIP_SAMPLE"], places["OBSERVATION"]) == (8, ("alder", "duty"), (None, "duty"))
        assert (await service.get("far-1", address)).status_code == 404


async def test_a_scope_outside_the_authority_is_refused_like_one_that_does_not_exist():
    async with running() as service:
        row = {"audit_type": "DIP_SAMPLE", "period_unit": "MONTH", "expected_n": 4, "first": "2026-04-01"}
        answers = [
            await service.post("head-1", "/v1/audit-programmes/902", {"rows": [{**row, "team_id": team}]}, 0)
            for team in ("far-team", "no-team")
        ]
        assert [answer.status_code for answer in answers] == [422, 422]
        assert answers[0].json()["errors"] == answers[1].json()["errors"]
        both = {**row, "team_id": "alder", "service_area_id": "duty"}
        assert (await service.post("head-1", "/v1/audit-programmes/902", {"rows": [both]}, 0)).status_code == 422

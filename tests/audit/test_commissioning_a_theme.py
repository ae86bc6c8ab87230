"""A theme is commissioned for a quarter, takes cases by chance and some by choice, and is closed with its findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.audit.commands import PlanAudit
from services.audit.domain.audit.decisions import finalise_audit, plan_audit
from services.audit.domain.audit.events import AuditFinalised, AuditPlanned
from services.audit.domain.audit.state import DECIDER as AUDIT
from services.audit.domain.theme.decisions import (
    AddCase,
    TakeSample,
    add_case,
    check_audit_of_theme,
    close_theme,
    commission_theme,
    first_day,
    take_sample,
)
from services.audit.domain.theme.events import ThemeAuditor, ThemeCaseAdded
from services.audit.domain.theme.state import DECIDER
from services.audit.publishing import DECIDERS
from shared.deciding.refusal import Refused
from shared.published.audit_cycle import ThemedAuditCommissionedV1
from shared.published.place import Place
from tests.audit.telling import told
from tests.examples import a_theme as example
from tests.examples.a_template import SHORT
from tests.examples.an_audit import ALDER, after_submission, finalise, plan, planned
from tests.specification import asked_in_turn, specification

theme = specification(DECIDER)
audit = specification(AUDIT)
commission, commissioned = example.commission, example.commissioned


def test_commissioning_a_theme():
    theme.given([]).when(commission_theme, commission).then([commissioned])


def test_commissioning_it_again_with_its_words_sealed_anew_changes_nothing():
    rationale = example.about_the_theme("three re-audits in a row", nonce="other")
    again = replace(commission, rationale=rationale, title=example.about_the_theme("Neglect in early years", "other"))
    theme.given([commissioned]).when(commission_theme, again).then_nothing()


def test_a_theme_is_not_commissioned_twice_in_two_ways():
    theme.given([commissioned]).when(commission_theme, replace(commission, sample_size=9)).then_refused("another way")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"theme_code": "neglect"}, "theme_code"),
        ({"quarter": "2026-Q5"}, "quarter"),
        ({"quarter": "Q1 2026"}, "quarter"),
        ({"sample_size": 0}, "sample_size"),
        ({"sample_size": 501}, "sample_size"),
        ({"due_on": date(2026, 3, 31)}, "due_on"),
        ({"auditors": ()}, "auditors"),
        ({"auditors": (*example.AUDITORS, example.AUDITORS[0])}, "auditors"),
        ({"auditors": (ThemeAuditor(staff_ref="sw-1", role="SOCIAL_WORKER"),)}, "auditors"),
        ({"auditors": (ThemeAuditor(staff_ref="ip-1", role="IMPROVEMENT_PARTNER"),)}, "auditors"),
    ],
)
def test_a_theme_names_what_it_can_be_done_with(change, field):
    theme.given([]).when(commission_theme, replace(commission, **change)).then_refused("", field=field)


def test_partners_audit_for_themes_of_several_agencies():
    partner = ThemeAuditor(staff_ref="ip-1", role="IMPROVEMENT_PARTNER")
    command = replace(commission, multi_agency=True, auditors=(*example.AUDITORS, partner))
    theme.given([]).when(commission_theme, command).then_some(type(commissioned))


@pytest.mark.parametrize(
    ("quarter", "day"),
    [
        ("2026-Q1", date(2026, 4, 1)),
        ("2026-Q2", date(2026, 7, 1)),
        ("2026-Q3", date(2026, 10, 1)),
        ("2026-Q4", date(2027, 1, 1)),
    ],
)
def test_quarters_are_those_of_the_financial_year(quarter, day):
    assert first_day(quarter) == day


def test_cases_are_drawn_up_to_the_size_of_the_sample_and_no_further():
    """Otherwise one could draw again and again until the cases are to one's liking."""
    after = theme.given([commissioned]).when(take_sample, example.take_seven).then([example.seven_drawn])
    assert after.drawn == 7
    drawn = theme.given([commissioned, example.seven_drawn])
    drawn.when(take_sample, TakeSample("sample-2", 4)).then_refused("no more cases", field="n")
    drawn.when(take_sample, TakeSample("sample-2", 3)).then_some(type(example.seven_drawn))
    drawn.when(take_sample, TakeSample("sample-2", 0)).then_refused("at least one", field="n")


def test_seven_in_ten_of_a_themes_cases_are_drawn_at_random():
    history = [commissioned, example.seven_drawn]
    for n in range(3):
        command = AddCase(f"audit-{n}")
        theme.given(history).when(add_case, command, 70).then([ThemeCaseAdded(audit_id=f"audit-{n}")])
        history.append(ThemeCaseAdded(audit_id=f"audit-{n}"))
    theme.given(history).when(add_case, AddCase("audit-3"), 70).then_refused("at least 70 %", field="theme_id")
    theme.given(history).when(add_case, AddCase("audit-3"), 60).then_some(ThemeCaseAdded)


def test_nobody_chooses_a_case_before_any_was_drawn():
    theme.given([commissioned]).when(add_case, example.add_case, 70).then_refused("at random")
    theme.given([commissioned]).when(add_case, example.add_case, 0).then([example.case_added])


def test_a_theme_is_closed_with_its_findings_and_then_takes_nothing_more():
    theme.given([commissioned]).when(close_theme, example.close).then([example.closed])
    over = theme.given([commissioned, example.closed])
    over.when(take_sample, example.take_seven).then_refused("closed", field="theme_id")
    over.when(add_case, example.add_case, 0).then_refused("closed")
    over.when(close_theme, replace(example.close, on=date(2026, 7, 4))).then_refused("closed")


def test_a_finding_is_a_strength_or_a_concern():
    other = example.finding.model_copy(update={"kind": "NEWS"})
    command = replace(example.close, findings=(other,))
    theme.given([commissioned]).when(close_theme, command).then_refused("strength", field="findings")


def test_nothing_comes_to_a_theme_that_nobody_commissioned():
    theme.given([]).when(take_sample, example.take_seven).then_refused("no such theme")
    theme.given([]).when(add_case, example.add_case, 70).then_refused("no such theme")
    theme.given([]).when(close_theme, example.close).then_refused("no such theme")


@pytest.mark.parametrize(("multi_agency", "kind"), [(False, "THEMED"), (True, "MULTI_AGENCY")])
def test_an_audit_for_a_theme_is_of_the_themes_type_and_authority(multi_agency, kind):
    of = commissioned.model_copy(update={"multi_agency": multi_agency})
    check_audit_of_theme(of, kind, ALDER)
    with pytest.raises(Refused) as refused:
        check_audit_of_theme(of, "QA_ROUTINE", ALDER)
    assert refused.value.field == "audit_type"
    with pytest.raises(Refused) as refused:
        check_audit_of_theme(of, kind, Place(authority="903"))
    assert refused.value.field == "theme_id"


def test_an_audit_carries_its_theme_to_its_final_grade():
    command: PlanAudit = replace(plan, audit_type="THEMED", theme_id="theme-7")
    after = audit.given([]).when(plan_audit, command, SHORT).then_some(AuditPlanned)
    assert after.planned is not None
    themed = planned.model_copy(update={"audit_type": "THEMED", "theme_id": "theme-7"})
    history = [themed, *after_submission[1:]]
    result = audit.given(history).when(finalise_audit, finalise, SHORT).then_some(AuditFinalised).result
    assert result is not None
    assert (result.audit_type, result.theme_id) == ("THEMED", "theme-7")
    graded = told(AUDIT, AuditFinalised(audit_id="audit-17", result=result))
    assert (graded.audit_type, graded.theme_id) == ("THEMED", "theme-7")


def test_the_world_hears_of_a_theme_and_not_who_audits_it_or_why():
    assert DECIDERS["theme"] is DECIDER
    assert told(DECIDER, commissioned) == ThemedAuditCommissionedV1(
        theme_id="theme-7",
        theme_code="NEGLECT",
        quarter="2026-Q1",
        sample_size=10,
        due_on=date(2026, 6, 30),
        multi_agency=False,
        auditor_roles=("IRO", "QA_OFFICER"),
        place=example.AUTHORITY,
    )
    for inside in (example.seven_drawn, example.case_added, example.closed):
        assert told(DECIDER, inside) is None


audits = st.sampled_from(["audit-1", "audit-2", "audit-3", "audit-4"])
commands = st.one_of(
    st.integers(0, 12).map(lambda n: lambda state: commission_theme(replace(commission, sample_size=n), state)),
    st.builds(
        lambda sample_id, n: lambda state: take_sample(TakeSample(sample_id, n), state),
        st.sampled_from(["sample-1", "sample-2"]),
        st.integers(0, 8),
    ),
    audits.map(lambda id_: lambda state: add_case(AddCase(id_), state, 70)),
    st.sampled_from([(), (example.finding,)]).map(
        lambda found: lambda state: close_theme(replace(example.close, findings=found), state)
    ),
)


@given(st.lists(commands, max_size=20))
def test_whatever_is_asked_of_a_theme_nothing_happens_twice_and_chance_keeps_its_share(asked):
    state = DECIDER.fold(asked_in_turn(DECIDER, asked))
    if state.commissioned is not None:
        assert state.drawn <= state.commissioned.sample_size
        assert state.drawn * 100 >= 70 * (state.drawn + len(state.added)) or not state.added

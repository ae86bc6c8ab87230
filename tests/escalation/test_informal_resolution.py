"""The informal attempt comes first, and must itself be recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from services.escalation.domain.codes import Category, PlanType, SpokenWith
from services.escalation.domain.informal_resolution.decisions import (
    RecordInformalResolution,
    ReviewInformalResolution,
    record_informal_resolution,
    review_informal_resolution,
)
from services.escalation.domain.informal_resolution.events import (
    InformalResolutionRecorded,
    InformalResolutionReviewed,
)
from services.escalation.domain.informal_resolution.state import DECIDER
from tests.examples.an_alert import ENGLAND, IP_ELM, POLICY, RAISED_ON, STAGE_1_DUE, sealed
from tests.specification import asked_in_turn, specification

informal = specification(DECIDER)
talk = RecordInformalResolution(
    concern_id="5",
    categories=(Category.CORE_GROUP,),
    child="child-7",
    child_ref=sealed("case 7"),
    plan_type=PlanType.CP,
    place=IP_ELM,
    by_role="CP_CHAIR",
    held_by="staff-chair-1",
    with_role=SpokenWith.TEAM_MANAGER,
    on=RAISED_ON,
    settled=False,
)
(recorded,) = record_informal_resolution(talk, DECIDER.initial, ENGLAND, POLICY)


def test_a_matter_not_settled_is_looked_at_again_after_five_working_days():
    after = (
        informal.given([]).when(record_informal_resolution, talk, ENGLAND, POLICY).then_some(InformalResolutionRecorded)
    )
    assert (after.settled, after.review_on) == (False, STAGE_1_DUE)


def test_a_settled_matter_needs_no_review():
    settled = replace(talk, settled=True)
    after = (
        informal.given([])
        .when(record_informal_resolution, settled, ENGLAND, POLICY)
        .then_some(InformalResolutionRecorded)
    )
    assert after.review_on is None


def test_the_review_comes_after_the_conversation():
    early = replace(talk, review_on=RAISED_ON)
    informal.given([]).when(record_informal_resolution, early, ENGLAND, POLICY).then_refused("after", field="review_on")


def test_only_a_reviewing_officer_records_one_and_it_is_about_something():
    asked = informal.given([])
    by_a_manager, about_nothing = replace(talk, by_role="TEAM_MANAGER"), replace(talk, categories=())
    asked.when(record_informal_resolution, by_a_manager, ENGLAND, POLICY).then_refused("reviewing officer")
    asked.when(record_informal_resolution, about_nothing, ENGLAND, POLICY).then_refused("category")


def test_another_conversation_under_the_same_id_is_refused():
    other = replace(talk, child="child-9")
    informal.given([recorded]).when(record_informal_resolution, other, ENGLAND, POLICY).then_refused("differently")


def test_at_the_review_it_is_settled_or_looked_at_once_more():
    settled = ReviewInformalResolution(True, "CP_CHAIR", STAGE_1_DUE)
    again = ReviewInformalResolution(False, "CP_CHAIR", STAGE_1_DUE)
    reviewed = informal.given([recorded]).when(review_informal_resolution, settled, ENGLAND, POLICY)
    assert reviewed.then_some(InformalResolutionReviewed).settled
    later = informal.given([recorded]).when(review_informal_resolution, again, ENGLAND, POLICY)
    assert later.then_some(InformalResolutionReviewed).review_on == date(2026, 3, 17)


def test_what_is_settled_stays_settled():
    settled = ReviewInformalResolution(True, "CP_CHAIR", STAGE_1_DUE)
    history = [recorded, *review_informal_resolution(settled, informal.given([recorded]).state, ENGLAND, POLICY)]
    again = ReviewInformalResolution(False, "CP_CHAIR", STAGE_1_DUE)
    informal.given(history).when(review_informal_resolution, again, ENGLAND, POLICY).then_refused("raise an alert")


def test_a_review_needs_a_conversation_and_comes_after_it():
    early = ReviewInformalResolution(True, "CP_CHAIR", date(2026, 3, 2))
    informal.given([]).when(review_informal_resolution, early, ENGLAND, POLICY).then_refused("no informal")
    informal.given([recorded]).when(review_informal_resolution, early, ENGLAND, POLICY).then_refused("before")


days = st.dates(date(2026, 2, 20), date(2026, 4, 30))
roles = st.sampled_from(["IRO", "CP_CHAIR", "TEAM_MANAGER"])
talks = st.builds(
    partial(replace, talk), by_role=roles, on=days, settled=st.booleans(), review_on=st.none() | days
).map(lambda command: partial(record_informal_resolution, command))
reviews = st.builds(
    ReviewInformalResolution, settled=st.booleans(), by_role=roles, on=days, review_on=st.none() | days
).map(lambda command: partial(review_informal_resolution, command))


@given_any(st.lists(talks | reviews, max_size=12))
@settings(deadline=None)
def test_any_commands_are_refused_or_harmless_when_repeated(asked):
    asked_in_turn(DECIDER, [partial(decide, calendar=ENGLAND, policy=POLICY) for decide in asked])

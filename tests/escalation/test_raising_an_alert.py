"""A reviewing officer raises a formal concern."""

from __future__ import annotations

import pytest

from services.escalation.domain.codes import AlertType, Category
from services.escalation.domain.practice_alert.decisions import raise_alert, raise_good_practice
from services.escalation.domain.practice_alert.events import PracticeAlertRaised
from services.escalation.domain.practice_alert.state import DECIDER, Status
from tests.examples.an_alert import ENGLAND, POLICY, praise, raised, raising
from tests.specification import specification

alert = specification(DECIDER)


@pytest.mark.parametrize("role", ["IRO", "CP_CHAIR"])
def test_both_kinds_of_reviewing_officer_may_raise(role):
    asked = raising(by_role=role)
    after = alert.given([]).when(raise_alert, asked, ENGLAND, POLICY).then_some(PracticeAlertRaised)
    assert (after.status, after.stage, after.raised.raised_by_role) == (Status.AWAITING, 1, role)


@pytest.mark.parametrize("role", ["TEAM_MANAGER", "SOCIAL_WORKER", "QA_OFFICER", "DCS", "SYSTEM"])
def test_nobody_else_may(role):
    alert.given([]).when(raise_alert, raising(by_role=role), ENGLAND, POLICY).then_refused("reviewing officer")


@pytest.mark.parametrize("stage", [0, 5, -1])
def test_there_are_four_stages(stage):
    asked = raising(start_stage=stage)
    alert.given([]).when(raise_alert, asked, ENGLAND, POLICY).then_refused("stage", field="start_stage")


def test_an_alert_is_about_something():
    alert.given([]).when(raise_alert, raising(categories=()), ENGLAND, POLICY).then_refused(
        "category", field="categories"
    )


def test_a_category_named_twice_counts_once():
    twice = raising(categories=(Category.SAFETY_RISK, Category.SAFETY_RISK))
    after = alert.given([]).when(raise_alert, twice, ENGLAND, POLICY).then_some(PracticeAlertRaised)
    assert after.categories == (Category.SAFETY_RISK,)


def test_good_practice_is_not_raised_as_a_concern():
    as_a_concern = raising(alert_type=AlertType.GOOD_PRACTICE)
    alert.given([]).when(raise_alert, as_a_concern, ENGLAND, POLICY).then_refused("no stage", field="alert_type")


def test_the_same_alert_raised_again_is_nothing_new():
    alert.given([raised()]).when(raise_alert, raising(), ENGLAND, POLICY).then_nothing()


@pytest.mark.parametrize("other", [{"child": "child-9"}, {"start_stage": 2}, {"alert_type": AlertType.MANAGEMENT}])
def test_another_concern_under_the_same_id_is_refused(other):
    other = raising(**other)
    alert.given([raised()]).when(raise_alert, other, ENGLAND, POLICY).then_refused("differently")


def test_good_practice_under_the_id_of_a_concern_is_refused():
    alert.given([raised()]).when(raise_good_practice, praise).then_refused("differently")


def test_one_alert_may_come_from_two_reviews():
    both = raising(reviews=("review-1", "conference-2"))
    after = alert.given([]).when(raise_alert, both, ENGLAND, POLICY).then_some(PracticeAlertRaised)
    assert after.raised.reviews == ("review-1", "conference-2")

"""Good work is recognised and shared; it has no clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.escalation.domain.codes import WithdrawalReason
from services.escalation.domain.practice_alert.commands import RecalculateDeadlines, ShareGoodPractice, Withdraw
from services.escalation.domain.practice_alert.decisions import (
    raise_good_practice,
    recalculate_deadlines,
    resolve,
    share_good_practice,
    withdraw,
)
from services.escalation.domain.practice_alert.events import (
    AlertWithdrawn,
    GoodPracticeAlertRaised,
    GoodPracticeShared,
)
from services.escalation.domain.practice_alert.overdue import unnoticed
from services.escalation.domain.practice_alert.state import DECIDER, Status
from tests.escalation.asking import happened
from tests.examples.an_alert import ENGLAND, POLICY, praise, raised, resolving
from tests.specification import specification

alert = specification(DECIDER)
MUCH_LATER = date(2026, 9, 1)
share = ShareGoodPractice(("ALL_TEAMS", "TRAINING"), "CP_CHAIR", date(2026, 3, 9))


def test_a_reviewing_officer_recognises_good_practice():
    after = alert.given([]).when(raise_good_practice, praise).then_some(GoodPracticeAlertRaised)
    assert (after.status, after.is_open) == (Status.GOOD_PRACTICE, False)
    alert.given([]).when(raise_good_practice, replace(praise, by_role="TEAM_MANAGER")).then_refused("reviewing")


def test_it_is_never_overdue_and_has_nothing_to_count_again():
    given = alert.given(happened(praise))
    assert unnoticed(given.state, MUCH_LATER, ENGLAND) == []
    given.when(recalculate_deadlines, RecalculateDeadlines(), ENGLAND, POLICY).then_nothing()


def test_it_is_shared():
    alert.given(happened(praise)).when(share_good_practice, share).then(
        [GoodPracticeShared(alert_id="8", audience=("ALL_TEAMS", "TRAINING"), shared_on=date(2026, 3, 9))]
    )


def test_a_concern_is_not_shared_as_good_practice_and_good_practice_is_not_resolved():
    alert.given([raised()]).when(share_good_practice, share).then_refused("only a good-practice alert")
    alert.given(happened(praise)).when(resolve, resolving(MUCH_LATER), ENGLAND).then_refused("no clock")


def test_it_is_shared_with_somebody():
    nobody = replace(share, audience=())
    alert.given(happened(praise)).when(share_good_practice, nobody).then_refused("somebody", field="audience")


def test_recognition_given_in_error_is_withdrawn():
    gone = Withdraw(WithdrawalReason.RAISED_IN_ERROR, "CP_CHAIR", MUCH_LATER)
    alert.given(happened(praise)).when(withdraw, gone, ENGLAND).then_some(AlertWithdrawn)

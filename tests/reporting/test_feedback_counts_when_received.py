"""Feedback counts in the month it was received, however late; changes in the months they were made and told."""

from __future__ import annotations

from datetime import date

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.read_models.feedback_themes.query import feedback
from shared.projecting.reading import add
from shared.projecting.totals import nested
from shared.published.feedback import (
    ChangeCheckedV1,
    ChangeDecidedV1,
    ChangeMadeV1,
    FeedbackAcknowledgedV1,
    FeedbackClassifiedV1,
    FeedbackRespondedV1,
)
from tests.reporting.telling import ELM, FEEDBACK, counted, fold, received_feedback


def classified(*themes: str, sentiment: str = "MIXED") -> FeedbackClassifiedV1:
    return FeedbackClassifiedV1(feedback_id="1", themes=themes, sentiment=sentiment, method="PERSON")


def responded(on: date, days: int) -> FeedbackRespondedV1:
    return FeedbackRespondedV1(feedback_id="1", responded_on=on, elapsed_days=days)


def change(told_on: date | None = None) -> ChangeMadeV1:
    return ChangeMadeV1(
        change_id="1", themes=("MEETINGS",), place=ELM, made_on=date(2026, 5, 30), told_on=told_on, feedback_count=4
    )


def decided(*themes: str) -> ChangeDecidedV1:
    return ChangeDecidedV1(change_id="1", themes=themes, place=ELM, decided_on=date(2026, 4, 30), feedback_count=4)


def checked(result: str, on: date) -> ChangeCheckedV1:
    return ChangeCheckedV1(change_id="1", result=result, checked_on=on)


def view_of(*histories):
    summed = add(nested({cell.split("|")[1]: n}) for cell, n in counted(FEEDBACK, *histories).items())
    return feedback(summed, ReportingPolicy())


def test_feedback_three_months_late_counts_when_it_came():
    cells = counted(FEEDBACK, [received_feedback(), classified("LISTENED_TO"), responded(date(2026, 6, 2), 21)])
    assert {cell[:7] for cell in cells} == {"2026-05"}


def test_a_later_classification_takes_the_place_of_the_earlier():
    view = view_of([received_feedback(), classified("MEETINGS"), classified("RESPECT", "SAFETY", sentiment="NEGATIVE")])
    assert {count.code: count.count for count in view.themes} == {"RESPECT": 1, "SAFETY": 1}
    assert {count.code for count in view.sentiments if count.count} == {"NEGATIVE"}


def test_what_nobody_classified_yet_is_counted_as_such():
    assert view_of([received_feedback()]).unclassified.count == 1
    assert view_of([received_feedback(), classified("OTHER")]).unclassified.count == 0


def test_what_discloses_harm_is_counted_and_appears_in_no_digest():
    view = view_of([received_feedback(anonymous=True), classified(sentiment="NOT_SHOWN")])
    assert (view.received.count, view.unclassified.count) == (1, 0)
    assert [count.code for count in (*view.sentiments, *view.themes) if count.count] == []


def test_the_first_response_is_the_response():
    view = view_of([received_feedback(), responded(date(2026, 5, 20), 8), responded(date(2026, 6, 20), 39)])
    assert (view.responded.part, view.responded.whole, view.days_to_respond.value) == (1, 1, 8)


def test_a_complaint_by_a_child_is_countable():
    by_child = received_feedback(channel="COMPLAINT")
    by_carer = received_feedback(channel="COMPLAINT", respondent_type="FOSTER_CARER")
    view = view_of([by_child], [by_carer])
    assert (view.child_made.part, view.child_made.whole, view.child_made.display) == (1, 2, "")
    assert [(count.code, count.count) for count in view.child_made_channels] == [("COMPLAINT", 1)]


def test_no_feedback_divides_nothing_by_zero():
    assert (view_of().child_made.display, view_of().days_to_respond.value) == ("z", None)


def test_a_change_is_made_in_one_month_and_told_in_another():
    cells = counted(FEEDBACK, [change(), change(told_on=date(2026, 6, 3))])
    assert cells["2026-05|made.count"] == 1
    assert cells["2026-06|told.count"] == 1
    assert cells["2026-06|told_theme.MEETINGS"] == 1
    assert not [cell for cell in cells if "received" in cell]


def test_a_classification_of_unknown_feedback_stays_unknown():
    assert fold(FEEDBACK, [classified("OTHER")]) is None


def test_each_step_of_a_change_counts_in_its_own_month():
    told = date(2026, 6, 3)
    history = [decided("MEETINGS"), change(), change(told), checked("BETTER", date(2026, 9, 1))]
    steps = {"2026-04": "decided", "2026-05": "made", "2026-06": "told", "2026-09": "checked"}
    cells = counted(FEEDBACK, history)
    assert {cell: n for cell, n in cells.items() if cell.endswith(".count")} == {
        f"{month}|{step}.count": 1 for month, step in steps.items()
    }
    assert cells["2026-04|decided_theme.MEETINGS"] == 1
    assert fold(FEEDBACK, history)["date"] == "2026-05-30"


def test_a_change_that_was_only_decided_is_not_made():
    view = view_of([decided("MEETINGS", "RESPECT")])
    assert (view.changes_decided.count, view.changes_made.count, view.changes_told.count) == (1, 0, 0)
    assert {count.code for count in view.changes_decided_themes} == {"MEETINGS", "RESPECT"}


def test_those_who_spoke_may_be_asked_again_and_each_time_counts():
    asked = [checked("SAME", date(2026, 9, 1)), checked("BETTER", date(2026, 12, 1))]
    view = view_of([decided("MEETINGS"), change(), *asked])
    assert (view.changes_made.count, view.changes_checked.count) == (1, 2)
    assert {count.code: count.count for count in view.changes_checked_results} == {"BETTER": 1, "SAME": 1, "WORSE": 0}


def test_a_check_of_an_unknown_change_stays_unknown():
    assert fold(FEEDBACK, [checked("BETTER", date(2026, 9, 1))]) is None


def test_that_it_arrived_is_no_answer():
    arrived = [FeedbackAcknowledgedV1(feedback_id="1", acknowledged_on=date(2026, 5, day)) for day in (13, 14)]
    assert view_of([received_feedback(), *arrived]).responded.part == 0
    assert fold(FEEDBACK, [received_feedback(), *arrived])["acknowledged_on"] == "2026-05-13"

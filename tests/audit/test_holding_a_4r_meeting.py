"""Scheduling, holding and cancelling a 4R meeting."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.audit.domain.four_r_meeting import codes
from services.audit.domain.four_r_meeting.decisions import (
    Subjects,
    cancel_four_r_meeting,
    hold_four_r_meeting,
    schedule_four_r_meeting,
)
from services.audit.domain.four_r_meeting.state import DECIDER, Stage
from services.audit.domain.smallest_unit import smallest_unit
from shared.deciding.refusal import Refused
from shared.published.place import Place
from shared.web.policy import ROLES
from tests.examples.a_meeting import (
    ALDER,
    ASH,
    AUTHORITY,
    BIRCH,
    DUTY,
    ELM,
    cancel,
    cancelled,
    held,
    hold,
    schedule,
    scheduled,
    sealed,
)
from tests.specification import specification

meeting = specification(DECIDER)


def test_a_meeting_about_audits_of_three_teams_is_one_meeting_of_three_teams():
    after = meeting.given([]).when(schedule_four_r_meeting, schedule).then([scheduled])
    assert after.stage is Stage.SCHEDULED
    assert meeting.given([scheduled]).when(hold_four_r_meeting, hold).then([held]).stage is Stage.HELD


@pytest.mark.parametrize(
    ("places", "unit"),
    [
        ((ALDER,), ALDER),
        ((ALDER, ALDER), ALDER),
        ((ALDER, BIRCH), DUTY),
        ((BIRCH, ALDER, ELM), AUTHORITY),
        ((ALDER, AUTHORITY), AUTHORITY),
        ((AUTHORITY, AUTHORITY), AUTHORITY),
        ((DUTY, ALDER), DUTY),
    ],
)
def test_a_meeting_counts_in_the_smallest_unit_that_holds_all_of_its_teams(places: tuple[Place, ...], unit: Place):
    assert smallest_unit(places, "linked_audits") == unit
    assert smallest_unit(places[::-1], "linked_audits") == unit


def test_nothing_is_joined_across_authorities():
    with pytest.raises(Refused) as refused:
        smallest_unit((ALDER, ASH), "linked_audits")
    assert refused.value.field == "linked_audits"


def test_a_meeting_is_about_something():
    about_nothing = replace(schedule, subjects=Subjects((), (), ("alert-1",)))
    meeting.given([]).when(schedule_four_r_meeting, about_nothing).then_refused("about audits", field="linked_audits")


def test_a_meeting_about_a_team_needs_no_audit():
    about_a_team = replace(schedule, subjects=Subjects((ALDER,), (), ("alert-1",)))
    after = meeting.given([]).when(schedule_four_r_meeting, about_a_team).then_some(type(scheduled))
    assert after.scheduled is not None
    assert (after.scheduled.place, after.scheduled.linked_audits) == (ALDER, ())


def test_what_is_linked_twice_is_linked_once():
    twice = replace(schedule, subjects=replace(schedule.subjects, audits=("audit-1", "audit-2", "audit-3", "audit-1")))
    meeting.given([]).when(schedule_four_r_meeting, twice).then([scheduled])


def test_a_meeting_that_was_scheduled_is_not_scheduled_otherwise():
    other = replace(schedule, planned_on=date(2026, 5, 19))
    meeting.given([scheduled]).when(schedule_four_r_meeting, other).then_refused("cancel it and schedule another")


def test_what_was_said_is_recorded_once():
    meeting.given([scheduled, held]).when(hold_four_r_meeting, hold).then_nothing()
    sealed_anew = replace(hold, decisions=(sealed("handover visits together", "m"), sealed("a rota for cover", "m")))
    meeting.given([scheduled, held]).when(hold_four_r_meeting, sealed_anew).then_nothing()
    more = replace(hold, decisions=(*hold.decisions, sealed("one more")))
    meeting.given([scheduled, held]).when(hold_four_r_meeting, more).then_refused("held before, in another way")


@pytest.mark.parametrize(
    ("update", "words", "field"),
    [
        ({"attendees": ()}, "those who are there", "attendees"),
        ({"attendees": ("QA_OFFICER", "SOMEBODY")}, "code", "attendees"),
        ({"next_on": date(2026, 5, 13)}, "comes after this one", "next_on"),
        ({"subjects": Subjects((ALDER, ASH), ("audit-1",))}, "one authority", "linked_audits"),
    ],
)
def test_what_cannot_be_so_is_refused(update: dict, words: str, field: str):
    meeting.given([scheduled]).when(hold_four_r_meeting, replace(hold, **update)).then_refused(words, field=field)


def test_only_a_meeting_that_was_scheduled_is_held_or_cancelled():
    meeting.given([]).when(hold_four_r_meeting, hold).then_refused("no such meeting")
    meeting.given([]).when(cancel_four_r_meeting, cancel).then_refused("no such meeting")


def test_a_meeting_is_cancelled_with_a_reason_and_then_not_held():
    meeting.given([scheduled]).when(cancel_four_r_meeting, cancel).then([cancelled])
    meeting.given([scheduled, cancelled]).when(hold_four_r_meeting, hold).then_refused("was cancelled")
    later = replace(cancel, on=date(2026, 5, 12))
    meeting.given([scheduled, cancelled]).when(cancel_four_r_meeting, later).then_refused("was cancelled")
    meeting.given([scheduled]).when(cancel_four_r_meeting, replace(cancel, reason="RAIN")).then_refused("code")


def test_a_meeting_that_was_held_is_not_cancelled():
    meeting.given([scheduled, held]).when(cancel_four_r_meeting, cancel).then_refused("was held")


def test_everybody_who_holds_a_role_may_have_been_there():
    assert set(ROLES) - codes.ATTENDEES == {"PARTNER_AUTHORITY", "SYSTEM_ADMINISTRATOR"}

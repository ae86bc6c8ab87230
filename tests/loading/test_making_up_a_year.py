from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache

import pytest

from deploy.loading import people, seed
from deploy.loading.posting import Command, Event, Step
from deploy.loading.seed import Plan, Wanted, until_of
from shared.calendar.working_days import england
from tests.loading.a_town import TODAY, town

UNTIL = date(2026, 6, 30)


@cache
def a_year() -> Plan:
    return seed.plan(Wanted(UNTIL, TODAY))


def steps(plan: Plan, service: str, code: str | None = None) -> list[Step]:
    works = (work for la, one in plan.records.items() if code in (None, la) for work in one[service])
    return [step for work in works for wave in work.waves for story in wave for step in story]


def events(plan: Plan, kind: str, code: str | None = None) -> list[Event]:
    service = {"audit": "audit", "alert": "escalation"}.get(kind.split("_")[0], "feedback")
    found = (step for step in steps(plan, service, code) if isinstance(step, Event))
    return [event for event in found if event.type == f"goldenthread.intake.{kind}.v1"]


def test_the_same_seed_makes_the_same_records() -> None:
    wanted = Wanted(UNTIL, TODAY, authorities=1, scale=0.2)

    assert seed.plan(wanted) == seed.plan(wanted)
    assert seed.plan(wanted) != seed.plan(Wanted(UNTIL, TODAY, authorities=1, scale=0.2, seed=1))


def test_a_later_run_sends_the_same_months_again_and_only_adds_steps() -> None:
    def ids(wanted: Wanted) -> dict[str, Event]:
        plan = seed.plan(wanted)
        every = (step for service in ("audit", "escalation", "feedback") for step in steps(plan, service))
        return {step.id: step for step in every if isinstance(step, Event)}

    earlier = ids(Wanted(UNTIL, TODAY, 1, 0.3))
    later = ids(Wanted(UNTIL, date(2026, 8, 20), 1, 0.3))

    assert earlier.items() <= later.items()
    assert len(later) > len(earlier)


@pytest.mark.parametrize("code", list(people.AUTHORITIES))
def test_an_authority_has_the_volumes_of_a_year(code: str) -> None:
    plan = a_year()

    # where practice is weaker more is audited again
    assert len(events(plan, "audit_graded", code)) == pytest.approx(1_100, rel=0.08)
    assert len(events(plan, "alert_raised", code)) == pytest.approx(150, rel=0.15)
    assert len(events(plan, "feedback_received", code)) == pytest.approx(3_000, rel=0.05)


def test_grades_are_mixed_as_in_the_domain_brief() -> None:
    grades = Counter(event.data["overall"] for event in events(a_year(), "audit_graded"))
    share = {grade: n / sum(grades.values()) for grade, n in grades.items()}

    assert share == pytest.approx(
        {"INADEQUATE": 0.08, "REQUIRES_IMPROVEMENT": 0.37, "GOOD": 0.47, "OUTSTANDING": 0.08}, abs=0.025
    )


def test_both_ends_of_the_scale_are_always_moderated() -> None:
    ends = {"OUTSTANDING", "INADEQUATE"}
    unmoderated = [one.data for one in events(a_year(), "audit_graded") if one.data["grade_source"] == "RAW"]

    assert not [one for one in unmoderated if ends & {one["overall"], one["raw_overall"]}]
    assert all(one["overall"] == one["raw_overall"] for one in unmoderated)


def test_auditors_are_optimistic_more_often_than_severe() -> None:
    order = ("INADEQUATE", "REQUIRES_IMPROVEMENT", "GOOD", "OUTSTANDING")
    pairs = [one.data for one in events(a_year(), "audit_graded") if one.data["grade_source"] != "RAW"]
    drift = [order.index(one["raw_overall"]) - order.index(one["overall"]) for one in pairs]

    assert drift.count(1) > 2 * drift.count(-1) > 0
    assert set(drift) <= {-1, 0, 1}


def test_every_turn_that_an_alert_can_take_is_taken() -> None:
    nouns = {step.path.rsplit("/", 1)[1] for step in steps(a_year(), "escalation") if isinstance(step, Command)}
    kinds = {step.type.split(".")[2] for step in steps(a_year(), "escalation") if isinstance(step, Event)}

    assert nouns == {"reopening", "sharing"}
    assert kinds == {"alert_raised", "alert_answered", "alert_escalated", "alert_resolved", "alert_withdrawn"}
    assert {one.data["reason"] for one in events(a_year(), "alert_escalated")} == {
        "NO_RESPONSE",
        "NOT_SATISFIED",
        "BYPASS_URGENT",
    }
    assert {one.data["alert_type"] for one in events(a_year(), "alert_raised")} >= {"CONCERN", "GOOD_PRACTICE"}


def test_nothing_happens_before_the_year_or_after_yesterday() -> None:
    every = [step for service in ("audit", "escalation", "feedback") for step in steps(a_year(), service)]
    days = [step.at.date() for step in every if isinstance(step, Event)]

    assert date(2025, 7, 1) <= min(days)
    assert max(days) < TODAY
    assert all(england().is_working(one.at.date()) for one in events(a_year(), "audit_graded"))


def test_every_team_is_linked_with_one_holder_of_each_kind() -> None:
    teams = people.teams("901")

    assert len(teams) == 24
    assert len({team.id for team in teams}) == 24
    assert all(len(team.links) == 4 for team in teams)
    assert len({team.links["PRACTICE_DEVELOPMENT_WORKER"] for team in teams}) == 4


def test_the_demonstrations_people_hold_the_roles_they_are_shown_with() -> None:
    given = {
        (command.path.split("/")[3], command.body["role"])
        for stories in people.structure("901")
        for story in stories
        for command in story
        if command.path.endswith("/roles")
    }

    shown = people.demo_people()
    assert {(one.staff_ref, one.role) for one in shown} <= given
    assert {"DCS", "HEAD_OF_SERVICE", "TEAM_MANAGER", "PERFORMANCE_ANALYST"} <= {one.role for one in shown}


@pytest.mark.parametrize(
    ("text", "last"), [(None, UNTIL), ("2026-02", date(2026, 2, 28)), ("2025-12", date(2025, 12, 31))]
)
def test_the_year_ends_with_a_month_that_is_over(text: str | None, last: date) -> None:
    assert until_of(text, TODAY) == last


@pytest.mark.parametrize("text", ["2026-07", "2027-01", "2026", "May"])
def test_a_month_that_is_not_over_cannot_be_made_up(text: str) -> None:
    with pytest.raises(ValueError):
        until_of(text, TODAY)


async def test_the_services_accept_all_of_it_and_a_second_time_changes_nothing() -> None:
    plan = seed.plan(Wanted(UNTIL, TODAY, authorities=2, scale=0.05))
    async with town() as (here, poster):
        first = await seed.fill(plan, poster)
        before = await here.kept()
        second = await seed.fill(plan, poster)
        after = await here.kept()

    assert [str(refusal) for refusal in (*first.refused, *second.refused)] == []
    assert first.known == 0
    assert (second.new, second.known) == (0, first.new)
    assert before == after

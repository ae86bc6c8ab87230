"""Who may take which step of an alert, and when: each rule refuses or says nothing."""

from __future__ import annotations

from datetime import date

from services.escalation.domain.codes import Category, EscalationReason, Outcome, PlanType
from services.escalation.domain.policy import FIRST_STAGE, HEAD_OF_QUALITY, LAST_STAGE, REVIEWING_OFFICERS
from services.escalation.domain.practice_alert.commands import Escalate, Resolve
from services.escalation.domain.practice_alert.deadlines import is_missed
from services.escalation.domain.practice_alert.state import PracticeAlert, Status
from shared.deciding.refusal import Refused

SETTLED_BY_THE_ANSWER = frozenset(
    {Outcome.ACTION_AGREED_AND_DONE, Outcome.ACTION_AGREED_MONITORING, Outcome.EXPLANATION_ACCEPTED}
)


def by_a_reviewing_officer(role: str, step: str) -> None:
    if role not in REVIEWING_OFFICERS:
        raise Refused(f"only a reviewing officer can {step}")


def by_a_reviewing_officer_or_the_head_of_quality(role: str, step: str) -> None:
    """The holder of an alert may have left: then somebody else must be able to act."""
    if role != HEAD_OF_QUALITY:
        by_a_reviewing_officer(role, step)


def by_the_stage(role: str, responsible: str) -> None:
    if role != responsible:
        raise Refused("only the role responsible for this stage can answer the alert")


def is_open(alert: PracticeAlert) -> None:
    match alert.status:
        case Status.NONE:
            raise Refused("no alert was raised yet")
        case Status.GOOD_PRACTICE:
            raise Refused("a good-practice alert has no stages and no clock")
        case Status.WITHDRAWN:
            raise Refused("the alert was withdrawn")
        case Status.RESOLVED:
            raise Refused("the alert is resolved: reopen it first")
        case _:
            return


def in_order(alert: PracticeAlert, on: date) -> None:
    if on < alert.last_step_on:
        raise Refused("a step cannot come before the one already recorded", field="effective_date")


def is_a_stage(stage: int, field: str) -> None:
    if not FIRST_STAGE <= stage <= LAST_STAGE:
        raise Refused(f"a stage is a number from {FIRST_STAGE} to {LAST_STAGE}", field=field)


def has_categories(categories: tuple[Category, ...]) -> None:
    if not categories:
        raise Refused("at least one category is needed", field="categories")


def goes_up(command: Escalate, alert: PracticeAlert) -> None:
    is_a_stage(command.to_stage, "to_stage")
    if command.to_stage <= alert.stage:
        raise Refused("an alert is escalated to a higher stage", field="to_stage")


def has_its_reason(command: Escalate, alert: PracticeAlert) -> None:
    match command.reason:
        case EscalationReason.NO_RESPONSE if alert.status is not Status.AWAITING:
            raise Refused("there was a response at this stage", field="reason")
        case EscalationReason.NO_RESPONSE if not is_missed(alert.stage_deadline, command.on):
            raise Refused("the stage still has time to respond: escalate as BYPASS_URGENT", field="reason")
        case EscalationReason.NOT_SATISFIED if alert.status not in {Status.ANSWERED, Status.REJECTED}:
            raise Refused("there is no response at this stage that was not accepted", field="reason")
        case _:
            return


def has_a_possible_outcome(command: Resolve, alert: PracticeAlert) -> None:
    if command.outcome in SETTLED_BY_THE_ANSWER and alert.status is Status.REJECTED:
        raise Refused("the response at this stage was rejected", field="outcome")
    if command.outcome is Outcome.REFERRED_CAFCASS and (command.plan_type or alert.plan_type) is not PlanType.CLA:
        raise Refused("only the alert of a child looked after on that day can go to Cafcass", field="outcome")

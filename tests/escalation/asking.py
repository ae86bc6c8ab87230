"""Asking an alert one thing after another, and what the timer would ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from services.escalation.domain.codes import Clock
from services.escalation.domain.practice_alert import commands, decisions
from services.escalation.domain.practice_alert.commands import NoteMissedDeadline
from services.escalation.domain.practice_alert.events import PracticeAlertEvent
from services.escalation.domain.practice_alert.state import DECIDER, PracticeAlert
from tests.examples.an_alert import ENGLAND, POLICY

_WITH = {"calendar": ENGLAND, "policy": POLICY}
_DECISIONS: dict[type[Any], tuple[Any, tuple[str, ...]]] = {
    commands.RaiseAlert: (decisions.raise_alert, ("calendar", "policy")),
    commands.RaiseGoodPractice: (decisions.raise_good_practice, ()),
    commands.ShareGoodPractice: (decisions.share_good_practice, ()),
    commands.Acknowledge: (decisions.acknowledge, ("policy",)),
    commands.SubmitResponse: (decisions.submit_response, ("calendar", "policy")),
    commands.AcceptResponse: (decisions.accept_response, ()),
    commands.RejectResponse: (decisions.reject_response, ()),
    commands.Escalate: (decisions.escalate, ("calendar", "policy")),
    commands.NoteMissedDeadline: (decisions.note_missed_deadline, ("calendar",)),
    commands.RecalculateDeadlines: (decisions.recalculate_deadlines, ("calendar", "policy")),
    commands.BackdateRaise: (decisions.backdate_raise, ("calendar", "policy")),
    commands.Recategorise: (decisions.recategorise, ()),
    commands.Reassign: (decisions.reassign, ()),
    commands.Resolve: (decisions.resolve, ("calendar",)),
    commands.Reopen: (decisions.reopen, ("calendar", "policy")),
    commands.VerifyImpact: (decisions.verify_impact, ()),
    commands.Withdraw: (decisions.withdraw, ("calendar",)),
}


def decide(command: Any, alert: PracticeAlert) -> list[PracticeAlertEvent]:
    """The decision that this command belongs to, taken with the calendar and policy of the examples."""
    decision, needs = _DECISIONS[type(command)]
    happened: list[PracticeAlertEvent] = decision(command, alert, *(_WITH[name] for name in needs))
    return happened


def happened(*asked: Any) -> list[PracticeAlertEvent]:
    """The history that these commands make, each accepted."""
    history: list[PracticeAlertEvent] = []
    for command in asked:
        history += decide(command, DECIDER.fold(history))
    return history


def after(history: Sequence[PracticeAlertEvent]) -> PracticeAlert:
    return DECIDER.fold(history)


def missed(alert: PracticeAlert, clock: str, *, on: date) -> NoteMissedDeadline:
    """What the timer asks on that day about the deadline as it now stands."""
    due_on = alert.stage_deadline if clock == "STAGE" else alert.total_deadline
    return NoteMissedDeadline(Clock(clock), alert.stage, alert.entry, due_on, on)

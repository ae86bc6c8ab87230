"""Whether a due date passed unnoticed.

Every later step notes it first, so that the record does not depend on whether a timer ran: what was done late was
late.
"""

from __future__ import annotations

from datetime import date

from services.audit.domain.remedial_action.events import RemedialActionOverdue
from services.audit.domain.remedial_action.state import RemedialAction, Stage


def unnoticed(action: RemedialAction, by: date) -> list[RemedialActionOverdue]:
    """At most one: for the due date that it has now."""
    due_on = running(action)
    if action.agreed is None or due_on is None or due_on >= by:
        return []
    return [RemedialActionOverdue(action_id=action.agreed.action_id, due_on=due_on)]


def running(action: RemedialAction) -> date | None:
    """The due date that can still be missed; None when it was, or the action is not open."""
    if action.stage is not Stage.OPEN or action.due_on in action.noticed:
        return None
    return action.due_on

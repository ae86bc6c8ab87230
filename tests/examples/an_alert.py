"""Named practice alerts and what is asked of them, with fixed dates: 3 March 2026 is a Tuesday."""

from __future__ import annotations

from datetime import date

from services.escalation.domain.codes import (
    AlertType,
    Category,
    EscalationReason,
    Outcome,
    PlanType,
    Risk,
)
from services.escalation.domain.policy import EscalationPolicy
from services.escalation.domain.practice_alert.commands import (
    AcceptResponse,
    Escalate,
    RaiseAlert,
    RaiseGoodPractice,
    RejectResponse,
    Reopen,
    Resolve,
    SubmitResponse,
)
from services.escalation.domain.practice_alert.decisions import raise_alert
from services.escalation.domain.practice_alert.events import PracticeAlertEvent
from services.escalation.domain.practice_alert.state import DECIDER
from shared.calendar.working_days import england
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place

POLICY = EscalationPolicy()
ENGLAND = england()

IP_ELM = Place(team="ip-elm", service_area="intervention", authority="901", regions=("ncl",))

RAISED_ON = date(2026, 3, 3)
STAGE_1_DUE = date(2026, 3, 10)
TOTAL_DUE = date(2026, 3, 31)


def sealed(words: str, key: str = "child-7") -> SealedText:
    """Sealed text as the domain sees it: only its mark says whether two are the same words."""
    return SealedText(key=key, nonce="bm9uY2U=", text="c2VhbGVk", mark=f"mark of {words}")


def raising(**given: object) -> RaiseAlert:
    """`raise_concern` with something else about it."""
    fields: dict[str, object] = {
        "alert_id": "7",
        "alert_type": AlertType.CONCERN,
        "categories": (Category.DRIFT_DELAY,),
        "child": "child-7",
        "child_ref": sealed("case 7"),
        "plan_type": PlanType.CLA,
        "place": IP_ELM,
        "risk": Risk.MEDIUM,
        "by_role": "IRO",
        "held_by": "staff-iro-1",
        "on": RAISED_ON,
    }
    return RaiseAlert(**{**fields, **given})  # type: ignore[arg-type]


def raised(**given: object) -> PracticeAlertEvent:
    """The event of an alert raised with something else about it."""
    (event,) = raise_alert(raising(**given), DECIDER.initial, ENGLAND, POLICY)
    return event


def answering(on: date, by_role: str = "TEAM_MANAGER", words: str = "we have agreed a plan") -> SubmitResponse:
    return SubmitResponse(by_role=by_role, on=on, text=sealed(words))


def accepting(on: date) -> AcceptResponse:
    return AcceptResponse(by_role="IRO", on=on)


def rejecting(on: date) -> RejectResponse:
    return RejectResponse(by_role="IRO", on=on, reason=sealed("this is not a plan"))


def escalating(to_stage: int, on: date, reason: EscalationReason = EscalationReason.BYPASS_URGENT) -> Escalate:
    return Escalate(to_stage=to_stage, reason=reason, by_role="IRO", on=on)


def resolving(on: date, outcome: Outcome = Outcome.ACTION_AGREED_AND_DONE) -> Resolve:
    return Resolve(outcome=outcome, by_role="IRO", on=on)


def reopening(on: date, stage: int | None = None) -> Reopen:
    return Reopen(reason=sealed("the plan was not followed"), by_role="IRO", on=on, stage=stage)


praise = RaiseGoodPractice(
    alert_id="8",
    categories=(Category.PARTICIPATION_ADVOCACY,),
    child="child-8",
    child_ref=sealed("case 8", "child-8"),
    plan_type=PlanType.CIN,
    place=IP_ELM,
    by_role="CP_CHAIR",
    held_by="staff-chair-1",
    on=RAISED_ON,
    narrative=sealed("the child led the meeting", "child-8"),
)

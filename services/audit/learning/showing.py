"""What a reader is shown of meetings and learning points: codes, dates and links; words for those who may read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.audit.learning.work import DECISION, LEARNED, PROMPT, FoundMeeting, FoundPoint
from services.audit.showing import EXPIRED
from shared.privacy.keys import Keyring
from shared.web.access_log import AccessLog
from shared.web.policy import AUDIT, IDENTIFIERS, Action, Policy
from shared.web.principal import Principal


@dataclass(frozen=True, slots=True)
class MeetingWords:
    """Opens what was said in a meeting, once the access is on record."""

    keyring: Keyring
    policy: Policy
    access_log: AccessLog

    async def of(self, found: FoundMeeting, principal: Principal, purpose: str | None) -> dict[str, str] | None:
        """The words by where they stand; "expired" where the key was destroyed. None for whom they are not.

        Words about several teams' cases are for those who may know whom they are about in every one of these teams,
        and for those who scheduled or held the meeting. Raises a 503 Problem when the access cannot be recorded.
        """
        held = found.meeting.held
        if held is None or not self._may(found, principal, purpose):
            return None
        sealed = {f"prompts/{prompt.code}": (prompt.words, PROMPT) for prompt in held.prompts}
        sealed |= {f"decisions/{i}": (words, DECISION) for i, words in enumerate(held.decisions)}
        fields = {what for _, what in sealed.values()}
        await self.access_log.record(principal, AUDIT, [found.meeting_id], fields, purpose)
        opened = {where: await self.keyring.open(words, field=what) for where, (words, what) in sealed.items()}
        return {where: EXPIRED if words is None else words for where, words in opened.items()}

    def _may(self, found: FoundMeeting, principal: Principal, purpose: str | None) -> bool:
        theirs = found.is_of(principal)
        return all(
            self.policy.decide(
                principal, IDENTIFIERS, Action.R, place, allocated=theirs, own=theirs, on_need=purpose is not None
            )
            for place in found.teams or (found.place,)
        )


def meeting_body(found: FoundMeeting) -> dict[str, Any]:
    """The meeting in codes and dates, without a word that was said."""
    meeting, about = found.meeting, found.meeting.held or found.scheduled
    held = meeting.held
    return {
        "id": found.meeting_id,
        "version": found.version,
        "stage": meeting.stage,
        "place": found.place,
        "teams": found.teams,
        "planned_on": found.scheduled.planned_on,
        "linked_audits": about.linked_audits,
        "linked_alerts": about.linked_alerts,
        "held": None
        if held is None
        else {
            "on": held.held_on,
            "attendees": [attendee.role for attendee in held.attendees],
            "prompts": [{"code": prompt.code, "label": prompt.label} for prompt in held.prompts],
            "decisions": len(held.decisions),
            "action_ids": held.actions,
            "next_on": held.next_on,
        },
        "cancelled": None
        if meeting.cancelled is None
        else {"reason": meeting.cancelled.reason, "on": meeting.cancelled.cancelled_on},
    }


async def point_body(found: FoundPoint, keyring: Keyring) -> dict[str, Any]:
    """The learning point with its words: they are about practice, for everybody who may read it."""
    recorded = found.recorded
    words = await keyring.open(recorded.words, field=LEARNED)
    return {
        "id": found.learning_id,
        "version": found.version,
        "stage": found.point.stage,
        "theme_code": recorded.theme_code,
        "domain": recorded.domain,
        "source": recorded.source,
        "links": recorded.links,
        "theme_id": recorded.theme_id,
        "place": recorded.place,
        "recorded_on": recorded.recorded_on,
        "learning": EXPIRED if words is None else words,
        "disseminations": [
            {"audience": told.audience, "channel": told.channel, "on": told.disseminated_on}
            for told in found.point.disseminations
        ],
        "reviews": [
            {
                "result": review.result,
                "method": review.method,
                "cases": review.cases,
                "linked_audits": review.linked_audits,
                "on": review.reviewed_on,
            }
            for review in found.point.reviews
        ],
    }

"""From what was asked about meetings and learning to what was kept: place, reach, sealed words, the domain's answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from services.audit.domain.audit.state import DECIDER as AUDIT
from services.audit.domain.four_r_meeting import decisions as meetings
from services.audit.domain.four_r_meeting.events import FourRMeetingEvent, FourRMeetingScheduled, Prompt
from services.audit.domain.four_r_meeting.state import DECIDER as MEETING
from services.audit.domain.four_r_meeting.state import FourRMeeting
from services.audit.domain.learning_point import decisions as learning
from services.audit.domain.learning_point.events import LearningPointEvent, LearningPointRecorded
from services.audit.domain.learning_point.state import DECIDER as POINT
from services.audit.domain.learning_point.state import LearningPoint
from services.audit.domain.remedial_action.state import DECIDER as ACTION
from services.audit.domain.smallest_unit import smallest_unit
from services.audit.domain.theme.state import DECIDER as THEME
from services.audit.learning import places
from services.audit.learning import requests as bodies
from services.audit.work import Right, Work, person
from shared.deciding.refusal import NotFound, Refused
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load, unborn
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place
from shared.web.policy import Action, Resource
from shared.web.principal import Principal

PROMPT, DECISION, LEARNED = "four_r_meeting.prompt", "four_r_meeting.decision", "learning_point.words"
PROMPTS = ("r1", "r2", "r3", "r4")

READ_MEETINGS: tuple[Right, ...] = ((Resource.AUDIT, Action.R),)
# Whoever may audit or moderate somewhere in the meeting's unit.
MEET: tuple[Right, ...] = (
    (Resource.AUDIT, Action.C),
    (Resource.MODERATION, Action.C),
    (Resource.MODERATION, Action.A),
)
READ_LEARNING: tuple[Right, ...] = ((Resource.ACTIONS, Action.R),)
LEARN: tuple[Right, ...] = ((Resource.ACTIONS, Action.U), (Resource.ACTIONS, Action.A))

MeetingOutcome = Outcome[FourRMeetingEvent]
PointOutcome = Outcome[LearningPointEvent]


@dataclass(frozen=True, slots=True)
class FoundMeeting:
    """A meeting within reach; `places` are its teams, and the unit in which it counts."""

    meeting_id: str
    meeting: FourRMeeting
    scheduled: FourRMeetingScheduled
    version: int

    @property
    def teams(self) -> tuple[Place, ...]:
        return (self.meeting.held or self.scheduled).teams

    @property
    def place(self) -> Place:
        return (self.meeting.held or self.scheduled).place

    @property
    def places(self) -> tuple[Place, ...]:
        return (*self.teams, self.place)

    def is_of(self, principal: Principal) -> bool:
        """Whether they scheduled it or held it."""
        held = self.meeting.held
        return principal.subject in {self.scheduled.scheduled_by, held.held_by if held else None}


@dataclass(frozen=True, slots=True)
class FoundPoint:
    learning_id: str
    point: LearningPoint
    recorded: LearningPointRecorded
    version: int


@dataclass(frozen=True, slots=True)
class LearningWork:
    """The methods raise NotFound outside the principal's reach, Refused when a rule says no, and what the store raises.

    A meeting is within the reach of whoever has the right over any of its teams, as they were on its day.
    """

    work: Work

    # ---- 4R meetings ---------------------------------------------------------------------------------------------

    async def meeting(self, meeting_id: str, principal: Principal, rights: tuple[Right, ...]) -> FoundMeeting:
        """The meeting, when the principal may read it and has one of these rights over any of its teams."""
        loaded = await load(self.work.store, MEETING, MEETING.stream(meeting_id))
        if loaded.state.scheduled is None:
            raise NotFound
        found = FoundMeeting(meeting_id, loaded.state, loaded.state.scheduled, loaded.version)
        self._check(principal, READ_MEETINGS, found.places, theirs=found.is_of(principal))
        self._check(principal, rights, found.places, theirs=found.is_of(principal))
        return found

    async def schedule(
        self, meeting_id: str, body: bodies.ScheduleFourRMeetingBody, asked: Asked, principal: Principal
    ) -> MeetingOutcome:
        on = body.planned_on
        about = (
            *[await self._audit_place(id_, on, principal, "linked_audits") for id_ in body.linked_audits],
            *[self._team_place(id_, on, principal) for id_ in body.team_ids],
        )
        subjects = meetings.Subjects(about, body.linked_audits, body.linked_alerts)
        command = meetings.ScheduleFourRMeeting(meeting_id, subjects, on, person(principal, body))
        self._check(principal, MEET, (*about, subjects.place))
        asked = await self.work.attributed(asked, subjects.place, principal)
        return await handle(
            self.work.store,
            MEETING,
            MEETING.stream(meeting_id),
            lambda meeting: meetings.schedule_four_r_meeting(command, meeting),
            asked,
            unborn(MEETING),
        )

    async def hold(
        self, meeting_id: str, body: bodies.HoldFourRMeetingBody, asked: Asked, principal: Principal
    ) -> MeetingOutcome:
        found = await self.meeting(meeting_id, principal, MEET)
        on = asked.meta.effective_date
        subjects = await self._subjects(found, body, on, principal)
        await self._check_actions(body.action_ids, subjects)
        command = meetings.HoldFourRMeeting(
            subjects=subjects,
            on=on,
            attendees=body.attendees,
            by=person(principal, body),
            prompts=await self._prompts(found, body.prompts, on),
            decisions=tuple([await self._seal(meeting_id, one, DECISION) for one in body.decisions]),
            actions=body.action_ids,
            next_on=body.next_on,
        )
        return await self._on_meeting(
            found, asked, principal, lambda meeting: meetings.hold_four_r_meeting(command, meeting)
        )

    async def cancel(
        self, meeting_id: str, body: bodies.CancelFourRMeetingBody, asked: Asked, principal: Principal
    ) -> MeetingOutcome:
        found = await self.meeting(meeting_id, principal, MEET)
        command = meetings.CancelFourRMeeting(body.reason, asked.meta.effective_date)
        return await self._on_meeting(
            found, asked, principal, lambda meeting: meetings.cancel_four_r_meeting(command, meeting)
        )

    async def _on_meeting(
        self,
        found: FoundMeeting,
        asked: Asked,
        principal: Principal,
        decide: Callable[[FourRMeeting], list[FourRMeetingEvent]],
    ) -> MeetingOutcome:
        asked = await self.work.attributed(asked, found.place, principal)
        seen = Loaded(found.meeting, found.version)
        return await handle(self.work.store, MEETING, MEETING.stream(found.meeting_id), decide, asked, seen)

    async def _subjects(
        self, found: FoundMeeting, body: bodies.HoldFourRMeetingBody, on: date, principal: Principal
    ) -> meetings.Subjects:
        """What it was about as the day saw it: as scheduled, where the body does not say it again."""
        scheduled, audits = found.scheduled, body.linked_audits
        alerts = scheduled.linked_alerts if body.linked_alerts is None else body.linked_alerts
        teams = [self._team_place(id_, on, principal) for id_ in body.team_ids or ()]
        if audits is not None:
            about = [await self._audit_place(id_, on, principal, "linked_audits") for id_ in audits]
            return meetings.Subjects((*about, *teams), audits, alerts)
        about = await self._known_audit_places(scheduled.linked_audits, on)
        if body.team_ids is None:
            teams = [self.work.directory.place(team.team or "", on) or team for team in scheduled.teams]
        return meetings.Subjects((*about, *teams), scheduled.linked_audits, alerts)

    async def _check_actions(self, action_ids: Iterable[str], subjects: meetings.Subjects) -> None:
        """Actions agreed in a meeting are about its audits, or of its authority where it is about none."""
        for id_ in action_ids:
            action = (await load(self.work.store, ACTION, ACTION.stream(id_))).state
            theirs = not set(action.audits).isdisjoint(subjects.audits) if subjects.audits else True
            if action.agreed is None or action.agreed.place.authority != subjects.place.authority or not theirs:
                raise Refused("there is no such action about these audits", field="action_ids")

    async def _prompts(self, found: FoundMeeting, said: bodies.PromptsBody, on: date) -> tuple[Prompt, ...]:
        policy = await self.work.policies.on(found.place.authority, on)
        answers = zip(PROMPTS, policy.four_r_prompts, (said.r1, said.r2, said.r3, said.r4), strict=True)
        return tuple(
            [
                Prompt(code=code, label=label, words=await self._seal(found.meeting_id, words, PROMPT))
                for code, label, words in answers
                if words is not None
            ]
        )

    # ---- learning points -----------------------------------------------------------------------------------------

    async def point(self, learning_id: str, principal: Principal, rights: tuple[Right, ...]) -> FoundPoint:
        loaded = await load(self.work.store, POINT, POINT.stream(learning_id))
        if loaded.state.recorded is None:
            raise NotFound
        self._check(principal, rights, (loaded.state.recorded.place,))
        return FoundPoint(learning_id, loaded.state, loaded.state.recorded, loaded.version)

    async def record(
        self, learning_id: str, body: bodies.RecordLearningPointBody, asked: Asked, principal: Principal
    ) -> PointOutcome:
        on = asked.meta.effective_date
        place = await self._learning_place(body, on, principal)
        self._check(principal, LEARN, (place,))
        await self._check_domain(body.domain)
        command = learning.RecordLearningPoint(
            learning_id=learning_id,
            theme_code=body.theme_code,
            source=body.source,
            place=place,
            words=await self._seal(learning_id, body.learning, LEARNED),
            on=on,
            by=person(principal, body),
            domain=body.domain,
            links=body.links,
            theme_id=body.theme_id,
        )
        asked = await self.work.attributed(asked, place, principal)
        return await handle(
            self.work.store,
            POINT,
            POINT.stream(learning_id),
            lambda point: learning.record_learning_point(command, point),
            asked,
            unborn(POINT),
        )

    async def disseminate(
        self, learning_id: str, body: bodies.DisseminateLearningPointBody, asked: Asked, principal: Principal
    ) -> PointOutcome:
        found = await self.point(learning_id, principal, LEARN)
        command = learning.DisseminateLearningPoint(body.audience, body.channel, asked.meta.effective_date)
        return await self._on_point(
            found, asked, principal, lambda point: learning.disseminate_learning_point(command, point)
        )

    async def review(
        self, learning_id: str, body: bodies.ReviewLearningImpactBody, asked: Asked, principal: Principal
    ) -> PointOutcome:
        found = await self.point(learning_id, principal, LEARN)
        on = asked.meta.effective_date
        looked_at = [await self._audit_place(id_, on, principal, "linked_audits") for id_ in body.linked_audits]
        smallest_unit((found.recorded.place, *looked_at), "linked_audits")
        by = person(principal, body)
        command = learning.ReviewLearningImpact(body.result, body.method, body.cases, on, by, body.linked_audits)
        return await self._on_point(
            found, asked, principal, lambda point: learning.review_learning_impact(command, point)
        )

    async def _on_point(
        self,
        found: FoundPoint,
        asked: Asked,
        principal: Principal,
        decide: Callable[[LearningPoint], list[LearningPointEvent]],
    ) -> PointOutcome:
        asked = await self.work.attributed(asked, found.recorded.place, principal)
        seen = Loaded(found.point, found.version)
        return await handle(self.work.store, POINT, POINT.stream(found.learning_id), decide, asked, seen)

    async def _learning_place(self, body: bodies.RecordLearningPointBody, on: date, principal: Principal) -> Place:
        """The unit that is named, else the smallest that holds what is linked, else the theme's; of one authority."""
        named = places.of_unit(self.work.directory, body.team_id, body.service_area_id, body.la_code, on)
        linked = [place for id_ in body.links for place in await self._linked(body.source, id_, on, principal)]
        around = smallest_unit((*linked, named) if named else linked, "links") if linked else None
        theme = await self._theme_place(body.theme_id)
        place = named or around or theme
        if place is None:
            raise Refused("a learning point is about a team, a service area or an authority", field="team_id")
        if theme is not None and theme.authority != place.authority:
            raise _no_theme()
        return place

    async def _theme_place(self, theme_id: str | None) -> Place | None:
        if theme_id is None:
            return None
        commissioned = (await load(self.work.store, THEME, THEME.stream(theme_id))).state.commissioned
        if commissioned is None:
            raise _no_theme()
        return commissioned.place

    async def _linked(self, source: str, id_: str, on: date, principal: Principal) -> tuple[Place, ...]:
        """Where the thing it was learned from counts. Alerts and feedback are known to other services only."""
        match source:
            case "AUDIT":
                return (await self._audit_place(id_, on, principal, "links"),)
            case "FOUR_R":
                try:
                    return ((await self.meeting(id_, principal, READ_MEETINGS)).place,)
                except NotFound:
                    raise Refused("there is no such meeting", field="links") from None
            case _:
                return ()

    async def _check_domain(self, domain: str | None) -> None:
        if domain is None:
            return
        templates = (await self.work.catalogue.read()).state
        if not any(version.domain(domain) for version in templates.versions):
            raise Refused("no template has this domain", field="domain")

    # ---- both ----------------------------------------------------------------------------------------------------

    def _check(
        self, principal: Principal, rights: tuple[Right, ...], about: Iterable[Place], *, theirs: bool = False
    ) -> None:
        """Raises NotFound unless the principal has one of the rights over one of these; `theirs` is their own thing."""
        asked = ((place, resource, action) for place in about for resource, action in rights)
        if not any(
            self.work.policy.decide(principal, resource, action, place, own=theirs, allocated=theirs)
            for place, resource, action in asked
        ):
            raise NotFound

    async def _audit_place(self, audit_id: str, on: date, principal: Principal, field: str) -> Place:
        """Where a linked audit's team stood. Out of reach it is as if there were none."""
        try:
            found = await self.work.find(audit_id, principal)
        except NotFound:
            raise Refused("there is no such audit", field=field) from None
        return places.of_audit(self.work.directory, found.planned, found.audit.result, on)

    async def _known_audit_places(self, audit_ids: Iterable[str], on: date) -> list[Place]:
        """The same for audits that are linked already, whoever may reach them."""
        known = [(await load(self.work.store, AUDIT, AUDIT.stream(id_))).state for id_ in audit_ids]
        directory = self.work.directory
        return [places.of_audit(directory, one.planned, one.result, on) for one in known if one.planned]

    def _team_place(self, team_id: str, on: date, principal: Principal) -> Place:
        place = places.of_team(self.work.directory, team_id, on, "team_ids")
        self._check(principal, READ_MEETINGS, (place,))
        return place

    async def _seal(self, subject: str, words: str, what: str) -> SealedText:
        return await self.work.keyring.seal(subject, words, field=what)


def _no_theme() -> Refused:
    return Refused("there is no such theme", field="theme_id")

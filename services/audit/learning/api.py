"""4R meetings, learning points and the loop of an audit over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.audit.api import WRITE, Id, Purpose, Reader
from services.audit.domain.four_r_meeting.state import DECIDER as MEETING
from services.audit.domain.four_r_meeting.state import Stage as MeetingStage
from services.audit.domain.learning_point.state import DECIDER as POINT
from services.audit.domain.learning_point.state import Stage as PointStage
from services.audit.learning import requests as bodies
from services.audit.learning.listing import Listing
from services.audit.learning.loop import loop_of
from services.audit.learning.showing import MeetingWords, meeting_body, point_body
from services.audit.learning.work import READ_LEARNING, READ_MEETINGS, LearningWork
from services.audit.register import Register
from services.audit.showing import history_line
from services.audit.work import Work
from shared.deciding.decider import Decider
from shared.event_store.handling import recorded
from shared.web.access_log import AccessLog
from shared.web.desk import Desk
from shared.web.identity import requires
from shared.web.policy import ACTIONS, AUDIT, Action
from shared.web.principal import Principal

# Those who meet may audit or moderate, those who learn may progress or approve actions: with the thing it is asked.
Meeting = Annotated[Principal, requires(AUDIT, Action.R, WRITE)]
Learner = Annotated[Principal, requires(ACTIONS, Action.R, WRITE)]
LearningReader = Annotated[Principal, requires(ACTIONS, Action.R, "read")]
After = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=200)]
Theme = Annotated[str | None, Query(max_length=60)]


def learning_routers(work: Work, desk: Desk, access_log: AccessLog) -> list[APIRouter]:
    """Everything about meetings and learning; lists and loops are read from the register, when there is one."""
    learning = LearningWork(work)
    words = MeetingWords(work.keyring, work.policy, access_log)
    listed = [] if work.register is None else [list_router(work, work.register)]
    return [*listed, meeting_router(learning, desk, words), point_router(learning, desk)]


def meeting_router(learning: LearningWork, desk: Desk, words: MeetingWords) -> APIRouter:
    router = APIRouter(prefix="/v1/four-r-meetings", tags=["4R meetings"])
    came = partial(desk.asked, la_code="")

    @router.post("", status_code=201)
    async def schedule(body: bodies.ScheduleFourRMeetingBody, request: Request, principal: Meeting) -> Response:
        asked = came(request, principal, body)
        id_ = desk.id_for(asked)
        outcome = await learning.schedule(id_, body, asked, principal)
        return desk.answer(outcome, location=f"/v1/four-r-meetings/{id_}")

    @router.post("/{id_}/holding")
    async def hold(id_: Id, body: bodies.HoldFourRMeetingBody, request: Request, principal: Meeting) -> Response:
        return desk.answer(await learning.hold(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/cancellation")
    async def cancel(id_: Id, body: bodies.CancelFourRMeetingBody, request: Request, principal: Meeting) -> Response:
        return desk.answer(await learning.cancel(id_, body, came(request, principal, body), principal))

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Reader, purpose: Purpose = None) -> Response:
        found = await learning.meeting(id_, principal, READ_MEETINGS)
        narrative = await words.of(found, principal, purpose)
        return desk.shown(request, found.version, {**meeting_body(found), "narrative": narrative})

    @router.get("/{id_}/history")
    async def history(id_: Id, request: Request, principal: Reader) -> Response:
        found = await learning.meeting(id_, principal, READ_MEETINGS)
        return desk.shown(request, found.version, await _history(learning.work, MEETING, id_))

    return router


def point_router(learning: LearningWork, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/learning-points", tags=["learning points"])
    came = partial(desk.asked, la_code="")

    @router.post("", status_code=201)
    async def record(body: bodies.RecordLearningPointBody, request: Request, principal: Learner) -> Response:
        asked = came(request, principal, body)
        id_ = desk.id_for(asked)
        outcome = await learning.record(id_, body, asked, principal)
        return desk.answer(outcome, location=f"/v1/learning-points/{id_}")

    @router.post("/{id_}/dissemination")
    async def disseminate(
        id_: Id, body: bodies.DisseminateLearningPointBody, request: Request, principal: Learner
    ) -> Response:
        return desk.answer(await learning.disseminate(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/impact-review")
    async def review(id_: Id, body: bodies.ReviewLearningImpactBody, request: Request, principal: Learner) -> Response:
        return desk.answer(await learning.review(id_, body, came(request, principal, body), principal))

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: LearningReader) -> Response:
        found = await learning.point(id_, principal, READ_LEARNING)
        return desk.shown(request, found.version, await point_body(found, learning.work.keyring))

    @router.get("/{id_}/history")
    async def history(id_: Id, request: Request, principal: LearningReader) -> Response:
        found = await learning.point(id_, principal, READ_LEARNING)
        return desk.shown(request, found.version, await _history(learning.work, POINT, id_))

    return router


def list_router(work: Work, register: Register) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["4R meetings", "learning points"])
    listing = Listing(register, work.policy)

    @router.get("/four-r-meetings")
    async def meetings(
        principal: Reader, stage: MeetingStage | None = None, after: After = None, limit: Limit = 50
    ) -> dict[str, Any]:
        return await listing.meetings(principal, stage, after, limit)

    @router.get("/learning-points")
    async def points(
        principal: LearningReader,
        stage: PointStage | None = None,
        theme: Theme = None,
        after: After = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        return await listing.points(principal, stage, theme, after, limit)

    @router.get("/audits/{id_}/loop")
    async def loop(id_: Id, principal: Reader) -> dict[str, Any]:
        await work.find(id_, principal)
        return await loop_of(register, id_)

    return router


async def _history(work: Work, decider: Decider[Any, Any], id_: str) -> dict[str, Any]:
    commits = await work.store.read(decider.stream(id_))
    return {"id": id_, "events": [history_line(told) for commit in commits for told in recorded(decider, commit)]}

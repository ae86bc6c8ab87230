"""The audit service over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response

from services.audit import requests as bodies
from services.audit.barring import hides_grades
from services.audit.domain.audit.state import DECIDER
from services.audit.domain.template import decisions as templates
from services.audit.domain.template import state as template_state
from services.audit.showing import Narratives, audit_body, history_line, templates_body, ungraded_body
from services.audit.work import PROGRESS, Work
from shared.deciding.refusal import NotFound
from shared.event_store.handling import Outcome, handle, recorded
from shared.event_store.store import StreamMovedOn
from shared.web.desk import CommandBody, Desk
from shared.web.identity import requires
from shared.web.policy import AUDIT, MODERATION, ORGANISATION, Action
from shared.web.principal import Principal
from shared.web.problems import Problem

WRITE = "audit:write"
Planner = Annotated[Principal, requires(AUDIT, Action.C, WRITE)]
Worker = Annotated[Principal, requires(AUDIT, Action.U, WRITE)]
# Those who arrange or moderate may hold either of two rights: which one is asked of the role table with the audit.
Arranger = Annotated[Principal, requires(AUDIT, Action.R, WRITE)]
Moderator = Annotated[Principal, requires(MODERATION, Action.R, WRITE)]
Approver = Annotated[Principal, requires(AUDIT, Action.A, WRITE)]
Reader = Annotated[Principal, requires(AUDIT, Action.R, "read")]
# Templates are the same for every authority: only a client that acts for all of them changes them.
Configurer = Annotated[Principal, requires(ORGANISATION, Action.U, "organisation:write")]
Anybody = Annotated[Principal, requires(ORGANISATION, Action.R, "read")]
Id = Annotated[str, Path(max_length=64)]
Purpose = Annotated[str | None, Header(alias="Golden-Thread-Purpose", min_length=1, max_length=200)]


class GradedAtOnce(Problem):
    """Somebody else graded the same domain since this person read the audit: both see both grades."""

    def __init__(self, version: int, domain: str, yours: str, theirs: str) -> None:
        super().__init__("moved-on", headers={"ETag": f'"{version}"'})
        self.conflict = {"domain": domain, "yours": yours, "theirs": theirs}

    def members(self) -> dict[str, Any]:
        return {**super().members(), "conflict": self.conflict}


def audit_routers(work: Work, desk: Desk, narratives: Narratives) -> list[APIRouter]:
    """Everything about audits and their templates."""
    return [
        planning_router(work, desk),
        grading_router(work, desk),
        judging_router(work, desk),
        reading_router(work, desk, narratives),
        template_router(work, desk),
    ]


def planning_router(work: Work, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/audits", tags=["audits"])
    came = partial(desk.asked, la_code="")

    @router.post("", status_code=201)
    async def plan(body: bodies.PlanAuditBody, request: Request, principal: Planner) -> Response:
        asked = came(request, principal, body)
        id_ = desk.id_for(asked)
        return desk.answer(await work.plan(id_, body, asked, principal), location=f"/v1/audits/{id_}")

    @router.post("/{id_}/allocation")
    async def allocate(id_: Id, body: bodies.AllocateAuditBody, request: Request, principal: Arranger) -> Response:
        return desk.answer(await work.allocate(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/reallocation")
    async def reallocate(id_: Id, body: bodies.ReallocateAuditBody, request: Request, principal: Arranger) -> Response:
        return desk.answer(await work.reallocate(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/declination")
    async def decline(id_: Id, body: bodies.DeclineAuditBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.decline(id_, body, came(request, principal, body), principal))

    @router.post("/{id_}/start")
    async def start(id_: Id, body: bodies.StartAuditBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.start(id_, body, came(request, principal, body), principal))

    return router


def grading_router(work: Work, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/audits/{id_}", tags=["audits"])
    came = partial(desk.asked, la_code="")

    @router.post("/family-feedback")
    async def family(id_: Id, body: bodies.SeekFamilyFeedbackBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.seek_family_feedback(id_, body, came(request, principal, body), principal))

    @router.post("/reflections")
    async def reflect(id_: Id, body: bodies.AddReflectionBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.add_reflection(id_, body, came(request, principal, body), principal))

    @router.post("/domain-grades")
    async def grade(id_: Id, body: bodies.GradeDomainBody, request: Request, principal: Worker) -> Response:
        try:
            return desk.answer(await work.grade_domain(id_, body, came(request, principal, body), principal))
        except StreamMovedOn as moved:
            raise await graded_at_once(work, id_, body, principal) or moved from moved

    @router.post("/overall-grade")
    async def overall(id_: Id, body: bodies.GiveOverallGradeBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.give_overall_grade(id_, body, came(request, principal, body), principal))

    @router.post("/submission")
    async def submit(id_: Id, body: bodies.SubmitAuditBody, request: Request, principal: Worker) -> Response:
        return desk.answer(await work.submit(id_, body, came(request, principal, body), principal))

    return router


def judging_router(work: Work, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/audits/{id_}", tags=["audits"])
    came = partial(desk.asked, la_code="")

    @router.post("/return")
    async def give_back(id_: Id, body: bodies.ReturnAuditBody, request: Request, principal: Moderator) -> Response:
        return desk.answer(await work.give_back(id_, body, came(request, principal, body), principal))

    @router.post("/moderation")
    async def moderate(id_: Id, body: bodies.ModerateAuditBody, request: Request, principal: Moderator) -> Response:
        return desk.answer(await work.moderate(id_, body, came(request, principal, body), principal))

    @router.post("/finalisation")
    async def finalise(id_: Id, body: bodies.FinaliseAuditBody, request: Request, principal: Arranger) -> Response:
        return changed(desk, await work.finalise(id_, body, came(request, principal, body), principal))

    return router


def reading_router(work: Work, desk: Desk, narratives: Narratives) -> APIRouter:
    router = APIRouter(prefix="/v1/audits/{id_}", tags=["audits"])

    @router.get("")
    async def read(id_: Id, request: Request, principal: Reader, purpose: Purpose = None) -> Response:
        found = await work.find(id_, principal)
        template = await work.catalogue.version(found.planned.template_id, found.planned.template_version)
        hidden = await hides_grades(work.store, found.audit, principal)
        narrative = await narratives.of(found, principal, purpose, without_grades=hidden)
        body = {**(ungraded_body if hidden else audit_body)(found, template), "narrative": narrative}
        # Grades stop being hidden when the other audit is submitted: this one's version does not tell.
        return desk.shown(request, found.version, body, whole=bool(found.audit.paired_with))

    @router.get("/history")
    async def history(id_: Id, request: Request, principal: Reader) -> Response:
        found = await work.find(id_, principal)
        commits = await work.store.read(DECIDER.stream(id_))
        lines = [history_line(told) for commit in commits for told in recorded(DECIDER, commit)]
        return desk.shown(request, found.version, {"id": id_, "events": lines})

    return router


def template_router(work: Work, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/templates", tags=["templates"])

    @router.get("")
    async def read(request: Request, principal: Anybody) -> Response:
        loaded = await work.catalogue.read()
        return desk.shown(request, loaded.version, {"templates": templates_body(loaded.state)})

    @router.post("", status_code=201)
    async def publish(body: bodies.PublishTemplateBody, request: Request, principal: Configurer) -> Response:
        command = templates.PublishTemplate(body.template)
        return await _configure(request, principal, body, lambda known: templates.publish_template(command, known))

    @router.post("/{id_}/retirement")
    async def retire(id_: Id, body: bodies.RetireTemplateBody, request: Request, principal: Configurer) -> Response:
        command = templates.RetireTemplate(id_, body.version)
        return await _configure(request, principal, body, lambda known: templates.retire_template(command, known))

    async def _configure(request: Request, principal: Principal, body: CommandBody, decide: Any) -> Response:
        if not work.policy.decide(principal, ORGANISATION, Action.U, None):
            raise NotFound
        asked = desk.asked(request, principal, body, la_code="*")
        outcome = await handle(work.store, template_state.DECIDER, template_state.STREAM, decide, asked)
        return desk.answer(outcome, location="/v1/templates" if request.url.path == "/v1/templates" else None)

    return router


def changed(desk: Desk, outcome: Outcome[Any]) -> Response:
    """The answer to what changes figures: it names the closed periods that the change touches, late as it is."""
    periods = [key for told in outcome.events for key in getattr(told.event, "closed_periods_affected", ())]
    return desk.answer(outcome, body={"closed_periods_affected": periods})


async def graded_at_once(
    work: Work, audit_id: str, body: bodies.GradeDomainBody, principal: Principal
) -> GradedAtOnce | None:
    """Both grades, when the domain has one and what was sent are codes of the template: nothing else is repeated."""
    found = await work.find(audit_id, principal, PROGRESS)
    template = await work.catalogue.version(found.planned.template_id, found.planned.template_version)
    theirs = found.audit.domains.get(body.domain)
    if theirs is None or not template.scale.knows(body.grade):
        return None
    if await hides_grades(work.store, found.audit, principal):
        return None
    return GradedAtOnce(found.version, body.domain, body.grade, theirs.grade)

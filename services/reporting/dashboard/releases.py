"""The routes of the pages of releases: propose, look at what would leave, decide, take back.

They ask the same work the same way as the interface does, behind the same doors: nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from services.reporting.closing.canonical import unit_key
from services.reporting.dashboard import release_page
from services.reporting.dashboard.errors import page_route
from services.reporting.dashboard.forms import ANSWERED, NOTHING_WRONG, Forms, Sent, Wrong, wrong_with
from services.reporting.dashboard.templating import Templates, who
from services.reporting.domain import periods
from services.reporting.domain.partner_release.decisions import FIGURES, Identifying
from services.reporting.domain.partner_release.state import PartnerRelease
from services.reporting.releasing import requests as bodies
from services.reporting.releasing.api import WRITE, Approver, Concerned, Doors, Id, Reader
from services.reporting.releasing.register import ReleaseRegister
from services.reporting.releasing.work import Releasing
from services.reporting.reports.monthly import CODE as MONTHLY
from shared.deciding.refusal import NotFound
from shared.event_store.handling import Asked, Loaded
from shared.web.policy import Action, Policy
from shared.web.principal import Principal

QUARTERS = 8
WORDS = tuple(name for name in bodies.ProposeBody.model_fields if name in release_page.FIELDS)
Do = Callable[[Asked, Sent], Awaitable[Any]]


def router(
    templates: Templates, releasing: Releasing, register: ReleaseRegister, policy: Policy, forms: Forms
) -> APIRouter:
    pages = APIRouter(include_in_schema=False, route_class=page_route(templates))
    at = _Pages(templates, releasing, register, Doors(releasing, policy), forms)
    _add_list(pages, at)
    _add_proposing(pages, at)
    _add_one(pages, at)
    _add_deciding(pages, at)
    return pages


@dataclass(frozen=True, slots=True)
class _Pages:
    """What these pages are made with."""

    templates: Templates
    releasing: Releasing
    register: ReleaseRegister
    doors: Doors
    forms: Forms

    def page(self, name: str, reader: Principal, last: str, above: str = "", **values: Any) -> Response:
        """`above` is the authority whose list of releases leads here."""
        crumbs: list[dict[str, Any]] = [{"text": "Overview", "href": "/"}]
        if above:
            crumbs.append({"text": "Releases", "href": releases_path(above)})
        crumbs.append({"text": last})
        return self.templates.page(name, title=last, crumbs=crumbs, labels=release_page.FIELDS, **who(reader), **values)

    def name(self, la_code: str) -> str:
        return self.releasing.directory.name("authority", la_code, self.releasing.today)

    def may(self, reader: Principal, la_code: str, *any_of: Action) -> bool:
        return WRITE in reader.scopes and self.doors.may(reader, la_code, *any_of)


def releases_path(la_code: str) -> str:
    return f"/releases?{urlencode({'la_code': la_code})}"


def _add_list(pages: APIRouter, at: _Pages) -> None:
    @pages.get("/releases")
    async def releases(reader: Reader, la_code: str | None = None) -> Response:
        """Of the authority that was picked, or of the first that is one's own."""
        mine = at.doors.authorities(reader)
        picked = la_code or next((code for code, _ in mine), None)
        if picked is None:
            raise NotFound
        at.doors.check(reader, picked, Action.R)
        listed = [
            (f"/releases/{one['id']}", release_page.title_of(one["kind"], one["period"]), one)
            for one in await at.register.listed([picked])
        ]
        return at.page(
            "releases.html",
            reader,
            "Releases",
            listed=listed,
            la_code=picked,
            authority=at.name(picked),
            others=[one for one in mine if one[0] != picked],
            path_of=releases_path,
            states=release_page.STATES,
            may_propose=at.may(reader, picked, Action.C, Action.A),
        )


def _add_proposing(pages: APIRouter, at: _Pages) -> None:
    @pages.get("/releases/new")
    async def new(
        request: Request, reader: Reader, la_code: str, what: Literal["figures", "words"] = "figures"
    ) -> Response:
        at.doors.check(reader, la_code, Action.C, Action.A)
        return await _proposing(at, request, reader, la_code, what)

    @pages.post("/releases")
    async def propose(request: Request, proposer: Concerned) -> Response:
        sent = await at.forms.sent(request)
        la_code = sent.text("la_code")
        at.doors.check(proposer, la_code, Action.C, Action.A)
        asked = at.forms.asked(request, proposer, sent, la_code=la_code)
        id_ = at.forms.id_for(asked)
        try:
            body = bodies.ProposeBody.model_validate({"la_code": la_code, **sent.filled(*WORDS)})
            await at.releasing.propose(id_, body.kind, la_code, body.period, body.words, asked)
        except ANSWERED as raised:
            what = "figures" if sent.text("kind") == FIGURES else "words"
            return await _proposing(at, request, proposer, la_code, what, sent, raised)
        return _to(id_, "proposed")


async def _proposing(
    at: _Pages,
    request: Request,
    reader: Principal,
    la_code: str,
    what: str,
    sent: Sent | None = None,
    raised: Exception | None = None,
) -> Response:
    """The form; when it was sent before, with what was wrong, and the words as they were typed."""
    wrong = wrong_with(raised, release_page.FIELDS) if raised else NOTHING_WRONG
    typed = (sent or Sent()).filled(*WORDS)
    places = None
    if isinstance(raised, Identifying):
        places = release_page.marked(typed["summary"], raised.findings)
    answer = at.page(
        "release_new.html",
        reader,
        "Propose figures" if what == "figures" else "Propose words",
        la_code,
        la_code=la_code,
        authority=at.name(la_code),
        what=what,
        wrong=wrong,
        typed=typed,
        places=places,
        choices=await _closed(at, la_code) if what == "figures" else _quarters(at),
        marks=at.forms.marks(request),
    )
    answer.status_code = 422 if wrong else 200
    return answer


async def _closed(at: _Pages, la_code: str) -> list[tuple[str, str]]:
    """Periods of which there are figures to share, the newest first."""
    register = at.releasing.closing.register
    await register.catch_up()
    found = await register.of(la_code, unit_key("authority", la_code), MONTHLY)
    return [(one.period, periods.named(one.period).label) for one in found]


def _quarters(at: _Pages) -> list[tuple[str, str]]:
    this = periods.month_of(at.releasing.today)
    keys = (periods.quarter(periods.following(this, -3 * n)) for n in range(QUARTERS))
    return [(key, periods.named(key).label) for key in keys]


def _add_one(pages: APIRouter, at: _Pages) -> None:
    @pages.get("/releases/{id_}")
    async def release(id_: Id, request: Request, reader: Reader, done: str = "") -> Response:
        loaded = await at.releasing.release(id_)
        at.doors.of(reader, loaded.state, Action.R)
        return _one(at, request, reader, id_, loaded, done=release_page.DONE.get(done, ""))


def _one(
    at: _Pages,
    request: Request,
    reader: Principal,
    id_: str,
    loaded: Loaded[PartnerRelease],
    *,
    done: str = "",
    wrong: Wrong = NOTHING_WRONG,
    at_fault: str = "",
) -> Response:
    """`at_fault` names the form in which something was wrong."""
    release, proposal = loaded.state, loaded.state.proposal
    if proposal is None:
        raise NotFound
    answer = at.page(
        "release.html",
        reader,
        release_page.title_of(proposal.kind, proposal.period),
        proposal.la_code,
        id=id_,
        release=release,
        proposal=proposal,
        authority=at.name(proposal.la_code),
        state=release_page.STATES[release.status],
        leaving=release_page.leaving(id_, release),
        symbols=release_page.SYMBOLS,
        own=proposal.proposed_by == reader.subject,
        may_approve=at.may(reader, proposal.la_code, Action.A),
        may_reject=at.may(reader, proposal.la_code, Action.C, Action.A),
        rejecting=release_page.REJECTING,
        retracting=release_page.RETRACTING,
        done=done,
        wrong=wrong,
        at_fault=at_fault,
        marks=lambda: at.forms.marks(request, loaded.version),
    )
    answer.status_code = 422 if wrong else 200
    return answer


def _add_deciding(pages: APIRouter, at: _Pages) -> None:
    """Each of these is asked as the interface asks it, and leads back to the release."""

    @pages.post("/releases/{id_}/check")
    async def check(id_: Id, request: Request, person: Concerned) -> Response:
        deciding = _Deciding(at, request, person, id_, "checked")
        return await deciding.done(lambda asked, _: at.releasing.check(id_, asked), Action.C, Action.A)

    @pages.post("/releases/{id_}/approval")
    async def approve(id_: Id, request: Request, person: Approver) -> Response:
        deciding = _Deciding(at, request, person, id_, "approved")
        return await deciding.done(lambda asked, _: at.releasing.approve(id_, asked), Action.A)

    @pages.post("/releases/{id_}/rejection")
    async def reject(id_: Id, request: Request, person: Concerned) -> Response:
        async def do(asked: Asked, sent: Sent) -> Any:
            body = bodies.RejectBody.model_validate(sent.filled("reason"))
            return await at.releasing.reject(id_, body.reason, asked)

        return await _Deciding(at, request, person, id_, "rejected").done(do, Action.C, Action.A)

    @pages.post("/releases/{id_}/retraction")
    async def retract(id_: Id, request: Request, person: Approver) -> Response:
        async def do(asked: Asked, sent: Sent) -> Any:
            body = bodies.RetractBody.model_validate(sent.filled("event_id", "reason"))
            return await at.releasing.retract(id_, body.event_id, body.reason, asked)

        return await _Deciding(at, request, person, id_, "retracted").done(do, Action.A)


@dataclass(frozen=True, slots=True)
class _Deciding:
    """One form of the page of a release: `leads_to` is what is said when it was done."""

    at: _Pages
    request: Request
    person: Principal
    id_: str
    leads_to: str

    async def done(self, do: Do, *any_of: Action) -> Response:
        loaded = await self.at.releasing.release(self.id_)
        la_code = self.at.doors.of(self.person, loaded.state, *any_of)
        sent = await self.at.forms.sent(self.request)
        try:
            await do(self.at.forms.asked(self.request, self.person, sent, la_code=la_code), sent)
        except ANSWERED as raised:
            wrong = wrong_with(raised, release_page.FIELDS)
            now = await self.at.releasing.release(self.id_)
            at_fault = sent.text("event_id") or "rejection"
            return _one(self.at, self.request, self.person, self.id_, now, wrong=wrong, at_fault=at_fault)
        return _to(self.id_, self.leads_to)


def _to(id_: str, done: str) -> Response:
    return RedirectResponse(f"/releases/{quote(id_)}?{urlencode({'done': done})}", 303)

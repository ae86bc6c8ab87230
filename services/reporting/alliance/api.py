"""The regional view, support in the alliance, and the sources that are read, over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from services.reporting.alliance import requests as bodies
from services.reporting.alliance.answering import RegionalViews
from services.reporting.alliance.sources import Source
from services.reporting.alliance.tables import regional_table
from services.reporting.alliance.views import RegionalView
from services.reporting.alliance.work import Alliance
from services.reporting.api import CSV, Representation
from services.reporting.domain.support.state import Support
from shared.deciding.refusal import NotFound
from shared.published.place import Place
from shared.web.desk import Desk
from shared.web.identity import requires
from shared.web.policy import REGIONAL, SHARING, Action, Policy
from shared.web.principal import Principal

WRITE, ADMINISTER, PARTNERS_READ = "reports:write", "subscriptions:write", "improvements:read"
Reader = Annotated[Principal, requires(REGIONAL, Action.R, "read", partner_scope=PARTNERS_READ)]
Member = Annotated[Principal, requires(REGIONAL, Action.R, "read")]
Supporter = Annotated[Principal, requires(REGIONAL, Action.C, WRITE)]
Approver = Annotated[Principal, requires(REGIONAL, Action.A, WRITE)]
Administrator = Annotated[Principal, requires(SHARING, Action.C, ADMINISTER)]
Looker = Annotated[Principal, requires(SHARING, Action.R, PARTNERS_READ)]
Id = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
RegionId = Annotated[str, Path(max_length=64)]
QUARTER = r"^20\d{2}-Q[1-4]$"
Quarter = Annotated[str | None, Query(pattern=QUARTER)]
PERIOD = Annotated[str, Path(pattern=r"^20\d{2}-(0[1-9]|1[0-2]|Q[1-4])$")]


def alliance_routers(alliance: Alliance, views: RegionalViews, policy: Policy, desk: Desk) -> list[APIRouter]:
    return [
        region_router(alliance, views, policy, desk),
        support_router(alliance, policy, desk),
        source_router(alliance, desk),
    ]


def region_router(alliance: Alliance, views: RegionalViews, policy: Policy, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/regions/{region}/improvement", tags=["improvement"])

    @router.get("", response_model=RegionalView, responses={200: {"content": CSV}})
    async def read(
        region: RegionId,
        request: Request,
        reader: Reader,
        from_: Annotated[str | None, Query(alias="from", pattern=QUARTER)] = None,
        to: Quarter = None,
        format: str | None = None,  # noqa: A002 - the word in the URL
    ) -> Response:
        """What was released, authority by authority and quarter by quarter; one's own true figures beside it."""
        view = await views.of(reader, region, from_, to)
        return Representation(request, format).of(view, lambda: regional_table(view))

    @router.post("/{period}", status_code=201)
    async def release(
        region: RegionId, period: PERIOD, body: bodies.NothingBody, request: Request, principal: Approver
    ) -> Response:
        """The region's rounded sum of what its authorities released."""
        if not policy.decide(principal, REGIONAL, Action.A, Place(authority="", regions=(region,))):
            raise NotFound
        asked = desk.asked(request, principal, body, la_code="", creating=True)
        outcome = await alliance.release_region(region, period, asked)
        return desk.answer(outcome, status=201 if outcome.events else 200)

    return router


def support_router(alliance: Alliance, policy: Policy, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/support", tags=["support"])
    doors = Doors(alliance, policy)
    came = partial(desk.asked, creating=False)

    @router.post("", status_code=201)
    async def request_support(body: bodies.RequestSupportBody, request: Request, principal: Supporter) -> Response:
        """With a request that was released: it says what is needed."""
        doors.check_own(principal, body.la_code)
        asked = desk.asked(request, principal, body, la_code=body.la_code)
        id_ = desk.id_for(asked)
        outcome = await alliance.request(id_, body, asked)
        return desk.answer(outcome, location=f"/v1/support/{id_}")

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Member) -> Response:
        loaded = await alliance.support(id_)
        doors.check_reader(principal, loaded.state)
        return desk.shown(request, loaded.version, support_body(id_, loaded.state))

    @router.post("/{id_}/offers")
    async def offer(id_: Id, body: bodies.OfferSupportBody, request: Request, principal: Supporter) -> Response:
        """By another authority of the alliance, for itself."""
        doors.check_reader(principal, (await alliance.support(id_)).state)
        doors.check_own(principal, body.la_code)
        return desk.answer(await alliance.offer(id_, body, came(request, principal, body, la_code=body.la_code)))

    @router.post("/{id_}/acceptance")
    async def accept(id_: Id, body: bodies.AcceptSupportBody, request: Request, principal: Supporter) -> Response:
        la_code = doors.who_asked(principal, (await alliance.support(id_)).state)
        asked = came(request, principal, body, la_code=la_code)
        return desk.answer(await alliance.accept(id_, la_code, body.offering_la_code, asked))

    @router.post("/{id_}/peer-challenges")
    async def meet(id_: Id, body: bodies.PeerChallengeBody, request: Request, principal: Supporter) -> Response:
        doors.check_reader(principal, (await alliance.support(id_)).state)
        doors.check_own(principal, body.la_code)
        return desk.answer(await alliance.meet(id_, body, came(request, principal, body, la_code=body.la_code)))

    @router.post("/{id_}/impact")
    async def report(id_: Id, body: bodies.ImpactBody, request: Request, principal: Supporter) -> Response:
        la_code = doors.who_asked(principal, (await alliance.support(id_)).state)
        return desk.answer(await alliance.report(id_, la_code, body, came(request, principal, body, la_code=la_code)))

    return router


def source_router(alliance: Alliance, desk: Desk) -> APIRouter:
    """Whose word is taken is for an administrator, or a client that acts for all authorities."""
    router = APIRouter(prefix="/v1/improvement-sources", tags=["sources"])

    @router.post("", status_code=201)
    async def admit(body: bodies.AdmitSourceBody, request: Request, principal: Administrator) -> Response:
        """Also changes one; it is then read from its beginning again."""
        _check_administers(principal)
        outcome = await alliance.admit(body, desk.asked(request, principal, body, la_code=""))
        return desk.answer(outcome, location=f"/v1/improvement-sources/{body.source_id}")

    @router.get("")
    async def listed(principal: Looker) -> dict[str, Any]:
        _check_administers(principal)
        await alliance.log.catch_up()
        return {"items": [source_body(one) for one in await alliance.sources.all()]}

    @router.get("/{id_}")
    async def read(id_: Id, request: Request, principal: Looker) -> Response:
        """With what was refused of it: where, and by which rule."""
        _check_administers(principal)
        source = await _source(alliance, id_)
        refused = [{"number": one.number, "reason": one.reason} for one in await alliance.sources.parked(id_)]
        return desk.shown(request, source.version, {**source_body(source), "refused": refused}, whole=True)

    @router.delete("/{id_}")
    async def remove(id_: Id, request: Request, principal: Administrator) -> Response:
        """It is read no longer, and what was read of it is no longer shown."""
        _check_administers(principal)
        return desk.answer(await alliance.remove(id_, desk.asked(request, principal, la_code="", creating=False)))

    return router


class Doors:
    """Support is an alliance's own business; each authority asks, offers and tells for itself."""

    def __init__(self, alliance: Alliance, policy: Policy) -> None:
        self._alliance = alliance
        self._policy = policy

    def check_own(self, principal: Principal, la_code: str) -> None:
        """Raises NotFound unless the person has a role in the authority, or the client acts for it."""
        place = self._alliance.directory.authority_place(la_code, self._alliance.today)
        if place is None or not self._policy.decide(principal, REGIONAL, Action.C, place):
            raise NotFound
        homes = {principal.home(held).authority for held in principal.held}
        if not principal.is_machine and la_code not in homes:
            raise NotFound

    def check_reader(self, principal: Principal, support: Support) -> None:
        asking = support.requested.la_code if support.requested else ""
        place = self._alliance.directory.authority_place(asking, self._alliance.today)
        if place is None or not self._policy.decide(principal, REGIONAL, Action.R, place):
            raise NotFound

    def who_asked(self, principal: Principal, support: Support) -> str:
        """The authority that asked, which must be one's own."""
        asking = support.requested.la_code if support.requested else ""
        self.check_own(principal, asking)
        return asking


def support_body(id_: str, support: Support) -> dict[str, Any]:
    requested, impact = support.requested, support.impact
    return {
        "id": id_,
        "la_code": requested.la_code if requested else None,
        "event_id": requested.event_id if requested else None,
        "theme_code": requested.theme_code if requested else None,
        "offers": [{"la_code": name, "event_id": support.offers[name]} for name in sorted(support.offers)],
        "accepted": support.accepted,
        "peer_challenges": [
            {"held_in": month, "theme_codes": list(support.held[month])} for month in sorted(support.held)
        ],
        "impact": {"result": impact.result, "event_id": impact.event_id} if impact else None,
    }


def source_body(source: Source) -> dict[str, Any]:
    """Never the token."""
    return {
        "id": source.id,
        "address": source.admitted.address,
        "subscription_id": source.admitted.subscription_id,
        "la_codes": list(source.admitted.la_codes),
        "number": source.number,
        "trouble": source.trouble,
        "read_at": source.read_at.isoformat() if source.read_at else None,
        "refused_count": source.parked,
    }


async def _source(alliance: Alliance, id_: str) -> Source:
    await alliance.log.catch_up()
    found = next((one for one in await alliance.sources.all() if one.id == id_), None)
    if found is None:
        raise NotFound
    return found


def _check_administers(principal: Principal) -> None:
    if principal.partner is not None or (principal.is_machine and "*" not in principal.authorities):
        raise NotFound

"""What every route of the organisation needs: units read strictly from the store, and who may change them.

What a decision must know of another unit is read just before it decides; two commands on two units in the same
moment may still pass each other. What comes of that (a team in an area closed at once) shows and is put right by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from fastapi import Request, Response

from services.organisation.domain.authority.state import DECIDER as AUTHORITY
from services.organisation.domain.person.decisions import Existence
from services.organisation.domain.region.state import DECIDER as REGION
from services.organisation.domain.service_area.state import DECIDER as SERVICE_AREA
from services.organisation.domain.team.state import DECIDER as TEAM
from services.organisation.publishing import DECIDERS, describe
from services.organisation.requests import DatedCommand
from shared.calendar.clock import Clock, local_date
from shared.deciding.decider import Decider
from shared.deciding.refusal import NotFound, Refused
from shared.directory import Directory
from shared.event_store.handling import Asked, Outcome, handle, load
from shared.event_store.store import EventStore
from shared.published.envelope import Published
from shared.published.organisation import (
    AuthorityDescribedV1,
    PersonDescribedV1,
    RegionDescribedV1,
    ServiceAreaDescribedV1,
    TeamDescribedV1,
)
from shared.published.place import Place
from shared.web.desk import Desk, Position
from shared.web.policy import ORGANISATION, Action, Policy, U
from shared.web.principal import Principal

S = TypeVar("S")
E = TypeVar("E")

NO_AUTHORITY = "000"  # the la_code of what concerns no single authority
UNITS: dict[str, Decider[Any, Any]] = {
    "team": TEAM,
    "service_area": SERVICE_AREA,
    "authority": AUTHORITY,
    "region": REGION,
}


class OrganisationDesk(Desk):
    """A desk whose every commit is published with its last event, so that is the position to read after."""

    def position(self, outcome: Outcome[Any]) -> Position | None:
        if not outcome.events:
            return None
        return Position("organisation", outcome.events[-1].partition, outcome.events[-1].seq)


@dataclass(frozen=True, slots=True)
class Counter:
    """Where commands are taken: the store for strict answers, the directory for what needs the whole structure."""

    store: EventStore
    desk: OrganisationDesk
    policy: Policy
    directory: Directory
    clock: Clock

    async def state(self, decider: Decider[S, E], id_: str) -> S:
        """The aggregate as it stands in the store: the initial state when nothing ever happened to it."""
        return (await load(self.store, decider, decider.stream(id_))).state  # type: ignore[type-var]

    def date_of(self, body: DatedCommand) -> date:
        return body.effective_date or local_date(body.occurred_at or self.clock())

    def check_reach(self, who: Principal, action: Action, place: Place | None) -> None:
        """Raises NotFound unless this may be done there; None is what concerns no single authority."""
        if not self.policy.decide(who, ORGANISATION, action, place):
            raise NotFound

    async def place_of(self, scope: str, id_: str) -> Place:
        """Where a unit counts for permissions. Raises NotFound when it never existed."""
        unit = await self.state(UNITS[scope], id_)
        if unit.created is None:
            raise NotFound
        match scope:
            case "region":
                return Place(authority="", regions=(id_,))
            case "authority":
                return self.place_in(id_)
            case _:
                return self.place_in(unit.authority_id)

    def place_in(self, la_code: str) -> Place:
        """The authority with its regions of today, so that whoever looks after a region reaches what is in it."""
        return Place(authority=la_code, regions=self.directory.regions_of(la_code, local_date(self.clock())))

    async def named(self, who: Principal, action: Action, scope: str, id_: str, field: str) -> Place:
        """The place of a unit that a body names. Raises Refused for `field`, in the same words when unknown and when
        out of reach."""
        try:
            place = await self.place_of(scope, id_)
            self.check_reach(who, action, place)
        except NotFound:
            raise Refused("there is no such unit", field=field) from None
        return place

    async def existence_of(self, scope: str, id_: str) -> Existence:
        unit = await self.state(UNITS[scope], id_)
        return Existence(unit.opened_on, getattr(unit, "closed_on", None))

    def asked(
        self, request: Request, who: Principal, body: DatedCommand, place: Place | None, *, creating: bool
    ) -> Asked:
        """A commit counts on the day of its effective date, or today for one still to come: the event keeps its own."""
        counts = min(self.date_of(body), local_date(self.clock()))
        la_code = (place.authority if place else "") or NO_AUTHORITY
        return self.desk.asked(request, who, body, la_code=la_code, effective_date=counts, creating=creating)

    async def create(
        self,
        request: Request,
        who: Principal,
        body: Any,
        place: Place | None,
        decider: Decider[S, E],
        decide: Callable[[S], Sequence[E]],
    ) -> Response:
        """201 with the new unit's address, which is the collection's and its id."""
        self.check_reach(who, Action.C, place)
        asked = self.asked(request, who, body, place, creating=True)
        outcome = await handle(self.store, decider, decider.stream(body.id), decide, asked)  # type: ignore[type-var]
        return self.desk.answer(outcome, location=f"{request.url.path}/{body.id}")

    async def change(
        self,
        request: Request,
        who: Principal,
        body: DatedCommand,
        decider: Decider[S, E],
        id_: str,
        decide: Callable[[S], Sequence[E]],
    ) -> Response:
        """A command on a unit that exists, decided on the version that the client saw."""
        place = await self.place_of(decider.category, id_)
        self.check_reach(who, U, place)
        asked = self.asked(request, who, body, place, creating=False)
        outcome = await handle(self.store, decider, decider.stream(id_), decide, asked)  # type: ignore[type-var]
        return self.desk.answer(outcome)

    async def shown(self, request: Request, who: Principal, category: str, id_: str) -> Response:
        """The unit as the contract describes it, from the store. Raises NotFound, also outside one's reach."""
        decider = DECIDERS[category]
        loaded = await load(self.store, decider, decider.stream(id_))
        if not loaded.version:
            raise NotFound
        described = describe(category, loaded.state)
        if not self.sees(who, described):
            raise NotFound
        body = described.model_dump(mode="json")
        return self.desk.shown(request, loaded.version, {"id": id_, "version": loaded.version, **body})

    def sees(self, who: Principal, described: Published) -> bool:
        """Which authorities there are and in which regions is public; what is inside one is for those within reach."""
        if isinstance(described, RegionDescribedV1 | AuthorityDescribedV1):
            return True
        places = [self.place_in(code) for code in set(self._authorities_of(described))]
        return any(self.policy.decide(who, ORGANISATION, Action.R, place) for place in places)

    def _authorities_of(self, described: Published) -> Iterator[str]:
        match described:
            case ServiceAreaDescribedV1():
                yield described.authority_id
            case TeamDescribedV1():
                yield from self._authority_of("service_area", described.service_areas[-1].value)
            case PersonDescribedV1():
                for held in described.holdings:
                    yield from self._authority_of(held.scope, held.unit_id)
                for link in described.links:
                    yield from self._authority_of("team", link.team_id)

    def _authority_of(self, scope: str, unit_id: str) -> Iterator[str]:
        match scope:
            case "authority":
                yield unit_id
            case "service_area":
                yield self.directory.service_area_authority(unit_id) or NO_AUTHORITY
            case "team":
                found = self.directory.place(unit_id, local_date(self.clock()))
                yield found.authority if found else NO_AUTHORITY
            case _:
                yield NO_AUTHORITY

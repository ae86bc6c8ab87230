"""Who may do what, where: the role table as data, and one object that reads it, for decisions and for queries alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Any

from shared.published.place import Place
from shared.web.principal import Holds, Principal


class Resource(StrEnum):
    AUDIT = "AUDIT"
    MODERATION = "MODERATION"
    ACTIONS = "ACTIONS"
    ALERT = "ALERT"
    FEEDBACK = "FEEDBACK"
    COMPLAINT = "COMPLAINT"
    REPORTS = "REPORTS"
    IDENTIFIERS = "IDENTIFIERS"
    REGIONAL = "REGIONAL"
    ORGANISATION = "ORGANISATION"
    SHARING = "SHARING"


class Action(StrEnum):
    """Create, read, update (progress), approve."""

    C = "C"
    R = "R"
    U = "U"
    A = "A"


AUDIT, MODERATION, ACTIONS = Resource.AUDIT, Resource.MODERATION, Resource.ACTIONS
ALERT, FEEDBACK, COMPLAINT = Resource.ALERT, Resource.FEEDBACK, Resource.COMPLAINT
REPORTS, IDENTIFIERS = Resource.REPORTS, Resource.IDENTIFIERS
REGIONAL, ORGANISATION, SHARING = Resource.REGIONAL, Resource.ORGANISATION, Resource.SHARING
C, R, U, A = Action.C, Action.R, Action.U, Action.A


class Reach(Enum):
    """How far a right goes from the unit over which the role is held."""

    UNIT = "everything in that unit"
    LINKED = "the teams linked with the person"
    OWN = "the person's own cases, in the authority"
    ALLOCATED = "what was allocated to the person, in the authority"
    ON_NEED = "everything in that unit, when a purpose is given"
    AUTHORITY = "the unit's whole authority"
    REGION = "the regions of the unit's authority"


Rights = Mapping[Resource, tuple[tuple[str, Reach], ...]]


def _rights(**rows: str) -> Rights:
    """`AUDIT="R UNIT, A UNIT"`: the letters of actions, then how far they go. Everybody sees the structure."""
    table = {Resource(name): tuple(_grant(part) for part in row.split(",")) for name, row in rows.items()}
    return {ORGANISATION: (("R", Reach.AUTHORITY),), **table}


def _grant(part: str) -> tuple[str, Reach]:
    letters, reach = part.split()
    return letters, Reach[reach]


# Who may create, progress or approve a thing may read it: R is spelled out wherever that follows. Stages, kinds of
# audit and independence are rules of the domain and are not repeated here.
_DIRECTOR = _rights(
    AUDIT="R UNIT",
    MODERATION="R UNIT",
    ACTIONS="R UNIT",
    ALERT="RU UNIT",
    FEEDBACK="R UNIT",
    COMPLAINT="R UNIT",
    REPORTS="R UNIT",
    IDENTIFIERS="R ON_NEED",
    REGIONAL="RA REGION",
)
_REVIEWING = _rights(
    AUDIT="C UNIT, RU OWN",
    ACTIONS="R UNIT",
    ALERT="C UNIT, RU OWN",
    FEEDBACK="C UNIT, R OWN",
    COMPLAINT="R UNIT",
    REPORTS="R OWN",
    IDENTIFIERS="R OWN",
)
# What they see is aggregate and suppressed, of their authority and the region: what was released.
_GOVERNANCE = _rights(REGIONAL="R REGION")

ROLES: Mapping[str, Rights] = {
    "DCS": _DIRECTOR,
    "OPERATIONAL_DIRECTOR": _DIRECTOR,
    "HEAD_OF_SAFEGUARDING_QA": _rights(
        AUDIT="RA UNIT",
        MODERATION="RA UNIT",
        ACTIONS="RA UNIT",
        ALERT="RU UNIT",
        FEEDBACK="R UNIT",
        COMPLAINT="R UNIT",
        REPORTS="RA UNIT",
        IDENTIFIERS="R ON_NEED",
        REGIONAL="RA REGION",
    ),
    "HEAD_OF_SERVICE": _rights(
        AUDIT="R UNIT",
        MODERATION="R UNIT",
        ACTIONS="RA UNIT",
        ALERT="RU UNIT",
        FEEDBACK="R UNIT",
        COMPLAINT="RU UNIT",
        REPORTS="R UNIT",
        IDENTIFIERS="R UNIT",
        REGIONAL="R REGION",
    ),
    "TEAM_MANAGER": _rights(
        AUDIT="CRU UNIT",
        MODERATION="RU UNIT",
        ACTIONS="RU UNIT",
        ALERT="RU UNIT",
        FEEDBACK="R UNIT",
        COMPLAINT="RU UNIT",
        REPORTS="R UNIT",
        IDENTIFIERS="R UNIT",
        REGIONAL="R REGION",
    ),
    "QA_OFFICER": _rights(
        AUDIT="CRU LINKED, CRU ALLOCATED",
        MODERATION="CRU LINKED, CRU ALLOCATED",
        ACTIONS="RU UNIT, RU LINKED",
        ALERT="R LINKED",
        FEEDBACK="R UNIT",
        COMPLAINT="R UNIT",
        REPORTS="R LINKED",
        IDENTIFIERS="R ALLOCATED",
        REGIONAL="R REGION",
    ),
    "IRO": _REVIEWING,
    "CP_CHAIR": _REVIEWING,
    "PRACTICE_DEVELOPMENT_WORKER": _rights(
        AUDIT="R LINKED",
        ACTIONS="RU LINKED",
        ALERT="R LINKED",
        FEEDBACK="R LINKED",
        REPORTS="R LINKED",
        REGIONAL="R REGION",
    ),
    "SOCIAL_WORKER": _rights(
        AUDIT="RU OWN",
        ACTIONS="RU OWN",
        ALERT="RU OWN",
        FEEDBACK="R OWN",
        REPORTS="R OWN",
        IDENTIFIERS="R OWN",
    ),
    # Reports on complaints do not exist as a resource of their own, so the row has none. The table lets no person
    # classify feedback or answer it; whoever answers complaints answers the rest as well.
    "COMPLAINTS_MANAGER": _rights(FEEDBACK="RU UNIT", COMPLAINT="CRU UNIT", IDENTIFIERS="R ALLOCATED"),
    "PERFORMANCE_ANALYST": _rights(
        AUDIT="R UNIT",
        MODERATION="R UNIT",
        ACTIONS="R UNIT",
        ALERT="R UNIT",
        FEEDBACK="R UNIT",
        COMPLAINT="R UNIT",
        REPORTS="CR UNIT",
        REGIONAL="CR REGION",
    ),
    "LEAD_MEMBER": _GOVERNANCE,
    "CHIEF_EXECUTIVE": _GOVERNANCE,
    "BSCP_CHAIR": _GOVERNANCE,
    "IMPROVEMENT_PARTNER": _rights(AUDIT="R ALLOCATED", MODERATION="CR ALLOCATED"),
    "PARTNER_AUTHORITY": {REGIONAL: (("CR", Reach.REGION),)},
    "SYSTEM_ADMINISTRATOR": _rights(ORGANISATION="CRUA AUTHORITY", SHARING="CRUA AUTHORITY"),
}

# A machine client acts for whole authorities. Approving is for people, and so is reading who a child is.
_MACHINE: Mapping[Resource, str] = {
    AUDIT: "CRU",
    MODERATION: "CRU",
    ACTIONS: "CRU",
    ALERT: "CRU",
    FEEDBACK: "CRU",
    COMPLAINT: "CRU",
    REPORTS: "R",
    REGIONAL: "R",
    ORGANISATION: "CRU",
    SHARING: "CRU",
}

# A partner looks after its own subscriptions; what it is sent was released, and is all that it reaches.
_PARTNER: Mapping[Resource, str] = {SHARING: "CRU", REGIONAL: "R"}


class Only(Enum):
    """What must be true of a thing besides its place."""

    OWN = "own"
    ALLOCATED = "allocated"
    ON_NEED = "on_need"


@dataclass(frozen=True, slots=True)
class Span:
    """Things whose place has one of these `units` in `field`; without a field, everything."""

    field: str | None
    units: frozenset[str] = frozenset()
    only: Only | None = None

    def covers(self, place: Place) -> bool:
        if self.field is None:
            return True
        value = getattr(place, self.field)
        return not self.units.isdisjoint(value) if self.field == "regions" else value in self.units

    def query(self, under: str) -> dict[str, Any]:
        return {} if self.field is None else {under + self.field: {"$in": sorted(self.units)}}


_FIELDS = {"team": "team", "service_area": "service_area", "authority": "authority", "region": "regions"}


class Policy:
    """Answers from the role table. What nobody granted is denied."""

    def __init__(self, roles: Mapping[str, Rights] = ROLES, machine: Mapping[Resource, str] = _MACHINE) -> None:
        self._roles = roles
        self._machine = machine

    def decide(
        self,
        principal: Principal,
        resource: Resource,
        action: Action,
        place: Place | None,
        *,
        own: bool = False,
        allocated: bool = False,
        on_need: bool = False,
    ) -> bool:
        """May the principal do this to a thing at this place?

        `own` says that the thing is the person's own case, `allocated` that it was allocated to them, `on_need` that
        they gave a purpose. A place of None concerns no authority: only clients for all of them reach it.
        """
        true = {Only.OWN: own, Only.ALLOCATED: allocated, Only.ON_NEED: on_need, None: True}
        spans = self._spans(principal, resource, action)
        if place is None:
            return any(span.field is None for span in spans)
        return any(true[span.only] and span.covers(place) for span in spans)

    def mongo_filter(
        self,
        principal: Principal,
        resource: Resource,
        action: Action,
        *,
        under: str = "",
        own: Mapping[str, Any] | None = None,
        allocated: Mapping[str, Any] | None = None,
    ) -> dict[str, Any] | None:
        """A query for exactly the things on which `decide` says yes, or None when there can be none.

        Place fields are looked for at `under` ("" or such as "place."). `own` and `allocated` are the queries that
        find the person's own and allocated things, where the collection can tell. And it with what a client asked
        for (`{"$and": [filter, asked]}`): it can then only become narrower.
        """
        known = {Only.OWN: own, Only.ALLOCATED: allocated, None: {}}
        parts = [
            {**span.query(under), **condition} if not condition else {"$and": [span.query(under), dict(condition)]}
            for span in self._spans(principal, resource, action)
            if (condition := known.get(span.only)) is not None
        ]
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else {"$or": parts}

    def may(self, principal: Principal, resource: Resource, action: Action) -> bool:
        """Is there any place at all where the principal may do this?"""
        return any(True for _ in self._spans(principal, resource, action))

    def sees_figures(self, principal: Principal, place: Place) -> bool:
        """May the principal read figures added up over this place (a unit, not a row)?

        An authority's or a region's figures are for everybody who may read reports somewhere in it; a team's or a
        service area's only for those whose reach has it. A region is a Place whose authority is "".
        """
        if place.team is not None or place.service_area is not None:
            return self.decide(principal, REPORTS, R, place)
        if principal.is_machine:
            return self.decide(principal, REPORTS, R, place)
        homes = [principal.home(held) for held in principal.held if self._reads_reports(held.role)]
        if place.authority:
            return any(home.authority == place.authority for home in homes)
        return any(not home.regions.isdisjoint(place.regions) for home in homes)

    def _reads_reports(self, role: str) -> bool:
        grants = self._roles.get(role, {}).get(REPORTS, ())
        return any("R" in letters and reach in (Reach.UNIT, Reach.LINKED) for letters, reach in grants)

    def _spans(self, principal: Principal, resource: Resource, action: Action) -> Iterator[Span]:
        if principal.partner is not None:
            if action in _PARTNER.get(resource, ""):
                yield Span(None, only=Only.OWN)
            return
        if principal.is_machine:
            yield from self._machine_spans(principal, resource, action)
            return
        for held in principal.held:
            for letters, reach in self._roles.get(held.role, {}).get(resource, ()):
                if action in letters:
                    yield from _span(principal, held, reach)

    def _machine_spans(self, principal: Principal, resource: Resource, action: Action) -> Iterable[Span]:
        if action not in self._machine.get(resource, ""):
            return ()
        return (Span(None),) if "*" in principal.authorities else (Span("authority", principal.authorities),)


def _span(principal: Principal, held: Holds, reach: Reach) -> Iterator[Span]:
    unit = Span(_FIELDS[held.scope], frozenset({held.unit_id}))
    match reach:
        case Reach.UNIT:
            span = unit
        case Reach.ON_NEED:
            span = replace(unit, only=Only.ON_NEED)
        case Reach.LINKED:
            span = Span("team", principal.linked_teams)
        case Reach.REGION:
            span = Span("regions", principal.home(held).regions)
        case Reach.AUTHORITY:
            span = _widened(principal, held, unit)
        case Reach.OWN:
            span = replace(_widened(principal, held, unit), only=Only.OWN)
        case Reach.ALLOCATED:
            span = replace(_widened(principal, held, unit), only=Only.ALLOCATED)
    if span.units:
        yield span


def _widened(principal: Principal, held: Holds, unit: Span) -> Span:
    """The authority in which the unit lies; a region is its own."""
    authority = principal.home(held).authority
    if held.scope == "region":
        return unit
    return Span("authority", frozenset({authority}) if authority else frozenset())


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a route asks of whoever calls it: a scope in the token, and a right in the role table.

    A route that is for partners too names the scope that their tokens have instead.
    """

    resource: Resource
    action: Action
    scope: str
    partner_scope: str | None = None


@dataclass(frozen=True, slots=True)
class Public:
    """A route for everybody, and why."""

    because: str


class Unguarded(Exception):
    """A route declares no authorisation."""


def authorisation_of(route: Any) -> Requirement | Public:
    """What the route declared with `requires` or `public`; raises Unguarded when it declared nothing.

    Takes a route, or a RouteContext as `fastapi.routing.iter_route_contexts(app.routes)` yields them.
    """
    found = list(_declared(getattr(route, "dependant", None)))
    if not found:
        raise Unguarded(f"{getattr(route, 'path', route)} declares no authorisation")
    demanding = [one for one in found if isinstance(one, Requirement)]
    return demanding[0] if demanding else found[0]


def _declared(dependant: Any) -> Iterator[Requirement | Public]:
    for dependency in getattr(dependant, "dependencies", ()):
        call: Callable[..., Any] | None = dependency.call
        declared = getattr(call, "authorisation", None)
        if isinstance(declared, Requirement | Public):
            yield declared
        yield from _declared(dependency)

"""From a request to a principal: the bearer token or the session cookie, and the directory's word on the person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any, Protocol
from urllib.parse import urlsplit

from fastapi import Depends, Request

from shared.calendar.clock import local_date, now
from shared.published.place import Place
from shared.web.policy import Action, Policy, Public, Requirement, Resource
from shared.web.principal import Holds, Home, Principal
from shared.web.problems import Problem
from shared.web.tokens import Claims, InvalidToken, NoKeys, Tokens, unavailable

COOKIE = "goldenthread_session"
SECURE_COOKIE = "__Host-goldenthread_session"
_READING = ("GET", "HEAD", "OPTIONS")


class KnowsPeople(Protocol):
    """The part of `shared.directory.Directory` that identity asks."""

    def roles(self, staff_ref: str, on: date) -> Iterable[Holds]: ...
    def linked_teams(self, staff_ref: str, on: date) -> frozenset[str]: ...
    def place(self, team_id: str, on: date) -> Place | None: ...
    def service_area_authority(self, service_area_id: str) -> str | None: ...
    def regions_of(self, authority: str, on: date) -> Iterable[str]: ...


class NobodyKnown:
    """A directory without people: only machine clients have any reach."""

    def roles(self, staff_ref: str, on: date) -> Iterable[Holds]:
        return ()

    def linked_teams(self, staff_ref: str, on: date) -> frozenset[str]:
        return frozenset()

    def place(self, team_id: str, on: date) -> Place | None:
        return None

    def service_area_authority(self, service_area_id: str) -> str | None:
        return None

    def regions_of(self, authority: str, on: date) -> Iterable[str]:
        return ()


class Identity:
    """Who is asking. `public_origin` is the own origin as browsers see it; None: taken from the Host header."""

    def __init__(
        self,
        tokens: Tokens,
        directory: KnowsPeople,
        policy: Policy,
        *,
        public_origin: str | None = None,
        cookie: str = SECURE_COOKIE,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.policy = policy
        self._tokens = tokens
        self._directory = directory
        self._origin = public_origin
        self.cookie = cookie
        self._clock = clock

    async def of(self, request: Request) -> Principal:
        """The principal of this request. Raises Problem 401, 403 (a page of another origin) or 503."""
        header = request.headers.get("authorization")
        if header is not None:
            kind, _, token = header.partition(" ")
            if kind.lower() != "bearer":
                raise _not_proven()
            return await self.of_token(token.strip())
        token = request.cookies.get(self.cookie, "")
        if token and request.method not in _READING:
            self.same_origin(request)
        return await self.of_token(token)

    async def of_token(self, token: str) -> Principal:
        return self._known(await self._claims(token))

    async def expiry_of(self, token: str) -> int:
        """When a valid token ends, in Unix seconds. Raises Problem 401 or 503."""
        return (await self._claims(token)).expires

    async def _claims(self, token: str) -> Claims:
        if not token:
            raise Problem("invalid-token", headers={"WWW-Authenticate": "Bearer"})
        try:
            return await self._tokens.check(token)
        except InvalidToken as failed:
            raise _not_proven() from failed
        except NoKeys as failed:
            raise unavailable() from failed

    def same_origin(self, request: Request) -> None:
        """Raises a 403 Problem unless the browser says that one of our own pages sent this."""
        origin = request.headers.get("origin", "")
        if self._origin is not None:
            right = origin == self._origin
        else:
            right = bool(origin) and urlsplit(origin).netloc == request.headers.get("host")
        if not right or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise Problem("forbidden", "The request did not come from one of our own pages.")

    def _known(self, claims: Claims) -> Principal:
        if claims.partner is not None:
            return Principal(claims.subject, claims.scopes, partner=claims.partner)
        if claims.authorities:
            return Principal(claims.subject, claims.scopes, claims.authorities)
        today = local_date(self._clock())
        held = tuple(self._directory.roles(claims.subject, today))
        return Principal(
            claims.subject,
            claims.scopes,
            held=held,
            linked_teams=frozenset(self._directory.linked_teams(claims.subject, today)),
            homes={(one.scope, one.unit_id): self._home(one, today) for one in held},
        )

    def _home(self, held: Holds, today: date) -> Home:
        if held.scope == "region":
            return Home(None, frozenset({held.unit_id}))
        authority = self._authority(held, today)
        if authority is None:
            return Home(None)
        return Home(authority, frozenset(self._directory.regions_of(authority, today)))

    def _authority(self, held: Holds, today: date) -> str | None:
        match held.scope:
            case "team":
                place = self._directory.place(held.unit_id, today)
                return place.authority if place else None
            case "service_area":
                return self._directory.service_area_authority(held.unit_id)
            case _:
                return held.unit_id


def _not_proven() -> Problem:
    return Problem("invalid-token", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


async def principal(request: Request) -> Principal:
    """FastAPI dependency: who is asking. Prefer `requires`, which also says what for."""
    identity: Identity = request.app.state.identity
    found = await identity.of(request)
    request.scope["goldenthread.subject"] = found.subject
    request.scope["goldenthread.partner"] = found.partner
    return found


class _Guard:
    """The dependency behind `requires`; the requirement stays readable on the route."""

    def __init__(self, requirement: Requirement) -> None:
        self.authorisation = requirement
        self._scope = requirement.scope
        self._partner_scope = requirement.partner_scope or requirement.scope
        self._resource = requirement.resource
        self._action = requirement.action

    async def __call__(self, request: Request) -> Principal:
        found = await principal(request)
        scope = self._scope if found.partner is None else self._partner_scope
        if scope not in found.scopes:
            asked = f'Bearer error="insufficient_scope", scope="{scope}"'
            raise Problem("forbidden", headers={"WWW-Authenticate": asked})
        policy: Policy = request.app.state.identity.policy
        if not policy.may(found, self._resource, self._action):
            raise Problem("forbidden", "Your role does not include this.")
        return found


class _Open:
    """Marks a route that is for everybody."""

    def __init__(self, because: str) -> None:
        self.authorisation = Public(because)

    async def __call__(self) -> None:
        return None


def requires(resource: Resource, action: Action, scope: str, *, partner_scope: str | None = None) -> Any:
    """A dependency that a route declares: `principal: Annotated[Principal, requires(AUDIT, R, "read")]`.

    401 without a valid token; 403 without the scope, or when the caller could do this nowhere. Where it may be done
    is for the route to ask (`Policy.decide`, `Policy.mongo_filter`), which answers 404 outside the caller's reach.
    """
    return Depends(_Guard(Requirement(resource, action, scope, partner_scope)))


def public(because: str) -> Any:
    """A dependency for a route open to everybody: `dependencies=[public("says only that the process runs")]`."""
    return Depends(_Open(because))


Whoever = Annotated[Principal, Depends(principal)]

"""Periods and reporting policies over HTTP."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from services.reporting.closing import requests as bodies
from services.reporting.closing.policies import policies_body
from services.reporting.closing.work import Closing, said_of
from services.reporting.domain import periods
from services.reporting.domain.periods import Span
from services.reporting.domain.reporting_policy.decisions import SetReportingPolicy
from services.reporting.reports.requests import PERIOD
from shared.deciding.refusal import NotFound
from shared.event_store.handling import Asked
from shared.web.desk import Desk
from shared.web.identity import requires
from shared.web.policy import REPORTS, ROLES, Action, Policy
from shared.web.principal import Principal

WRITE = "reports:write"
Reader = Annotated[Principal, requires(REPORTS, Action.R, "read")]
Approver = Annotated[Principal, requires(REPORTS, Action.A, WRITE)]
LaCode = Annotated[str, Path(max_length=64)]
Key = Annotated[str, Path(pattern=PERIOD, description="2026-05, or 2026-Q1 for April to June 2026")]


class Doors:
    """Who may ask what of which authority. Outside a person's reach there is nothing."""

    def __init__(self, closing: Closing, policy: Policy) -> None:
        self._closing = closing
        self._policy = policy

    def check_reader(self, principal: Principal, la_code: str) -> None:
        place = self._closing.directory.authority_place(la_code, self._closing.today)
        if place is None or not self._policy.sees_figures(principal, place):
            raise NotFound

    def approver(self, principal: Principal, la_code: str) -> str:
        """In which role the person approves."""
        place = self._closing.directory.authority_place(la_code, self._closing.today)
        if place is None or not self._policy.decide(principal, REPORTS, Action.A, place):
            raise NotFound
        approving = (role for role in sorted(principal.roles) if _approves(role))
        return next(approving, "NONE")


def closing_routers(closing: Closing, policy: Policy, desk: Desk) -> list[APIRouter]:
    doors = Doors(closing, policy)
    return [period_router(closing, doors, desk), policy_router(closing, doors, desk)]


def period_router(closing: Closing, doors: Doors, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/authorities/{la_code}/periods/{key}", tags=["periods"])

    @router.get("")
    async def read(la_code: LaCode, key: Key, request: Request, principal: Reader) -> Response:
        """Whether it is closed, every version of its reports, and how much differs from them now."""
        doors.check_reader(principal, la_code)
        span, loaded = periods.named(key), await closing.period(la_code, key)
        pending = await closing.pending(la_code, span, loaded.state)
        said: dict[str, Any] = {
            "authority": la_code,
            "period": key,
            "months": span.months,
            "may_be_closed_from": await closing.may_close_from(la_code, span),
            **said_of(loaded.state),
            "pending": {"cells": len(pending.differences), "hash": pending.hash if pending.differences else None},
        }
        return desk.shown(request, loaded.version, said)

    @router.post("/closing", status_code=201)
    async def close(
        la_code: LaCode, key: Key, body: bodies.CloseBody, request: Request, principal: Approver
    ) -> Response:
        span, role = periods.named(key), doors.approver(principal, la_code)
        asked = desk.asked(request, principal, body, la_code=la_code, actor_role=role, creating=True)
        outcome = await closing.close(la_code, span, _counting_in(span, asked))
        return desk.answer(outcome, location=f"/v1/authorities/{la_code}/periods/{key}" if outcome.events else None)

    @router.post("/restatement")
    async def restate(
        la_code: LaCode, key: Key, body: bodies.RestateBody, request: Request, principal: Approver
    ) -> Response:
        span, role = periods.named(key), doors.approver(principal, la_code)
        asked = desk.asked(request, principal, body, la_code=la_code, actor_role=role, creating=False)
        return desk.answer(await closing.restate(la_code, span, _counting_in(span, asked), seen=body.pending))

    return router


def policy_router(closing: Closing, doors: Doors, desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/v1/reporting-policies/{la_code}", tags=["policies"])
    came = partial(desk.asked, creating=False)

    @router.get("")
    async def read(
        la_code: LaCode, request: Request, principal: Reader, on: Annotated[date | None, Query()] = None
    ) -> Response:
        """All versions, and which of them is in force on the day that was asked about."""
        doors.check_reader(principal, la_code)
        loaded = await closing.policies.of(la_code)
        in_force = {"in_force": loaded.state.on(on).name} if on else {}
        return desk.shown(request, loaded.version, {**policies_body(la_code, loaded.state), **in_force})

    @router.post("")
    async def change(
        la_code: LaCode, body: bodies.SetReportingPolicyBody, request: Request, principal: Approver
    ) -> Response:
        role = doors.approver(principal, la_code)
        command = SetReportingPolicy(
            authority=la_code,
            policy_version=body.policy_version,
            from_date=body.from_date,
            limits=body.limits.model_dump(include=body.limits.model_fields_set),
            retroactive_reason=body.retroactive_reason,
        )
        asked = came(request, principal, body, la_code=la_code, actor_role=role, policy_version=body.policy_version)
        return desk.answer(await closing.policies.set(command, asked, closing.today))

    return router


def _approves(role: str) -> bool:
    return any("A" in letters for letters, _ in ROLES.get(role, {}).get(REPORTS, ()))


def _counting_in(span: Span, asked: Asked) -> Asked:
    """What is done to a period counts on its last day, if that is over."""
    last = periods.last_day(span.months[-1])
    return asked if last > asked.meta.effective_date else _dated(asked, last)


def _dated(asked: Asked, day: date) -> Asked:
    return Asked(asked.id, asked.request, asked.meta.model_copy(update={"effective_date": day}), asked.if_version)

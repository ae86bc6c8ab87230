"""The composition root of the escalation service: the only file that builds real things."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from services.escalation.api import alert_router, care_router, informal_router, list_router, protocol_router
from services.escalation.domain.policy import EscalationPolicy
from services.escalation.domain.practice_alert.deadlines import Calendar
from services.escalation.intake import intake_types
from services.escalation.listing import OpenAlerts
from services.escalation.publishing import tell
from services.escalation.reactions import Deadlines, DeadlineTimer, follower
from services.escalation.settings import Settings
from services.escalation.showing import Narratives
from services.escalation.work import Work
from shared.calendar.clock import Clock, now
from shared.calendar.working_days import england
from shared.foundations import Foundations, InMemoryFoundations
from shared.rounds import Rounds
from shared.web.desk import Desk
from shared.web.intake import intake_router
from shared.web.policy import ALERT, Policy
from shared.web.service import build


def create_app(
    settings: Settings,
    foundations: Foundations | InMemoryFoundations | None = None,
    clock: Clock = now,
    database: AsyncDatabase[Any] | None = None,
    calendar: Calendar | None = None,
) -> FastAPI:
    """The escalation service over HTTP, on real engines unless a test brings its own foundations.

    The timer and the list of open alerts need a `database`: the foundations' own, or the one given; without any
    (in-memory foundations) there are neither.
    """
    on = foundations or Foundations("escalation", settings, clock)
    database = database if isinstance(on, InMemoryFoundations) else on.database
    policy, desk, days, limits = Policy(), Desk("escalation", tell, clock), calendar or england(), EscalationPolicy()
    work = Work(on.store, on.keyring, on.directory, policy, days, limits, clock)
    narratives = Narratives(on.keyring, policy, on.access_log)
    intake = intake_router(intake_types(work), store=on.store, desk=desk, resource=ALERT, clock=clock)
    routers = [alert_router(work, desk, narratives), protocol_router(work, desk), care_router(work, desk)]
    routers.append(informal_router(work, desk, narratives))
    start, stop, alive = [*on.start], [*on.stop], {**on.alive}
    if database is not None:
        deadlines, open_alerts = Deadlines(on.store, database["deadlines"]), OpenAlerts(database["deadlines"], policy)
        timer = DeadlineTimer(on.store, deadlines, days, limits, clock)
        following = follower(on.store, database["cursors"], deadlines)
        keeping = Rounds("deadlines", (timer.look,), settings.deadline_seconds, first=(following.catch_up,))
        routers = [list_router(open_alerts), *routers]
        start = [*start, deadlines.prepare, open_alerts.prepare, keeping.start]
        stop = [keeping.stop, *stop]
        alive["deadlines"] = keeping.alive
    return build(
        "escalation",
        settings,
        [*routers, intake],
        directory=on.directory,
        policy=policy,
        start=start,
        stop=stop,
        ready=on.ready,
        alive=alive,
        clock=clock,
    )

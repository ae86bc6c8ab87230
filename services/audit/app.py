"""The composition root of the audit service: the only file that builds real things.

The relay is given this service's `tell` and `DECIDERS` (`publishing.py`) by whoever runs it beside the application.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from services.audit.api import grading_router, judging_router, planning_router, reading_router, template_router
from services.audit.catalogue import Catalogue
from services.audit.publishing import tell
from services.audit.reactions import intake_types, publish_default_templates
from services.audit.register import Register
from services.audit.settings import Settings
from services.audit.showing import Narratives
from services.audit.work import Work
from shared.calendar.clock import Clock, now
from shared.foundations import Foundations, InMemoryFoundations
from shared.rounds import Rounds
from shared.web.desk import Desk
from shared.web.intake import intake_router
from shared.web.policy import AUDIT, Policy
from shared.web.service import Hook, build


def create_app(
    settings: Settings,
    foundations: Foundations | InMemoryFoundations | None = None,
    clock: Clock = now,
    database: AsyncDatabase[Any] | None = None,
) -> FastAPI:
    """The audit service over HTTP, on real engines unless a test brings its own foundations.

    The register and what reacts to it need a `database`: the foundations' own, or the one given. Without any
    (in-memory foundations) there are neither.
    """
    on = foundations or Foundations("audit", settings, clock)
    database = database if isinstance(on, InMemoryFoundations) else on.database
    policy, desk = Policy(), Desk("audit", tell, clock)
    work = Work(on.store, on.keyring, on.directory, policy, Catalogue(on.store), clock=clock)
    routers = [
        planning_router(work, desk),
        grading_router(work, desk),
        judging_router(work, desk),
        reading_router(work, desk, Narratives(work, on.access_log)),
        template_router(work, desk),
        intake_router(intake_types(work), store=on.store, desk=desk, resource=AUDIT, clock=clock),
    ]
    start: list[Hook] = [*on.start, partial(publish_default_templates, on.store, clock)]
    stop, alive = [*on.stop], {**on.alive}
    if database is not None:
        register = Register(on.store, database)
        rounds = Rounds("audit", (register.catch_up,), settings.round_seconds)
        start, stop = [*start, register.prepare, rounds.start], [rounds.stop, *stop]
        alive["rounds"] = rounds.alive
    return build(
        "audit",
        settings,
        routers,
        directory=on.directory,
        policy=policy,
        start=start,
        stop=stop,
        ready=on.ready,
        alive=alive,
        clock=clock,
    )

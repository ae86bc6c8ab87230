"""The composition root of the audit service: the only file that builds real things.

The relay is given this service's `tell` and `DECIDERS` (`publishing.py`) by whoever runs it beside the application.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from services.audit.background import Background
from services.audit.catalogue import Catalogue
from services.audit.policies import Policies
from services.audit.publishing import tell
from services.audit.reactions import publish_default_templates
from services.audit.register import Register
from services.audit.routers import every_router
from services.audit.settings import Settings
from services.audit.work import Work
from shared.calendar.clock import Clock, now
from shared.foundations import Foundations, InMemoryFoundations
from shared.web.desk import Desk
from shared.web.policy import Policy
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
    register = Register(on.store, database) if database is not None else None
    policy, desk = Policy(), Desk("audit", tell, clock)
    catalogue, policies = Catalogue(on.store), Policies(on.store, clock)
    work = Work(on.store, on.keyring, on.directory, policy, catalogue, policies, clock=clock, register=register)
    routers = every_router(work, desk, on.access_log)
    start: list[Hook] = [*on.start, partial(publish_default_templates, on.store, clock)]
    stop, alive = [*on.stop], {**on.alive}
    background = None
    if database is not None and register is not None:
        background = Background(work, register, database, settings.round_seconds, on.ready.get("directory"))
        start, stop = [*start, *background.start], [background.stop, *stop]
        alive["rounds"] = background.alive
    app = build(
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
    app.state.background = background  # so that a test can drive one round by hand
    return app

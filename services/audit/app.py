"""The composition root of the audit service: the only file that builds real things.

The relay is given this service's `tell` and `DECIDERS` (`publishing.py`) by whoever runs it beside the application.
"""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from services.audit.api import grading_router, judging_router, planning_router, reading_router, template_router
from services.audit.catalogue import Catalogue
from services.audit.publishing import tell
from services.audit.reactions import intake_types, publish_default_templates
from services.audit.settings import Settings
from services.audit.showing import Narratives
from services.audit.work import Work
from shared.calendar.clock import Clock, now
from shared.foundations import Foundations, InMemoryFoundations
from shared.web.desk import Desk
from shared.web.intake import intake_router
from shared.web.policy import AUDIT, Policy
from shared.web.service import build


def create_app(
    settings: Settings, foundations: Foundations | InMemoryFoundations | None = None, clock: Clock = now
) -> FastAPI:
    """The audit service over HTTP, on real engines unless a test brings its own foundations."""
    on = foundations or Foundations("audit", settings, clock)
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
    return build(
        "audit",
        settings,
        routers,
        directory=on.directory,
        policy=policy,
        start=(*on.start, partial(publish_default_templates, on.store, clock)),
        stop=on.stop,
        ready=on.ready,
        alive=on.alive,
        clock=clock,
    )

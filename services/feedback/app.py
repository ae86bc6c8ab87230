"""The composition root of the feedback service: the only file that builds real things."""

from __future__ import annotations

from fastapi import FastAPI

from services.feedback.api import change_router, feedback_router
from services.feedback.publishing import tell
from services.feedback.reactions import intake_types
from services.feedback.settings import Settings
from services.feedback.showing import Narratives
from services.feedback.work import Work
from shared.calendar.clock import Clock, now
from shared.foundations import Foundations, InMemoryFoundations
from shared.web.desk import Desk
from shared.web.intake import intake_router
from shared.web.policy import FEEDBACK, Policy
from shared.web.service import build


def create_app(
    settings: Settings, foundations: Foundations | InMemoryFoundations | None = None, clock: Clock = now
) -> FastAPI:
    """The feedback service over HTTP, on real engines unless a test brings its own foundations."""
    on = foundations or Foundations("feedback", settings, clock)
    policy, desk = Policy(), Desk("feedback", tell, clock)
    work = Work(on.store, on.keyring, on.directory, policy, clock=clock)
    narratives = Narratives(on.keyring, policy, on.access_log)
    intake = intake_router(intake_types(work), store=on.store, desk=desk, resource=FEEDBACK, clock=clock)
    return build(
        "feedback",
        settings,
        [feedback_router(work, desk, narratives), change_router(work, desk, narratives), intake],
        directory=on.directory,
        policy=policy,
        start=on.start,
        stop=on.stop,
        ready=on.ready,
        alive=on.alive,
        clock=clock,
    )

"""The composition root of the organisation service: the only file that builds real things."""

from __future__ import annotations

from fastapi import FastAPI

from services.organisation.api import router
from services.organisation.commands import Counter, OrganisationDesk
from services.organisation.settings import Settings
from shared.calendar.clock import Clock, now
from shared.foundations import Foundations, InMemoryFoundations
from shared.web.policy import Policy
from shared.web.service import build


def create_app(
    settings: Settings, foundations: Foundations | InMemoryFoundations | None = None, clock: Clock = now
) -> FastAPI:
    """The organisation over HTTP, on real engines unless a test brings its own foundations."""
    on = foundations or Foundations("organisation", settings, clock)
    policy, desk = Policy(), OrganisationDesk("organisation", clock=clock)
    counter = Counter(on.store, desk, policy, on.directory, clock)
    return build(
        "organisation",
        settings,
        [router(counter)],
        directory=on.directory,
        policy=policy,
        start=on.start,
        stop=on.stop,
        ready=on.ready,
        alive=on.alive,
        clock=clock,
    )

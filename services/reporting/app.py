"""The composition root of reporting: the only file that builds real things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from pymongo import AsyncMongoClient
from shared.messaging.directory_feed import DirectoryFeed

from services.reporting import api
from services.reporting.answering import Answers
from services.reporting.cursors import Cursors
from services.reporting.dashboard.pages import router as pages
from services.reporting.dashboard.templating import Templates
from services.reporting.library import Behind, MongoLibrary, not_known
from services.reporting.settings import Settings
from shared.calendar.clock import Clock, now
from shared.directory import Directory
from shared.web.policy import Policy
from shared.web.service import Hook, build


def create_app(
    settings: Settings,
    *,
    directory: Directory | None = None,
    client: AsyncMongoClient[Any] | None = None,
    behind: Behind = not_known,
    clock: Clock = now,
) -> FastAPI:
    """Reporting over HTTP. A given `directory` is not fed from its topic, a given `client` is not closed: for tests."""
    mongo: AsyncMongoClient[Any] = client or AsyncMongoClient(settings.mongo_url, tz_aware=True)
    known = directory or Directory()
    feed = None if directory is not None else DirectoryFeed(known, settings)
    policy = Policy()
    cursors = Cursors(settings.master_key.get_secret_value().encode())
    library = MongoLibrary(mongo[settings.database("reporting")], behind)
    answers = Answers(library, known, policy, cursors, clock)
    app = build(
        "reporting",
        settings,
        [api.router(answers, clock), pages(Templates(settings.council, settings.notice), clock=clock)],
        directory=known,
        policy=policy,
        start=[] if feed is None else [feed.start],
        stop=_stops(feed, None if client is not None else mongo),
        ready={"mongo": lambda: _answers(mongo)},
        clock=clock,
    )
    app.state.reports = answers
    app.state.clock = clock
    return app


def _stops(feed: DirectoryFeed | None, mongo: AsyncMongoClient[Any] | None) -> Sequence[Hook]:
    return [*([feed.stop] if feed is not None else []), *([mongo.close] if mongo is not None else [])]


async def _answers(mongo: AsyncMongoClient[Any]) -> bool:
    return bool((await mongo.admin.command("ping"))["ok"])

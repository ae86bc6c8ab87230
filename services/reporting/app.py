"""The composition root of reporting: the only file that builds real things."""

from __future__ import annotations

from fastapi import FastAPI

from services.reporting import api
from services.reporting.alliance.installed import InstalledAlliance
from services.reporting.answering import Answers
from services.reporting.closing.api import closing_routers
from services.reporting.closing.background import Background
from services.reporting.closing.restatements import RESTATEMENTS
from services.reporting.closing.shelf import KeptShelf
from services.reporting.closing.work import Closing
from services.reporting.cursors import Cursors
from services.reporting.dashboard.errors import install_error_pages
from services.reporting.dashboard.pages import router as pages
from services.reporting.dashboard.reports import router as report_pages
from services.reporting.dashboard.sharing import routers as sharing_pages
from services.reporting.dashboard.status import status_in
from services.reporting.dashboard.templating import Templates
from services.reporting.engines import Borrowed, Engines
from services.reporting.library import MODELS, MongoLibrary
from services.reporting.publishing import tell
from services.reporting.reports import REPORTS
from services.reporting.reports import api as reports_api
from services.reporting.reports.answering import ReportAnswers
from services.reporting.settings import Settings
from services.reporting.sharing.installed import InstalledSharing
from services.reporting.views import Reports
from shared.calendar.clock import Clock, now
from shared.web.desk import Desk
from shared.web.policy import Policy
from shared.web.service import build


def create_app(settings: Settings, engines: Engines | Borrowed | None = None, clock: Clock = now) -> FastAPI:
    """Reporting over HTTP: the pages and the interface, on real engines unless a test lends its own."""
    on = engines or Engines(settings, clock)
    database = on.client[settings.database("reporting")]
    policy = Policy()
    library = MongoLibrary(database, on.behind)
    cursors = Cursors(settings.master_key.get_secret_value().encode())
    answers = Answers(library, on.directory, policy, cursors, clock)
    closing = Closing.on(database, on.store, library, on.directory, REPORTS, clock)
    offered = {**REPORTS, RESTATEMENTS.code: RESTATEMENTS}
    written = ReportAnswers(KeptShelf(closing), offered, on.directory, policy, clock)
    sharing = InstalledSharing(settings, closing, database, policy, clock)
    alliance = InstalledAlliance(settings, closing, database, policy, clock, sharing.numbering.round)
    background = Background(closing, database, settings.closing_seconds, (sharing, alliance))
    runs = background if isinstance(on, Engines) else None  # with engines that are lent, a test makes the rounds
    templates = Templates(settings.council, settings.notice)
    status = status_in(database, MODELS, library.behind)
    app = build(
        "reporting",
        settings,
        [
            api.router(answers, clock),
            reports_api.router(written, answers),
            *closing_routers(closing, policy, Desk("reporting", tell, clock)),
            *sharing.routers,
            *alliance.routers,
            pages(templates, status=status, sources=alliance.sources.all, clock=clock),
            report_pages(templates, written, clock=clock),
            *sharing_pages(templates, sharing, alliance.views, policy),
        ],
        directory=on.directory,
        policy=policy,
        start=(*on.start, *(runs.start if runs else ())),
        stop=(*(runs.stop if runs else ()), *on.stop),
        ready=on.ready,
        alive={**on.alive, **(runs.alive if runs else {})},
        clock=clock,
    )
    install_error_pages(app, templates)
    reports: Reports = answers
    app.state.reports = reports
    app.state.sharing, app.state.alliance, app.state.background = sharing, alliance, background  # for tests' rounds
    app.state.clock = clock
    return app

"""The pages over example views, as an application and behind a real socket: no engine is needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI

from services.reporting.alliance.sources import Source
from services.reporting.dashboard.alliance import router as alliance_pages
from services.reporting.dashboard.errors import install_error_pages
from services.reporting.dashboard.pages import router
from services.reporting.dashboard.reports import router as report_pages
from services.reporting.dashboard.status import ModelStatus
from services.reporting.dashboard.templating import Templates
from services.reporting.domain.improvement_source.events import ImprovementSourceAdmitted
from shared.web.service import build
from tests.examples.a_regional_view import ExampleRegionalViews
from tests.examples.a_report import ExampleReadReports
from tests.examples.a_view import NOW, ExampleReports
from tests.http import settings

NOTICE = "Demonstration: every record on these pages is made up."


async def example_status() -> list[ModelStatus]:
    last = datetime(2027, 3, 19, 9, 41, 7, tzinfo=UTC)
    return [
        ModelStatus("audit_quality", 2, 0, last, 0),
        ModelStatus("practice_alerts", 1, 3, last, 1),
        ModelStatus("feedback_themes", 1, None, None, 0),
    ]


async def example_sources() -> list[Source]:
    admitted = ImprovementSourceAdmitted(
        source_id="thread-of-marlow", address="https://a.example", subscription_id="s", la_codes=("902",), token_id="t"
    )
    return [Source("thread-of-marlow", 1, admitted, 41, "GAP", datetime(2027, 3, 19, 9, 41, tzinfo=UTC), 2)]


def pages_app() -> FastAPI:
    templates = Templates("Exampleton Council", NOTICE)
    pages = router(templates, status=example_status, sources=example_sources, clock=lambda: NOW)
    reports = report_pages(templates, ExampleReadReports(), clock=lambda: NOW)
    alliance = alliance_pages(templates, ExampleRegionalViews())
    app = build("reporting", settings(), [pages, reports, alliance])
    app.state.reports = ExampleReports()
    install_error_pages(app, templates)
    return app


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application behind a free port of this machine; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", log_config=None))
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        running.join(20)

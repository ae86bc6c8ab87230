"""A process that serves the example, with a route that takes its time: `python -m tests.web.serving PORT`."""

from __future__ import annotations

import asyncio
import sys

from fastapi import APIRouter

from shared.web.identity import public
from shared.web.service import serve
from tests import http
from tests.web.example import example_app


def main(port: int) -> None:
    router = APIRouter()

    @router.get("/slow", dependencies=[public("a test waits for it")])
    async def slow() -> dict[str, bool]:
        await asyncio.sleep(1.0)
        return {"done": True}

    async def closing() -> None:
        app.state.log.info("closed", reason="stop hook")

    app = example_app(router, stop=[closing])
    serve(app, http.settings(port=port))


if __name__ == "__main__":
    main(int(sys.argv[1]))

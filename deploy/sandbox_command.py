"""`goldenthread sandbox`: a partner of one's own, whose endpoints fail in every way there is."""

from __future__ import annotations

import signal
import threading
from dataclasses import asdict
from typing import Annotated

import typer

from deploy.sandbox import ENDPOINTS, PATIENCE, Request, Sandbox
from deploy.saying import print_json, words


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8095,
    patience: Annotated[float, typer.Option(min=0, help="Seconds that the slow endpoint takes.")] = PATIENCE,
    json_: Annotated[bool, typer.Option("--json", help="A line of JSON for each request.")] = False,
) -> None:
    """Be a partner to send webhooks to: tells of each request that comes and what it answers, until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    room = threading.Lock()

    def tell(came: Request) -> None:
        with room:
            if json_:
                print_json(asdict(came))
            else:
                what = f"event {came.id}, number {came.number}" if came.id else "consent?"
                words.print(f"{came.method:<8}{came.path:<12}{what}: answered {came.status}", highlight=False)

    here = Sandbox(port, tell, patience)
    for path, endpoint in ENDPOINTS.items():
        words.print(f"http://{here.authority}{path:<12}{endpoint.says}", highlight=False)
    words.print(f"Reporting reaches it with GOLDENTHREAD_WEBHOOK_LOOPBACK='[\"{here.authority}\"]'", highlight=False)
    try:
        here.serve()
    except KeyboardInterrupt:
        words.print("stopped")

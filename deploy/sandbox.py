"""A partner to try webhooks on: endpoints that work, and one for every way in which an endpoint can fail to.

It tells of each request that came and what was answered, so that what the sender does next can be watched.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "127.0.0.1"
PATIENCE = 20.0  # seconds: the sender waits 15
LARGEST = 64 * 1024
INSIDE = "http://169.254.169.254/latest/meta-data/"  # where nobody's webhook may ever lead


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`says` is what this one is for. Without `consents` it answers the question, and says nothing of consent."""

    says: str
    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    slow: bool = False
    consents: bool = True


ENDPOINTS: Mapping[str, Endpoint] = {
    "/works": Endpoint("takes everything"),
    "/slow": Endpoint("takes it, but answers later than the sender waits", slow=True),
    "/fails": Endpoint("answers 500", 500),
    "/busy": Endpoint("answers 429, and wants to be left alone for half a minute", 429, {"Retry-After": "30"}),
    "/gone": Endpoint("answers 410: the subscription is turned off", 410),
    "/refuses": Endpoint("does not consent", consents=False),
    "/redirects": Endpoint("sends it on to a private address", 302, {"Location": INSIDE}),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What came, without its words: `id` and `number` are the event's."""

    method: str
    path: str
    status: int
    id: str | None = None
    number: int | None = None


Tell = Callable[[Request], None]


class Sandbox:
    """Listens when it is made; `serve` answers until `close`. `patience` is how long the slow endpoint takes."""

    def __init__(self, port: int, tell: Tell, patience: float = PATIENCE) -> None:
        self._server = ThreadingHTTPServer((HOST, port), _handler(tell, patience))
        self._server.daemon_threads = True

    @property
    def authority(self) -> str:
        return f"{HOST}:{self._server.server_port}"

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(tell: Tell, patience: float) -> type[BaseHTTPRequestHandler]:
    class Partner(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            endpoint = ENDPOINTS.get(self.path)
            consent = {
                "WebHook-Allowed-Origin": self.headers.get("WebHook-Request-Origin", ""),
                "WebHook-Allowed-Rate": self.headers.get("WebHook-Request-Rate", "*"),
            }
            if endpoint is None:
                self._answer(404)
            else:
                self._answer(200, consent if endpoint.consents else {})

        def do_POST(self) -> None:
            endpoint = ENDPOINTS.get(self.path)
            body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), LARGEST))
            if endpoint is None:
                self._answer(404)
                return
            if endpoint.slow:
                time.sleep(patience)
            self._answer(endpoint.status, endpoint.headers, self.headers.get("webhook-id"), _number(body))

        def _answer(
            self, status: int, headers: Mapping[str, str] | None = None, id_: str | None = None, n: int | None = None
        ) -> None:
            tell(Request(self.command, self.path, status, id_, n))
            try:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except ConnectionError:
                self.close_connection = True  # whoever asked did not wait for it

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name is the library's
            """Nothing: `tell` was told."""

    return Partner


def _number(body: bytes) -> int | None:
    try:
        return int(json.loads(body)["subscriptionseq"])
    except (ValueError, KeyError, TypeError):
        return None

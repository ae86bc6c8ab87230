"""Receives an authority's improvement events as signed webhooks, and keeps them in a file: one line an event.

    pip install cryptography
    GT_KEYS="whpk_..." python webhook_consumer.py --port 8443 --origin qa.barnet.example --into inbox.jsonl

Put your web server with its certificate in front. `GT_KEYS` are your subscription's keys: `whpk_` (Ed25519, public) or
`whsec_` (HMAC, secret); while a key is being changed, both, with a space between. There is none before you consented:
without keys this says yes to the question and refuses what is sent, which comes again when you have them.
The file is the only state: kill this at any moment and start it again.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import logging
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

UNDERSTOOD = ("public", "internal")
TOLERANCE = 300  # seconds between their clock and ours
LARGEST = 64 * 1024


class Refused(Exception):
    """A request that must not be believed. The message says why and repeats nothing of it."""


class Seals:
    """Which requests were signed by whom we trust (Standard Webhooks 1.0.0), now, and for the first time."""

    def __init__(self, keys: list[str]) -> None:
        self._secrets = [_bytes(key, "whsec_") for key in keys if key.startswith("whsec_")]
        self._public = [
            Ed25519PublicKey.from_public_bytes(_bytes(key, "whpk_")) for key in keys if key.startswith("whpk_")
        ]
        if len(self._secrets) + len(self._public) < len(keys):
            raise SystemExit("GT_KEYS has something that does not begin with whpk_ or whsec_")
        self._seen: dict[tuple[str, str], float] = {}

    def check(self, headers: Any, body: bytes, now: float) -> None:
        """Raises Refused. The same event may come again, but signed anew: the same signature twice is a replay."""
        id_, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not id_ or "." in id_ or not sent.isascii() or not sent.isdigit():
            raise Refused("the webhook headers are missing or malformed")
        if abs(now - int(sent)) > TOLERANCE:
            raise Refused("it was signed too long ago, or in the future")
        content = f"{id_}.{sent}.".encode() + body
        if not any(self._holds(one, content) for one in headers.get("webhook-signature", "").split(" ")):
            raise Refused("no signature is by a key that is trusted here")
        self._seen = {key: at for key, at in self._seen.items() if now - at <= 2 * TOLERANCE}
        if (id_, sent) in self._seen:
            raise Refused("this very request came before")
        self._seen[id_, sent] = now

    def _holds(self, signature: str, content: bytes) -> bool:
        version, _, text = signature.partition(",")
        try:
            given = base64.b64decode(text, validate=True)
        except ValueError:
            return False
        if version == "v1":
            macs = [hmac.new(secret, content, hashlib.sha256).digest() for secret in self._secrets]
            return any([hmac.compare_digest(mac, given) for mac in macs])  # all of them: time tells nothing
        return version == "v1a" and any([_signed(key, given, content) for key in self._public])


def _bytes(key: str, prefix: str) -> bytes:
    return base64.b64decode(key.removeprefix(prefix))


def _signed(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


class Inbox:
    """What was received, by number, in a file. Numbers may come out of order: `missing` are those in between."""

    def __init__(self, path: Path) -> None:
        whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""  # a line that was cut off is no line
        self.numbers = {int(json.loads(line)["subscriptionseq"]) for line in whole.splitlines()}
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.ftruncate(self._file, len(whole) + 1 if whole else 0)  # cut off, never written anew: that could be killed
        self._one = threading.Lock()

    def keep(self, body: bytes) -> None:
        """Append it unless it is there. Raises Refused for what is not an event, or may not be read here."""
        try:
            event = json.loads(body)
            number = int(event["subscriptionseq"])
        except (ValueError, KeyError, TypeError):
            raise Refused("it is not an event with a number") from None
        if event.get("dataclassification") not in UNDERSTOOD:
            raise Refused("its classification is not one that may be read here")
        with self._one:
            if number not in self.numbers:
                os.write(self._file, json.dumps(event).encode() + b"\n")  # one write: whole or not at all
                self.numbers.add(number)
            else:
                logging.info("number %d came again: dropped", number)

    def missing(self) -> list[int]:
        """Ask for these: `GET /v1/subscriptions/{id}/events?after=`, or have them sent again."""
        with self._one:
            return sorted(set(range(1, max(self.numbers, default=0))) - self.numbers)


def handler(seals: Seals, inbox: Inbox, origin: str) -> type[BaseHTTPRequestHandler]:
    class Endpoint(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            """Consent: yes, this authority may send here (CloudEvents webhook abuse protection)."""
            if self.headers.get("WebHook-Request-Origin") == origin:
                rate = self.headers.get("WebHook-Request-Rate", "*")
                self._answer(200, {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": rate})
            else:
                self._answer(403)

        def do_POST(self) -> None:
            """204 when it is kept, so that it is not sent again; 401 for what cannot be believed."""
            length = int(self.headers.get("Content-Length", "0"))
            if length > LARGEST:
                self.close_connection = True
                self._answer(413)
                return
            body = self.rfile.read(length)
            try:
                seals.check(self.headers, body, time.time())
                inbox.keep(body)
            except Refused as refused:
                logging.warning("refused: %s", refused)
                self._answer(401)
                return
            self._answer(204)

        def _answer(self, status: int, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 # the name is the library's
            """Nothing: a request line is no business of a log."""

    return Endpoint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--origin", required=True, help="the name with which the authority asks for consent")
    parser.add_argument("--into", required=True, type=Path, help="the file to keep events in")
    parser.add_argument("--verbose", action="store_true", help="say what is dropped because it came before")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO if given.verbose else logging.WARNING, format="%(message)s")
    inbox = Inbox(given.into)
    endpoint = handler(Seals(os.environ.get("GT_KEYS", "").split()), inbox, given.origin)
    server = ThreadingHTTPServer(("127.0.0.1", given.port), endpoint)
    print(f"listening on port {server.server_port}; missing: {inbox.missing()}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

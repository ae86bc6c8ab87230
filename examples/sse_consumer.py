"""Reads an authority's improvement events as a stream over HTTP, and keeps them in a file: one line an event.

    GT_TOKEN=... python sse_consumer.py --subscription https://qa.barnet.example/v1/subscriptions/ID --into inbox.jsonl

Needs nothing but Python. The stream goes on behind the newest number in the file (`Last-Event-ID`); when a number is
left out, the missing ones are read as pages. Kill this at any moment and start it again.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

UNDERSTOOD = ("public", "internal")
SILENCE = 60.0  # seconds: a comment comes every 15


class Refused(Exception):
    """Something that must not be used, or cannot go on. The message says why and repeats nothing of it."""


class Inbox:
    """What was received, by number, in a file."""

    def __init__(self, path: Path) -> None:
        whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""  # a line that was cut off is no line
        self.newest = max((int(json.loads(line)["subscriptionseq"]) for line in whole.splitlines()), default=0)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.ftruncate(self._file, len(whole) + 1 if whole else 0)  # cut off, never written anew: that could be killed

    def keep(self, event: dict[str, Any]) -> bool:
        """Append the next one, drop what is there; False when one before it is missing."""
        number = int(event["subscriptionseq"])
        if event.get("dataclassification") not in UNDERSTOOD:
            raise Refused("its classification is not one that may be read here")
        if number > self.newest + 1:
            return False
        if number == self.newest + 1:
            os.write(self._file, json.dumps(event).encode() + b"\n")  # one write: whole or not at all
            self.newest = number
        else:
            logging.info("number %d came again: dropped", number)
        return True


def messages(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """The kind and the data of each message; comments only show that the other side is there."""
    kind, data = "message", list[str]()
    for raw in lines:
        line = raw.decode().rstrip("\r\n")
        name, _, value = line.partition(":")
        if not line:
            if data:
                yield kind, "\n".join(data)
            kind, data = "message", []
        elif name == "event":
            kind = value.strip()
        elif name == "data":
            data.append(value.removeprefix(" "))


def opened(address: str, **headers: str) -> HTTPResponse:
    wanted = urllib.request.Request(address, headers={"Authorization": f"Bearer {os.environ['GT_TOKEN']}", **headers})  # noqa: S310
    answer: HTTPResponse = urllib.request.urlopen(wanted, timeout=SILENCE)  # noqa: S310
    return answer


def fill(inbox: Inbox, subscription: str) -> None:
    """Read the pages behind what is known until there is nothing more."""
    while True:
        with opened(f"{subscription}/events?after={inbox.newest}&limit=100") as answer:
            page = json.load(answer)["items"]
        for event in page:
            if not inbox.keep(event):
                raise Refused("a page left a number out: take the snapshot and begin anew")
        if not page:
            return


def receive(inbox: Inbox, subscription: str) -> None:
    """One connection, until it ends."""
    with opened(f"{subscription}/stream", **{"Last-Event-ID": str(inbox.newest)}) as stream:
        for kind, data in messages(stream):
            if kind == "reset":
                raise Refused("what follows is no longer kept: take the snapshot and begin anew")
            if kind == "slow":
                return  # they had to wait for us: what was left out comes on the next connection
            if not inbox.keep(json.loads(data)):
                fill(inbox, subscription)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--subscription", required=True, help="the address of your subscription")
    parser.add_argument("--into", required=True, type=Path, help="the file to keep events in")
    parser.add_argument("--wait", type=float, default=3.0, help="seconds before it is tried again")
    parser.add_argument("--verbose", action="store_true", help="say what is dropped because it came before")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO if given.verbose else logging.WARNING, format="%(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    inbox = Inbox(given.into)
    while True:
        try:
            receive(inbox, given.subscription)
        except Refused as refused:
            sys.exit(str(refused))
        except urllib.error.HTTPError as error:
            if error.code in (401, 403, 404):
                sys.exit(f"the token or the subscription is not accepted ({error.code})")
            logging.warning("answered %d, trying again", error.code)
        except (OSError, HTTPException) as error:
            logging.warning("%s, trying again", type(error).__name__)
        time.sleep(given.wait)


if __name__ == "__main__":
    main()

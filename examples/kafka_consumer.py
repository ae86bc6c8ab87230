"""Reads an authority's improvement events from its own Kafka topic, and keeps them in a file: one line an event.

    pip install aiokafka
    GT_PASSWORD=... python kafka_consumer.py --bootstrap broker:9094 --ca ca.pem --partner camden --subscription ID \
        --into inbox.jsonl

Events come at least once. `subscriptionseq` numbers those of a subscription without gaps: what came before is dropped,
and what came too early is left, for it comes again behind what was missing. The file is the only state: kill this at
any moment and start it again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.helpers import create_ssl_context

UNDERSTOOD = ("public", "internal")


class Refused(Exception):
    """An event that must not be used. The message says why and repeats nothing of it."""


class Inbox:
    """What was received, by number, in a file."""

    def __init__(self, path: Path) -> None:
        whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""  # a line that was cut off is no line
        self.newest = max((number_of(json.loads(line)) for line in whole.splitlines()), default=None)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.ftruncate(self._file, len(whole) + 1 if whole else 0)  # cut off, never written anew: that could be killed

    def keep(self, event: dict[str, Any]) -> None:
        """Append it if it is the next one. The first may have any number: a topic that was made late begins later."""
        number = number_of(event)
        if self.newest is not None and number <= self.newest:
            logging.info("number %d came again: dropped", number)
            return
        if self.newest is not None and number > self.newest + 1:
            logging.warning("number %d is missing: %d is left, and comes again", self.newest + 1, number)
            return
        os.write(self._file, json.dumps(event).encode() + b"\n")  # one write: whole or not at all
        self.newest = number


def number_of(event: dict[str, Any]) -> int:
    return int(event["subscriptionseq"])


def read(value: bytes) -> dict[str, Any]:
    """The CloudEvent. Fields that are not known are left alone; a classification that is not known is refused."""
    event: dict[str, Any] = json.loads(value)
    if event.get("dataclassification") not in UNDERSTOOD:
        raise Refused("its classification is not one that may be read here")
    return event


def settings(given: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    yield "bootstrap_servers", given.bootstrap
    yield "group_id", f"partner-{given.partner}.{given.group}"
    yield "enable_auto_commit", False  # the file says how far it came
    if "GT_PASSWORD" in os.environ:
        yield "security_protocol", "SASL_SSL" if given.ca else "SASL_PLAINTEXT"
        yield "sasl_mechanism", "SCRAM-SHA-512"
        yield "sasl_plain_username", f"partner-{given.partner}"
        yield "sasl_plain_password", os.environ["GT_PASSWORD"]
    if given.ca:
        yield "ssl_context", create_ssl_context(cafile=given.ca)


async def receive(given: argparse.Namespace) -> None:
    inbox = Inbox(given.into)
    partition = TopicPartition(given.topic or f"qa.improvement.{given.partner}", 0)
    consumer = AIOKafkaConsumer(**dict(settings(given)))
    consumer.assign([partition])
    await consumer.start()
    try:
        await consumer.seek_to_beginning(partition)  # a partner's topic is small; what is known already is dropped
        async for record in consumer:
            if dict(record.headers).get("subscription") == given.subscription.encode():  # the topic may have others'
                inbox.keep(read(record.value))
    finally:
        await consumer.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--bootstrap", required=True, help="host:port of the partners' listener")
    parser.add_argument("--partner", required=True, help="your partner id")
    parser.add_argument("--subscription", required=True, help="the id of yours that is read")
    parser.add_argument("--into", required=True, type=Path, help="the file to keep events in")
    parser.add_argument("--ca", help="the certificate that the broker's was signed with")
    parser.add_argument("--group", default="inbox")
    parser.add_argument("--topic", help="another topic than your own")
    parser.add_argument("--verbose", action="store_true", help="say what is dropped because it came before")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO if given.verbose else logging.WARNING, format="%(message)s")
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        asyncio.run(receive(given))
    except Refused as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main()

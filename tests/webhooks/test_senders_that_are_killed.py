"""T37: a sender may be killed at any moment; every event arrives at least once, and always under the same id."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect

from services.reporting.sharing.webhooks.deliveries import Attempt, Claimed, Deliveries
from shared.calendar.clock import now
from shared.event_store.mongo import MongoEventStore
from tests.nursery import Nursery
from tests.tiers import by_tier, chances
from tests.webhooks.a_partner import WEBHOOK, Elm
from tests.webhooks.receiver import Receiver, Say

KILLS = by_tier(100, 300)
MANY = 100_000  # a minute: more than any test sends
BREAKS = by_tier(20, 200)
SHORT = timedelta(milliseconds=100)
PARTITIONS = 2


def send(mongo_url: str, name: str, port: int) -> None:
    """A process that does nothing but send, until it is killed."""
    asyncio.run(_send(mongo_url, name, port))


async def _send(mongo_url: str, name: str, port: int) -> None:
    receiver = Receiver()
    receiver.port = port
    async with AsyncMongoClient(mongo_url, tz_aware=True) as client:
        store = MongoEventStore(client[name], PARTITIONS)
        elm = Elm(client[name], receiver, lease=SHORT, store=store)
        while True:
            elm.moment = now()
            await elm.sender.round()
            await asyncio.sleep(0.01)


class Deadly(Receiver):
    """Calls `deadly` in the very moment in which it got a delivery that it did not answer yet, now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.after = 1_000_000
        self.struck = asyncio.Event()

    async def _answer(self, got, reader, writer) -> None:
        self.after -= 1
        if self.after == 0 and got.method == "POST":
            self.got.append(got)
            self.struck.set()
            await reader.read()  # until the sender is dead
            return
        await super()._answer(got, reader, writer)


async def test_killed_processes(mongo_url: str, mongo_client, mongo_database, tmp_path: Path) -> None:
    """Half of them between a delivery and its being written down, which is the worst moment, the others at any."""
    random, events = chances("killed senders"), [f"e{n}" for n in range(2 * KILLS)]
    async with Deadly() as receiver:
        store = MongoEventStore(mongo_database, PARTITIONS)
        await store.prepare()
        elm = Elm(mongo_database, receiver, began=now(), lease=SHORT, store=store)
        await elm.consenting()
        await elm.deliveries.consented(WEBHOOK, MANY)  # else they would wait for the next minute, as they should
        with Nursery(send, tmp_path) as nursery:
            for kill in range(KILLS):
                await elm.released(*events[2 * kill : 2 * kill + 2])
                receiver.struck.clear()
                receiver.after = 1 if kill % 2 else 1_000_000
                born = nursery.bear(mongo_url, mongo_database.name, receiver.port)
                if kill % 2:
                    await asyncio.wait_for(receiver.struck.wait(), 20)
                else:
                    await asyncio.sleep(random.uniform(0, 0.25))
                await asyncio.to_thread(born.kill)
            receiver.after = 1_000_000
            last = nursery.bear(mongo_url, mongo_database.name, receiver.port)
            async with asyncio.timeout(30):
                while await _waiting(elm):
                    await asyncio.sleep(0.02)
            await asyncio.to_thread(last.kill)
        await store.close()
        _check(receiver, events)
        assert len(receiver.got) >= len(events) + KILLS // 2, "what was cut off came again"
        again = len(receiver.got) - len(events)
        print(f"{KILLS} kills, {len(events)} events, 0 lost, {again} came again under the same id")


class Losing(Deliveries):
    """Loses the connection to the database when it takes up or writes down something, before or after it is kept."""

    chances: Random

    async def claim(self, subscription: str, number: int, lease: str, moment: datetime) -> Claimed | None:
        claimed = await super().claim(subscription, number, lease, moment)
        self._perhaps_lost()
        return claimed

    async def settle(self, claimed: Claimed, attempt: Attempt, again: datetime | None) -> bool:
        self._perhaps_lost()
        settled = await super().settle(claimed, attempt, again)
        self._perhaps_lost()
        return settled

    def _perhaps_lost(self) -> None:
        if self.chances.random() < 0.2:
            raise AutoReconnect("lost here and now")


async def test_rounds_that_break_off_anywhere(mongo_database, receiver: Receiver) -> None:
    random, events = chances("broken rounds"), [f"e{n}" for n in range(BREAKS)]
    receiver.script = [Say(random.choice([204, 204, 200, 500, 429])) for _ in events]
    elm = Elm(mongo_database, receiver)
    await elm.consenting()
    await elm.released(*events)
    losing, broken, kinds = Losing(mongo_database), 0, set[type[Exception]]()
    losing.chances = random
    elm.deliveries = losing
    for _ in range(BREAKS):
        try:
            await elm.another_sender().round()
        except ExceptionGroup as failed:
            kinds |= {type(one) for one in failed.exceptions}
            broken += 1
        elm.moment += timedelta(minutes=2)
    assert broken > BREAKS // 4
    assert kinds == {AutoReconnect}
    elm.deliveries = Deliveries(mongo_database)
    elm.sender = elm.another_sender()
    while await _waiting(elm):
        await elm.later(hours=1)
    _check(receiver, events)


async def _waiting(elm: Elm) -> bool:
    newest = await elm.sharing.events.newest(WEBHOOK)
    log = await elm.log()
    return len(log) < newest or any(one["state"] != "delivered" for one in log.values())


def _check(receiver: Receiver, events: list[str]) -> None:
    """At least once each, and what came twice is the same to the byte."""
    assert set(receiver.ids) == set(events)
    bodies = {(got.headers["webhook-id"], got.body) for got in receiver.got}
    assert max(Counter(id_ for id_, _ in bodies).values()) == 1

"""What a partner subscribed to comes to its topic in order, and nothing is missing however often senders are killed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from deploy.local.engines import LocalKafka
from deploy.partners import Partners
from services.reporting.sharing.numbered import NumberedEvents
from services.reporting.sharing.partner_topics import LIMIT, Addressee, CannotSend, begin_again
from shared.rounds import Rounds
from tests.nursery import Born, Nursery
from tests.partner_topics.sending import Log, Partner, sender, work
from tests.tiers import by_tier, chances

pytestmark = pytest.mark.connected

KILLS = by_tier(20, 200, 1_000)
_numbers = itertools.count(1)


@pytest.fixture
def partner(broker: LocalKafka, partners: Partners) -> Partner:
    """A partner of this test's own, who reads."""
    access, fresh = partners.add(f"birch-{next(_numbers)}")
    assert fresh
    partners._set_quota(access.user, {"consumer_byte_rate": 1e9, "request_percentage": 1e3})  # a test reads fast
    return Partner(broker, access)


def of(partner: Partner, subscription: str = "s") -> Addressee:
    return Addressee(subscription, partner.access.partner)


async def test_a_partner_reads_its_topic_with_a_password(partner: Partner, mongo_database: AsyncDatabase[Any]) -> None:
    """Structured CloudEvents: the same body as at the other doors, the number beside it."""
    await Log(mongo_database).put("s", range(1, LIMIT + 3))
    topics = sender(partner.broker.url, mongo_database, of(partner))
    await topics.round()
    await topics.close()
    await partner.hear(LIMIT + 2)
    assert partner.heard == list(range(1, LIMIT + 3))
    first = partner.records[0]
    assert first.key == b"s.1"
    assert first.value == b'{"specversion":"1.0"}'
    assert dict(first.headers) == {
        "content-type": b"application/cloudevents+json; charset=UTF-8",
        "subscription": b"s",
        "subscriptionseq": b"00000000000000000001",
    }


async def test_only_what_is_new_is_sent(partner: Partner, mongo_database: AsyncDatabase[Any]) -> None:
    log, topics = Log(mongo_database), sender(partner.broker.url, mongo_database, of(partner))
    for numbers in (range(1, 4), range(4, 6)):
        await log.put("s", numbers)
        await topics.round()
        await topics.round()
    await topics.close()
    await partner.hear(5)
    assert [int(dict(record.headers)["subscriptionseq"]) for record in partner.records] == [1, 2, 3, 4, 5]


async def test_two_rival_senders_leave_no_gap(partner: Partner, mongo_database: AsyncDatabase[Any]) -> None:
    await Log(mongo_database).put("s", range(1, 3 * LIMIT))
    rivals = [sender(partner.broker.url, mongo_database, of(partner)) for _ in range(2)]
    for _ in range(3):
        await asyncio.gather(*(rival.round() for rival in rivals))
    await asyncio.gather(*(rival.close() for rival in rivals))
    await partner.hear(3 * LIMIT - 1)
    assert partner.heard == list(range(1, 3 * LIMIT))


async def test_a_partner_without_a_topic_keeps_nobody_else_waiting(
    partner: Partner, mongo_database: AsyncDatabase[Any]
) -> None:
    log = Log(mongo_database)
    await log.put("s", [1])
    await log.put("lost", [1])
    topics = sender(partner.broker.url, mongo_database, Addressee("lost", "nowhere"), of(partner))
    with pytest.raises(ExceptionGroup) as failed:
        await topics.round()
    await topics.close()
    assert [str(one) for one in failed.value.exceptions] == [
        "qa.improvement.nowhere is not there: goldenthread partners add nowhere"
    ]
    await partner.hear(1)


async def test_a_number_that_is_missing_is_never_passed_over(
    partner: Partner, mongo_database: AsyncDatabase[Any]
) -> None:
    log = Log(mongo_database)
    await log.put("s", [1, 2, 4])
    topics = sender(partner.broker.url, mongo_database, of(partner))
    with pytest.raises(ExceptionGroup) as failed:
        await topics.round()
    assert [type(one) for one in failed.value.exceptions] == [CannotSend]
    await log.put("s", [3])
    await topics.round()
    await topics.close()
    await partner.hear(4)
    assert partner.heard == [1, 2, 3, 4]


async def test_a_topic_that_was_made_again_is_filled_again(
    partner: Partner, partners: Partners, mongo_database: AsyncDatabase[Any]
) -> None:
    await Log(mongo_database).put("s", [1, 2])
    topics = sender(partner.broker.url, mongo_database, of(partner))
    await topics.round()
    partners.remove(partner.access.partner, purge=True)
    partner.access, fresh = partners.add(partner.access.partner)
    assert fresh
    await begin_again(mongo_database, partner.access.partner)
    await topics.round()
    await topics.close()
    await partner.hear(2)
    assert partner.heard == [1, 2]


async def test_a_topic_that_is_made_late_begins_with_the_oldest_that_is_kept(
    partner: Partner, mongo_database: AsyncDatabase[Any]
) -> None:
    """With the service's own numbered events, of which the first two were dropped for their age."""
    events, day = NumberedEvents(mongo_database), datetime(2026, 5, 1, tzinfo=UTC)
    await events.prepare()
    for n in range(4):
        await events.append("s", {"specversion": "1.0", "id": f"e{n}", "type": "t"}, day + timedelta(days=n))
    assert await events.forget_before("s", day + timedelta(days=2)) == 2
    topics = sender(partner.broker.url, mongo_database, of(partner), events=events)
    await topics.round()
    await topics.close()
    await partner.hear(4)
    assert partner.heard == [3, 4]
    kept = await events.after("s", 0, 10)
    assert [record.value for record in partner.records] == [one.body for one in kept]
    assert [record.key for record in partner.records] == [b"e2", b"e3"]


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(work, tmp_path_factory.mktemp("senders")) as nursery:
        yield nursery


@pytest.mark.chaos
async def test_a_sender_that_is_killed_again_and_again_leaves_no_gap(
    partner: Partner, nursery: Nursery, mongo_database: AsyncDatabase[Any], mongo_url: str
) -> None:
    """`GOLDENTHREAD_TIER` says how often: 20 times on every change, 200 at night."""
    rng, log, numbers, stopping = chances("killing senders"), Log(mongo_database), itertools.count(1), asyncio.Event()

    async def grow() -> int:
        while not stopping.is_set():
            await log.put("s", itertools.islice(numbers, 5))
            await asyncio.sleep(0.02)
        return next(numbers) - 1

    def born(**faults: str) -> Born:
        return nursery.bear(partner.broker.url, mongo_url, mongo_database.name, "s", partner.access.partner, **faults)

    growing = asyncio.create_task(grow())
    for n in range(KILLS):
        # Some are killed at the worst moment, the others whenever it comes.
        worst = {"GOLDENTHREAD_FAILPOINTS": "partner_topic.before_cursor:0.2:exit", "GOLDENTHREAD_ENVIRONMENT": "test"}
        one = born(**(worst if n % 4 == 0 else {}))
        await asyncio.sleep(rng.uniform(0.05, 0.35))
        one.kill()
    stopping.set()
    newest, last = await growing, sender(partner.broker.url, mongo_database, of(partner))
    await last.round()
    await last.close()
    await partner.hear(newest)
    print(f"{newest} events, {KILLS} kills, {partner.repeated} repeats")
    assert partner.heard == list(range(1, newest + 1))
    assert partner.repeated > 0, "nothing was sent twice, so nothing was proved"


async def test_a_sender_goes_on_by_itself_after_a_round_that_failed(
    partner: Partner, mongo_database: AsyncDatabase[Any]
) -> None:
    await Log(mongo_database).put("s", [1, 3])
    topics = sender(partner.broker.url, mongo_database, of(partner))
    rounds = Rounds("partner topics", (topics.round,), 0.05)
    await rounds.start()
    await asyncio.sleep(0.2)
    assert rounds.alive()
    await Log(mongo_database).put("s", [2])
    await partner.hear(3)
    await rounds.stop()
    await topics.close()
    assert partner.heard == [1, 2, 3]

"""A quarter of six authorities is released and received through every door, whatever happens to the partners."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.engine import free_ports
from shared.calendar.clock import now
from shared.messaging.topics import apply_topics, of_partner
from tests import http
from tests.partners.alliance import (
    AUTHORITIES,
    CANARY_CHILD,
    CANARY_TEAM,
    CANARY_WORKER,
    MONTHS,
    QUARTER,
    Alliance,
    alliance,
)
from tests.partners.receivers import Receiver
from tests.tiers import by_tier, chances

pytestmark = [pytest.mark.connected, pytest.mark.timeout(600)]

KILLS = by_tier(50, 200)
LEARNED = "Plans are sampled every month, and supervision asks what changed for the child."
ORIGIN = "quality.council.example"
TOLERATED = timedelta(minutes=4, seconds=30)
"""A receiver believes a signature of five minutes ago, or of five minutes from now."""


@dataclass
class Clock:
    """The present, `ahead` of it; the second try of a webhook comes up to six minutes after the first."""

    ahead: timedelta = field(default=-TOLERATED)

    def __call__(self) -> datetime:
        return now() + self.ahead


@pytest.fixture(scope="module")
async def six(mongo_client, kafka_url) -> AsyncIterator[Alliance]:
    """Of several tests: what one of them releases is in no other's way."""
    name = f"t{os.getpid()}-six"
    async with alliance(mongo_client, name, kafka_url, f"{name}.", seed=11) as one:
        yield one


async def release_everything(one: Alliance, receivers: list[Receiver]) -> str:
    """Every month and the quarter of every authority, a learning point each, and one of them retracted again.

    As far as the receivers have been killed, so that each of them is killed while there is something to receive.
    """
    wanted = [(la, period, {}) for period in (*MONTHS, QUARTER) for la in AUTHORITIES]
    words = {"kind": "LEARNING", "theme_code": "PLANNING", "summary": LEARNED}
    wanted += [(la, QUARTER, words) for la in AUTHORITIES]
    released = ""
    for n, (la_code, period, more) in enumerate(wanted):
        while sum(each.kills for each in receivers) < (KILLS - 3) * n // len(wanted):
            await asyncio.sleep(0.02)
        released = await one.released(la_code, period, **more)
    await one.right(
        f"head-{AUTHORITIES[-1]}", f"/v1/releases/{released}/retraction", {"event_id": released, "reason": "WRONG"}
    )
    return released


async def the_partners(one: Alliance, folder: Path, port: int, kafka: str, prefix: str) -> dict[str, Receiver]:
    """Three that were added and have subscribed, by their subscription."""
    for partner in ("camden", "islington", "hackney"):
        body = {"partner_id": partner, "name": partner.title(), "endpoint_domains": ["127.0.0.1"]}
        await one.right("machine", "/v1/partners", body)
    await apply_topics(kafka, prefix, only=(of_partner("camden"),))
    stream = await one.subscribed("hackney", "FEED")
    token = http.issuer().mint("partner", http.ALL_SCOPES, (), 60, "hackney")
    at = ("--subscription", f"{one.address}/v1/subscriptions/{stream}", "--wait", "0.1")
    by_topic = await one.subscribed("camden", "KAFKA")
    await one.subscribed("camden", "KAFKA")  # has the same topic, and numbers of its own
    topic = ("--bootstrap", kafka, "--partner", "camden", "--topic", f"{prefix}qa.improvement.camden")
    mine = ("--subscription", by_topic)
    return {
        by_topic: Receiver("kafka_consumer.py", folder / "camden.jsonl", *topic, *mine),
        stream: Receiver("sse_consumer.py", folder / "hackney.jsonl", *at, GT_TOKEN=token),
        **await the_webhook(one, folder, port),
    }


async def the_webhook(one: Alliance, folder: Path, port: int) -> dict[str, Receiver]:
    """It consents while it has no key yet, and is then told the key."""
    receiver = Receiver("webhook_consumer.py", folder / "islington.jsonl", "--port", str(port), "--origin", ORIGIN)
    await receiver.start()
    async with asyncio.timeout(20):
        while "listening" not in receiver.words:
            await asyncio.sleep(0.02)
        id_ = await one.subscribed("islington", "HTTP", sink=f"http://127.0.0.1:{port}/events")
        while not (keys := (await one.get("partner", f"/v1/subscriptions/{id_}/keys", partner="islington")).json())[
            "items"
        ]:
            await asyncio.sleep(0.05)
    await receiver.end()
    await receiver.start(GT_KEYS=keys["items"][0]["key"])
    await receiver.end()
    return {id_: receiver}


async def test_each_partner_ends_with_the_same_gapless_set_however_often_it_is_killed(
    mongo_client, mongo_database, tmp_path: Path, kafka_url: str, topic_prefix: str
):
    clock, (port,), chance = Clock(), free_ports(1), chances("partners that are killed")
    often = {"sharing_seconds": 0.1, "webhook_seconds": 0.1}
    reached = {"public_url": f"https://{ORIGIN}", "webhook_loopback": (f"127.0.0.1:{port}",)}
    name = mongo_database.name
    async with alliance(mongo_client, name, kafka_url, topic_prefix, seed=11, clock=clock, **often, **reached) as six:
        for hook in six.app.state.sharing.start:
            await hook()
        partners = await the_partners(six, tmp_path, port, kafka_url, topic_prefix)
        receivers = list(partners.values())
        shares = [KILLS // 3 + (n < KILLS % 3) for n in range(3)]
        suffering = [asyncio.create_task(one.suffer(chance, n)) for one, n in zip(receivers, shares, strict=True)]
        retracted = await release_everything(six, receivers)
        await asyncio.gather(*suffering)
        clock.ahead = TOLERATED  # what was tried twice is due
        numbering = six.app.state.sharing.numbering
        await numbering.round()
        newest = {id_: await numbering.events.newest(id_) for id_ in partners}
        for id_, one in partners.items():
            await one.has_all(newest[id_])
            await one.end()

    assert sum(one.kills for one in receivers) == KILLS
    assert len(set(newest.values())) == 1
    check_they_have_the_same(receivers, retracted)
    print(
        f"{KILLS} kills ({', '.join(str(one.kills) for one in receivers)} of Kafka, stream and webhook), "
        f"{sum(len(one.events()) for one in receivers)} events received, 0 lost, "
        f"{', '.join(str(one.dropped()) for one in receivers)} duplicates dropped"
    )


def released_in(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    without_numbers = [{name: event[name] for name in event.keys() - {"subscriptionseq"}} for event in events[1:]]
    return sorted(without_numbers, key=lambda event: event["id"])


def check_they_have_the_same(receivers: list[Receiver], retracted: str) -> None:
    """The greeting is each subscription's own; in which order releases are numbered may differ between them."""
    topic, stream, hook = (one.events() for one in receivers)
    assert released_in(topic) == released_in(stream) == released_in(hook)
    told = {
        event["data"]["event_id"] for event in topic if event["type"].startswith("goldenthread.improvement_event_p")
    }
    assert {f"{la}.{period}.OVERALL.1" for la in AUTHORITIES for period in (*MONTHS, QUARTER)} <= told
    for events in (topic, stream, hook):
        about = [event["data"] for event in events if event["data"].get("event_id") == retracted]
        assert [one.get("summary") for one in about] == [LEARNED, None]
        assert about[-1] == {"event_id": retracted, "la_code": "906", "quarter": QUARTER, "reason": "WRONG"}
    text = "".join(one.into.read_text() for one in receivers)
    assert not [word for word in (CANARY_TEAM, CANARY_CHILD, CANARY_WORKER, "team-90", "area-90") if word in text]


async def test_the_snapshot_is_what_still_stands(six: Alliance):
    await six.right("machine", "/v1/partners", {"partner_id": "hackney", "name": "Hackney"})
    kept = await six.released("901", QUARTER)
    learned = await six.released("902", QUARTER, "LEARNING", theme_code="PLANNING", summary=LEARNED)
    await six.right("head-902", f"/v1/releases/{learned}/retraction", {"event_id": learned, "reason": "WITHDRAWN"})
    await six.round()
    items = (await six.get("partner", "/v1/improvement/snapshot", partner="hackney")).json()["items"]
    by_id = {one["event_id"]: one for one in items}
    assert by_id[f"901.{QUARTER}.OVERALL.1"]["measure"]["denominator_display"].isdigit()
    assert by_id[learned] == {
        "event_id": learned,
        "la_code": "902",
        "quarter": QUARTER,
        "source": "own",
        "retracted": "WITHDRAWN",
    }
    assert kept


async def test_a_second_person_approves_and_nobody_else(six: Alliance):
    body = {"kind": "GRADES", "la_code": "903", "period": QUARTER}
    id_ = (await six.right("analyst-903", "/v1/releases", body))["id"]
    assert (await six.post("analyst-903", f"/v1/releases/{id_}/approval")).status_code == 403
    assert (await six.post("head-902", f"/v1/releases/{id_}/approval")).status_code == 404
    await six.right("head-903", f"/v1/releases/{id_}/approval")


@pytest.mark.parametrize(
    "summary",
    [
        f"We learned from {CANARY_CHILD} that plans drift.",
        f"The {CANARY_TEAM.lower()} now samples plans.",
        "Ask 020 8359 2000 for details.",
    ],
)
async def test_words_that_may_say_who_somebody_is_are_refused_with_the_place_and_not_repeated(
    six: Alliance, summary: str
):
    body = {"kind": "LEARNING", "la_code": "901", "period": QUARTER, "theme_code": "PLANNING", "summary": summary}
    answer = await six.post("analyst-901", "/v1/releases", body)
    assert answer.status_code == 422
    assert "summary" in answer.text
    assert " at " in answer.text
    assert not [word for word in ("Zephyrine", "uokkabridge", "8359") if word in answer.text]

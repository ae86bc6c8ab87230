"""A quarter of six authorities is released and received through every door, whatever happens to the partners."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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

pytestmark = [pytest.mark.connected, pytest.mark.timeout(600)]

KILLS = int(os.environ.get("GOLDENTHREAD_PARTNER_KILLS", "8"))
LEARNED = "Plans are sampled every month, and supervision asks what changed for the child."


@pytest.fixture
async def six(mongo_client, mongo_database, kafka_url, topic_prefix) -> AsyncIterator[Alliance]:
    async with alliance(mongo_client, mongo_database.name, kafka_url, topic_prefix, seed=11) as one:
        yield one


async def release_everything(one: Alliance, pause: float) -> str:
    """Every month and the quarter of every authority, a learning point each, and one of them retracted again."""
    learned = ""
    for period in (*MONTHS, QUARTER):
        for la_code in AUTHORITIES:
            await one.released(la_code, period)
            await one.round()
            await asyncio.sleep(pause)
    for la_code in AUTHORITIES:
        learned = await one.released(la_code, QUARTER, "LEARNING", theme_code="PLANNING", summary=LEARNED)
    await one.right(
        f"head-{AUTHORITIES[-1]}", f"/v1/releases/{learned}/retraction", {"event_id": learned, "reason": "WRONG"}
    )
    await one.round()
    return learned


async def test_each_partner_ends_with_the_same_gapless_set_however_often_it_is_killed(
    six: Alliance, tmp_path: Path, kafka_url: str, topic_prefix: str
):
    chance = random.Random(5)
    for partner in ("camden", "hackney"):
        await six.right("machine", "/v1/partners", {"partner_id": partner, "name": partner.title()})
    await apply_topics(kafka_url, topic_prefix, only=(of_partner("camden"),))
    by_topic = await six.subscribed("camden", "KAFKA")
    by_stream = await six.subscribed("hackney", "FEED")
    token = http.issuer().mint("partner", http.ALL_SCOPES, (), 60, "hackney")
    receivers = [
        Receiver(
            "kafka_consumer.py",
            tmp_path / "camden.jsonl",
            *("--bootstrap", kafka_url, "--partner", "camden", "--topic", f"{topic_prefix}qa.improvement.camden"),
        ),
        Receiver(
            "sse_consumer.py",
            tmp_path / "hackney.jsonl",
            *("--subscription", f"{six.address}/v1/subscriptions/{by_stream}", "--wait", "0.1"),
            GT_TOKEN=token,
        ),
    ]
    suffering = [asyncio.create_task(one.suffer(chance, KILLS)) for one in receivers]
    retracted = await release_everything(six, pause=0.1)
    await asyncio.gather(*suffering)
    newest = await six.app.state.sharing.numbering.events.newest(by_topic)
    for one in receivers:
        await one.has(newest)
        await one.kill()

    topic, stream = (one.events() for one in receivers)
    assert [one.kills for one in receivers] == [KILLS + 1] * 2
    assert [int(event["subscriptionseq"]) for event in topic] == list(range(1, newest + 1))
    assert topic[1:] == stream[1:], "all but the greeting, which is each subscription's own"
    told = {
        event["data"]["event_id"] for event in topic if event["type"].startswith("goldenthread.improvement_event_p")
    }
    assert {f"{la}.{period}.OVERALL.1" for la in AUTHORITIES for period in (*MONTHS, QUARTER)} <= told
    about = [event["data"] for event in topic if event["data"].get("event_id") == retracted]
    assert [one.get("summary") for one in about] == [LEARNED, None]
    assert about[-1] == {"event_id": retracted, "la_code": "906", "quarter": QUARTER, "reason": "WRONG"}
    text = (tmp_path / "camden.jsonl").read_text() + (tmp_path / "hackney.jsonl").read_text()
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
    body = {"kind": "GRADES", "la_code": "901", "period": QUARTER}
    id_ = (await six.right("analyst-901", "/v1/releases", body))["id"]
    assert (await six.post("analyst-901", f"/v1/releases/{id_}/approval")).status_code == 403
    assert (await six.post("head-902", f"/v1/releases/{id_}/approval")).status_code == 404
    await six.right("head-901", f"/v1/releases/{id_}/approval")


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

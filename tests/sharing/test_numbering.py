"""Each subscription's events are numbered from 1 without gaps, whatever comes twice, at once, or breaks off."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import orjson
import pytest

from services.reporting.domain.partner.events import SubscriptionActivated, SubscriptionChanged
from services.reporting.domain.partner.state import DECIDER as PARTNER
from services.reporting.sharing.numbering import cloud_event
from shared.event_store.following import keep_newest
from shared.published.improvement import SubscriptionActivatedV1, SubscriptionTestedV1
from tests.sharing.an_alliance import PUBLISHED, RETRACTED, Alliance


class Killed(Exception):
    """The process ended just here."""


async def round_after_round(alliance: Alliance, chances: random.Random, one_in: int) -> None:
    """A process that is killed again and again, before or after what it does, until it once gets through."""
    for _ in range(200):
        follower = alliance.a_follower()
        append = follower.events.append

        async def append_or_die(*asked, append=append):
            if chances.random() < 1 / one_in:
                raise Killed
            number = await append(*asked)
            if chances.random() < 1 / one_in:
                raise Killed
            return number

        follower.events.append = append_or_die  # type: ignore[method-assign]
        try:
            await follower.round()
        except Killed:
            continue
        return
    raise AssertionError("it never got through")


async def numbers(alliance: Alliance, subscription: str) -> list[int]:
    kept = await alliance.events.after(subscription, 0, 10_000)
    assert [orjson.loads(one.body)["subscriptionseq"] for one in kept] == [f"{one.number:020}" for one in kept]
    assert [orjson.loads(one.body)["id"] for one in kept] == [one.event_id for one in kept]
    return [one.number for one in kept]


@pytest.mark.parametrize("seed", range(3))
async def test_two_followers_that_are_killed_again_and_again_leave_no_gap_and_number_nothing_twice(alliance, seed):
    await alliance.add()
    for subscription in ("s1", "s2"):
        await alliance.subscribes(subscription)
    for n in range(12):
        await alliance.releases(f"r{n}-a", f"r{n}-b", release=f"release-{n}")
    await alliance.retracts("r3-a", release="release-3")
    dice = [random.Random(seed * 10 + n) for n in range(2)]
    await asyncio.gather(*(round_after_round(alliance, one, 12) for one in dice))
    for subscription in ("s1", "s2"):
        assert await numbers(alliance, subscription) == list(range(1, 27))  # the greeting, 24 events, a retraction
        told = await alliance.told(subscription)
        assert sorted(told) == sorted([f"r{n}-{which}" for n in range(12) for which in "ab"] + ["r3-a"])
        for n in range(12):
            assert told.index(f"r{n}-a") < told.index(f"r{n}-b")


async def test_many_writers_at_once_leave_no_gap(alliance):
    """Also when all of them append at the same moment, some of them the same."""
    events = [cloud_event(SubscriptionTestedV1(), f"event-{n % 20}", alliance.at, "urn:x", "") for n in range(40)]
    given = await asyncio.gather(*(alliance.events.append("s", event, alliance.at) for event in events))
    assert await numbers(alliance, "s") == list(range(1, 21))
    assert given[:20] == given[20:]


async def test_a_subscription_begins_with_a_greeting_and_receives_what_comes_after_it(alliance):
    await alliance.add()
    await alliance.releases("before")
    alliance.later(minutes=1)
    await alliance.subscribes()
    alliance.later(minutes=1)
    await alliance.releases("after")
    await alliance.numbering.round()
    greeting, event = await alliance.received()
    assert (greeting["type"], greeting["subscriptionseq"]) == (SubscriptionActivatedV1.TYPE, f"{1:020}")
    assert event["data"]["event_id"] == "after"
    assert {one["event_id"] for one in await alliance.numbering.current.own()} == {"before", "after"}


async def test_what_leaves_is_a_cloud_event_by_the_profile(alliance):
    await alliance.add()
    await alliance.subscribes()
    await alliance.releases("learned")
    await alliance.numbering.round()
    event = (await alliance.received())[1]
    assert event["specversion"] == "1.0"
    assert event["source"] == "urn:goldenthread:reporting"
    assert event["type"] == PUBLISHED
    assert event["dataschema"].startswith("https://qa.example/schemas/improvement_event_published/1.")
    assert event["dataclassification"] in ("public", "internal")
    assert event["datacontenttype"] == "application/json"
    assert all(name.isalnum() and name == name.lower() and len(name) <= 20 for name in event)
    assert all(isinstance(value, str) and value for name, value in event.items() if name != "data")
    assert "correlationid" not in event
    assert event["data"]["summary"] == "Fathers are asked."


async def test_a_subscription_gets_the_types_and_passes_the_filters_that_it_named(alliance):
    await alliance.add()
    await alliance.subscribes("all")
    await alliance.subscribes("retractions", types=(RETRACTED,))
    await alliance.subscribes("of-902", filters=({"exact": {"la_code": "902"}},))
    await alliance.releases("a")
    await alliance.releases("b", la_code="902")
    await alliance.retracts("a")
    await alliance.numbering.round()
    assert sorted(await alliance.told("all")) == ["a", "a", "b"]
    assert await alliance.told("retractions") == ["a"]
    assert await alliance.told("of-902") == ["b"]
    assert await numbers(alliance, "retractions") == [1, 2]


async def test_a_paused_subscription_goes_on_being_numbered_and_a_removed_one_does_not(alliance):
    await alliance.add()
    await alliance.subscribes("paused")
    await alliance.subscribes("removed")
    await alliance.numbering.round()
    await alliance.pauses("paused")
    await alliance.unsubscribes("removed")
    await alliance.releases("a")
    await alliance.numbering.round()
    assert await alliance.told("paused") == ["a"]
    assert await alliance.told("removed") == []
    assert [one.id for one in await alliance.numbering.register.active("FEED")] == []


async def test_an_older_reading_never_replaces_a_newer_one_in_the_register(alliance):
    await alliance.add()
    await alliance.subscribes()
    late = alliance.a_follower()
    commits = await alliance.store.read_partitions(dict.fromkeys(range(8), -1), 100)
    await alliance.unsubscribes()
    await alliance.numbering.register.catch_up()
    old = [one for one in commits if one.stream == "partner-elm"]
    for commit in old:
        await late.register._learn(commit)
    known = await alliance.numbering.register.subscription("s1")
    assert known is not None
    assert known.state.status == "removed"
    kept = await alliance.database["subscriptions"].find_one({"_id": "s1"})
    await keep_newest(alliance.database["subscriptions"], "s1", kept["version"] - 1, {"state": "old"})
    assert await alliance.database["subscriptions"].find_one({"_id": "s1"}) == kept


async def test_what_the_feed_no_longer_keeps_is_never_numbered_again(alliance):
    await alliance.add()
    await alliance.subscribes()
    await alliance.releases("a")
    await alliance.numbering.round()
    alliance.later(days=500)
    await alliance.releases("b")
    await alliance.numbering.round()
    dropped = await alliance.events.forget_before("s1", alliance.at - timedelta(days=400))
    assert (dropped, await alliance.events.oldest("s1"), await alliance.events.newest("s1")) == (2, 3, 3)
    await alliance.database["cursors"].delete_many({})  # everything comes again
    await alliance.a_follower().round()
    assert await alliance.told() == ["b"]
    assert await alliance.events.newest("s1") == 3


async def test_the_newest_stays_however_old_it_is(alliance):
    await alliance.add()
    await alliance.subscribes()
    await alliance.releases("a")
    await alliance.numbering.round()
    await alliance.events.forget_before("s1", alliance.at + timedelta(days=1))
    assert await alliance.told() == ["a"]
    assert await alliance.events.oldest("s1") == await alliance.events.newest("s1") == 2


async def test_of_what_was_retracted_the_snapshot_says_only_that_it_was(alliance):
    await alliance.releases("a", "b", release="r")
    await alliance.retracts("a", release="r")
    await alliance.numbering.round()
    gone, there = sorted(await alliance.numbering.current.own(), key=lambda one: one["event_id"])
    assert gone["retracted"] == "WRONG"
    assert "summary" not in gone
    assert there["summary"] == "Fathers are asked."


async def test_numbers_go_on_without_a_gap_when_a_subscription_is_changed(alliance):
    await alliance.add()
    await alliance.subscribes()
    await alliance.releases("a")
    await alliance.releases("b", la_code="902")
    await alliance.numbering.round()
    only_902 = SubscriptionChanged(
        subscription_id="s1", types=(PUBLISHED,), filters=({"exact": {"la_code": "902"}},), sink="https://new.example/"
    )
    alliance.later(minutes=1)
    await alliance.happens(PARTNER, "elm", only_902)
    await alliance.releases("c")
    await alliance.releases("d", la_code="902")
    await alliance.numbering.round()
    alliance.later(minutes=1)
    await alliance.happens(PARTNER, "elm", SubscriptionActivated(subscription_id="s1"))
    await alliance.releases("e", la_code="902")
    await alliance.numbering.round()
    assert await alliance.told() == ["a", "b", "d", "e"], "what came while it waited for consent is numbered too"
    assert await numbers(alliance, "s1") == [1, 2, 3, 4, 5]

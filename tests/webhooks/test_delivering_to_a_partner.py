"""T37: what a partner's endpoint gets, and when, whatever it answers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import orjson
import pytest
from standardwebhooks import Webhook

from services.reporting.sharing.numbering import TYPES
from shared.calendar.clock import now
from shared.deciding.refusal import Refused
from tests.webhooks.a_partner import BEGAN, ORIGIN, WEBHOOK, Elm
from tests.webhooks.checking import NotGenuine, Seen, checking_key, verified
from tests.webhooks.receiver import HANG_UP, Receiver, Say

BUSY, DOWN, WRONG, GONE = Say(429, {"Retry-After": "120"}), Say(500), Say(400), Say(410)


async def test_nothing_is_sent_before_the_endpoint_consented(mongo_database, receiver: Receiver) -> None:
    elm = Elm(mongo_database, receiver)
    await elm.prepare()
    await elm.subscribe()
    await elm.released("a")
    await elm.sender.round()
    assert (await elm.status(), receiver.connections) == (("requested", None), 0)
    await elm.webhooks.activate_all()
    await elm.sender.round()
    assert (await elm.status(), receiver.ids) == (("active", None), ["a"])
    assert receiver.asked[0].headers["webhook-request-origin"] == ORIGIN


async def test_an_endpoint_that_does_not_consent_gets_nothing_until_it_does(mongo_database, receiver: Receiver) -> None:
    elm = Elm(mongo_database, receiver)
    await elm.prepare()
    await elm.subscribe()
    receiver.consent = {}
    await elm.webhooks.activate_all()
    await elm.webhooks.activate_all()
    await elm.released("a")
    await elm.sender.round()
    assert await elm.status() == ("off", "CONSENT_REFUSED")
    assert (len(receiver.asked), receiver.got) == (1, []), "asked once, not again and again"
    with pytest.raises(Refused, match="WebHook-Allowed-Origin"):
        await elm.webhooks.revive(await elm.known(), elm.asked())
    with pytest.raises(Refused, match="has not consented"):
        await elm.sharing.turn_on(await elm.known(), elm.asked())
    receiver.consent = {"WebHook-Allowed-Origin": ORIGIN, "WebHook-Allowed-Rate": "60"}
    await elm.webhooks.revive(await elm.known(), elm.asked())
    await elm.sender.round()
    assert (await elm.status(), receiver.ids) == (("active", None), ["a"])


async def test_a_delivery_is_the_numbered_event_signed_and_as_it_was_kept(elm: Elm, receiver: Receiver) -> None:
    await elm.released("a", "b")
    await elm.sender.round()
    kept = await elm.sharing.events.after(WEBHOOK, 0, 10)
    assert [one.body for one in receiver.got] == [one.body for one in kept]
    for number, got in enumerate(receiver.got, start=1):
        event = orjson.loads(got.body)
        assert await elm.check(got) == event["id"]
        assert event["subscriptionseq"] == f"{number:020}"
        assert (got.method, got.target) == ("POST", "/hook")
        assert got.headers["content-type"] == "application/cloudevents+json; charset=UTF-8"
        assert got.headers["webhook-request-origin"] == ORIGIN
        assert got.headers["webhook-signature"].startswith("v1a,")
    await elm.later(minutes=5)
    assert receiver.ids == ["a", "b"], "once is enough"


async def test_the_log_tells_status_attempt_and_time_and_no_words(elm: Elm, receiver: Receiver) -> None:
    receiver.script = [Say(500, body=b"a name nobody should see")]
    await elm.released("a")
    await elm.sender.round()
    await elm.later(seconds=5)
    log = (await elm.log())[1]
    assert set(log) == {"number", "event_id", "state", "due", "attempts"}
    assert (log["event_id"], log["state"]) == ("a", "delivered")
    assert log["attempts"] == [
        {"at": BEGAN, "outcome": "BUSY", "status": 500, "reason": None},
        {"at": BEGAN + timedelta(seconds=5), "outcome": "DELIVERED", "status": 204, "reason": None},
    ]


async def test_the_schedule_is_exact_and_the_id_stays_the_same(elm: Elm, receiver: Receiver) -> None:
    receiver.script = [DOWN] * 9
    await elm.released("a")
    await elm.sender.round()
    steps = [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)]
    for tried, step in enumerate([*steps, *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24))], start=1):
        elm.moment += step - timedelta(milliseconds=1)
        await elm.sender.round()
        assert len(receiver.got) == tried, f"not before {step} after attempt {tried}"
        await elm.later(milliseconds=1)
        assert len(receiver.got) == tried + 1
        assert await elm.check(receiver.got[-1]) == "a", "signed for this attempt"
    assert set(receiver.ids) == {"a"}
    assert len({one.headers["webhook-timestamp"] for one in receiver.got}) == 10
    assert await elm.status() == ("active", None)


async def test_a_busy_endpoint_is_left_alone_for_as_long_as_it_asks(elm: Elm, receiver: Receiver) -> None:
    receiver.script = [BUSY]
    await elm.released("a", "b", "c")
    await elm.sender.round()
    await elm.later(seconds=119)
    assert receiver.ids == ["a"], "the others as well"
    await elm.later(seconds=1)
    assert receiver.ids == ["a", "a", "b", "c"]
    receiver.script = [Say(503, {"Retry-After": "9999999"})]
    await elm.released("d")
    await elm.later(seconds=1)
    await elm.later(hours=24, seconds=-1)
    assert receiver.ids[4:] == ["d"]
    await elm.later(seconds=1)
    assert receiver.ids[4:] == ["d", "d"], "a day is the most"


async def test_an_event_that_is_not_taken_holds_up_no_other(elm: Elm, receiver: Receiver) -> None:
    receiver.script = [WRONG, Say(302, {"Location": f"http://{receiver.authority}/other"})]
    await elm.released("a", "b", "c")
    await elm.sender.round()
    assert receiver.ids == ["a", "b", "c"]
    assert {one.target for one in receiver.got} == {"/hook"}, "no redirect is followed"
    assert await elm.outcomes(1) == [("REFUSED", 400, None)]
    assert await elm.outcomes(2) == [("REFUSED", 302, None)]
    await elm.later(seconds=5)
    assert receiver.ids == ["a", "b", "c", "a", "b"]


async def test_an_endpoint_that_is_down_is_tried_once_a_round(elm: Elm, receiver: Receiver) -> None:
    receiver.script = [DOWN, HANG_UP]
    await elm.released("a", "b", "c")
    await elm.sender.round()
    assert receiver.ids == ["a"]
    await elm.sender.round()
    assert receiver.ids == ["a", "b"]
    assert await elm.outcomes(2) == [("UNREACHED", None, "BROKEN_OFF")]
    await elm.sender.round()
    await elm.later(seconds=5)
    assert receiver.ids == ["a", "b", "c", "a", "b"]


async def test_gone_turns_it_off_at_once_and_reviving_sends_what_waits(elm: Elm, receiver: Receiver) -> None:
    receiver.script = [GONE]
    await elm.released("a", "b")
    await elm.sender.round()
    assert await elm.status() == ("off", "GONE")
    await elm.released("c")
    await elm.later(days=2)
    assert receiver.ids == ["a"]
    with pytest.raises(Refused, match="revive"):
        await elm.sharing.turn_on(await elm.known(), elm.asked())
    await elm.webhooks.revive(await elm.known(), elm.asked())
    await elm.sender.round()
    assert (receiver.ids, await elm.status()) == (["a", "a", "b", "c"], ("active", None))


async def test_five_days_of_only_failures_turn_it_off(elm: Elm, receiver: Receiver) -> None:
    receiver.script = [DOWN] * 200
    await elm.released("a")
    await elm.sender.round()
    while elm.moment < BEGAN + timedelta(days=5, hours=-1):
        await elm.later(hours=1)
    assert await elm.status() == ("active", None)
    for _ in range(26):
        await elm.later(hours=1)
    assert await elm.status() == ("off", "FAILING")
    sent = len(receiver.got)
    await elm.later(days=3)
    assert len(receiver.got) == sent
    receiver.script = []
    await elm.webhooks.revive(await elm.known(), elm.asked())
    await elm.sender.round()
    assert (set(receiver.ids), len(receiver.got)) == ({"a"}, sent + 1)
    await elm.later(days=6)
    assert await elm.status() == ("active", None), "what was before is forgotten"


async def test_what_was_paused_is_sent_when_it_is_resumed(elm: Elm, receiver: Receiver) -> None:
    await elm.sharing.turn_off(await elm.known(), "PAUSED", elm.asked())
    await elm.released("a", "b")
    await elm.sender.round()
    assert receiver.ids == []
    await elm.sharing.turn_on(await elm.known(), elm.asked())
    await elm.sender.round()
    assert receiver.ids == ["a", "b"]


async def test_a_range_is_sent_again_under_the_ids_it_had(elm: Elm, receiver: Receiver) -> None:
    await elm.released("a", "b", "c", "d")
    await elm.sender.round()
    assert await elm.webhooks.replay(await elm.known(), 2, 3) == 2
    await elm.later(minutes=1)
    assert receiver.ids == ["a", "b", "c", "d", "b", "c"]
    assert len(await elm.outcomes(2)) == 2
    seen, fresh = Seen(), []
    for got in receiver.got:
        if seen.first_time(got.headers["webhook-id"], elm.moment):
            fresh.append(got.headers["webhook-id"])
    assert fresh == ["a", "b", "c", "d"]
    with pytest.raises(Refused) as refused:
        await elm.webhooks.replay(await elm.known(), 3, 2)
    assert refused.value.field == "to"


async def test_keys_overlap_for_a_day_when_they_are_changed(mongo_database, receiver: Receiver) -> None:
    elm = Elm(mongo_database, receiver, began=now())
    await elm.consenting()
    (first,) = await elm.webhooks.keys_in_use(await elm.known())
    asked = elm.asked()
    _, secret = await elm.webhooks.rotate(await elm.known(), "hmac", asked)
    _, again = await elm.webhooks.rotate(await elm.known(), "hmac", asked)
    assert (again.id, again.key.text) == (secret.id, secret.key.text), "asked twice, the same key"
    await elm.released("a", "b", "c")
    await elm.sender.round()
    both = receiver.got[0]
    assert [one.partition(",")[0] for one in both.headers["webhook-signature"].split(" ")] == ["v1", "v1a"]
    for held in (first, secret):
        assert verified([checking_key(held.key.shown)], both.headers, both.body, elm.moment) == "a"
    assert Webhook(secret.key.shown).verify(both.body, dict(both.headers))["id"] == "a"
    await elm.released("d", "e")
    await elm.later(hours=24, seconds=-1)
    assert len(receiver.got[-1].headers["webhook-signature"].split(" ")) == 2
    await elm.released("f")
    await elm.later(seconds=1)
    (alone,) = receiver.got[5:]
    assert verified([checking_key(secret.key.shown)], alone.headers, alone.body, elm.moment) == "f"
    with pytest.raises(NotGenuine):
        verified([checking_key(first.key.shown)], alone.headers, alone.body, elm.moment)


async def test_no_key_is_kept_in_clear(elm: Elm, mongo_database) -> None:
    _, made = await elm.webhooks.rotate(await elm.known(), "hmac", elm.asked())
    for name in await mongo_database.list_collection_names():
        async for document in mongo_database[name].find():
            assert made.key.text not in repr(document)
            assert made.key.text.removeprefix("whsec_") not in repr(document)


async def test_no_more_is_sent_in_a_minute_than_was_consented_to(mongo_database, receiver: Receiver) -> None:
    receiver.consent = {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "2"}
    elm = Elm(mongo_database, receiver)
    await elm.consenting()
    await elm.released(*"abcde")
    for _ in range(3):
        await elm.later(seconds=10)
    assert receiver.ids == ["a", "b"]
    await elm.later(seconds=50)
    assert receiver.ids == ["a", "b", "c", "d"]


async def test_what_is_too_large_or_no_longer_kept_is_told_and_not_tried_again(elm: Elm, receiver: Receiver) -> None:
    large = {"id": "large", "type": sorted(TYPES)[0], "data": "x" * 20_000}
    await elm.sharing.events.append(WEBHOOK, large, elm.moment)
    await elm.released("b")
    await elm.sender.round()
    assert (receiver.ids, await elm.outcomes(1)) == (["b"], [("REFUSED", None, "TOO_LARGE")])
    await elm.released("c")
    elm.moment += timedelta(days=1)
    await elm.sharing.events.forget_before(WEBHOOK, elm.moment)
    await elm.webhooks.replay(await elm.known(), 1, 2)
    await elm.sender.round()
    assert receiver.ids == ["b", "c"]
    assert (await elm.outcomes(2))[-1] == ("REFUSED", None, "NO_LONGER_KEPT")
    assert {one["state"] for one in (await elm.log()).values()} == {"lost", "delivered"}


async def test_an_address_that_is_not_allowed_any_more_is_not_connected_to(elm: Elm, receiver: Receiver) -> None:
    elm.outgoing.rules = type(elm.outgoing.rules)()
    asked = receiver.connections
    await elm.released("a")
    await elm.sender.round()
    assert (receiver.connections, await elm.outcomes()) == (asked, [("FORBIDDEN", None, "ADDRESS_NOT_ALLOWED")])


async def test_two_senders_at_once_send_each_event_once(elm: Elm, receiver: Receiver) -> None:
    await elm.released(*(f"e{n}" for n in range(30)))
    await asyncio.gather(*(elm.another_sender().round() for _ in range(4)))
    await elm.sender.round()
    assert sorted(receiver.ids) == sorted(f"e{n}" for n in range(30))


async def test_one_partners_trouble_is_not_anothers(elm: Elm, receiver: Receiver) -> None:
    await elm.subscribe("webhook-2", "/second")
    await elm.webhooks.activate_all()
    receiver.script = [DOWN]
    await elm.released("a")
    await elm.released("z", subscription="webhook-2")
    await elm.sender.round()
    await elm.later(seconds=5)
    assert {(one.target, one.headers["webhook-id"]) for one in receiver.got} == {("/hook", "a"), ("/second", "z")}
    assert len(receiver.got) == 3

"""Events of other systems: read in every mode that CloudEvents has, each kept once."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as TheirEvent
from hypothesis import given
from hypothesis import strategies as st

from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.store import Commit, NewCommit, StoreBusy
from shared.web import cloud_events
from shared.web.desk import POSITION
from shared.web.problems import Problem
from tests import http
from tests.web.example import example_app

NAME = "Canary-Jane-Smith"
ONE = {"Content-Type": "application/cloudevents+json"}
MANY = {"Content-Type": "application/cloudevents-batch+json"}


def event(
    id_: str = "e1", note: str = "n1", grade: str = "GOOD", kind: str = "written", **other: Any
) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "/case-system",
        "type": f"goldenthread.intake.note_{kind}.v1",
        "time": "2026-04-01T12:00:00Z",
        "data": {"note_id": note, "grade": grade, "la_code": "901"},
        **other,
    }


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in event().items() if key != name}


def talking(store=None):
    return http.client(example_app(store=store), "m", authorities=["901"])


async def send(client, body: Any, headers: dict[str, str] = ONE):
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return await client.post("/v1/events", content=content, headers=headers)


async def test_an_event_is_kept_and_says_where():
    async with talking() as client:
        answer = await send(client, event())
    assert (answer.status_code, answer.headers["location"]) == (201, "/v1/notes/n1")
    assert answer.headers["etag"] == '"1"'
    assert POSITION in answer.headers


async def test_the_same_event_again_answers_200_and_what_it_answered():
    store = InMemoryEventStore()
    async with talking(store) as client:
        answers = [await send(client, event()) for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 200, 200]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert len(store._by_id) == 1


async def test_the_same_event_is_known_though_the_thing_has_changed_since():
    async with talking() as client:
        await send(client, event("e1", grade="INADEQUATE"))
        await send(client, event("e2", kind="amended"))
        again = await send(client, event("e1", grade="INADEQUATE"))
    assert (again.status_code, again.json()["version"]) == (200, 1)


async def test_the_same_id_with_other_content_is_refused():
    async with talking() as client:
        await send(client, event())
        assert (await send(client, event(time="2026-04-02T12:00:00Z"))).status_code == 409
        other = await send(client, event(note="n2"))
        assert other.status_code == 409
        assert other.json()["type"].endswith("/already-sent-differently")


async def test_an_event_that_changes_nothing_is_answered_200():
    async with talking() as client:
        await send(client, event("e1"))
        assert (await send(client, event("e2"))).status_code == 200


async def test_a_batch_answers_for_each_event_in_its_order():
    async with talking() as client:
        batch = [
            event("e1"),
            event("e1"),
            event("e2", note="n2", grade="INADEQUATE"),
            event("e3", note="n2", kind="amended"),
            event("e4", note="n9", kind="amended"),
            event("e5", grade=NAME),
            event("e6", kind="unknown"),
            {"id": "e7"},
            7,
            None,
            event("e8", data={**event()["data"], "la_code": "902"}),
            event("e1", note="n3"),
        ]
        answer = await send(client, batch, MANY)
    items = answer.json()["items"]
    assert answer.status_code == 200
    assert [item["status"] for item in items] == [201, 200, 201, 201, 409, 422, 422, 422, 422, 422, 404, 409]
    assert [item["index"] for item in items] == list(range(12))
    assert items[0] == {"index": 0, "id": "e1", "source": "/case-system", "status": 201}
    assert items[5]["problem"]["errors"][0]["pointer"] == "#/data/grade"
    assert NAME not in answer.text


async def test_a_rule_that_refuses_a_field_names_it_inside_the_events_data():
    async with talking() as client:
        await send(client, event("e1"))
        downwards = event("e2", grade="INADEQUATE", kind="amended")
        single = await send(client, downwards)
        (item,) = (await send(client, [downwards], MANY)).json()["items"]
    assert single.status_code == item["status"] == 422
    (wrong,) = single.json()["errors"]
    assert wrong == {
        "pointer": "#/data/grade",
        "code": "refused",
        "detail": "a note is never amended downwards",
    }
    assert item["problem"]["errors"] == [wrong]


async def test_a_rule_that_refuses_the_whole_event_names_no_field():
    async with talking() as client:
        answer = await send(client, event(kind="amended"))
    assert (answer.status_code, "errors" in answer.json()) == (409, False)


async def test_an_empty_batch_is_a_batch():
    async with talking() as client:
        assert (await send(client, [], MANY)).json() == {"items": []}


async def test_a_batch_may_be_sent_again_whole():
    store = InMemoryEventStore()
    batch = [event(f"e{n}", note=f"n{n % 50}", kind="written") for n in range(100)]
    async with talking(store) as client:
        first = await send(client, batch, MANY)
        again = await send(client, batch, MANY)
    assert [item["status"] for item in first.json()["items"]].count(201) == 50
    assert {item["status"] for item in again.json()["items"]} == {200}
    assert len(store._by_id) == 50


async def test_five_hundred_events_are_a_batch_and_one_more_is_too_many():
    async with talking() as client:
        assert (await send(client, [event(str(n)) for n in range(500)], MANY)).status_code == 200
        assert (await send(client, [event(str(n)) for n in range(501)], MANY)).status_code == 413


class BusyEverySecondTime(InMemoryEventStore):
    count = 0

    async def append(self, commit: NewCommit) -> Commit:
        self.count += 1
        if self.count % 2:
            raise StoreBusy
        return await super().append(commit)


async def test_an_event_that_was_not_kept_says_so_beside_those_that_were():
    async with talking(BusyEverySecondTime()) as client:
        items = (await send(client, [event(str(n), note=str(n)) for n in range(4)], MANY)).json()["items"]
    assert sorted(item["status"] for item in items) == [201, 201, 503, 503]


class Broken(InMemoryEventStore):
    async def append(self, commit: NewCommit) -> Commit:
        raise ZeroDivisionError(NAME)


async def test_an_accident_with_one_event_is_told_without_our_insides(capsysbinary):
    async with talking(Broken()) as client:
        answer = await send(client, [event(), 7], MANY)
        single = await send(client, event())
    assert [item["status"] for item in answer.json()["items"]] == [500, 422]
    assert single.status_code == 500
    logged = capsysbinary.readouterr().out
    assert b"ZeroDivisionError" in logged
    assert NAME.encode() not in logged
    assert NAME not in answer.text


HOSTILE: dict[str, tuple[Any, int]] = {
    "no id": (without("id"), 422),
    "an empty id": (event(""), 422),
    "a null id": (event(id=None), 422),
    "a number as id": (event(id=7), 422),
    "a long id": (event("x" * 600), 422),
    "no source": (without("source"), 422),
    "a source with spaces": (event(source=f"a {NAME}"), 422),
    "no type": (without("type"), 422),
    "an unknown type": (event(type=NAME), 422),
    "another version of CloudEvents": (event(specversion="0.3"), 422),
    "a time that is none": (event(time=NAME), 422),
    "a time without a zone": (event(time="2026-04-01T12:00:00"), 422),
    "a leap second": (event(time="2026-12-31T23:59:60Z"), 422),
    "the 30th of February": (event(time="2026-02-30T12:00:00Z"), 422),
    "the first moment": (event(time="0001-01-01T00:00:00Z"), 422),
    "a date in the future": (event(data={**event()["data"], "effective_date": "2126-01-01"}), 422),
    "a date long ago": (event(data={**event()["data"], "effective_date": "0001-01-01"}), 422),
    "the end of time": (event(time="9999-12-31T23:59:59-14:00"), 422),
    "the beginning of time": (event(time="0001-01-01T00:00:00+14:00"), 422),
    "the far future": (event(time="2126-04-01T12:00:00Z"), 422),
    "an attribute in capitals": (event(Subject="x"), 422),
    "an attribute that is an object": (event(subject={"$ne": 1}), 422),
    "an extension that is a list": (event(other=[1]), 422),
    "a control character": (event(subject="a\x07b"), 422),
    "U+0000": (event(subject="a\x00b"), 422),
    "data in another form": (event(datacontenttype="text/xml"), 422),
    "binary data": (event(data_base64="AAAA"), 422),
    "no data": (without("data"), 422),
    "data that is text": (event(data=NAME), 422),
    "an unknown field": (event(data={**event()["data"], NAME: NAME}), 422),
    "an unknown classification": (event(dataclassification=NAME), 422),
    "an operator": (event(data={"note_id": {"$gt": ""}, "grade": "GOOD", "la_code": "901"}), 422),
    "a list instead of one event": ([event()], 422),
    "70 kB": (event(subject="x", data={**event()["data"], "more": "x" * 70_000}), 413),
    "a key twice": (orjson.dumps(event())[:-1] + b',"id":"e9"}', 422),
    "bad UTF-8": (b'{"id":"\xff"}', 400),
    "not JSON": (NAME.encode(), 400),
    "nothing": (b"", 400),
    "deep": (b'{"data":' * 30 + b"1" + b"}" * 30, 422),
}


# JSON that no reader can be trusted with is refused before it is taken apart, whatever else the batch holds.
REFUSED_WHOLE = {"U+0000", "an operator", "an attribute that is an object"}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_event_is_refused(name: str):
    body, expected = HOSTILE[name]
    async with talking() as client:
        answer = await send(client, body)
        assert answer.status_code == expected
        assert NAME not in answer.text
        if isinstance(body, dict) and expected == 422 and name not in REFUSED_WHOLE:
            batch = await send(client, [body, event("good")], MANY)
            assert [item["status"] for item in batch.json()["items"]] == [422, 201]
            assert NAME not in json.dumps([item.get("problem") for item in batch.json()["items"]])


@pytest.mark.parametrize("media", ["", "text/plain", "application/xml", "application/cloudevents+avro"])
async def test_other_media_types_are_refused(media: str):
    async with talking() as client:
        assert (await send(client, event(), {"Content-Type": media})).status_code == 415


async def test_a_batch_of_more_than_eight_megabytes_is_refused():
    async with talking() as client:
        assert (await send(client, b" " * (8 * 1024 * 1024 + 1), MANY)).status_code == 413
        assert (await send(client, b" " * (256 * 1024 + 1), ONE)).status_code == 413


async def test_a_large_event_in_a_batch_is_refused_by_itself():
    large = event("large", data={**event()["data"], "more": "x" * 70_000})
    async with talking() as client:
        items = (await send(client, [large, event()], MANY)).json()["items"]
    assert [item["status"] for item in items] == [413, 201]


async def test_intake_needs_its_scope():
    async with talking() as client:
        answer = await client.post(
            "/v1/events", content=b"{}", headers={**ONE, **http.bearer("m", ["audit:write"], ["901"])}
        )
    assert answer.status_code == 403


# ---- binary mode, with the CloudEvents project's own package to judge by ------------------------------------------


def their(subject: str = "n1", **extensions: Any) -> TheirEvent:
    ours = event()
    attributes = {name: ours[name] for name in ("specversion", "id", "source", "type")}
    return TheirEvent(
        {**attributes, "subject": subject, "datacontenttype": "application/json", **extensions}, ours["data"]
    )


async def test_binary_and_structured_mode_say_the_same():
    one = their()
    binary, structured = to_binary(one, JSONFormat()), to_structured(one, JSONFormat())
    async with talking() as client:
        first = await client.post("/v1/events", content=binary.body, headers=dict(binary.headers))
        again = await client.post("/v1/events", content=structured.body, headers=dict(structured.headers))
    assert (first.status_code, again.status_code) == (201, 200)


readable = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=40).filter(
    lambda text: text == text.strip() and not (len(text) > 1 and text[0] == text[-1] == '"')
)


@given(readable)
def test_what_their_package_encodes_we_decode(text: str):
    message = to_binary(their(subject=text), JSONFormat())
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in message.headers.items()]
    assert cloud_events.binary(headers, bytes(message.body)).subject == text


def ce(**values: bytes) -> list[tuple[bytes, bytes]]:
    known = {"id": b"e1", "source": b"/s", "type": b"t", "specversion": b"1.0", **values}
    return [(b"ce-" + name.encode(), value) for name, value in known.items()]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € \U0001f600"),
        (b"%e2%82%ac", "€"),
        (b"%41", "A"),
        (b'"a \\"quoted\\" name"', 'a "quoted" name'),
        (b"a b", "a b"),
    ],
)
def test_percent_encoding_is_undone(sent: bytes, read: str):
    assert cloud_events.binary(ce(subject=sent), b"{}").subject == read


@pytest.mark.parametrize("sent", [b"%", b"%4", b"%zz", b"%ff", b"%C3%28", b"\xe2\x82\xac", b"", b"%00", b"%ED%A0%80"])
def test_headers_that_say_nothing_readable_are_refused(sent: bytes):
    with pytest.raises(Problem) as refused:
        cloud_events.binary(ce(subject=sent), b"{}")
    assert refused.value.status == 422


@pytest.mark.parametrize("name", ["datacontenttype", "data", "UPPER", "with-hyphen", "x" * 21])
def test_headers_that_are_no_attributes_are_refused(name: str):
    with pytest.raises(Problem):
        cloud_events.binary(ce(**{name: b"x"}), b"{}")
    with pytest.raises(Problem):
        cloud_events.binary([*ce(), (b"ce-id", b"e2")], b"{}")

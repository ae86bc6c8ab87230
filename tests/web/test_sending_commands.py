"""How commands come in over HTTP: once, on the version that the sender saw, and with the position to read after."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from shared.deciding.refusal import Refused
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.store import Commit, NewCommit, OutcomeUnknown, StoreBusy
from shared.web.desk import POSITION, Desk, Position, new_id
from tests import http
from tests.web.example import example_app

NOTE = {"grade": "GOOD", "la_code": "901"}
LATER = {"grade": "GOOD"}


def talking(store=None, **given):
    return http.client(example_app(store=store, **given), "m", authorities=["901"])


async def written(client) -> str:
    answer = await client.post("/v1/notes", json={**NOTE, "grade": "INADEQUATE"}, headers=http.new_key())
    return answer.headers["location"]


async def test_creating_answers_201_with_where_it_is_and_what_to_read_after():
    async with talking() as client:
        answer = await client.post("/v1/notes", json=NOTE, headers=http.new_key())
        assert answer.status_code == 201
        assert answer.headers["etag"] == '"1"'
        assert Position.parse(answer.headers[POSITION]).service == "example"
        found = await client.get(answer.headers["location"])
        assert found.json() == {"id": answer.json()["id"], "grade": "GOOD"}


async def test_the_same_request_again_is_the_same_note():
    async with talking() as client:
        key = http.new_key()
        answers = [await client.post("/v1/notes", json=NOTE, headers=key) for _ in range(3)]
        assert {a.json()["id"] for a in answers} == {answers[0].json()["id"]}
        assert {a.status_code for a in answers} == {201}


async def test_the_same_request_many_times_at_once_is_one_note():
    store = InMemoryEventStore()
    async with talking(store) as client:
        key = http.new_key()
        answers = await asyncio.gather(*(client.post("/v1/notes", json=NOTE, headers=key) for _ in range(20)))
    assert {a.status_code for a in answers} == {201}
    assert len(store._by_id) == 1


async def test_a_bare_key_and_a_quoted_key_are_the_same():
    async with talking() as client:
        first = await client.post("/v1/notes", json=NOTE, headers={"Idempotency-Key": "k1"})
        second = await client.post("/v1/notes", json=NOTE, headers={"Idempotency-Key": '"k1"'})
    assert first.json() == second.json()


async def test_a_key_belongs_to_whoever_sent_it():
    async with talking() as client:
        mine = await client.post("/v1/notes", json=NOTE, headers={"Idempotency-Key": "k"})
        other = http.bearer("other", authorities=["901"])
        theirs = await client.post("/v1/notes", json=NOTE, headers={"Idempotency-Key": "k", **other})
    assert mine.json()["id"] != theirs.json()["id"]


async def test_a_key_used_for_another_body_is_refused():
    async with talking() as client:
        where = await written(client)
        headers = {**http.seen(1), "Idempotency-Key": "k"}
        assert (await client.post(f"{where}/amendment", json=LATER, headers=headers)).status_code == 200
        changed = {**LATER, "effective_date": "2026-01-01"}
        headers = {"If-Match": "*", "Idempotency-Key": "k"}
        again = await client.post(f"{where}/amendment", json=changed, headers=headers)
        assert again.status_code in (200, 422)
        key = http.new_key()
        await client.post("/v1/notes", json=NOTE, headers=key)
        other = await client.post("/v1/notes", json={**NOTE, "grade": "INADEQUATE"}, headers=key)
        assert other.status_code in (409, 422)


async def test_creating_needs_a_key():
    async with talking() as client:
        answer = await client.post("/v1/notes", json=NOTE)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/idempotency-key-required")


@pytest.mark.parametrize("key", ["", '""', "é", "x" * 300, "a\tb", '"a"b"'])
async def test_a_key_is_printable_and_short(key):
    async with talking() as client:
        answer = await client.post("/v1/notes", json=NOTE, headers=[(b"Idempotency-Key", key.encode())])
    assert answer.status_code == 400


async def test_a_command_needs_the_version_it_was_decided_on():
    async with talking() as client:
        where = await written(client)
        assert (await client.post(f"{where}/amendment", json=LATER)).status_code == 428
        assert (await client.post(f"{where}/amendment", json=LATER, headers={"If-Match": "1"})).status_code == 400
        assert (await client.post(f"{where}/amendment", json=LATER, headers={"If-Match": 'W/"1"'})).status_code == 400
        assert (await client.post(f"{where}/amendment", json=LATER, headers={"If-Match": "*"})).status_code == 400
        stale = await client.post(f"{where}/amendment", json=LATER, headers=http.seen(7))
        assert (stale.status_code, stale.headers["etag"]) == (412, '"1"')
        assert (await client.post(f"{where}/amendment", json=LATER, headers=http.seen(1))).status_code == 200


async def test_a_command_sent_again_on_the_version_it_saw_answers_what_it_answered():
    async with talking() as client:
        where = await written(client)
        first = await client.post(f"{where}/amendment", json=LATER, headers=http.seen(1))
        again = await client.post(f"{where}/amendment", json=LATER, headers=http.seen(1))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.headers["etag"] == again.headers["etag"] == '"2"'


async def test_an_event_that_is_not_published_has_no_position_to_read_after():
    async with talking() as client:
        where = await written(client)
        answer = await client.post(f"{where}/amendment", json=LATER, headers=http.seen(1))
    assert POSITION.lower() not in answer.headers


async def test_a_rule_that_says_no_names_the_field_at_fault():
    async with talking() as client:
        where = await written(client)
        answer = await client.post(f"{where}/amendment", json={"grade": "INADEQUATE"}, headers=http.seen(1))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/grade"


async def test_outside_reach_and_not_there_answer_the_same():
    async with talking() as client:
        where = await written(client)
        other = http.bearer("other", authorities=["902"])
        outside = await client.get(where, headers=other)
        missing = await client.get("/v1/notes/missing", headers=other)

    def said(answer):
        return {k: v for k, v in answer.json().items() if k not in ("instance", "trace_id")}

    assert outside.status_code == missing.status_code == 404
    assert said(outside) == said(missing)


async def test_what_the_client_has_is_not_sent_again():
    async with talking() as client:
        where = await written(client)
        assert (await client.get(where, headers={"If-None-Match": '"1"'})).status_code == 304
        assert (await client.get(where, headers={"If-None-Match": '"2", W/"1"'})).status_code == 304
        assert (await client.get(where, headers={"If-None-Match": '"2"'})).status_code == 200


class Troubled(InMemoryEventStore):
    def __init__(self, trouble: Exception | None) -> None:
        super().__init__()
        self.trouble = trouble

    async def append(self, commit: NewCommit) -> Commit:
        if self.trouble:
            raise self.trouble
        await asyncio.sleep(60)
        raise AssertionError("the deadline came first")


@pytest.mark.parametrize("trouble", [StoreBusy(3.0), OutcomeUnknown()])
async def test_when_the_store_cannot_keep_it_the_client_is_told_to_come_again(trouble):
    async with talking(Troubled(trouble)) as client:
        answer = await client.post("/v1/notes", json=NOTE, headers=http.new_key())
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


async def test_an_answer_that_takes_too_long_is_a_problem_too():
    async with talking(Troubled(None), settings=http.settings(request_seconds=0.05)) as client:
        answer = await client.post("/v1/notes", json=NOTE, headers=http.new_key())
    assert answer.status_code == 503


@pytest.mark.parametrize(
    "text", ["", "audit", "audit.1", "audit.1.2.3", "audit.-1.2", "audit.a.b", "A.1.2", "audit.1.2 "]
)
def test_a_malformed_position_is_refused(text):
    with pytest.raises(ValueError, match="audit"):
        Position.parse(text)


def test_a_position_reads_as_it_is_written():
    assert str(Position.parse("audit.3.1234")) == "audit.3.1234"


def test_new_ids_are_unique_and_later_ones_sort_later():
    first, later = new_id(), [new_id() for _ in range(1000)]
    assert len({first, *later}) == 1001
    assert first[14] == "7"
    assert first[:13] <= later[-1][:13]


def test_dates_default_to_the_london_date_of_what_happened():
    desk = Desk("example", clock=lambda: datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    happened, counts = desk._dates(None, None)
    assert (happened.day, counts.isoformat()) == (30, "2026-07-01")
    with pytest.raises(Refused, match="future"):
        desk._dates(None, counts.replace(day=2))

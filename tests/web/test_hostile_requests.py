"""Whatever is sent, the answer is a problem of ours: never a failure, and never the sender's own words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from shared.web import json_body
from shared.web.problems import Problem
from tests import http
from tests.web.example import example_app

NAME = "Canary-Jane-Smith"
JSON = {"Content-Type": "application/json"}


def note(**other: Any) -> bytes:
    return json.dumps({"grade": "GOOD", "la_code": "901", **other}).encode()


BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 422),
    "not JSON": (f"{{{NAME}".encode(), 400),
    "JSON cut short": (note()[:-1], 400),
    "two values": (note() + note(), 400),
    "a list": (b"[]", 422),
    "text": (f'"{NAME}"'.encode(), 422),
    "null": (b"null", 422),
    "a number": (b"7", 422),
    "bad UTF-8": (b'{"grade": "\xff\xfe"}', 400),
    "a byte order mark": (b"\xef\xbb\xbf" + note(), 400),
    "UTF-16": (note().decode().encode("utf-16"), 422),
    "U+0000 escaped": (note(words="a").replace(b'"a"', b'"a\\u0000b"'), 422),
    "U+0000 raw": (note(words="a").replace(b'"a"', b'"a\x00b"'), 422),
    "half a surrogate pair": (note(words="x").replace(b'"x"', b'"\\ud800"'), 422),
    "a key twice": (b'{"grade": "GOOD", "grade": "GOOD", "la_code": "901"}', 422),
    "a key twice, escaped": (b'{"grade": "GOOD", "gr\\u0061de": "GOOD", "la_code": "901"}', 422),
    "a key twice, deep inside": (b'{"grade": "GOOD", "la_code": "901", "domains": {"A": "GOOD", "A": "GOOD"}}', 422),
    "21 levels": (b'{"domains":' * 21 + b"1" + b"}" * 21, 422),
    "10,000 levels": (b"[" * 10_000 + b"]" * 10_000, 422),
    "100,000 levels": (b"[" * 100_000, 422),
    "300 kB": (note(words="x" * 300_000), 413),
    "an operator": (b'{"grade": {"$where": "sleep(1000)"}, "la_code": "901"}', 422),
    "an operator among codes": (note(domains={"$gt": "GOOD"}), 422),
    "an operator, escaped": (b'{"grade": "GOOD", "la_code": "901", "domains": {"\\u0024gt": "GOOD"}}', 422),
    "a huge number": (note(score=10**30), 422),
    "a number of 5,000 digits": (note().replace(b'"GOOD"', b"9" * 5000), 422),
    "an infinite number": (note().replace(b'"GOOD"', b"1e999"), 422),
    "not a number": (note().replace(b'"GOOD"', b"NaN"), 400),
    "a name instead of a code": (note(grade=NAME), 422),
    "an unknown field": (note(**{NAME: 1}), 422),
    "an unknown code": (note(domains={NAME: "BAD"}), 422),
    "a name instead of a date": (note(occurred_at=NAME, effective_date=NAME), 422),
    "a time without a zone": (note(occurred_at="2026-04-01T12:00:00"), 422),
    "a date in the future": (note(effective_date="2126-04-01"), 422),
    "a time in the future": (note(occurred_at="2126-04-01T12:00:00Z"), 422),
    "the beginning of time": (note(occurred_at="0001-01-01T00:00:00Z"), 422),
    "the beginning of time, further east": (note(occurred_at="0001-01-01T00:00:00+14:00"), 422),
    "the end of time": (note(occurred_at="9999-12-31T23:59:59-14:00"), 422),
    "the first date": (note(effective_date="0001-01-01"), 422),
    "a year 0": (note(effective_date="0000-01-01"), 422),
    "an impossible number for a date": (note(occurred_at=10**15), 422),
    "a list of a thousand wrong things": (note(domains={f"D{n}": NAME for n in range(1000)}), 422),
    "another authority": (note(la_code="902"), 404),
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_hostile_body_is_refused(name: str):
    body, expected = BODIES[name]
    async with http.client(example_app(), "m", authorities=["901"]) as client:
        answer = await client.post("/v1/notes", content=body, headers={**JSON, **http.new_key()})
    assert answer.status_code == expected
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert NAME not in answer.text
    assert answer.json()["status"] == expected
    assert len(answer.json().get("errors", ())) <= 20


@pytest.mark.parametrize(
    "media",
    [
        None,
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "x",
    ],
)
async def test_only_json_is_accepted(media: str | None):
    headers = {**http.new_key(), **({"Content-Type": media} if media else {})}
    async with http.client(example_app(), "m", authorities=["901"]) as client:
        answer = await client.post("/v1/notes", content=note(), headers=headers)
    assert answer.status_code == 415


async def test_compressed_bodies_are_not_unpacked():
    async with http.client(example_app(), "m", authorities=["901"]) as client:
        headers = {**JSON, **http.new_key(), "Content-Encoding": "gzip"}
        assert (await client.post("/v1/notes", content=note(), headers=headers)).status_code == 415


async def test_a_body_is_counted_while_it_comes_in():
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 100_000_000:
            sent += 16_384
            yield b"x" * 16_384

    async with http.client(example_app(), "m", authorities=["901"]) as client:
        answer = await client.post("/v1/notes", content=endless(), headers={**JSON, **http.new_key()})
    assert answer.status_code == 413
    assert sent < 400_000


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nowhere", 404),
        ("GET", f"/v1/notes/{NAME}", 404),
        ("GET", "/v1/notes/%00", 400),
        ("GET", "/v1/notes/x?y=%00", 400),
        ("GET", "/v1/notes/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/v1/notes/$where", 404),
        ("PUT", "/v1/notes", 405),
        ("DELETE", "/v1/notes", 405),
        ("TRACE", "/v1/notes", 405),
        (f"{NAME}", "/v1/notes", 405),
    ],
)
async def test_a_hostile_address_is_answered_calmly(method: str, path: str, expected: int):
    async with http.client(example_app(), "m", authorities=["901"]) as client:
        answer = await client.request(method, path)
    assert answer.status_code == expected
    assert answer.headers["content-type"] == "application/problem+json"
    assert NAME not in answer.text


async def test_a_method_that_is_not_offered_names_those_that_are():
    async with http.client(example_app(), "m", authorities=["901"]) as client:
        assert (await client.put("/v1/notes", json={})).headers["allow"] == "POST"


async def test_too_many_headers_are_refused():
    async with http.client(example_app(), "m", authorities=["901"]) as client:
        answer = await client.get("/v1/notes/x", headers={f"x-{n}": "1" for n in range(120)})
    assert answer.status_code == 400


async def test_an_accident_tells_nothing_outside_and_no_words_inside(capsysbinary):
    async with http.client(example_app(), "m", authorities=["901"]) as client:
        answer = await client.get(f"/v1/notes/{NAME}/accident?who={NAME}")
        await client.post("/v1/notes", content=note(words=NAME, grade=NAME), headers={**JSON, **http.new_key()})
    assert answer.status_code == 500
    logged = capsysbinary.readouterr().out
    assert NAME not in answer.text
    assert "Zero" not in answer.text
    assert b"ZeroDivisionError" in logged
    assert answer.json()["trace_id"].encode() in logged
    assert NAME.encode() not in logged


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_characters="\x00$", exclude_categories=["Cs"])), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(plain)
def test_ordinary_json_is_read_as_everybody_reads_it(value):
    raw = json.dumps(value).encode()
    assume(b"\\u0000" not in raw)  # text that spells it out with two backslashes is refused needlessly
    assert json_body.read(raw) == value


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=60) | st.text('{}[]",:\\u0adDeE19.$ntf', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused(raw):
    try:
        json_body.read(raw)
    except Problem as refused:
        status = refused.status
    else:
        status = 200
    assert status in (200, 400, 422)

"""What was ever kept or told is read for ever: one stored example of each name, which nobody edits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from shared.deciding.events import StoredEvent
from shared.event_store.upcasting import UPCASTS, upcast
from shared.messaging.cloudevents import decode, headers_of, value_of
from shared.published.envelope import Envelope, Published
from tests.published import make_golden
from tests.published.contracts import READS, STORED, TOLD, files, newest

FILES = files()
INNER = sorted(name for name in FILES if not name.startswith("goldenthread."))
OUTER = sorted(name for name in FILES if name.startswith("goldenthread."))


def read(name: str) -> Any:
    return json.loads(FILES[name].read_text())


def still_says(what: Any, then: Any) -> bool:
    """Everything that was said then is said unchanged; an added field is not a change."""
    if isinstance(then, dict) and isinstance(what, dict):
        return all(key in what and still_says(what[key], value) for key, value in then.items())
    if isinstance(then, list) and isinstance(what, list):
        return len(what) == len(then) and all(map(still_says, what, then))
    return bool(what == then)


def test_every_name_of_today_and_of_earlier_has_an_example():
    assert {*STORED, *TOLD, *UPCASTS} == FILES.keys()


def test_nothing_is_missing_so_that_making_examples_touches_none():
    assert make_golden.missing() == []


@pytest.mark.parametrize("name", INNER)
def test_a_stored_event_is_still_read(name: str):
    kept, today = read(name), newest(name)
    event = READS[today].stored.validate_python(upcast(name, kept))
    assert type(event) is STORED[today]
    again = event.model_dump(mode="json", exclude={"type"})
    assert READS[today].stored.validate_python(upcast(today, again)) == event
    if name == today:
        assert still_says(again, kept)


@pytest.mark.parametrize("name", INNER)
def test_a_stored_event_still_changes_its_aggregate(name: str):
    """Evolving never judges: any event after any other is taken, even one that could not follow it."""
    decider = READS[newest(name)]
    event = decider.stored.validate_python(upcast(name, read(name)))
    first = [one for one in INNER if READS[newest(one)] is decider]
    for other in first:
        before = decider.stored.validate_python(upcast(other, read(other)))
        decider.fold([before, event, event])


@pytest.mark.parametrize("name", OUTER)
def test_a_published_event_is_still_read(name: str):
    told = read(name)
    data = TOLD[name].model_validate_json(json.dumps(told), extra="ignore")
    assert still_says(data.model_dump(mode="json"), told)
    assert TOLD[name].model_validate_json(value_of(data), extra="ignore") == data


@pytest.mark.parametrize("name", OUTER)
def test_a_writer_forbids_what_a_reader_ignores(name: str):
    more = {**read(name), "added_next_year": "x"}
    with pytest.raises(ValidationError):
        TOLD[name].model_validate(more)
    record = Record(name, json.dumps(more).encode())
    assert decode(record, TOLD).data == TOLD[name].model_validate(read(name))


@pytest.mark.parametrize("name", INNER)
def test_an_unknown_field_in_a_stored_event_is_no_accident(name: str):
    today = newest(name)
    with pytest.raises(ValidationError):
        READS[today].stored.validate_python({**upcast(name, read(name)), "unheard_of": 1})


def test_upcasting_ends_at_a_name_of_today():
    assert {newest(name) for name in UPCASTS} <= STORED.keys()
    assert not UPCASTS.keys() & STORED.keys(), "a name that is lifted is no name of today"


def test_a_chain_that_goes_round_in_circles_would_be_noticed():
    same = lambda old: old  # noqa: E731 - a step that changes nothing
    assert newest("A.v1", {"A.v1": ("A.v2", same), "A.v2": ("A.v3", same)}) == "A.v3"
    with pytest.raises(ValueError, match="circles"):
        newest("A.v1", {"A.v1": ("A.v2", same), "A.v2": ("A.v1", same)})


def test_every_name_is_a_class_and_a_version():
    for name, event in STORED.items():
        assert issubclass(event, StoredEvent)
        assert name.rpartition(".v")[0] == event.__name__
        assert name.rpartition(".v")[2].isdecimal()
    for name, model in TOLD.items():
        assert issubclass(model, Published)
        begins, _, version = name.removeprefix("goldenthread.").rpartition(".v")
        assert f"{begins.title().replace('_', '')}V{version}" == model.__name__


class Record:
    """A record as Kafka hands it over."""

    topic, partition, offset, key = "t", 0, 0, b"audit-1"

    def __init__(self, type_: str, value: bytes) -> None:
        moment = make_golden.THAT_MOMENT
        envelope = Envelope(
            *("1.0", type_, "/test", "audit-1", 1, 0, 0, -1, 0, "901"),
            *(moment, moment, make_golden.THAT_DAY, "c"),
        )
        self.value, self.headers = value, headers_of(envelope)

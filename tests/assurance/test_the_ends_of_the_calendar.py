"""Every date and time that any command takes, at the ends of what a calendar can hold: refused or taken, no failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from pydantic import AwareDatetime, BaseModel

from shared.calendar.clock import local_date
from tests import http
from tests.assurance.bodies import body_of
from tests.assurance.test_strangers_at_every_door import DOORS, Door, insider
from tests.assurance.world import World, running

MOMENTS = ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00")
DATES = ("0001-01-01", "1752-09-02", "1989-12-31", "2100-01-01", "9999-12-31")
NOW = ("/closing", "/restatement")  # what is done to a period is done at this moment
COMMANDS = [one for one in DOORS if one.method == "POST" and one.body is not None and not one.path.endswith(NOW)]


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    async with running() as started:
        yield started


def times(model: type[BaseModel]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, field in model.model_fields.items():
        kinds = {field.annotation, *get_args(field.annotation)}
        if AwareDatetime in kinds or datetime in kinds:
            yield name, MOMENTS
        elif any(getattr(kind, "__name__", "") == "date" for kind in kinds):
            yield name, DATES


@pytest.mark.parametrize("door", COMMANDS, ids=str)
async def test_no_time_is_too_early_or_too_late_for_an_answer(world: World, door: Door):
    client, id_ = world.clients[door.service], world.ids.get(door.noun, "x")
    tried = [(name, value) for name, values in times(door.body) for value in values]
    assert tried, "every command may say when it happened"
    together: list[dict[str, Any]] = [dict.fromkeys(dict(times(door.body)), value) for value in (*MOMENTS, *DATES)]
    for given in [*({name: value} for name, value in tried), *together]:
        headers = {**insider(door), "If-Match": "*", **http.new_key()}
        answer = await client.post(door.url(id_), json=body_of(door.body, **given), headers=headers)
        assert answer.status_code < 500, f"{given}: {answer.text}"


@pytest.mark.parametrize("hours", [-14, 0, 14])
def test_the_first_and_the_last_moment_have_a_date(hours: int):
    zone = timezone(timedelta(hours=hours))
    assert local_date(datetime.min.replace(tzinfo=zone)).year == 1
    assert local_date(datetime.max.replace(tzinfo=zone)).year == 9999


def test_summer_time_still_decides_the_date():
    assert local_date(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)).isoformat() == "2026-07-01"
    assert local_date(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)).isoformat() == "2026-12-31"

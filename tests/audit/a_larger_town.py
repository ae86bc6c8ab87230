"""The made-up authority of the audit tests with a second service area and more people: for what is about many teams."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from services.audit.app import create_app
from services.audit.publishing import DECIDERS, tell
from services.audit.settings import Settings
from shared.event_store.handling import recorded
from shared.foundations import InMemoryFoundations
from shared.published.organisation import Dated, ServiceAreaDescribedV1, TeamDescribedV1
from tests import http
from tests.audit.service import LONG_AGO, Service, clock, learn, named, person

MOVED = date(2026, 4, 10)


def learn_more(foundations: InMemoryFoundations) -> None:
    """Planning with the team Elm; the team Gorse, which moves from Duty to Planning on 10 April 2026."""
    directory = foundations.directory
    learn(directory)
    directory.learn(ServiceAreaDescribedV1(service_area_id="planning", authority_id="902", names=named("Planning")))
    in_planning = (Dated(since=LONG_AGO, value="planning"),)
    directory.learn(TeamDescribedV1(team_id="elm", names=named("elm"), service_areas=in_planning))
    moving = (Dated(since=LONG_AGO, value="duty"), Dated(since=MOVED, value="planning"))
    directory.learn(TeamDescribedV1(team_id="gorse", names=named("gorse"), service_areas=moving))
    for somebody in (
        person("qa-3", "QA_OFFICER", "authority", "902", "alder", "birch", "elm", "gorse"),
        person("tm-birch", "TEAM_MANAGER", "team", "birch"),
        person("tm-elm", "TEAM_MANAGER", "team", "elm"),
        person("hos-duty", "HEAD_OF_SERVICE", "service_area", "duty"),
        person("hos-planning", "HEAD_OF_SERVICE", "service_area", "planning"),
        person("dcs-1", "DCS", "authority", "902"),
        person("head-2", "HEAD_OF_SAFEGUARDING_QA", "authority", "902"),
        person("pdw-1", "PRACTICE_DEVELOPMENT_WORKER", "authority", "902", "alder"),
        person("iro-1", "IRO", "authority", "902"),
        person("member-1", "LEAD_MEMBER", "authority", "902"),
    ):
        directory.learn(somebody)


@asynccontextmanager
async def larger_town(database: Any = None) -> AsyncIterator[Service]:
    """With a database there are the register, the lists and the rounds: `round_` drives one of them."""
    foundations = InMemoryFoundations(clock)
    learn_more(foundations)
    app = create_app(http.settings(Settings, round_seconds=3600), foundations, clock, database)
    async with http.client(app) as talking:
        yield Service(app, foundations, talking)


async def round_(service: Service) -> None:
    await service.app.state.background.round()


async def an_audit(service: Service, team: str, **plan: Any) -> str:
    """The id of a new audit of this team."""
    machine = http.bearer("forms", authorities=("902",))
    plan = {**service.plan, "team_id": team, "worker": None, **plan}
    answered = await service.post("forms", "/v1/audits", plan, **machine)
    assert answered.status_code == 201, answered.text
    return str(answered.json()["id"])


async def told(service: Service) -> list[Any]:
    """What was published, in no particular order of streams."""
    found = []
    store = service.foundations.store
    for partition in range(store.partitions):
        for commit in await store.read_partition(partition, -1, 1000):
            found += [tell(one) for one in recorded(DECIDERS[commit.stream.partition("-")[0]], commit)]
    return [one for one in found if one is not None]

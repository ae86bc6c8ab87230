"""The organisation over HTTP: units are made, moved and ended, and refused to whoever may not."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import pytest

from services.organisation.app import create_app
from services.organisation.publishing import DECIDERS, tellings
from services.organisation.settings import Settings
from shared.foundations import InMemoryFoundations
from shared.published.organisation import Holding, PersonDescribedV1
from tests import http

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
FROM = {"effective_date": "2024-04-01"}


class Talk:
    """A client that knows how commands are sent."""

    def __init__(self, client, foundations):
        self.client, self.on = client, foundations

    async def create(self, noun, **body):
        return await self.client.post(f"/v1/{noun}", json={**FROM, **body}, headers=http.new_key())

    async def change(self, address, version, **body):
        return await self.client.post(f"/v1/{address}", json=body, headers=http.seen(version))

    async def read(self, address):
        return await self.client.get(f"/v1/{address}")

    async def hear(self):
        """What the relay and the feed would do, without Kafka."""
        for partition in range(self.on.store.partitions):
            for commit in await self.on.store.read_partition(partition, -1, 1000):
                for told in await tellings(self.on.store, commit):
                    if told is not None:
                        self.on.directory.learn(told)

    async def found(self):
        await self.create("regions", id="london", name="London", kind="REGION")
        await self.create("authorities", id="901", name="Thornbury Cross")
        await self.change("authorities/901/region-membership", 1, region_id="london", **FROM)
        await self.create("service-areas", id="901-duty", authority_id="901", name="Duty")
        await self.create("service-areas", id="901-planning", authority_id="901", name="Planning")
        await self.create("teams", id="901-elm", service_area_id="901-duty", name="Elm")
        await self.hear()


@asynccontextmanager
async def talking(sub="client", authorities=("*",), foundations=None):
    on = foundations or InMemoryFoundations(lambda: NOW)
    app = create_app(http.settings(Settings), on, clock=lambda: NOW)
    async with http.client(app, sub, authorities=authorities) as client:
        yield Talk(client, on)


@pytest.fixture
async def talk():
    async with talking() as talk:
        await talk.found()
        yield talk


async def test_a_unit_made_is_there_with_its_version(talk):
    made = await talk.create("teams", id="901-fern", service_area_id="901-duty", name="Fern")
    assert (made.status_code, made.headers["location"]) == (201, "/v1/teams/901-fern")
    assert made.headers["golden-thread-position"].startswith("organisation.")
    team = await talk.read("teams/901-fern")
    assert (team.headers["etag"], team.json()["service_areas"]) == (
        '"1"',
        [{"since": "2024-04-01", "value": "901-duty"}],
    )
    assert (await talk.read("teams/901-oak")).status_code == 404


async def test_making_it_again_changes_nothing_and_differently_is_refused(talk):
    again = await talk.create("teams", id="901-elm", service_area_id="901-duty", name="Elm")
    assert (again.status_code, again.json()["version"]) == (201, 1)
    other = await talk.create("teams", id="901-elm", service_area_id="901-duty", name="Oak")
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "#/id")


async def test_a_move_may_be_dated_in_the_future_and_counts_from_then(talk):
    moved = await talk.change(
        "teams/901-elm/service-area", 1, service_area_id="901-planning", effective_date="2026-10-01"
    )
    assert moved.status_code == 200
    await talk.hear()
    assert talk.on.directory.place("901-elm", date(2026, 9, 30)).service_area == "901-duty"
    assert talk.on.directory.place("901-elm", date(2026, 10, 1)).service_area == "901-planning"
    assert talk.on.directory.place("901-elm", date(2026, 10, 1)).regions == ("london",)
    commit = (await talk.on.store.read("team-901-elm"))[-1]
    assert (commit.meta.la_code, commit.meta.effective_date) == ("901", date(2026, 6, 1))


async def test_a_command_on_an_old_version_does_not_go_through(talk):
    await talk.change("teams/901-elm/name", 1, name="Oak")
    late = await talk.change("teams/901-elm/name", 1, name="Ash")
    assert (late.status_code, late.headers["etag"]) == (412, '"2"')
    unseen = await talk.client.post("/v1/teams/901-elm/name", json={"name": "Ash"})
    assert unseen.status_code == 428


@pytest.mark.parametrize(
    ("noun", "body", "pointer"),
    [
        ("teams", {"id": "901-x", "service_area_id": "901-none", "name": "X"}, "#/service_area_id"),
        ("teams", {"id": "901-x", "service_area_id": "901-duty", "name": "X", "effective_date": "2020-01-01"},
         "#/service_area_id"),
        ("teams", {"id": "Not A Slug", "service_area_id": "901-duty", "name": "X"}, "#/id"),
        ("service-areas", {"id": "902-x", "authority_id": "902", "name": "X"}, "#/authority_id"),
        ("authorities", {"id": "12", "name": "X"}, "#/id"),
        ("people/s-1/roles", {"role": "DCS", "scope": "authority", "unit_id": "902"}, "#/unit_id"),
        ("people/s-1/links", {"team_id": "901-none", "link_type": "IRO"}, "#/team_id"),
    ],
)  # fmt: skip
async def test_a_wrong_field_is_named_and_its_value_never(talk, noun, body, pointer):
    answer = await talk.create(noun, **body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert "Not A Slug" not in answer.text


async def test_teams_are_merged_and_closed_and_areas_after_them(talk):
    await talk.create("teams", id="901-fern", service_area_id="901-duty", name="Fern")
    merged = await talk.change("teams/901-fern/merger", 1, into="901-elm", effective_date="2026-06-01")
    assert merged.status_code == 200
    early = await talk.change("service-areas/901-duty/closure", 1)
    assert (early.status_code, early.json()["detail"]) == (409, "its teams have to be moved or closed first")
    assert (await talk.change("teams/901-elm/closure", 1)).status_code == 200
    await talk.hear()
    assert (await talk.change("service-areas/901-duty/closure", 1)).status_code == 200
    assert (await talk.read("teams/901-fern")).json()["merged_into"] == "901-elm"


async def test_people_get_roles_and_links_and_lose_them(talk):
    role = {"role": "TEAM_MANAGER", "scope": "team", "unit_id": "901-elm"}
    link = {"team_id": "901-elm", "link_type": "QA_OFFICER"}
    assert (await talk.create("people/s-1/roles", **role)).status_code == 200
    assert (await talk.create("people/s-1/links", **link)).json()["version"] == 2
    assert (await talk.create("people/s-1/link-ends", **{**link, "effective_date": "2026-06-01"})).status_code == 200
    ended = await talk.create("people/s-1/role-ends", **{**role, "effective_date": "2026-06-01"})
    assert ended.json() == {"id": "s-1", "version": 4}
    person = (await talk.read("people/s-1")).json()
    assert person["links"] == [{"since": "2024-04-01", "until": "2026-06-01", **link}]


async def test_everything_is_renamed_and_listed(talk):
    for noun, version in (
        ("regions/london", 1), ("authorities/901", 2), ("service-areas/901-duty", 1), ("teams/901-elm", 1),
    ):  # fmt: skip
        assert (await talk.change(f"{noun}/name", version, name="Another")).status_code == 200
    assert (await talk.change("authorities/901/region-departure", 3, region_id="london")).status_code == 200
    await talk.hear()
    for noun, count in (("regions", 1), ("authorities", 1), ("service-areas", 2), ("teams", 1)):
        items = (await talk.read(noun)).json()["items"]
        assert len(items) == count
        assert [name["value"] for name in items[0]["names"]][-1] == "Another"


async def test_a_client_of_another_authority_reaches_nothing_here(talk):
    async with talking("other", ("902",), talk.on) as other:
        assert (await other.change("teams/901-elm/name", 1, name="Mine")).status_code == 404
        assert (await other.create("authorities", id="901", name="Mine")).status_code == 404
        assert (await other.create("regions", id="mine", name="Mine", kind="ALLIANCE")).status_code == 404
        unknown = await other.create("teams", id="x", service_area_id="901-none", name="Mine")
        outside = await other.create("teams", id="x", service_area_id="901-duty", name="Mine")
        assert (unknown.status_code, unknown.json()["errors"]) == (422, outside.json()["errors"])


async def test_an_administrator_changes_the_own_authority_and_gives_no_power_beyond_it(talk):
    held = Holding(since=date(2024, 4, 1), role="SYSTEM_ADMINISTRATOR", scope="authority", unit_id="901")
    talk.on.directory.learn(PersonDescribedV1(staff_ref="s-9", holdings=(held,), links=()))
    async with talking("s-9", (), talk.on) as administrator:
        assert (await administrator.change("teams/901-elm/name", 1, name="Oak")).status_code == 200
        beyond = await administrator.create("people/s-9/roles", role="DCS", scope="region", unit_id="london")
        assert (beyond.status_code, beyond.json()["errors"][0]["pointer"]) == (422, "#/unit_id")
    async with talking("s-8", (), talk.on) as nobody:
        assert (await nobody.change("teams/901-elm/name", 2, name="Ash")).status_code == 403


async def test_each_version_of_a_unit_is_told_as_it_stood_then(talk):
    await talk.change("teams/901-elm/name", 1, name="Oak")
    first, second = await talk.on.store.read("team-901-elm")
    assert [len((await tellings(talk.on.store, commit))[-1].names) for commit in (first, second)] == [1, 2]
    assert set(DECIDERS) == {"region", "authority", "service_area", "team", "person"}

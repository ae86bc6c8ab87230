"""Learning points over HTTP: where they count, who records and reads them, and when the loop of an audit is closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.audit.domain.theme.state import DECIDER as THEME
from shared.event_store.handling import handle
from shared.event_store.store import Actor
from shared.event_store.unattended import unattended
from shared.published.audit_cycle import (
    LearningImpactReviewedV1,
    LearningPointDisseminatedV1,
    LearningPointRecordedV1,
)
from tests import http
from tests.audit.a_larger_town import an_audit, larger_town, round_, told
from tests.audit.service import Service, clock
from tests.audit.test_4r_meetings_over_http import held
from tests.examples.a_theme import commissioned

POINTS = "/v1/learning-points"
WORDS = "fathers are asked when somebody writes down that they were"
POINT = {"theme_code": "FATHERS", "source": "ALERT", "domain": "ASSESSMENT", "learning": WORDS}
BRIEFING = {"audience": ["TEAM", "MANAGERS"], "channel": "BRIEFING"}
TRACKED = {"result": "IMPROVED", "method": "CASE_TRACKING", "cases": 12}


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with larger_town() as service:
        yield service


async def recorded(service: Service, who: str = "qa-3", **more: Any) -> str:
    answered = await service.post(who, POINTS, {**POINT, **({} if more else {"team_id": "alder"}), **more})
    assert answered.status_code == 201, answered.text
    return str(answered.headers["location"])


async def closed(service: Service, **more: Any) -> str:
    """The address of a point that was told to some and found to have helped."""
    point = await recorded(service, **more)
    for step, body, version in (("dissemination", BRIEFING, 1), ("impact-review", TRACKED, 2)):
        answered = await service.post("qa-3", f"{point}/{step}", body, version)
        assert answered.status_code == 200, answered.text
    return point


async def test_what_was_learned_is_told_and_its_impact_reviewed(service: Service):
    point = await closed(service)
    shown = (await service.get("tm-1", point)).json()
    assert (shown["stage"], shown["learning"], shown["place"]["team"]) == ("REVIEWED", WORDS, "alder")
    assert shown["disseminations"] == [{"audience": ["MANAGERS", "TEAM"], "channel": "BRIEFING", "on": "2026-04-20"}]
    assert shown["reviews"][0]["cases"] == 12
    published = [one for one in await told(service) if hasattr(one, "learning_id")]
    assert [type(one) for one in published] == [
        LearningPointRecordedV1,
        LearningPointDisseminatedV1,
        LearningImpactReviewedV1,
    ]
    assert "fathers are asked" not in "".join(one.model_dump_json() for one in published)


@pytest.mark.parametrize(
    ("named", "place"),
    [
        ({"team_id": "alder"}, ("alder", "duty", "902")),
        ({"team_id": "alder", "la_code": "902", "service_area_id": "duty"}, ("alder", "duty", "902")),
        ({"service_area_id": "planning"}, (None, "planning", "902")),
        ({"la_code": "902"}, (None, None, "902")),
    ],
)
async def test_a_point_counts_in_the_unit_that_is_named(service: Service, named, place):
    who = http.bearer("forms", authorities=("902",))
    answered = await service.post("forms", POINTS, {**POINT, **named, "on_behalf_of": "qa-3"}, **who)
    assert answered.status_code == 201, answered.text
    shown = (await service.get("head-1", answered.headers["location"])).json()["place"]
    assert (shown["team"], shown["service_area"], shown["authority"]) == place


async def test_without_a_unit_it_counts_where_that_counts_from_which_it_was_learned(service: Service):
    audits = [await an_audit(service, team) for team in ("alder", "birch")]
    from_audits = await recorded(service, source="AUDIT", links=audits)
    assert (await service.get("head-1", from_audits)).json()["place"]["service_area"] == "duty"
    meeting = (await held(service, "alder", "elm")).rpartition("/")[2]
    from_a_meeting = await recorded(service, source="FOUR_R", links=[meeting])
    place = (await service.get("head-1", from_a_meeting)).json()["place"]
    assert (place["service_area"], place["authority"]) == (None, "902")


@pytest.mark.parametrize(
    ("update", "pointer"),
    [
        ({"team_id": None}, "#/team_id"),
        ({"team_id": "nowhere"}, "#/team_id"),
        ({"team_id": None, "service_area_id": "nowhere"}, "#/service_area_id"),
        ({"team_id": None, "la_code": "999"}, "#/la_code"),
        ({"service_area_id": "planning"}, "#/service_area_id"),
        ({"la_code": "903"}, "#/la_code"),
        ({"theme_code": "secret"}, "#/theme_code"),
        ({"domain": "SECRET"}, "#/domain"),
        ({"source": "SECRET"}, "#/source"),
        ({"source": "AUDIT"}, "#/links"),
        ({"source": "AUDIT", "links": ["SECRET"]}, "#/links"),
        ({"source": "FOUR_R", "links": ["SECRET"]}, "#/links"),
        ({"source": "THEME"}, "#/theme_id"),
    ],
)
async def test_what_cannot_be_so_is_told_where_and_not_repeated(service: Service, update, pointer):
    answered = await service.post("qa-3", POINTS, {**POINT, "team_id": "alder", **update})
    assert answered.status_code == 422, answered.text
    assert answered.json()["errors"][0]["pointer"] == pointer
    assert "secret" not in answered.text.lower()


async def a_theme(service: Service, theme_id: str, team: str) -> str:
    """A theme of this team's authority, as the log has it; answers its id."""
    place = service.foundations.directory.place(team, clock().date())
    assert place is not None
    theirs = service.foundations.directory.authority_place(place.authority, clock().date())
    event = commissioned.model_copy(update={"theme_id": theme_id, "place": theirs})
    kept = unattended(theme_id, Actor(staff_ref="head-1", role="NONE"), place.authority, clock(), clock().date())
    await handle(service.foundations.store, THEME, THEME.stream(theme_id), lambda _: [event], kept)
    return theme_id


async def test_what_a_theme_taught_counts_in_its_authority_unless_a_unit_is_named(service: Service):
    theme = await a_theme(service, "theme-1", "alder")
    for named, unit in (({}, (None, None, "902")), ({"team_id": "alder"}, ("alder", "duty", "902"))):
        point = await recorded(service, "head-1", source="THEME", theme_id=theme, **named)
        shown = (await service.get("head-1", point)).json()
        assert (shown["place"]["team"], shown["place"]["service_area"], shown["place"]["authority"]) == unit
        assert shown["theme_id"] == theme


async def test_a_theme_of_another_authority_is_as_if_there_were_none(service: Service):
    far = await a_theme(service, "theme-2", "far-team")
    body = {**POINT, "source": "THEME", "team_id": "alder"}
    other = await service.post("qa-3", POINTS, {**body, "theme_id": far})
    none = await service.post("qa-3", POINTS, {**body, "theme_id": "none"})
    assert other.status_code == none.status_code == 422
    assert other.json()["errors"] == none.json()["errors"]
    assert none.json()["errors"][0]["pointer"] == "#/theme_id"


async def test_what_was_learned_elsewhere_is_not_recorded_here(service: Service):
    everywhere = http.bearer("forms", authorities=("*",))
    far = await service.post("forms", "/v1/audits", {**service.plan, "team_id": "far-team"}, **everywhere)
    body = {**POINT, "team_id": "alder", "source": "AUDIT", "links": [far.json()["id"]], "on_behalf_of": "qa-3"}
    answered = await service.post("forms", POINTS, body, **everywhere)
    assert (answered.status_code, answered.json()["errors"][0]["pointer"]) == (422, "#/links")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("qa-2", 201),
        ("tm-1", 201),
        ("hos-duty", 201),
        ("head-1", 201),
        ("pdw-1", 201),
        ("tm-birch", 404),
        ("hos-planning", 404),
        ("analyst-1", 404),
        ("dcs-1", 404),
        ("iro-1", 404),
        ("sw-1", 404),
        ("far-1", 404),
        ("member-1", 403),
    ],
)
async def test_whoever_progresses_or_approves_actions_there_records_what_was_learned(service: Service, who, status):
    answered = await service.post(who, POINTS, {**POINT, "team_id": "alder"})
    assert answered.status_code == status, answered.text
    point = await recorded(service)
    told = await service.post(who, f"{point}/dissemination", BRIEFING, 1)
    assert told.status_code == (200 if status == 201 else status)
    reviewed = await service.post(who, f"{point}/impact-review", TRACKED, told.json().get("version", 1))
    assert reviewed.status_code == (200 if status == 201 else status)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        *((who, 200) for who in ("tm-1", "pdw-1", "analyst-1", "dcs-1", "iro-1")),
        *((who, 404) for who in ("tm-birch", "sw-1", "far-1")),
        ("member-1", 403),
    ],
)
async def test_whoever_may_read_actions_there_reads_what_was_learned(service: Service, who, status):
    point = await recorded(service)
    answered = await service.get(who, point)
    assert answered.status_code == status
    assert (WORDS in answered.text) == (status == 200)
    assert (await service.get(who, f"{point}/history")).status_code == status


async def test_the_words_are_kept_sealed_and_can_be_made_unreadable(service: Service):
    point = await recorded(service)
    for partition in range(service.foundations.store.partitions):
        assert "fathers" not in repr(await service.foundations.store.read_partition(partition, -1, 1000))
    await service.foundations.keyring.destroy(point.rpartition("/")[2])
    assert (await service.get("tm-1", point)).json()["learning"] == "expired"


async def test_a_review_names_audits_within_reach_and_of_the_same_authority(service: Service):
    point = await recorded(service)
    await service.post("qa-3", f"{point}/dissemination", BRIEFING, 1)
    wrong = await service.post("qa-3", f"{point}/impact-review", {**TRACKED, "linked_audits": ["none"]}, 2)
    assert wrong.json()["errors"][0]["pointer"] == "#/linked_audits"
    audit = await an_audit(service, "birch")
    right = await service.post("qa-3", f"{point}/impact-review", {**TRACKED, "linked_audits": [audit]}, 2)
    assert right.status_code == 200
    lines = (await service.get("head-1", f"{point}/history")).json()["events"]
    assert [one["type"] for one in lines] == [
        "LearningPointRecorded.v1",
        "LearningPointDisseminated.v1",
        "LearningImpactReviewed.v1",
    ]


async def test_the_list_shows_points_within_reach_the_newest_on_top(mongo_database: Any):
    async with larger_town(mongo_database) as service:
        old = await recorded(service, team_id="alder", effective_date="2026-04-01")
        new = await recorded(service, service_area_id="duty", theme_code="NEGLECT", who="head-1")
        other = await closed(service, team_id="elm", effective_date="2026-04-10")
        await round_(service)

        async def listed(who: str, **query: Any) -> list[str]:
            answered = await service.talking.get(POINTS, params=query, headers=http.bearer(who))
            return [f"{POINTS}/{one['id']}" for one in answered.json()["items"]]

        assert await listed("head-1") == [new, other, old]
        assert await listed("head-1", theme="NEGLECT") == [new]
        assert await listed("head-1", stage="REVIEWED") == [other]
        for who in ("tm-1", "tm-elm", "hos-duty", "hos-planning", "pdw-1", "qa-1", "iro-1", "far-1"):
            readable = {one for one in (old, new, other) if (await service.get(who, one)).status_code == 200}
            assert set(await listed(who)) == readable, who
        assert "fathers" not in (await service.get("head-1", POINTS)).text

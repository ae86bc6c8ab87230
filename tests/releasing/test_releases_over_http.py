"""Releases over HTTP: two persons, within reach, figures as their closed report counts them, and nothing doubled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import httpx2
import pytest

from services.reporting.domain.partner_release.state import DECIDER
from services.reporting.publishing import tell
from shared.event_store.handling import recorded
from shared.published.improvement import ImprovementEventPublishedV1, ImprovementEventRetractedV1
from shared.published.organisation import Dated, TeamDescribedV1
from tests import http
from tests.releasing.a_service import APRIL, FIGURES, LEARNED, OF_APRIL, RELEASES, Service, a_service
from tests.reporting.telling import ELM, a_graded_audit


@pytest.fixture
async def service(mongo_client, mongo_database) -> AsyncIterator[Service]:
    async with a_service(mongo_client, mongo_database.name) as made:
        yield made


async def told(service: Service, path: str) -> list[object]:
    """What partners hear of a release."""
    commits = await service.store.read(DECIDER.stream(path.rpartition("/")[2]))
    known = [tell(one) for commit in commits for one in recorded(DECIDER, commit)]
    return [one for one in known if one is not None]


def codes(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [one["code"] for one in answer.json()["errors"]]


async def test_words_are_proposed_by_one_person_and_published_by_another(service: Service):
    path = await service.propose(LEARNED)
    assert await told(service, path) == []
    answer = await service.ask(f"{path}/approval")
    assert answer.status_code == 200
    body = (await service.get(path)).json()
    assert (body["status"], body["proposed_by"], body["approved_by"]) == ("published", "analyst", "hqa")
    (event,) = await told(service, path)
    assert isinstance(event, ImprovementEventPublishedV1)
    assert (event.la_code, event.quarter, event.kind) == ("901", "2026-Q1", "LEARNING")
    assert event.summary == LEARNED["summary"]
    listed = (await service.get(f"{RELEASES}?la_code=901")).json()["items"]
    assert [one["status"] for one in listed] == ["published"]


async def test_figures_leave_as_the_closed_report_counts_them_and_small_ones_are_hidden(service: Service):
    service.town.tell("audit-late", a_graded_audit("GOOD", place=ELM, effective_date=date(2026, 4, 9)))
    await service.town.project()
    path = await service.propose(FIGURES)
    await service.ask(f"{path}/approval")
    (released,) = await service.released()
    counts = {table["domain"]: table["months"][APRIL] for table in released.data["tables"]}
    assert counts == {None: dict(OF_APRIL), "CHILD_VOICE": dict(OF_APRIL)}
    events = await told(service, path)
    assert [event.domain_code for event in events] == [None, "CHILD_VOICE"]  # type: ignore[attr-defined]
    for event in events:
        assert isinstance(event, ImprovementEventPublishedV1)
        assert (event.month, event.quarter) == (APRIL, "2026-Q1")
        assert event.measure is not None
        shown = {cell.code: cell.display for cell in event.measure.distribution}
        assert shown["INADEQUATE"] == "c"
        assert list(shown.values()).count("c") >= 2
        assert event.measure.denominator_display in ("38", "c")


async def test_what_would_be_shown_is_seen_before_it_is_approved(service: Service):
    path = await service.propose(FIGURES, "hqa")
    before = (await service.get(path)).json()
    assert [one["domain"] for one in before["figures"]] == [None, "CHILD_VOICE"]
    assert await service.released() == []
    await service.ask(f"{path}/approval", "director")
    shown = [one.measure.distribution for one in await told(service, path)]  # type: ignore[attr-defined]
    assert [[cell.model_dump() for cell in cells] for cells in shown] == [one["cells"] for one in before["figures"]]


async def test_figures_of_an_open_period_are_not_proposed(service: Service):
    answer = await service.post(RELEASES, "analyst", {**FIGURES, "period": "2026-05"}, **http.new_key())
    assert codes(answer) == ["refused"]
    assert answer.json()["errors"][0]["pointer"] == "#/period"


async def test_words_that_may_say_who_somebody_is_come_back_with_places_and_are_kept_nowhere(service: Service):
    summary = "Since Okonjo rang 020 7946 0958, fathers are asked. See case 4711."
    answer = await service.post(RELEASES, "analyst", {**LEARNED, "summary": summary}, **http.new_key())
    assert codes(answer) == ["NAME", "TELEPHONE", "CASE_NUMBER"]
    first = answer.json()["errors"][0]
    assert (first["pointer"], first["detail"]) == ("#/summary", "characters 6 to 12 of the text as it was sent")
    for secret in ("Okonjo", "7946", "4711"):
        assert secret not in answer.text
    assert (await service.get(f"{RELEASES}?la_code=901")).json()["items"] == []


async def test_words_that_name_a_team_by_the_time_they_would_leave_stay_inside(service: Service):
    path = await service.propose(LEARNED)
    names = (Dated(since=date(2026, 5, 1), value="Asked Earlier"),)
    service.town.directory.learn(TeamDescribedV1(team_id="new", names=names, service_areas=()))
    answer = await service.ask(f"{path}/approval")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/summary")
    assert await told(service, path) == []
    assert (await service.get(path)).json()["status"] == "proposed"


async def test_nobody_approves_alone_nor_without_the_right(service: Service):
    path = await service.propose(LEARNED, "hqa")
    assert (await service.ask(f"{path}/approval", "hqa")).status_code == 409
    assert (await service.ask(f"{path}/approval", "analyst")).status_code == 403
    assert (await service.ask(f"{path}/approval", "lead-member")).status_code == 403
    assert (await service.ask(f"{path}/retraction", "analyst", {"event_id": "x", "reason": "WRONG"})).status_code == 403
    assert await told(service, path) == []


@pytest.mark.parametrize("who", ["hqa-of-902", "director-of-902", "partner", "lead-member"])
async def test_what_is_on_its_way_is_there_for_nobody_else(service: Service, who: str):
    path = await service.propose(LEARNED)
    assert (await service.get(path, who)).status_code == 404
    assert (await service.get(f"{RELEASES}?la_code=901", who)).status_code == 404
    answers = [
        await service.post(RELEASES, who, LEARNED, **http.new_key()),
        await service.ask(f"{path}/approval", who),
        await service.ask(f"{path}/rejection", who, {"reason": "NOT_SAFE"}),
    ]
    assert {one.status_code for one in answers} <= {403, 404}
    assert (await service.get(path)).json()["status"] == "proposed"


async def test_a_machine_proposes_and_approves_nothing(service: Service):
    headers = http.bearer("machine", authorities=["*"])
    body = {**headers, **http.new_key()}
    assert (await service.talking.post(RELEASES, json=LEARNED, headers=body)).status_code in (403, 404)
    path = await service.propose(LEARNED)
    approval = {**headers, **http.new_key(), "If-Match": "*"}
    assert (await service.talking.post(f"{path}/approval", json={}, headers=approval)).status_code == 403


async def test_a_version_that_was_not_seen_is_not_approved(service: Service):
    path = await service.propose(LEARNED)
    assert (await service.ask(f"{path}/approval", version=1)).status_code == 412
    assert (await service.post(f"{path}/approval", "hqa")).status_code == 428
    assert (await service.ask(f"{path}/approval", version=2)).status_code == 200


async def test_asked_twice_it_leaves_once(service: Service):
    path = await service.propose(FIGURES)
    first = await service.ask(f"{path}/approval", version=2)
    again = await service.ask(f"{path}/approval", version=2)
    assert (first.json(), first.headers["etag"]) == (again.json(), again.headers["etag"])
    later = await service.ask(f"{path}/approval", "director")
    assert later.status_code == 200
    assert len(await service.released()) == 1
    assert len(await told(service, path)) == 2


@pytest.mark.parametrize("who", ["hqa", "director"])
async def test_a_crash_between_ledger_and_release_is_made_good_by_asking_again(service: Service, who: str):
    path = await service.propose(FIGURES)
    service.store.cut = "partner_release-"
    assert (await service.ask(f"{path}/approval", version=2)).status_code == 503
    assert len(await service.released()) == 1
    assert (await service.get(path)).json()["status"] == "proposed"
    assert (await service.ask(f"{path}/approval", who, version=2)).status_code == 200
    assert len(await service.released()) == 1, "the ledger has it once"
    assert len(await told(service, path)) == 2


async def test_a_crash_before_the_ledger_leaves_nothing(service: Service):
    path = await service.propose(FIGURES)
    service.store.cut = "disclosure_ledger-"
    assert (await service.ask(f"{path}/approval", version=2)).status_code == 503
    assert await service.released() == []
    assert (await service.ask(f"{path}/approval", version=2)).status_code == 200
    assert len(await told(service, path)) == 2


async def test_what_the_ledger_has_after_a_crash_is_what_is_shown_when_it_is_looked_at_again(service: Service):
    path = await service.propose(FIGURES)
    before = (await service.get(path)).json()["figures"]
    service.store.cut = "partner_release-"
    await service.ask(f"{path}/approval", version=2)
    assert (await service.ask(f"{path}/check", "analyst")).status_code == 200
    assert (await service.get(path)).json()["figures"] == before


async def test_what_changed_since_it_was_checked_is_checked_again_before_it_leaves(service: Service):
    """Two proposals of one period: the second shows nothing new once the first has left."""
    first, second = await service.propose(FIGURES), await service.propose(FIGURES)
    await service.ask(f"{first}/approval")
    answer = await service.ask(f"{second}/approval")
    assert (answer.status_code, "check it again" in answer.text) == (409, True)
    await service.ask(f"{second}/check", "analyst")
    assert (await service.get(second)).json()["figures"] == []
    assert (await service.ask(f"{second}/approval")).status_code == 409
    assert await told(service, second) == []


async def test_what_is_rejected_stays_inside(service: Service):
    path = await service.propose(LEARNED)
    assert (await service.ask(f"{path}/rejection", body={"reason": "NOT_USEFUL"})).status_code == 200
    assert (await service.ask(f"{path}/approval", "director")).status_code == 409
    assert await told(service, path) == []
    withdrawn = await service.propose(LEARNED)
    assert (await service.ask(f"{withdrawn}/rejection", "analyst", {"reason": "WITHDRAWN"})).status_code == 200


async def test_what_was_published_is_taken_back_once(service: Service):
    path = await service.propose(LEARNED)
    await service.ask(f"{path}/approval")
    (event,) = (await service.get(path)).json()["events"]
    taken = {"event_id": event["event_id"], "reason": "DISCLOSIVE"}
    assert (await service.ask(f"{path}/retraction", body=taken)).status_code == 200
    assert (await service.ask(f"{path}/retraction", "director", taken)).status_code == 200
    assert (await service.get(path)).json()["events"] == [{**event, "retracted": True}]
    published, retracted = await told(service, path)
    assert isinstance(published, ImprovementEventPublishedV1)
    assert isinstance(retracted, ImprovementEventRetractedV1)
    assert (retracted.event_id, retracted.reason) == (published.event_id, "DISCLOSIVE")

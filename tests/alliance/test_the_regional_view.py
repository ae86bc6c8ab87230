"""R11: each authority by quarter as it was released, one's own true figures beside, and everything as CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import httpx2
import pytest

from shared.messaging.cloudevents import headers_of, value_of
from shared.projecting.projection import Projection
from shared.projecting.state import Generation
from shared.published.envelope import Envelope
from shared.published.place import Place
from tests import http
from tests.alliance.an_alliance import MEMBERS, NORTH, QUARTER, SOUTH, Installation, cell, partner_bearer, view
from tests.projecting.toy import FakeRecord
from tests.reporting.telling import AUDITS, a_graded_audit

SHOWN = {"901": "20", "902": "25", "903": "30", "904": "31", "905": "35", "906": "40"}


async def everybody_shows(here: Installation) -> None:
    for la_code, better in SHOWN.items():
        await here.show(la_code, "50", better)


async def count_audits(here: Installation, *audits: object) -> None:
    """Into the read model, as a projector does."""
    projection = Projection(here.client, Generation(here.database, AUDITS.name, 1), AUDITS)
    await projection.start()
    for n, event in enumerate(audits):
        at = datetime(2026, 5, 1, 9, tzinfo=UTC)
        envelope = Envelope(
            *(f"a{n}", event.TYPE, "/t", f"audit-{n}", 1, 0, n, n - 1, 0, "901", at, at, at.date(), "c")  # type: ignore[attr-defined]
        )
        record = FakeRecord(AUDITS.topic.name, 0, n, f"audit-{n}".encode(), value_of(event), headers_of(envelope))
        await projection.take([record])
    await projection.stop()


async def test_each_authority_is_shown_as_it_was_released_beside_the_others(here, talking):
    await everybody_shows(here)
    shown = await view(talking)
    best = cell(shown, "906")
    assert best["figures"] == {
        "numerator": "40",
        "denominator": "50",
        "percent": "80.0",
        "interval": ["67.0", "88.8"],
    }
    assert (best["position"], best["flag"]) == ("ABOVE", "TOP_20")
    assert (cell(shown, "901")["position"], cell(shown, "901")["flag"]) == ("BELOW", "BOTTOM_20")
    assert cell(shown, "903")["flag"] is None
    (quarter,) = shown["quarters"]
    assert (quarter["median"], quarter["with_figures"], quarter["members"]) == ("61.0", 6, 6)
    assert [row["authority"]["id"] for row in shown["authorities"]] == list(MEMBERS)


async def test_a_hidden_percentage_has_no_place_beside_the_others(here, talking):
    await here.show("901", "c", "c")
    await here.show("902", "50", "20")
    shown = await view(talking)
    hidden = cell(shown, "901")
    assert hidden["figures"] == {"numerator": "c", "denominator": "c", "percent": None, "interval": None}
    assert (hidden["position"], hidden["flag"]) == (None, None)
    assert shown["quarters"][0]["median"] == "40.0"


async def test_the_newest_word_stands_and_the_one_before_is_marked(here, talking):
    first = await here.show("901", "50", "20")
    await here.show("901", "50", "30", supersedes=first)
    first = await here.publish("902", theme_code="VOICE")
    second = await here.publish("902", theme_code="RECORDING", supersedes=first)
    shown = await view(talking)
    assert cell(shown, "901")["figures"]["numerator"] == "30"
    assert cell(shown, "902")["themes"] == ["RECORDING"]
    marks = {one["event_id"]: one["superseded_by"] for one in shown["events"]}
    assert marks == {first: second, second: None}


async def test_figures_of_a_month_or_of_a_domain_are_not_the_quarter_s(here, talking):
    await here.show("901", "50", "20", month="2026-04")
    shown = await view(talking)
    assert cell(shown, "901")["figures"]["numerator"] == "x"
    assert not cell(shown, "901")["silent"]


async def test_learning_offers_and_requests_are_counted_and_readable(here, talking):
    for theme in ("VOICE", "PLANNING", "VOICE", "RECORDING", "SUPERVISION"):
        await here.publish("901", "LEARNING", theme_code=theme)
    request = await here.publish("901", "REQUEST", theme_code="VOICE", contact_role_mailbox="quality@a.gov.uk")
    await here.publish("902", "OFFER", theme_code="VOICE", answers=request)
    shown = await view(talking)
    asking = cell(shown, "901")
    assert asking["themes"] == ["VOICE", "PLANNING", "RECORDING"]
    assert (asking["offers"], asking["requests"]) == (0, 1)
    assert cell(shown, "902")["offers"] == 1
    readable = {one["event_id"]: one for one in shown["events"]}
    assert readable[request]["contact_role_mailbox"] == "quality@a.gov.uk"
    assert {one["source"] for one in shown["events"]} == {"own"}


async def test_true_figures_are_for_an_authority_s_own_people_and_nobody_else(here, talking):
    await count_audits(
        here,
        *(a_graded_audit("GOOD", place=Place(authority="901", regions=(NORTH,)), audit_id=str(n)) for n in range(3)),
        a_graded_audit("INADEQUATE", place=Place(authority="902", regions=(NORTH,)), audit_id="9"),
    )
    await everybody_shows(here)
    ours = await view(talking, "hqa-901")
    assert (cell(ours, "901")["own"]["part"], cell(ours, "901")["own"]["whole"]) == (3, 3)
    assert cell(ours, "901")["figures"]["denominator"] == "50"
    assert all(cell(ours, other)["own"] is None for other in MEMBERS[1:])
    assert cell(await view(talking, "hqa-902"), "902")["own"]["whole"] == 1
    for who in ("member-901", "partner-901"):
        shown = await view(talking, who)
        assert all(cell(shown, la_code)["own"] is None for la_code in MEMBERS)


async def test_published_outcomes_of_inspections_stand_beside(here, talking):
    outside = {"scale": "OFSTED4E", "audit_type": "EXTERNAL", "external": True, "independence": "EXTERNAL"}
    whole = Place(authority="903", regions=(NORTH,))
    await count_audits(
        here,
        a_graded_audit("GOOD", place=whole, effective_date=date(2023, 2, 1), **outside),
        a_graded_audit("OUTSTANDING", place=whole, effective_date=date(2025, 2, 1), **outside),
        a_graded_audit("INADEQUATE", place=whole, effective_date=date(2025, 3, 1)),
    )
    shown = await view(talking)
    (row,) = [one for one in shown["authorities"] if one["authority"]["id"] == "903"]
    assert row["inspections"] == [
        {"date": "2025-02-01", "outcome": "OUTSTANDING"},
        {"date": "2023-02-01", "outcome": "GOOD"},
    ]


async def test_the_region_s_sum_is_the_ledger_s_to_the_nearest_ten(here, talking):
    for la_code in ("901", "902"):
        await here.release(la_code, {"OUTSTANDING": 14, "GOOD": 43, "REQUIRES_IMPROVEMENT": 31, "INADEQUATE": 15})
    assert (await view(talking))["quarters"][0]["figures"]["denominator"] == "x"
    path = f"/v1/regions/{NORTH}/improvement/{QUARTER}"
    refused = await talking.post(path, json={}, headers={**http.bearer("analyst-901"), **http.new_key()})
    assert refused.status_code == 403
    key = http.new_key()
    done = await talking.post(path, json={}, headers={**http.bearer("hqa-901"), **key})
    assert done.status_code == 201, done.text
    repeated = await talking.post(path, json={}, headers={**http.bearer("hqa-901"), **key})
    assert repeated.json() == done.json()
    unchanged = await talking.post(path, json={}, headers={**http.bearer("hqa-901"), **http.new_key()})
    assert (unchanged.status_code, unchanged.json()["version"]) == (200, done.json()["version"])
    (quarter,) = (await view(talking))["quarters"]
    assert quarter["figures"] == {"numerator": "120", "denominator": "210", "percent": None, "interval": None}
    assert (quarter["summed"], quarter["members"]) == (2, 6)
    elsewhere = await talking.post(
        f"/v1/regions/{SOUTH}/improvement/{QUARTER}", json={}, headers={**http.bearer("hqa-901"), **http.new_key()}
    )
    assert elsewhere.status_code == 404


async def test_the_region_s_sum_is_told_to_partners_in_the_place_of_an_authority(here, talking):
    await here.release("901", {"OUTSTANDING": 14, "GOOD": 43, "REQUIRES_IMPROVEMENT": 31, "INADEQUATE": 15})
    path = f"/v1/regions/{NORTH}/improvement/{QUARTER}"
    await talking.post(path, json={}, headers={**http.bearer("hqa-901"), **http.new_key()})
    await here.round()
    (told,) = await here.app.state.sharing.numbering.current.own()
    assert (told["la_code"], told["measure"]["code"], told["event_id"]) == (
        NORTH,
        "REGION",
        f"{NORTH}.{QUARTER}.REGION.1",
    )
    assert told["measure"]["denominator_display"] == "100"
    assert (told["measure"]["pct_display"], told["measure"]["interval"]) == (None, None)


@pytest.mark.parametrize("who", ["analyst-910", "administrator-901"])
async def test_it_is_for_the_region_s_own_people(here, talking, who):
    answer = await talking.get(f"/v1/regions/{NORTH}/improvement", headers=http.bearer(who))
    assert answer.status_code in (403, 404)


async def test_a_partner_sees_the_region_of_its_authority_and_no_other_figures(here, talking):
    await everybody_shows(here)
    await here.add_partner("north-one", "902")
    await here.add_partner("nowhere", None)
    path = f"/v1/regions/{NORTH}/improvement"
    seen = await talking.get(path, params={"from": QUARTER, "to": QUARTER}, headers=partner_bearer("north-one"))
    assert seen.status_code == 200
    assert cell(seen.json(), "906")["figures"]["percent"] == "80.0"
    assert all(cell(seen.json(), la_code)["own"] is None for la_code in MEMBERS)
    for other in ("nowhere", "unheard-of"):
        assert (await talking.get(path, headers=partner_bearer(other))).status_code == 404
    south = await talking.get(f"/v1/regions/{SOUTH}/improvement", headers=partner_bearer("north-one"))
    assert south.status_code == 404
    both = partner_bearer("north-one", ("improvements:read", "read"))
    for path in (f"/v1/regions/{NORTH}", f"/v1/regions/{NORTH}/reports", "/v1/releases?la_code=902"):
        assert (await talking.get(path, headers=both)).status_code in (403, 404)


@pytest.mark.parametrize(
    "asked", [{"from": "2026-Q2", "to": "2026-Q1"}, {"from": "2010-Q1", "to": "2026-Q1"}, {"from": "2026-05"}]
)
async def test_quarters_that_make_no_sense_are_refused(talking, asked):
    answer = await talking.get(f"/v1/regions/{NORTH}/improvement", params=asked, headers=http.bearer("hqa-901"))
    assert answer.status_code == 422


async def test_without_quarters_it_shows_the_last_four_that_are_over(talking):
    answer = await talking.get(f"/v1/regions/{NORTH}/improvement", headers=http.bearer("hqa-901"))
    assert [one["period"]["key"] for one in answer.json()["quarters"]] == ["2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1"]


async def test_the_csv_has_the_same_cells(here, talking: httpx2.AsyncClient):
    await everybody_shows(here)
    asked = {"from": QUARTER, "to": QUARTER, "format": "csv"}
    answer = await talking.get(f"/v1/regions/{NORTH}/improvement", params=asked, headers=http.bearer("member-901"))
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["percent"] for row in rows] == ["40.0", "50.0", "60.0", "62.0", "70.0", "80.0"]
    assert rows[5]["flag"] == "Highest 20%"
    assert "own_graded" not in rows[0]

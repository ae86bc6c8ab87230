"""A quarter's theme over HTTP: commissioned, drawn, planned, allocated, and who may do and see what of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.audit.domain.audit.state import DECIDER as AUDIT
from shared.event_store.handling import load
from shared.published.audit import AuditGradedV1
from shared.published.audit_cycle import (
    AuditCaseEliminatedV1,
    AuditExpectedV1,
    AuditSampleDrawnV1,
    ThemedAuditCommissionedV1,
)
from tests import http
from tests.audit.a_larger_town import larger_town, round_, told
from tests.audit.sampling_in_town import (
    FORMS,
    NEED,
    THEME,
    away,
    commissioned,
    drawing,
    drawn,
    frame,
    involved,
    planned,
    shown,
)
from tests.audit.service import Service


@pytest.fixture
async def service(mongo_database: Any) -> AsyncIterator[Service]:
    async with larger_town(mongo_database) as service:
        yield service


async def test_a_theme_from_its_commission_to_its_findings(service: Service):
    theme = await commissioned(service)
    body = await shown(service, f"/v1/themes/{theme}", "tm-birch")
    assert (body["theme_code"], body["sample_size"], body["closed_on"]) == ("NEGLECT", 6, None)
    assert body["words"] == {"title": "Neglect in early years", "rationale": "three re-audits in a row"}
    sample = await planned(service, theme)
    body = await shown(service, sample)
    assert (body["frame_n"], body["n"], body["audit_type"], len(body["cases"])) == (20, 6, "THEMED", 6)
    assert {s["name"]: s["n"] for s in body["strata"]} == {"alder": 3, "birch": 2, "elm": 1}
    audit = await shown(service, f"/v1/audits/{body['cases'][0]['audit_id']}")
    assert (audit["audit_type"], audit["theme_id"], audit["stage"]) == ("THEMED", theme, "PLANNED")
    assert (audit["place"]["team"], audit["period"]) == (body["cases"][0]["team"], "2026-04")
    finding = {"kind": "CONCERN", "domain": "CHILD_VOICE", "words": "seldom seen alone"}
    version = (await shown(service, f"/v1/themes/{theme}"))["version"]
    closed = await service.post("head-1", f"/v1/themes/{theme}/closure", {"findings": [finding]}, version)
    assert closed.status_code == 200, closed.text
    body = await shown(service, f"/v1/themes/{theme}")
    assert (body["closed_on"], body["cases_drawn"], body["words"]["findings/0"]) == (
        "2026-04-20",
        6,
        "seldom seen alone",
    )
    published = {type(one) for one in await told(service)}
    assert published - {AuditExpectedV1} == {ThemedAuditCommissionedV1, AuditSampleDrawnV1}, "and the month's audits"


async def test_the_store_holds_no_number_of_a_case_and_no_word_about_a_theme_in_clear(service: Service):
    theme = await commissioned(service)
    await planned(service, theme)
    store = service.foundations.store
    kept = repr([await store.read_partition(p, -1, 1000) for p in range(store.partitions)])
    for word in ("alder-1", "birch-1", "three re-audits", "early years"):
        assert word not in kept


async def test_a_theme_is_commissioned_by_whoever_arranges_audits_of_the_whole_authority(service: Service):
    for who, status in (("head-1", 201), ("qa-3", 404), ("tm-birch", 404), ("iro-1", 404), ("dcs-1", 404)):
        assert (await service.post(who, "/v1/themes", THEME)).status_code == status, who
    assert (await service.post("forms", "/v1/themes", THEME, **FORMS)).status_code == 201
    other = http.bearer("forms", authorities=("903",))
    assert (await service.post("forms", "/v1/themes", THEME, **other)).status_code == 404


@pytest.mark.parametrize(
    ("update", "pointer"),
    [
        ({"la_code": "999"}, "#/la_code"),
        ({"auditors": [{"staff_ref": "qa-3", "role": "IRO"}]}, "#/auditors"),
        ({"due_on": "2026-03-01"}, "#/due_on"),
        ({"theme_code": "early-help"}, "#/theme_code"),
    ],
)
async def test_what_is_wrong_with_a_theme_is_named(service: Service, update: dict[str, Any], pointer: str):
    answered = await service.post("head-1", "/v1/themes", {**THEME, **update})
    assert answered.json()["errors"][0]["pointer"] == pointer


async def test_a_theme_is_seen_in_its_authority_only(service: Service):
    theme = await commissioned(service)
    for who, status in (("qa-3", 200), ("iro-1", 200), ("tm-birch", 200), ("far-1", 404), ("member-1", 403)):
        assert (await service.get(who, f"/v1/themes/{theme}")).status_code == status, who


async def test_cases_audited_lately_and_those_being_audited_are_left_out_of_the_frame_and_counted(service: Service):
    graded = {
        "external_ref": "form-1",
        "audit_type": "QA_ROUTINE",
        "template_id": "practice",
        "plan_type": "CIN",
        "team_id": "alder",
        "effective_date": "2025-06-01",
        "overall": "GOOD",
        "domains": {"CHILD_VOICE": "GOOD"},
        "independence": "LINKED",
        "auditor_role": "QA_OFFICER",
        "child_ref": "alder-1",
    }
    long_ago = {**graded, "external_ref": "form-2", "child_ref": "alder-2", "effective_date": "2025-04-19"}
    about = {"specversion": "1.0", "source": "/forms", "type": "goldenthread.intake.audit_graded.v1"}
    batch = [{**about, "id": str(n), "data": data} for n, data in enumerate((graded, long_ago))]
    headers = {**FORMS, "Content-Type": "application/cloudevents-batch+json"}
    taken = await service.talking.post("/v1/events", json=batch, headers=headers)
    assert {one["status"] for one in taken.json()["items"]} == {201}, taken.text
    await service.planned(child_ref="alder-3")
    sample = await drawn(service, await commissioned(service), n=2)
    body = await shown(service, sample)
    assert (body["audited_since"], body["audited_n"], body["under_audit_n"]) == ("2025-04-20", 1, 1)
    assert body["frame_n"] == 18
    draw = await shown(service, f"{sample}/draw")
    left = {child for group in draw["frame"] for child in group["children"]}
    pseudonym = service.foundations.keyring.pseudonym
    assert not left & {await pseudonym("902", "alder-1"), await pseudonym("902", "alder-3")}
    assert await pseudonym("902", "alder-2") in left, "a year and a day ago"


async def test_a_draw_is_shown_whole_and_repeats(service: Service):
    sample = await drawn(service, await commissioned(service))
    draw = await shown(service, f"{sample}/draw", "analyst-1")
    assert (draw["algorithm"], draw["repeats"], len(draw["chosen"]), draw["n"]) == ("sha256-stratified-1", True, 6, 6)
    assert "alder-1" not in str(draw)
    assert len(draw["seed"]) == 32
    assert (await service.get("qa-3", f"{sample}/draw")).status_code == 404


async def test_who_the_cases_are_is_for_those_who_need_it_and_is_recorded(service: Service):
    sample = await planned(service, await commissioned(service))
    assert (await shown(service, sample))["people"] is None
    assert (await shown(service, sample, "analyst-1"))["people"] is None
    people = (await shown(service, sample, **NEED))["people"]
    assert {one["worker"] for one in people.values()} == {"sw-1"}
    assert all(one["child_ref"].partition("-")[0] in {"alder", "birch", "elm"} for one in people.values())
    access = service.foundations.access_log.kept[-1]
    assert (access.staff_ref, access.purpose) == ("head-1", "to plan the sample")
    assert (access.ids, set(access.fields)) == ((sample.rpartition("/")[2],), {"audit.child_ref"})


async def test_the_same_draw_asked_for_again_is_answered_alike_and_drawn_once(service: Service):
    theme = await commissioned(service)
    once = {"Idempotency-Key": '"one draw"'}
    first = await service.post("head-1", "/v1/samples", drawing(theme), **once)
    second = await service.post("head-1", "/v1/samples", drawing(theme), **once)
    assert (first.status_code, first.json()) == (201, second.json())
    assert (await shown(service, f"/v1/themes/{theme}"))["samples"] == {first.json()["id"]: 6}
    other = await service.post("head-1", "/v1/samples", drawing(theme, n=2), **once)
    assert other.json()["type"].rpartition("/")[2] == "key-reused"


async def test_a_draw_asked_for_again_when_all_its_cases_are_being_audited_is_still_what_it_was(service: Service):
    body = drawing(await commissioned(service), frame=frame(("alder", 3)))
    once = {"Idempotency-Key": '"late again"'}
    first = await service.post("head-1", "/v1/samples", body, **once)
    assert (await service.post("head-1", f"{first.headers['location']}/audits", {}, 1)).status_code == 200
    again = await service.post("head-1", "/v1/samples", body, **once)
    assert (again.status_code, again.json()) == (201, first.json())


async def test_a_draw_that_was_cut_off_after_its_theme_took_it_is_finished_when_asked_again(service: Service):
    theme = await commissioned(service)
    once = {"Idempotency-Key": '"cut off"'}
    with away(service, "audit_sample"):
        assert (await service.post("head-1", "/v1/samples", drawing(theme), **once)).status_code == 503
    assert (await shown(service, f"/v1/themes/{theme}"))["cases_drawn"] == 6
    again = await service.post("head-1", "/v1/samples", drawing(theme), **once)
    assert again.status_code == 201, again.text
    assert (await shown(service, again.headers["location"]))["n"] == 6
    assert (await shown(service, f"/v1/themes/{theme}"))["samples"] == {again.json()["id"]: 6}


@pytest.mark.parametrize(
    ("update", "pointer"),
    [
        ({"theme_id": "unknown"}, "#/theme_id"),
        ({"theme_id": None}, "#/theme_id"),
        ({"programme_id": "mash"}, "#/theme_id"),
        ({"theme_id": None, "programme_id": "mash"}, "#/la_code"),
        ({"theme_id": None, "programme_id": "mash", "la_code": "902"}, "#/programme_id"),
        ({"frame": frame(("far-team", 3))}, "#/frame"),
        ({"frame": [*frame(("alder", 3)), *frame(("alder", 2))]}, "#/frame"),
        ({"frame": frame(("alder", 3), plan_type="NONE")}, "#/frame"),
        ({"strata_by": "NAME"}, "#/strata_by"),
        ({"n": 7}, "#/n"),
        ({"template_id": "none"}, "#/template_id"),
        ({"template_id": "ofsted-ilacs"}, "#/audit_type"),
    ],
)
async def test_what_cannot_be_drawn_is_named_and_leaves_the_theme_as_it_is(
    service: Service, update: dict[str, Any], pointer: str
):
    theme = await commissioned(service)
    answered = await service.post("head-1", "/v1/samples", {**drawing(theme), **update})
    assert answered.json()["errors"][0]["pointer"] == pointer, answered.text
    assert (await shown(service, f"/v1/themes/{theme}"))["samples"] == {}


async def test_a_sample_of_a_programme_has_its_type_of_audit_and_as_many_cases_as_it_expects(service: Service):
    regular = {"first": "2026-04-01"}
    set_ = await service.post("head-1", "/v1/audit-programmes/902/regular", regular, 0)
    assert set_.status_code == 200, set_.text
    rows = (await shown(service, "/v1/audit-programmes/902"))["rows"]
    mash = next(one["programme_id"] for one in rows if one["audit_type"] == "REGULAR_MASH")
    cases = frame(("alder", 30), plan_type="CONTACT")
    body = {"programme_id": mash, "la_code": "902", "template_id": "front-door", "strata_by": "NONE", "frame": cases}
    answered = await service.post("head-1", "/v1/samples", body)
    assert answered.status_code == 201, answered.text
    sample = answered.headers["location"]
    assert (await service.post("head-1", f"{sample}/audits", {}, 1)).status_code == 200
    drawn_ = await shown(service, sample)
    assert len(drawn_["cases"]) == 12
    audit = await shown(service, f"/v1/audits/{drawn_['cases'][11]['audit_id']}")
    assert (audit["audit_type"], audit["theme_id"]) == ("REGULAR_MASH", None)
    elsewhere = {**body, "la_code": "903"}
    assert (await service.post("head-1", "/v1/samples", elsewhere)).json()["errors"][0]["pointer"] == "#/programme_id"


async def test_a_sample_is_arranged_by_whoever_arranges_its_authority(service: Service):
    theme = await commissioned(service)
    assert (await service.post("qa-3", "/v1/samples", drawing(theme))).json()["errors"][0]["pointer"] == "#/theme_id"
    sample = await drawn(service, theme)
    for step, body in (("audits", {}), ("eliminations", {"case": "0" * 24, "reason": "DIED"})):
        for who in ("qa-3", "iro-1", "dcs-1", "far-1"):
            assert (await service.post(who, f"{sample}/{step}", body, 1)).status_code == 404, who


async def test_a_case_that_leaves_is_replaced_and_its_audit_withdrawn(service: Service):
    sample = await planned(service, await commissioned(service))
    before = (await shown(service, sample))["cases"]
    gone = before[0]
    answered = await service.post(
        "head-1", f"{sample}/eliminations", {"case": gone["case"], "reason": "CASE_CLOSED"}, 2
    )
    assert answered.status_code == 200, answered.text
    body = await shown(service, sample)
    assert len(body["cases"]) == 6
    (left,) = body["eliminated"]
    new = next(one for one in body["cases"] if one["case"] == left["replaced_by"])
    assert new["team"] == gone["team"], "the next of the same stratum"
    assert (await shown(service, f"/v1/audits/{new['audit_id']}"))["stage"] == "PLANNED"
    withdrawn = await shown(service, f"/v1/audits/{gone['audit_id']}")
    assert (withdrawn["stage"], withdrawn["withdrawn"]["reason"]) == ("WITHDRAWN", "CASE_CLOSED")
    (eliminated,) = [one for one in await told(service) if isinstance(one, AuditCaseEliminatedV1)]
    assert (eliminated.reason, eliminated.replaced) == ("CASE_CLOSED", True)
    assert (await shown(service, f"{sample}/draw"))["repeats"], "the draw itself is what it was"


async def test_no_case_is_put_into_a_sample_or_taken_out_without_a_reason(service: Service):
    sample = await drawn(service, await commissioned(service))
    pseudonym = await service.foundations.keyring.pseudonym("902", "elm-99")
    body = {"case": pseudonym, "reason": "CASE_CLOSED"}
    answered = await service.post("head-1", f"{sample}/eliminations", body, 1)
    assert answered.json()["errors"][0]["pointer"] == "#/case"
    chosen = (await shown(service, sample))["cases"][0]["case"]
    answered = await service.post("head-1", f"{sample}/eliminations", {"case": chosen, "reason": "TOO_HARD"}, 1)
    assert answered.json()["errors"][0]["pointer"] == "#/reason"
    assert (await service.post("head-1", sample, {"cases": []}, 1)).status_code == 405


async def grade_something(service: Service, audit_id: str) -> None:
    await service.steps(
        f"/v1/audits/{audit_id}",
        ("head-1", "allocation", {"auditor_ref": "qa-3"}),
        ("qa-3", "start", {}),
        ("qa-3", "domain-grades", {"domain": "CHILD_VOICE", "grade": "INADEQUATE", "rationale": "not seen"}),
    )


async def test_a_case_does_not_leave_a_sample_because_of_its_grade(service: Service):
    sample = await planned(service, await commissioned(service))
    case = (await shown(service, sample))["cases"][0]
    await grade_something(service, case["audit_id"])
    answered = await service.post(
        "head-1", f"{sample}/eliminations", {"case": case["case"], "reason": "CASE_CLOSED"}, 2
    )
    assert answered.status_code == 409
    assert "whatever was found" in answered.json()["detail"]


async def test_what_a_request_did_not_live_to_do_is_done_in_the_next_round(service: Service):
    sample = await drawn(service, await commissioned(service))
    with away(service, "audit"):
        assert (await service.post("head-1", f"{sample}/audits", {}, 1)).status_code == 503
    audits = [AUDIT.stream(one["audit_id"]) for one in (await shown(service, sample))["cases"]]
    for versions in ([0] * 6, [1] * 6, [1] * 6):
        assert [(await load(service.foundations.store, AUDIT, stream)).version for stream in audits] == versions
        await round_(service)


async def test_the_audits_of_a_closed_theme_are_not_planned(service: Service):
    theme = await commissioned(service)
    sample = await drawn(service, theme)
    assert (await service.post("head-1", f"/v1/themes/{theme}/closure", {}, 2)).status_code == 200
    answered = await service.post("head-1", f"{sample}/audits", {}, 1)
    assert answered.status_code == 422
    assert "closed" in answered.json()["errors"][0]["detail"]


async def test_a_frame_of_all_open_cases_of_an_authority_is_taken_at_once(service: Service):
    cases = [
        {"child_ref": f"case-{n:06}", "case_ref": f"form-{n:06}", "worker": "sw-1", "supervisor": "tm-1"}
        for n in range(3_500)
    ]
    frame_ = [
        {"team_id": team, "plan_type": "CIN", "cases": cases[at::3]}
        for at, team in enumerate(("alder", "birch", "elm"))
    ]
    sample = await drawn(service, await commissioned(service), frame=frame_)
    draw = await shown(service, f"{sample}/draw")
    assert (draw["frame_n"], draw["n"], draw["repeats"]) == (3_500, 6, True)


async def test_themes_and_samples_are_listed_within_reach(service: Service):
    theme = await commissioned(service)
    await commissioned(service, quarter="2026-Q2", due_on="2026-09-30")
    sample = await drawn(service, theme)
    await round_(service)
    for who in ("head-1", "tm-birch", "iro-1"):
        items = (await shown(service, "/v1/themes", who))["items"]
        assert [one["quarter"] for one in items] == ["2026-Q1", "2026-Q2"], who
    assert (await shown(service, "/v1/themes", "far-1"))["items"] == []
    (first,) = (await shown(service, "/v1/themes?quarter=2026-Q1&open=true"))["items"]
    assert (first["id"], first["drawn"], first["sample_size"]) == (theme, 6, 6)
    page = await shown(service, "/v1/themes?limit=1")
    assert [one["quarter"] for one in page["items"]] == ["2026-Q1"]
    rest = await shown(service, f"/v1/themes?limit=1&after={page['next']}")
    assert ([one["quarter"] for one in rest["items"]], rest["next"]) == (["2026-Q2"], None)
    (item,) = (await shown(service, f"/v1/samples?theme_id={theme}", "analyst-1"))["items"]
    assert (item["id"], item["n"], item["frame_n"], item["planned"]) == (sample.rpartition("/")[2], 6, 20, False)
    assert (await shown(service, "/v1/samples", "tm-birch"))["items"] == []
    machine = await service.talking.get("/v1/themes", headers=FORMS)
    assert len(machine.json()["items"]) == 2


# ---- cases that somebody chooses ----


async def test_a_reviewing_officer_plans_audits_for_a_theme_and_no_others(service: Service):
    theme = await commissioned(service)
    await drawn(service, theme)
    plan = {**service.plan, "template_id": "practice", "plan_type": "CIN", "team_id": "birch"}
    routine = await service.post("iro-1", "/v1/audits", plan)
    assert routine.json()["errors"][0]["pointer"] == "#/theme_id"
    themed = await service.post("iro-1", "/v1/audits", {**plan, "audit_type": "THEMED", "theme_id": theme})
    assert themed.status_code == 201, themed.text
    assert (await shown(service, f"/v1/themes/{theme}"))["cases_chosen"] == 1
    wrong = await service.post("iro-1", "/v1/audits", {**plan, "audit_type": "DIP_SAMPLE", "theme_id": theme})
    assert wrong.json()["errors"][0]["pointer"] == "#/audit_type"


async def test_a_reviewing_officer_tells_of_no_audit_graded_elsewhere(service: Service):
    data = {
        "external_ref": "form-1",
        "audit_type": "THEMED",
        "template_id": "practice",
        "plan_type": "CIN",
        "team_id": "alder",
        "effective_date": "2026-04-01",
        "overall": "GOOD",
        "domains": {},
        "auditor_role": "IRO",
        "independence": "INDEPENDENT",
    }
    event = {"specversion": "1.0", "id": "1", "source": "/iro", "type": "goldenthread.intake.audit_graded.v1"}
    headers = {**http.bearer("iro-1"), "Content-Type": "application/cloudevents+json"}
    answered = await service.talking.post("/v1/events", json={**event, "data": data}, headers=headers)
    assert answered.status_code == 422
    assert "for a theme only" in answered.text


async def test_at_least_seven_in_ten_of_a_themes_cases_are_drawn_at_random(service: Service):
    theme = await commissioned(service)
    plan = {**service.plan, "audit_type": "THEMED", "template_id": "practice", "plan_type": "CIN", "theme_id": theme}
    early = await service.post("qa-3", "/v1/audits", plan)
    assert "at random" in early.json()["errors"][0]["detail"]
    await drawn(service, theme)
    statuses = [(await service.post("qa-3", "/v1/audits", plan)).status_code for _ in range(3)]
    assert statuses == [201, 201, 422], "six drawn and two chosen are 75 %, with three they would be 67 %"


async def test_a_case_that_cannot_be_planned_takes_no_place_in_its_theme(service: Service):
    theme = await commissioned(service)
    await drawn(service, theme)
    plan = {**service.plan, "audit_type": "THEMED", "template_id": "practice", "theme_id": theme}
    assert (await service.post("qa-3", "/v1/audits", {**plan, "plan_type": "NONE"})).status_code == 422
    assert (await service.post("qa-3", "/v1/audits", {**plan, "theme_id": "unknown"})).status_code == 422
    assert (await shown(service, f"/v1/themes/{theme}"))["cases_chosen"] == 0


async def test_the_theme_is_told_with_the_final_grade(service: Service):
    theme = await commissioned(service)
    sample = await planned(service, theme)
    audit_id = (await shown(service, sample))["cases"][0]["audit_id"]
    audit = f"/v1/audits/{audit_id}"
    await service.steps(
        audit, ("head-1", "allocation", {"auditor_ref": "iro-1", "auditor_role": "IRO"}), ("iro-1", "start", {})
    )
    required = (await shown(service, audit))["required_domains"]
    graded = [("iro-1", "domain-grades", {"domain": d, "grade": "GOOD", "rationale": "seen"}) for d in required]
    await service.steps(audit, *graded, ("iro-1", "overall-grade", {"grade": "GOOD"}), ("iro-1", "submission", {}))
    if (await shown(service, audit))["submitted"]["moderation_required"]:
        await service.steps(audit, ("qa-3", "moderation", {"audit_quality": "THOROUGH", "overall": "GOOD"}))
    await service.steps(audit, ("head-1", "finalisation", {}))
    (told_,) = [one for one in await told(service) if isinstance(one, AuditGradedV1)]
    assert (told_.theme_id, told_.auditor_role, told_.audit_type) == (theme, "IRO", "THEMED")


# ---- who worked with the child, and whose sibling it is ----


async def test_a_qa_officer_previously_was_the_childs_social_worker(service: Service):
    """Edge case 9: the conflict is found from dated involvement; decline and reallocate; the sample is still valid."""
    sample = await planned(service, await commissioned(service))
    before = await shown(service, f"{sample}/draw")
    people = (await shown(service, sample, **NEED))["people"]
    first, second = (await shown(service, sample))["cases"][:2]
    await involved(service, "qa-3", people[first["case"]]["child_ref"])
    audit = f"/v1/audits/{first['audit_id']}"
    refused = await service.post("head-1", f"{audit}/allocation", {"auditor_ref": "qa-3"}, 1)
    assert refused.status_code == 409
    assert "was the child's social worker" in refused.json()["detail"]
    await service.steps(audit, ("head-1", "allocation", {"auditor_ref": "qa-2"}), ("qa-2", "start", {}))

    # Known only after the second audit was allocated: the start is refused, then it is declined and reallocated.
    audit = f"/v1/audits/{second['audit_id']}"
    await service.steps(audit, ("head-1", "allocation", {"auditor_ref": "qa-3"}))
    await involved(service, "qa-3", people[second["case"]]["child_ref"])
    refused = await service.post("qa-3", f"{audit}/start", {}, 2)
    assert (refused.status_code, "does not judge" in refused.json()["detail"]) == (409, True)
    await service.steps(
        audit,
        ("qa-3", "declination", {"conflict_reason": "WORKED_WITH_CHILD"}),
        ("head-1", "allocation", {"auditor_ref": "iro-1", "auditor_role": "IRO"}),
        ("iro-1", "start", {}),
    )
    after = await shown(service, sample)
    assert (after["eliminated"], [one["case"] for one in after["cases"]]) == ([], before["chosen"])
    assert await shown(service, f"{sample}/draw") == before
    assert before["repeats"]


async def test_a_conflict_that_comes_to_light_late_keeps_what_was_graded_from_being_submitted(service: Service):
    audit = await service.started()
    await involved(service, "qa-1", "case-4711", "SUPERVISOR")
    grade = {"domain": "THRESHOLD", "grade": "GOOD", "rationale": "clear"}
    for what, body in (("domain-grades", grade), ("overall-grade", {"grade": "GOOD"}), ("submission", {})):
        answered = await service.post("qa-1", f"{audit}/{what}", body, 3)
        assert (answered.status_code, "supervised" in answered.text) == (409, True), what
    await service.steps(audit, ("head-1", "reallocation", {"auditor_ref": "qa-2", "reason": "CONFLICT"}))
    assert (await shown(service, audit))["domains"] == {}


async def test_whoever_worked_with_the_child_does_not_moderate(service: Service):
    audit = await service.submitted()
    await involved(service, "qa-2", "case-4711")
    version = (await shown(service, audit))["version"]
    judged = {"audit_quality": "THOROUGH", "overall": "GOOD"}
    answered = await service.post("qa-2", f"{audit}/moderation", judged, version)
    assert (answered.status_code, "does not judge" in answered.text) == (409, True)


async def test_involvement_is_told_by_other_systems_and_taken_back(service: Service):
    data = {
        "child_ref": "case-4711",
        "la_code": "902",
        "staff_ref": "qa-2",
        "role": "SOCIAL_WORKER",
        "since": "2019-09-01",
    }
    about = {"specversion": "1.0", "source": "/cases"}
    told_ = {**about, "id": "1", "type": "goldenthread.intake.involvement_recorded.v1"}
    taken_back = {**about, "id": "2", "type": "goldenthread.intake.involvement_retracted.v1", "data": data}
    headers = {**FORMS, "Content-Type": "application/cloudevents+json"}
    first = await service.talking.post("/v1/events", json={**told_, "data": {**data, "until": None}}, headers=headers)
    assert first.status_code == 201, first.text
    pseudonym = await service.foundations.keyring.pseudonym("902", "case-4711")
    assert pseudonym not in first.text, "whoever knows the number learns nothing more"
    audit = await service.planned()
    refused = await service.post("qa-1", f"{audit}/allocation", {"auditor_ref": "qa-2"}, 1)
    assert refused.status_code == 409
    assert (await service.talking.post("/v1/events", json=taken_back, headers=headers)).status_code == 201
    assert (await service.post("qa-1", f"{audit}/allocation", {"auditor_ref": "qa-2"}, 1)).status_code == 200


async def test_involvement_is_told_by_those_who_may_plan_audits_there(service: Service):
    body = {"child_ref": "c", "team_id": "alder", "staff_ref": "qa-2", "role": "SOCIAL_WORKER", "since": "2019-09-01"}
    for who, status in (("qa-1", 200), ("tm-1", 200), ("sw-1", 403), ("far-1", 404), ("analyst-1", 403)):
        assert (await service.post(who, "/v1/involvements", body)).status_code == status, who
    retracted = await service.post("qa-1", "/v1/involvements/retraction", body)
    assert retracted.status_code == 200, retracted.text


async def test_siblings_audited_as_one_family(service: Service):
    """Edge case 12: one audit per child under one family group id; the counting unit is the child audit."""
    audits = [await service.submitted(child_ref=f"sibling-{n}", family_ref="family-12") for n in range(3)]
    shown_ = [await shown(service, audit, "qa-1") for audit in audits]
    groups = {one["narrative"]["family_group"] for one in shown_}
    children = {one["narrative"]["child"] for one in shown_}
    assert (len(groups), len(children)) == (1, 3)
    assert groups.isdisjoint({await service.foundations.keyring.pseudonym("902", "family-12")})
    for audit in audits:
        if (await shown(service, audit))["submitted"]["moderation_required"]:
            await service.steps(audit, ("qa-2", "moderation", {"audit_quality": "THOROUGH", "overall": "GOOD"}))
        await service.steps(audit, ("qa-1", "finalisation", {}))
    graded = [one for one in await told(service) if isinstance(one, AuditGradedV1)]
    assert len(graded) == len({one.audit_id for one in graded}) == 3
    (group,) = groups
    assert group not in "".join(one.model_dump_json() for one in graded), "nobody outside learns who are siblings"

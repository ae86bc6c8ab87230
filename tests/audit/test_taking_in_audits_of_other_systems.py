"""CloudEvents of other systems: finished audits, inspections and withdrawals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.published.audit import AuditWithdrawnV1
from tests import http
from tests.audit.service import Service, running
from tests.audit.test_the_audit_service_over_http import published

ONE = "application/cloudevents+json"
MANY = "application/cloudevents-batch+json"
GRADED = {
    "external_ref": "form-1",
    "audit_type": "QA_ROUTINE",
    "template_id": "practice",
    "plan_type": "CIN",
    "team_id": "alder",
    "effective_date": "2026-03-31",
    "overall": "GOOD",
    "raw_overall": "OUTSTANDING",
    "domains": {"CHILD_VOICE": "GOOD", "REVIEW": "NOT_EVIDENCED"},
    "auditor_ref": "qa-1",
    "auditor_role": "QA_OFFICER",
    "allocated_on": "2026-03-11",
    "child_ref": "case-4711",
}
INSPECTION = {
    "external_ref": "80426",
    "audit_type": "EXTERNAL",
    "template_id": "ofsted-ilacs",
    "plan_type": "ALL",
    "la_code": "902",
    "effective_date": "2024-07-02",
    "overall": "GOOD",
    "domains": {"IMPACT_OF_LEADERS": "GOOD", "CARE_LEAVERS": "OUTSTANDING"},
    "auditor_role": "INSPECTOR",
}


def event(data: dict[str, Any], id_: str = "1", kind: str = "audit_graded", **attributes: str) -> dict[str, Any]:
    about = {"specversion": "1.0", "id": id_, "source": "/forms", "type": f"goldenthread.intake.{kind}.v1"}
    return {**about, "data": data, **attributes}


async def send(service: Service, body: Any, authorities: tuple[str, ...] = ("902",)):
    media = MANY if isinstance(body, list) else ONE
    headers = {**http.bearer("forms", authorities=authorities), "Content-Type": media}
    return await service.talking.post("/v1/events", json=body, headers=headers)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running() as service:
        yield service


async def test_a_finished_audit_of_another_system_is_told_to_the_world(service):
    answered = await send(service, event(GRADED))
    assert answered.status_code == 201, answered.text
    (told,) = await published(service)
    assert (told.grade_source, told.independence, told.days_to_finalise) == ("MODERATED", "LINKED", 20)
    assert (told.place.team, told.effective_date.isoformat()) == ("alder", "2026-03-31")
    shown = await service.get("head-1", answered.headers["location"])
    assert shown.json()["stage"] == "FINALISED"
    assert "case-4711" not in shown.text


async def test_an_inspection_concerns_the_whole_authority_on_a_scale_of_its_own(service):
    assert (await send(service, event(INSPECTION))).status_code == 201
    (told,) = await published(service)
    assert (told.scale, told.external, told.independence) == ("OFSTED4E", True, "EXTERNAL")
    assert (told.place.team, told.place.authority, told.place.regions) == (None, "902", ("E12000007",))


async def test_the_same_audit_again_is_kept_once_and_another_result_is_refused(service):
    await send(service, event(GRADED))
    assert (await send(service, event(GRADED))).status_code == 200
    assert (await send(service, event(GRADED, "2"))).status_code == 200
    other = await send(service, event({**GRADED, "overall": "INADEQUATE"}, "3"))
    assert (other.status_code, "regrade it" in other.json()["detail"]) == (409, True)
    assert len(await published(service)) == 1


async def test_a_withdrawal_finds_the_audit_of_its_own_source_only(service):
    await send(service, event(GRADED))
    withdrawal = {"external_ref": "form-1", "reason": "WRONG_CHILD", "approved_by": "head-1"}
    elsewhere = event(withdrawal, "2", "audit_withdrawn", source="/other")
    assert (await send(service, elsewhere)).status_code == 404
    assert (await send(service, event(withdrawal, "2", "audit_withdrawn"), ("903",))).status_code == 404
    assert (await send(service, event(withdrawal, "2", "audit_withdrawn"))).status_code == 201
    assert isinstance((await published(service))[-1], AuditWithdrawnV1)


async def test_a_regrade_counts_on_the_audits_own_date(service):
    await send(service, event(GRADED))
    regrade = {"external_ref": "form-1", "overall": "INADEQUATE", "reason": "APPEAL", "approved_by": "head-1"}
    own = await send(service, event({**regrade, "approved_by": "qa-1"}, "2", "audit_regraded"))
    assert (own.status_code, "somebody else" in own.json()["detail"]) == (409, True)
    assert (await send(service, event(regrade, "3", "audit_regraded"))).status_code == 201
    told = (await published(service))[-1]
    assert (told.overall, told.regrade_reason, told.effective_date.isoformat()) == (
        "INADEQUATE",
        "APPEAL",
        "2026-03-31",
    )
    history = (await service.get("head-1", f"/v1/audits/{told.audit_id}/history")).json()["events"]
    assert history[-1]["effective_date"] == "2026-03-31"


async def test_what_was_never_finished_is_not_regraded(service):
    unknown = {"external_ref": "form-9", "overall": "GOOD", "reason": "APPEAL", "approved_by": "head-1"}
    assert (await send(service, event(unknown, "1", "audit_regraded"))).status_code == 404


async def test_a_client_speaks_for_its_own_authorities_only(service):
    assert (await send(service, event(GRADED), ("903",))).status_code == 404


@pytest.mark.parametrize(
    ("update", "field"),
    [
        ({"team_id": "nowhere"}, "team_id"),
        ({"effective_date": "2026-04-21"}, "effective_date"),
        ({"overall": "SECRET"}, "overall"),
        ({"domains": {"SECRET": "GOOD"}}, "domains"),
        ({"template_version": 9}, "template_id"),
        ({"auditor_ref": None}, "independence"),
        ({"plan_type": "SECRET"}, "plan_type"),
    ],
)
async def test_what_cannot_be_true_is_refused_and_not_repeated(service, update, field):
    answered = await send(service, event({**GRADED, **update}))
    assert answered.status_code == 422, answered.text
    assert field in answered.text
    assert "SECRET" not in answered.text


async def test_a_batch_is_taken_in_its_order_for_each_audit(service):
    withdrawal = {"external_ref": "form-1", "reason": "DUPLICATE", "approved_by": "head-1"}
    batch = [
        event(GRADED, "1"),
        event(withdrawal, "2", "audit_withdrawn"),
        event({**GRADED, "external_ref": "form-2"}, "3"),
        event({**GRADED, "external_ref": "form-3", "overall": "FINE"}, "4"),
        event(GRADED, "5", "unknown"),
    ]
    answered = await send(service, batch)
    assert [one["status"] for one in answered.json()["items"]] == [201, 201, 201, 422, 422]
    assert len(await published(service)) == 3

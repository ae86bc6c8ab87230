"""An audit's place is its team's on the audit's effective date, whenever it is recorded and whatever came after."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.published.audit import AuditGradedV1
from tests import http
from tests.audit.a_larger_town import MOVED, larger_town, told
from tests.audit.service import Service
from tests.audit.test_taking_in_audits_of_other_systems import GRADED, event, send


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with larger_town() as service:
        yield service


async def places(service: Service) -> dict[str, tuple[str | None, str | None]]:
    """Where each audit counts by the day on which it does."""
    graded = [one for one in await told(service) if isinstance(one, AuditGradedV1)]
    return {one.effective_date.isoformat(): (one.place.team, one.place.service_area) for one in graded}


async def submitted(service: Service, **plan: Any) -> tuple[str, int]:
    """An audit of Gorse that waits for its final grade, and its version."""
    machine = http.bearer("forms", authorities=("902",))
    body = {**service.plan, "team_id": "gorse", "worker": None, "effective_date": "2026-04-01", **plan}
    planned = await service.post("forms", "/v1/audits", body, **machine)
    audit = planned.headers["location"]
    allocation = {"auditor_ref": "qa-3", "effective_date": "2026-04-01"}
    start = {"effective_date": "2026-04-01"}
    await service.steps(audit, ("head-1", "allocation", allocation), ("qa-3", "start", start))
    required = (await service.get("qa-3", audit)).json()["required_domains"]
    graded = [("qa-3", "domain-grades", {"domain": d, "grade": "GOOD", "rationale": "seen"}) for d in required]
    last = {"effective_date": "2026-04-02"}
    judged = {"audit_quality": "THOROUGH", "overall": "GOOD"}
    version = await service.steps(
        audit,
        *graded,
        ("qa-3", "overall-grade", {"grade": "GOOD"}),
        ("qa-3", "submission", last),
        ("head-1", "moderation", judged),
    )
    return audit, version


async def finalised(service: Service, on: str) -> str:
    audit, version = await submitted(service)
    answered = await service.post("head-1", f"{audit}/finalisation", {"effective_date": on}, version)
    assert answered.status_code == 200, answered.text
    return audit


async def test_team_moves_service_area_mid_quarter(service: Service):
    """Edge case 2: as-then splits by effective date and area totals still sum."""
    days = ("2026-04-08", "2026-04-09", "2026-04-10", "2026-04-13")
    for day in days:
        await finalised(service, day)
    found = await places(service)
    assert found == {
        "2026-04-08": ("gorse", "duty"),
        "2026-04-09": ("gorse", "duty"),
        MOVED.isoformat(): ("gorse", "planning"),
        "2026-04-13": ("gorse", "planning"),
    }
    by_area = Counter(area for _, area in found.values())
    assert by_area == {"duty": 2, "planning": 2}
    assert sum(by_area.values()) == len([one for one in found.values() if one[0] == "gorse"]) == len(days)


async def test_an_audit_planned_before_the_move_and_finished_after_it_counts_where_the_team_then_is(service: Service):
    audit, version = await submitted(service)
    assert (await service.get("head-1", audit)).json()["place"]["service_area"] == "duty"
    await service.post("head-1", f"{audit}/finalisation", {"effective_date": "2026-04-14"}, version)
    shown = (await service.get("head-1", audit)).json()
    assert shown["result"]["place"]["service_area"] == "planning"
    assert await places(service) == {"2026-04-14": ("gorse", "planning")}


async def test_a_late_entry_counts_where_the_team_was_on_its_day_and_so_does_its_regrade(service: Service):
    audit = await finalised(service, "2026-04-09")
    version = (await service.get("head-1", audit)).json()["version"]
    regrade = {"overall": "INADEQUATE", "reason": "NEW_EVIDENCE"}
    assert (await service.post("head-2", f"{audit}/regrade", regrade, version)).status_code == 200
    graded = [one for one in await told(service) if isinstance(one, AuditGradedV1)]
    assert [(one.overall, one.place.service_area) for one in graded] == [("GOOD", "duty"), ("INADEQUATE", "duty")]


async def test_the_same_holds_for_audits_of_other_systems(service: Service):
    batch = [
        event({**GRADED, "team_id": "gorse", "external_ref": day, "effective_date": day, "auditor_ref": "qa-3"}, day)
        for day in ("2026-04-09", "2026-04-10")
    ]
    answered = await send(service, batch)
    assert [one["status"] for one in answered.json()["items"]] == [201, 201]
    assert await places(service) == {"2026-04-09": ("gorse", "duty"), "2026-04-10": ("gorse", "planning")}


async def test_the_head_of_the_new_area_looks_after_the_team_from_the_day_of_the_move(service: Service):
    audit = await finalised(service, "2026-04-09")
    assert (await service.get("hos-planning", audit)).status_code == 200
    assert (await service.get("hos-duty", audit)).status_code == 404

"""The whole path, real from end to end: HTTP in, the store, Kafka across, reporting's totals, pages out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from aiokafka import AIOKafkaProducer

from deploy.installation import Installation
from services.reporting.read_models import READ_MODELS
from shared.messaging.topics import PARTITIONS
from tests.journeys.world import AREA, AUTHORITY, TEAM

pytestmark = [pytest.mark.connected]

DAY = "2026-05-12"
SCOPES = ["read", "audit:write", "alert:write", "feedback:write", "events:write"]


@dataclass
class Front:
    """A front end that speaks for people and for itself."""

    installation: Installation
    web: httpx2.Client

    def headers(self, who: str, version: int | None = None) -> dict[str, str]:
        machine = ["*"] if who == "front-end" else []
        token = self.installation.token(who, SCOPES, machine)
        seen = {"Idempotency-Key": uuid.uuid4().hex} if version is None else {"If-Match": f'"{version}"'}
        return {"Authorization": f"Bearer {token}", **seen}

    def post(self, service: str, who: str, path: str, body: Any, version: int | None = None) -> httpx2.Response:
        address = self.installation.address(service)
        answer = self.web.post(f"{address}{path}", json=body, headers=self.headers(who, version))
        assert answer.status_code in (200, 201), answer.text
        return answer

    def get(self, service: str, who: str, path: str, **headers: str) -> httpx2.Response:
        address = self.installation.address(service)
        return self.web.get(f"{address}{path}", headers={**self.headers(who), **headers})

    def view(self, path: str, after: str = "", who: str = "s-director") -> Any:
        seen = {"Golden-Thread-Min-Position": after} if after else {}
        for _ in range(30):
            answer = self.get("reporting", who, f"/v1/{path}?from=2026-05&to=2026-05", **seen)
            if answer.status_code != 202:
                break
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def front(running: Installation) -> Iterator[Front]:
    with httpx2.Client(timeout=20) as web:
        yield Front(running, web)


def local_grades(view: Any) -> dict[str, int]:
    found = [grades for grades in view["total"]["grades"] if grades["scale"] == "OFSTED4"]
    return {one["code"]: one["count"] for grades in found for one in grades["overall"] if one["count"]}


UNITS = (f"teams/{TEAM}", f"service-areas/{AREA}", f"authorities/{AUTHORITY}", "regions/london")


def graded_audit(front: Front) -> tuple[str, int, str]:
    """An audit from planning to its moderated grade, each step by the person whose it is."""
    plan = {
        "audit_type": "QA_ROUTINE",
        "template_id": "front-door",
        "plan_type": "CONTACT",
        "team_id": TEAM,
        "child_ref": "case-4711",
        "effective_date": DAY,
    }
    made = front.post("audit", "s-auditor", "/v1/audits", plan)
    where, version = made.headers["Location"], 1
    position = ""

    def step(who: str, what: str, body: dict[str, Any]) -> None:
        nonlocal version, position
        answer = front.post("audit", who, f"{where}/{what}", {**body, "effective_date": DAY}, version)
        version = answer.json()["version"]
        position = answer.headers.get("Golden-Thread-Position", position)

    step("s-auditor", "allocation", {"auditor_ref": "s-auditor"})
    step("s-auditor", "start", {})
    for domain in front.get("audit", "s-auditor", where).json()["required_domains"]:
        step("s-auditor", "domain-grades", {"domain": domain, "grade": "INADEQUATE", "rationale": "not seen alone"})
    step("s-auditor", "overall-grade", {"grade": "INADEQUATE", "override_reason": "all domains agree"})
    step("s-auditor", "submission", {})
    step("s-moderator", "moderation", {"audit_quality": "THOROUGH", "overall": "REQUIRES_IMPROVEMENT"})
    step("s-moderator", "finalisation", {})
    return where, version, position


def test_a_graded_audit_changes_the_view_of_team_area_authority_and_region(front: Front) -> None:
    readers = {unit: "front-end" if unit.startswith("regions") else "s-director" for unit in UNITS}  # who sees the sum
    before = {unit: local_grades(front.view(unit, who=who)) for unit, who in readers.items()}
    where, version, position = graded_audit(front)
    for unit in UNITS:
        after = local_grades(front.view(unit, after=position, who=readers[unit]))
        assert after.get("REQUIRES_IMPROVEMENT", 0) == before[unit].get("REQUIRES_IMPROVEMENT", 0) + 1, unit
    body = {"overall": "GOOD", "reason": "NEW_EVIDENCE", "effective_date": DAY}
    regraded = front.web.post(
        f"{front.installation.address('audit')}{where}/regrade", json=body, headers=front.headers("s-quality", version)
    )
    assert regraded.status_code == 200, regraded.text
    after = local_grades(front.view(UNITS[0], after=regraded.headers["Golden-Thread-Position"]))
    assert after["GOOD"] == before[UNITS[0]].get("GOOD", 0) + 1
    assert after.get("REQUIRES_IMPROVEMENT", 0) == before[UNITS[0]].get("REQUIRES_IMPROVEMENT", 0)


def test_alerts_and_feedback_are_seen_and_the_rows_behind_a_number_are_as_many(front: Front) -> None:
    alert = {
        "source": "case-system",
        "specversion": "1.0",
        "id": "alert-1",
        "type": "goldenthread.intake.alert_raised.v1",
        "data": {
            "la_code": AUTHORITY,
            "external_ref": "PA-1",
            "by_role": "IRO",
            "held_by": "s-manager",
            "alert_type": "CONCERN",
            "categories": ["DRIFT_DELAY"],
            "plan_type": "CLA",
            "child_ref": "case-4712",
            "team_id": TEAM,
            "risk": "MEDIUM",
            "raised_on": DAY,
        },
    }
    taken = front.web.post(
        f"{front.installation.address('escalation')}/v1/events",
        content=json.dumps(alert),
        headers={**front.headers("front-end"), "Content-Type": "application/cloudevents+json"},
    )
    assert taken.status_code in (200, 201), taken.text
    said = {
        "channel": "SURVEY",
        "source_system": "survey",
        "respondent_type": "CHILD",
        "received_on": DAY,
        "team_id": TEAM,
        "text": "they listened",
    }
    heard = front.post("feedback", "front-end", "/v1/feedback", said)
    positions = ",".join(answer.headers["Golden-Thread-Position"] for answer in (taken, heard))
    view = front.view(UNITS[0], after=positions)
    raised, received = view["total"]["alerts"]["raised"], view["total"]["feedback"]["received"]
    assert raised["count"] == received["count"] == 1
    for model, count in (("practice_alerts", raised), ("feedback_themes", received)):
        query = f"model={model}&measure={count['measure']}&from=2026-05&to=2026-05"
        rows = front.get("reporting", "s-manager", f"/v1/{UNITS[0]}/rows?{query}").json()
        assert len(rows["items"]) == count["count"]
    assert "they listened" not in json.dumps(view)


def test_a_page_shows_what_the_interface_answers(front: Front) -> None:
    token = front.installation.token("s-director", ["read"])
    address = front.installation.address("reporting")
    with httpx2.Client(base_url=address, follow_redirects=True, headers={"Origin": address}) as browser:
        signed_in = browser.post("/sign-in", data={"token": token})
        assert signed_in.status_code == 200, signed_in.text
        page = browser.get(f"/{UNITS[2]}?from=2026-05&to=2026-05")
        assert page.status_code == 200
        assert "Northborough (demo)" in page.text
        assert browser.get("/status").status_code in (200, 403)


def test_somebody_of_another_authority_sees_nothing(front: Front) -> None:
    for service, path in (("reporting", f"/v1/{UNITS[2]}"), ("organisation", f"/v1/teams/{TEAM}")):
        assert front.get(service, "s-stranger", path).status_code == 404


def goldenthread(installation: Installation, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program, as somebody in another terminal runs it."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        env={**os.environ, **installation.environment()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_commands_look_at_and_mend_the_installation(front: Front) -> None:
    installation = front.installation
    verified = goldenthread(installation, "verify", "--json", "--wait", "30")
    assert json.loads(verified.stdout) == {"ok": True, "wrong": []}
    lags = json.loads(goldenthread(installation, "lag", "--json", "--all").stdout)
    assert {lag["behind"] for lag in lags} == {0}
    assert len(lags) == (4 + len(READ_MODELS)) * PARTITIONS
    told = goldenthread(installation, "events", "audit", "--type", "goldenthread.audit_graded.v1", "--limit", "1")
    event = json.loads(told.stdout.splitlines()[0])
    assert event["subject"].startswith("audit-")
    timeline = goldenthread(installation, "stream", "audit", event["subject"], "--json")
    assert "AuditFinalised.v1" in {step["type"] for step in json.loads(timeline.stdout)}
    assert "not seen alone" not in timeline.stdout
    rebuilt = goldenthread(installation, "rebuild", "audit_quality", "--json")
    assert rebuilt.returncode == 0, rebuilt.stderr
    report = json.loads(rebuilt.stdout)
    assert (report["differences"], report["switched"]) == ([], True)
    assert json.loads(goldenthread(installation, "verify", "--json").stdout)["ok"]


async def test_a_record_that_cannot_be_read_parks_its_stream_and_is_seen(front: Front) -> None:
    installation = front.installation
    producer = AIOKafkaProducer(bootstrap_servers=installation.kafka_url)
    await producer.start()
    topic = f"{installation.topic_prefix}qa.feedback"
    await producer.send_and_wait(topic, b"{", b"feedback-stranger", 0, headers=[("x", b"\xff")])
    await producer.stop()
    said = {"channel": "TEXT", "source_system": "x", "respondent_type": "PARENT", "received_on": DAY, "team_id": TEAM}
    for _ in range(20):  # all partitions go on
        heard = front.post("feedback", "front-end", "/v1/feedback", said)
    front.view(UNITS[0], after=heard.headers["Golden-Thread-Position"])
    parked = json.loads(goldenthread(installation, "parked", "--json").stdout)
    assert [(one["model"], one["stream"]) for one in parked] == [("feedback_themes", "feedback-stranger")]
    stuck = goldenthread(installation, "redrive", "feedback_themes", "--json")
    assert stuck.returncode == 1
    assert goldenthread(installation, "redrive", "feedback_themes", "--discard", "--json").returncode == 0
    assert json.loads(goldenthread(installation, "parked", "--json").stdout) == []
    assert json.loads(goldenthread(installation, "verify", "--json", "--wait", "30").stdout)["ok"]

"""On a real Kafka and a real MongoDB: from the same events the same functions make reports with the same hash."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.reporting.closing.regenerating import THROW_AWAY, Regenerating
from services.reporting.closing.snapshots import SnapshotDamaged
from services.reporting.closing.verifying import Verification, verify
from services.reporting.domain import periods
from services.reporting.reports.offered import closed_with_periods
from shared.messaging.topics import AUDIT, ESCALATION, FEEDBACK
from shared.published.audit import AuditWithdrawnV1
from shared.published.organisation import Dated, TeamDescribedV1
from tests.closing.a_town import Town
from tests.reporting.a_quarter import alerts, audits, feedback
from tests.reporting.an_organisation import BEGAN
from tests.reporting.telling import BIRCH, a_graded_audit

CLOSE_DAYS = (
    ("2026-04", date(2026, 5, 8)),
    ("2026-05", date(2026, 6, 5)),
    ("2026-06", date(2026, 7, 7)),
    ("2026-Q1", date(2026, 7, 14)),
)


@pytest.fixture
async def quarter(town: Town) -> Town:
    """A quarter with everything in it; each period closed on its day, and things recorded between."""
    town.now(date(2026, 4, 30))
    for topic, histories in ((AUDIT, audits()), (ESCALATION, alerts()), (FEEDBACK, feedback())):
        for stream, events in histories.items():
            town.tell(stream, *events, topic=topic)
    for key, day in CLOSE_DAYS:
        town.now(day)
        await town.project()
        await town.close(key)
        town.later(days=1)
        town.tell(f"audit-late-{key}", a_graded_audit("INADEQUATE", place=BIRCH, effective_date=date(2026, 4, 29)))
    return town


async def made_again(town: Town, kafka: str, prefix: str, key: str) -> Verification:
    regenerating = Regenerating(town.client, town.database, kafka, prefix)
    return await verify(town.closing, "901", periods.named(key), regenerating.as_of)


async def test_the_same_period_made_again_from_events_has_the_same_hash(quarter: Town, kafka_url, topic_prefix):
    await quarter.publish(kafka_url, topic_prefix)
    for key in ("2026-04", "2026-Q1"):
        found = await made_again(quarter, kafka_url, topic_prefix, key)
        assert [(one.report_id, one.version, one.differing) for one in found.versions if not one.same] == []
        assert {one.report_id for one in found.versions} == set(closed_with_periods(quarter.registry))
        assert found.good
    left = await quarter.database.list_collection_names()
    assert not [name for name in left if str(THROW_AWAY)[:4] in name], "what was made to compare is removed again"


async def test_every_restated_version_is_made_again_too(quarter: Town, kafka_url, topic_prefix):
    for day, event in (
        (date(2026, 7, 20), a_graded_audit("GOOD", effective_date=date(2026, 4, 3), regrade=True)),
        (date(2026, 7, 21), AuditWithdrawnV1(audit_id="1", reason="DUPLICATE")),
    ):
        quarter.now(day)
        quarter.tell("audit-elm-02", event)
        await quarter.project()
        await quarter.restate("2026-04")
    names = (Dated(since=BEGAN, value="Birch"), Dated(since=date(2026, 4, 2), value="Silver Birch"))
    areas = (Dated(since=BEGAN, value="area-duty"),)
    quarter.directory.learn(TeamDescribedV1(team_id="team-birch", names=names, service_areas=areas))
    await quarter.restate("2026-04")
    await quarter.publish(kafka_url, topic_prefix)
    found = await made_again(quarter, kafka_url, topic_prefix, "2026-04")
    assert found.good, [one for one in found.versions if not one.same]
    assert max(one.version for one in found.versions) == 4


async def test_what_does_not_come_from_the_events_is_found_out(quarter: Town, kafka_url, topic_prefix):
    await quarter.publish(kafka_url, topic_prefix)
    r1 = quarter.registry["R1"]

    async def other(sources, asked):
        report = await r1.make(sources, asked)
        (table, *more) = report.tables
        row = table.rows[0]
        changed = row.model_copy(update={"cells": (*row.cells[:1], 99, *row.cells[2:])})
        return report.model_copy(
            update={"tables": (table.model_copy(update={"rows": (changed, *table.rows[1:])}), *more)}
        )

    closing = replace(quarter.closing, registry={**quarter.registry, "R1": replace(r1, make=other)})
    regenerating = Regenerating(quarter.client, quarter.database, kafka_url, topic_prefix)
    found = await verify(closing, "901", periods.named("2026-04"), regenerating.as_of)
    wrong = [one for one in found.versions if not one.same]
    assert [one.report_id for one in wrong] == ["R1"]
    assert any("99 made" in named for named in wrong[0].differing)


async def test_a_snapshot_that_was_written_over_is_found_out(quarter: Town):
    kept = quarter.database["snapshots"]
    hash_ = (await quarter.closing.period("901", "2026-04")).state.reports["R1"][0].hash
    document = await kept.find_one({"hash": hash_})
    await kept.update_one({"hash": hash_}, {"$set": {"body": document["body"].replace(b"R1", b"R9")}})
    with pytest.raises(SnapshotDamaged, match=hash_):
        await quarter.closing.snapshots.get([hash_])

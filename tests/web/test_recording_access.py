"""Who was shown what is kept before it is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.web.access_log import InMemoryAccessLog, MongoAccessLog
from shared.web.policy import AUDIT, Action, Policy, Resource
from shared.web.principal import Principal
from shared.web.problems import Problem
from tests.web.directory import PLACES, UNITS, Held
from tests.web.test_who_may_do_what import person

MANAGER = Principal("s1", held=(Held("TEAM_MANAGER", "team", "a1-t1"),))
AT = datetime(2026, 4, 1, 12, tzinfo=UTC)


async def test_an_access_is_kept_in_the_database(mongo_database):
    log = MongoAccessLog(mongo_database, clock=lambda: AT)
    await log.prepare()
    await log.record(MANAGER, AUDIT, ["a1", "a2"], {"child", "narrative"}, purpose="supervision")
    kept = await mongo_database["access"].find_one({}, {"_id": 0})
    assert kept == {
        "staff_ref": "s1",
        "roles": ["TEAM_MANAGER"],
        "resource": "AUDIT",
        "ids": ["a1", "a2"],
        "fields": ["child", "narrative"],
        "purpose": "supervision",
        "at": AT,
    }


async def test_what_cannot_be_recorded_is_not_shown(mongo_database):
    await mongo_database.create_collection("access", validator={"never": {"$exists": True}})
    for log in (MongoAccessLog(mongo_database), InMemoryAccessLog(broken=True)):
        with pytest.raises(Problem) as refused:
            await log.record(MANAGER, AUDIT, ["a1"], ["child"])
        assert refused.value.status == 503


async def test_the_database_reads_the_policys_filters_as_the_policy_does(mongo_database):
    rows = [{"_id": n, "place": place.model_dump(mode="json")} for n, place in enumerate(PLACES)]
    await mongo_database["rows"].insert_many(rows)
    policy = Policy()
    held = [("HEAD_OF_SERVICE", "service_area"), ("TEAM_MANAGER", "team"), ("DCS", "authority"), ("DCS", "region")]
    for role, scope in held:
        for unit in UNITS[scope]:
            who = person(Held(role, scope, unit), Held("QA_OFFICER", "authority", "902"), links=frozenset({"a1-t2"}))
            for resource in Resource:
                query = policy.mongo_filter(who, resource, Action.R, under="place.")
                found = [row["_id"] async for row in mongo_database["rows"].find(query)] if query is not None else []
                allowed = [n for n, place in enumerate(PLACES) if policy.decide(who, resource, Action.R, place)]
                assert sorted(found) == allowed

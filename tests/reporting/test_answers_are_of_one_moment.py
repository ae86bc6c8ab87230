"""While projectors write, an answer still adds up: everything in it is of one moment, and of the marks it names."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import count

import pytest

from services.reporting.answering import Answers
from services.reporting.cursors import Cursors
from services.reporting.library import MongoLibrary
from services.reporting.read_models import READ_MODELS
from services.reporting.views import Window
from shared.projecting.folding import learned
from shared.projecting.state import Generation, update
from shared.projecting.totals import Totals, increment
from shared.web.policy import Policy
from shared.web.principal import Principal
from tests.reporting.an_organisation import NOW, an_organisation
from tests.reporting.filling import fill
from tests.reporting.telling import AUDITS, ELM, FERN, a_graded_audit, told

EVERYBODY = Principal("client", authorities=frozenset({"*"}))
APRIL = Window(first_month="2026-04", last_month="2026-04")
PLACES = (ELM, FERN, FERN.model_copy(update={"service_area": "area-duty"}))


async def _project(client, database) -> None:
    """Audits one after the other, each with its mark in one transaction, as a projector writes them."""
    generation = Generation(database, AUDITS.name, 1)
    async with client.start_session() as session:
        for n in count(42):
            totals = Totals()
            totals.change(None, learned(AUDITS, None, told(a_graded_audit(place=PLACES[n % 3]), stream=f"audit-{n}")))
            async with await session.start_transaction():
                updates = [increment(unit, year, "0", paths) for (unit, year), paths in totals.by_unit().items()]
                await update(generation.cells, updates, session)
                await generation.marks.update_one(
                    {"_id": generation.mark_id(3)}, {"$set": {"seq": n, "offset": n}}, session=session
                )


@pytest.mark.parametrize("level", ["service_area", "authority", "region"])
async def test_children_sum_to_their_parent_while_it_is_being_counted(mongo_client, mongo_database, level):
    await fill(mongo_database, {"audit-first": [a_graded_audit()]})
    assert len(READ_MODELS) == 4
    answers = Answers(MongoLibrary(mongo_database), an_organisation(), Policy(), Cursors(b"secret"), lambda: NOW)
    unit = {"service_area": "area-planning", "authority": "901", "region": "alliance-north"}[level]
    writing = asyncio.create_task(_project(mongo_client, mongo_database))
    seen = set()
    for _ in range(40):
        view = await answers.unit(EVERYBODY, level, unit, APRIL)
        total = sum(row.count for row in view.total.grades)
        assert sum(row.count for child in view.children for row in child.figures.grades) == total
        assert not any(child.unit.whole for child in view.children)
        if level == "authority":
            (position,) = [one for one in view.as_at.positions if one.model == "audit_quality"]
            assert total == position.seq - 40
        seen.add(total)
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing
    assert len(seen) > 3, "nothing was written meanwhile"

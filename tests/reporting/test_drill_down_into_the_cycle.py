"""Behind every number of the audit cycle are as many rows as it says, in either structure, as MongoDB finds them."""

from __future__ import annotations

import pytest

from services.reporting.answering import Answers
from services.reporting.cursors import Cursors
from services.reporting.domain import periods
from services.reporting.library import MongoLibrary
from services.reporting.structure import OfToday
from services.reporting.summing import family
from services.reporting.views import Window
from shared.projecting.rebuilding import cell_errors
from shared.projecting.state import Generation
from shared.projecting.totals import flat
from shared.web.policy import Policy
from shared.web.principal import Principal
from tests.reporting.a_cycle import a_cycle, audited_again
from tests.reporting.an_organisation import NOW, an_organisation
from tests.reporting.filling import InMemoryLibrary, fill

EVERYBODY = Principal("client", authorities=frozenset({"*"}))
MONTHS = periods.months("2026-03", "2026-06")
UNITS = [
    ("team", "team-fern"),
    ("service_area", "area-planning"),
    ("service_area", "area-duty"),
    ("authority", "901"),
    ("region", "alliance-north"),
]
STRUCTURE = OfToday(an_organisation(), NOW.date())


@pytest.mark.parametrize("structure", ["as-then", "as-now"])
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit[1])
async def test_behind_every_number_are_as_many_rows_as_it_says(mongo_database, unit, structure):
    histories = {**a_cycle(), **audited_again()}
    await fill(mongo_database, histories)
    found = await family(InMemoryLibrary(histories), STRUCTURE, *unit, MONTHS, structure, ("audit_cycle",))
    answers = Answers(MongoLibrary(mongo_database), STRUCTURE.directory, Policy(), Cursors(b"secret"), lambda: NOW)
    window = Window(first_month=MONTHS[0], last_month=MONTHS[-1], structure=structure)
    counted = {measure: n for measure, n in flat(found.own.whole.of("audit_cycle")) if n}
    assert len(counted) > 20
    for measure, n in counted.items():
        rows = await answers.rows(EVERYBODY, *unit, window, model="audit_cycle", measure=measure, limit=200)
        assert (len(rows.items), rows.complete) == (n, True), measure


@pytest.mark.parametrize("structure", ["as-then", "as-now"])
async def test_an_area_counts_the_same_by_itself_and_as_a_part_of_its_authority(structure):
    """What concerns an area and no team of it, such as a meeting about two of them, is the area's in both."""
    library = InMemoryLibrary({**a_cycle(), **audited_again()})
    whole = await family(library, STRUCTURE, "authority", "901", MONTHS, structure, ("audit_cycle",))
    for area in ("area-planning", "area-duty"):
        alone = await family(library, STRUCTURE, "service_area", area, MONTHS, structure, ("audit_cycle",))
        for month in MONTHS:
            one, other = alone.own.over((month,)), whole.children[area].over((month,))
            assert _nonzero(one) == _nonzero(other)
    assert alone.own.whole.counts


def _nonzero(found):
    stocks = {name: found.opening(name) for name in ("open_actions", "overdue_actions", "overdue_re_audits")}
    return stocks | {measure: n for measure, n in flat(found.of("audit_cycle")) if n}


async def test_a_recount_finds_its_totals_right_and_says_when_they_are_not(mongo_database):
    await fill(mongo_database, {**a_cycle(), **audited_again()})
    generation = Generation(mongo_database, "audit_cycle", 1)
    assert await cell_errors(generation) == []
    await generation.rows.delete_one({"_id": "re_audit-elm"})
    assert await cell_errors(generation) != []


async def test_a_number_leads_to_facts_and_to_nobody(mongo_database):
    await fill(mongo_database, a_cycle())
    answers = Answers(MongoLibrary(mongo_database), STRUCTURE.directory, Policy(), Cursors(b"secret"), lambda: NOW)
    window = Window(first_month="2026-06", last_month="2026-06")
    rows = await answers.rows(
        EVERYBODY, "authority", "901", window, model="audit_cycle", measure="re_audit_outcome.IMPROVED"
    )
    (row,) = rows.items
    facts = {fact.name: fact.value for fact in row.facts}
    assert row.stream == "re_audit-elm"
    assert (facts["grade_from"], facts["grade_to"], facts["declined_domains"]) == ("INADEQUATE", "GOOD", "REVIEW")
    assert "audit_id" not in facts

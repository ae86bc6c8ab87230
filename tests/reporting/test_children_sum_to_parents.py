"""One unit with its children and periods, in both structures: everything adds up, and says what it may not show."""

from __future__ import annotations

import pytest

from services.reporting.answering import Answers
from services.reporting.cursors import Cursors
from services.reporting.views import Figures, UnitView, Window
from shared.calendar.clock import local_date
from shared.deciding.refusal import NotFound
from shared.web.identity import Identity
from shared.web.policy import Policy
from shared.web.principal import Home, Principal
from tests.reporting.a_quarter import TWELVE_AT_ELM, everything
from tests.reporting.an_organisation import NOW, an_organisation
from tests.reporting.filling import InMemoryLibrary

DIRECTORY = an_organisation()
QUARTER = Window(first_month="2026-04", last_month="2026-06")
AS_NOW = Window(first_month="2026-04", last_month="2026-06", structure="as-now")
UNITS = [
    ("team", "team-elm"),
    ("team", "team-fern"),
    ("service_area", "area-planning"),
    ("service_area", "area-duty"),
    ("authority", "901"),
    ("region", "alliance-north"),
]


def reader(staff_ref: str) -> Principal:
    """The person as `Identity` would find them in the directory."""
    today = local_date(NOW)
    known = Identity(None, DIRECTORY, Policy(), clock=lambda: NOW)  # type: ignore[arg-type]
    held = DIRECTORY.roles(staff_ref, today)
    homes: dict[tuple[str, str], Home] = {(one.scope, one.unit_id): known._home(one, today) for one in held}
    return Principal(staff_ref, held=held, linked_teams=DIRECTORY.linked_teams(staff_ref, today), homes=homes)


def answers(histories=None) -> Answers:
    library = InMemoryLibrary(everything() if histories is None else histories)
    return Answers(library, DIRECTORY, Policy(), Cursors(b"secret"), lambda: NOW)


EVERYBODY = Principal("client", authorities=frozenset({"*"}))


async def seen(unit: tuple[str, str], window: Window = QUARTER, who: str | None = None) -> UnitView:
    """As this person sees it; without one, as whoever may see all of it."""
    usual = EVERYBODY if unit[0] == "region" else reader("director")
    return await answers().unit(reader(who) if who else usual, unit[0], unit[1], window)


ALERT_FLOWS = (
    *("raised", "reopened", "resolved", "withdrawn", "answered_in_time", "over_total"),
    *("good_practice", "good_practice_shared", "informal_attempts", "informal_settled"),
)


def numbers(figures: Figures) -> dict[str, int]:
    """Every flow that figures hold, by name."""
    found = {}
    for row in figures.grades:
        found[f"{row.scale} audits"] = row.count
        found |= {f"{row.scale} {count.code}": count.count for count in row.overall if count.count}
    if figures.alerts is not None:
        for name in ALERT_FLOWS:
            found[name] = getattr(figures.alerts, name).count
        found["opening"], found["closing"] = figures.alerts.opening, figures.alerts.closing
        found |= {count.code: count.count for count in (*figures.alerts.categories, *figures.alerts.impacts)}
        found |= {f"informal {count.code}": count.count for count in figures.alerts.informal_categories}
    if figures.feedback is not None:
        found["received"] = figures.feedback.received.count
        for name in ("changes_decided", "changes_made", "changes_checked"):
            found[name] = getattr(figures.feedback, name).count
        found |= {count.code: count.count for count in figures.feedback.themes}
    return {name: n for name, n in found.items() if n}


def together(parts) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, n in numbers(part).items():
            total[name] = total.get(name, 0) + n
    return total


@pytest.mark.parametrize("window", [QUARTER, AS_NOW], ids=["as-then", "as-now"])
@pytest.mark.parametrize("unit", UNITS[2:5], ids=lambda unit: unit[1])
async def test_children_sum_to_their_parent_in_either_structure(unit, window):
    view = await seen(unit, window)
    assert together(child.figures for child in view.children) == numbers(view.total)


@pytest.mark.parametrize("window", [QUARTER, AS_NOW], ids=["as-then", "as-now"])
async def test_the_authorities_of_an_alliance_sum_to_it_for_whoever_reads_them_all(window):
    view = await seen(("region", "alliance-north"), window)
    assert [child.figures.withheld for child in view.children] == [False, False]
    assert together(child.figures for child in view.children) == numbers(view.total)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit[1])
async def test_periods_sum_to_the_whole_and_each_opens_with_what_the_one_before_left(unit):
    view = await seen(unit)
    flows = together(period.figures for period in view.periods)
    stocks = ("opening", "closing")
    assert {n: v for n, v in flows.items() if n not in stocks} == {
        n: v for n, v in numbers(view.total).items() if n not in stocks
    }
    balances = [period.figures.alerts for period in view.periods]
    assert [one.opening for one in balances[1:]] == [one.closing for one in balances[:-1]]
    assert balances[-1].closing == view.total.alerts.closing


async def test_months_sum_to_their_quarter():
    quarter = Window(first_month="2026-04", last_month="2026-06", period="quarter")
    view = await seen(("authority", "901"), quarter)
    assert [period.period.label for period in view.periods] == ["2026-Q1 (Apr-Jun 2026)"]
    assert view.periods[0].figures == view.total


async def test_what_is_summed_holds_every_step_of_alerts_attempts_and_changes():
    counted = numbers((await seen(("authority", "901"))).total)
    steps = ("IMPROVED", "good_practice_shared", "informal_attempts", "informal_settled", "informal CORE_GROUP")
    changes = ("changes_decided", "changes_made", "changes_checked")
    assert {name: counted.get(name) for name in (*steps, *changes)} == dict.fromkeys((*steps, *changes), 1)
    assert counted["PLACEMENT"] == 1


async def test_a_team_that_moved_counts_where_it_was_or_where_it_is():
    then = {child.unit.id: numbers(child.figures).get("OFSTED4 audits", 0) for child in (await _areas(QUARTER))}
    now = {child.unit.id: numbers(child.figures).get("OFSTED4 audits", 0) for child in (await _areas(AS_NOW))}
    assert then["area-planning"] == TWELVE_AT_ELM + 1
    assert now["area-planning"] == TWELVE_AT_ELM
    assert then["area-duty"] + 1 == now["area-duty"]
    assert (await seen(("authority", "901"), AS_NOW)).structure == "as-now"


async def _areas(window: Window):
    return (await seen(("authority", "901"), window)).children


async def test_a_team_without_any_audit_is_listed_and_shows_no_percentage():
    view = await seen(("service_area", "area-planning"))
    hazel = next(child for child in view.children if child.unit.id == "team-hazel")
    assert hazel.figures.grades == ()
    assert hazel.figures.feedback.child_made.display == "z"


async def test_what_concerns_a_whole_authority_has_a_row_of_its_own():
    whole = [child for child in (await seen(("authority", "901"))).children if child.unit.whole]
    assert [child.unit.id for child in whole] == ["901"]
    assert [row.scale for row in whole[0].figures.grades] == ["OFSTED4E"]
    assert whole[0].figures.feedback.received.count == 1


async def test_twelve_audits_have_a_percentage_and_two_do_not():
    elm = next(row for row in (await seen(("team", "team-elm"))).total.grades if row.scale == "OFSTED4")
    assert (elm.good_or_better.percent, elm.good_or_better.display) == (75.0, "75.0%")
    fern = (await seen(("team", "team-fern"))).total.grades[0]
    assert (fern.count, fern.good_or_better.display) == (2, "")


async def test_an_empty_year_is_all_zeros():
    view = await seen(("region", "region-south"), Window(first_month="2020-01", last_month="2020-12"))
    assert numbers(view.total) == {}
    assert len(view.periods) == 12


async def test_regional_figures_are_ones_own_and_public_judgements_of_others_and_no_sum():
    view = await seen(("region", "alliance-north"), who="director")
    own, other = view.children
    assert (own.unit.id, own.may_open, own.figures.withheld) == ("901", True, False)
    assert (other.unit.id, other.may_open, other.figures.withheld) == ("902", False, True)
    assert [row.scale for row in other.figures.grades] == ["OFSTED4E"]
    assert other.figures.alerts is None
    assert numbers(own.figures)["OFSTED4 audits"] == TWELVE_AT_ELM + 3
    for sums in (view.total, *(one.figures for one in view.periods)):
        assert (sums.withheld, sums.alerts, sums.feedback) == (True, None, None)
        assert {row.scale for row in sums.grades} <= {"OFSTED4E"}, "less one's own it would tell of the others"


class _Told(InMemoryLibrary):
    """A library that notes the authorities of which it told whole trees of measures."""

    def __init__(self) -> None:
        super().__init__(everything())
        self.whole: set[str] = set()

    async def cells(self, model):
        cells = await super().cells(model)
        library = self

        class Watched:
            balances = cells.balances

            async def by_month(self, which, months, branch=None):
                found = await cells.by_month(which, months, branch)
                library.whole |= {unit.unit for unit in found if "region" in unit.level and branch is None}
                return found

        return Watched()


async def test_what_others_may_not_see_is_not_even_read():
    library = _Told()
    reports = Answers(library, DIRECTORY, Policy(), Cursors(b"secret"), lambda: NOW)
    view = await reports.unit(reader("director"), "region", "alliance-north", QUARTER)
    assert library.whole == {"901"}
    assert view == await seen(("region", "alliance-north"), who="director")
    assert [row.scale for row in view.children[1].figures.grades] == ["OFSTED4E"]


async def test_the_head_of_one_area_reads_the_authority_and_opens_only_their_own_area():
    view = await seen(("authority", "901"), who="head-of-planning")
    assert {child.unit.id: child.may_open for child in view.children if not child.unit.whole} == {
        "area-duty": False,
        "area-planning": True,
    }
    assert [unit.id for unit in (await seen(("team", "team-elm"), who="head-of-planning")).path] == [
        "901",
        "area-planning",
    ]


@pytest.mark.parametrize(
    ("who", "unit"),
    [
        ("head-of-planning", ("service_area", "area-duty")),
        ("head-of-planning", ("team", "team-fern")),
        ("manager-of-elm", ("service_area", "area-planning")),
        ("manager-of-elm", ("authority", "902")),
        ("officer", ("team", "team-elm")),
        ("lead-member", ("authority", "901")),
        ("social-worker", ("team", "team-elm")),
        ("administrator", ("authority", "901")),
        ("director-of-902", ("team", "team-elm")),
        ("director", ("team", "team-nowhere")),
        ("director", ("region", "region-nowhere")),
    ],
)
async def test_outside_ones_reach_there_is_nothing(who, unit):
    with pytest.raises(NotFound):
        await seen(unit, who=who)


async def test_everybody_lists_the_units_that_they_may_open():
    found = answers()

    async def listed(who, level):
        return [unit.id for unit in await found.units(reader(who), level)]

    assert await listed("director", "team") == ["team-birch", "team-elm", "team-fern", "team-hazel"]
    assert await listed("head-of-planning", "team") == ["team-elm", "team-hazel"]
    assert await listed("officer", "team") == ["team-birch"]
    assert await listed("manager-of-elm", "authority") == ["901"]
    assert await listed("manager-of-elm", "region") == ["alliance-north", "region-south"]
    assert await listed("lead-member", "region") == []
    assert await listed("social-worker", "team") == []

"""England as more than 6 million events would have left it: its structure, and the totals of ten years at every level.

9 regions, 153 authorities, 7 service areas and 30 teams in each. A team-year is about 40 audits, 40 expectations of
one, 12 alerts and 40 pieces of feedback: 6 million rows in ten years, of more published events than that. Totals come
from the read models' own `cells`, for a pool of years of an authority, of a fixed seed; whatever lies above is the sum
of what lies below it.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from services.reporting.read_models import READ_MODELS
from services.reporting.read_models.audit_cycle import expectations
from services.reporting.read_models.feedback_themes.row import FEEDBACK
from services.reporting.read_models.practice_alerts.row import ALERT
from shared.projecting.read_model import Row
from shared.projecting.totals import Unit, cell_id, nested
from shared.published.organisation import (
    AuthorityDescribedV1,
    Dated,
    Holding,
    Membership,
    OrganisationPublished,
    PersonDescribedV1,
    RegionDescribedV1,
    ServiceAreaDescribedV1,
    TeamDescribedV1,
)

SEED = 20190301
REGIONS = {  # authorities in each
    "east-midlands": 10,
    "east-of-england": 11,
    "london": 33,
    "north-east": 12,
    "north-west": 24,
    "south-east": 19,
    "south-west": 15,
    "west-midlands": 14,
    "yorkshire-and-the-humber": 15,
}
AREAS, TEAMS = 7, 30  # of one authority
POOL = 15  # different years of an authority, for each read model
A_YEAR = {"audit_quality": 40, "audit_cycle": 40, "practice_alerts": 12, "feedback_themes": 40}  # rows of a team
BEGAN = date(2010, 4, 1)
GRADES = ("OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE")
DOMAINS = ("CHILD_VOICE", "ASSESSMENT", "PLANNING", "INTERVENTION", "REVIEW", "MANAGEMENT_OVERSIGHT", "SUPERVISION")
PLANS = ("CIN", "CP", "CLA", "EHA", "LC")
CATEGORIES = ("DRIFT_AND_DELAY", "POOR_PLAN", "VISITS", "RECORDING", "CHILD_VOICE", "PLACEMENT")
CHANNELS = ("SURVEY", "CONVERSATION", "COMPLAINT", "COMPLIMENT", "EXIT_INTERVIEW", "ADVOCATE")
RESPONDENTS = ("CHILD", "YOUNG_PERSON", "PARENT", "CARER", "CARE_LEAVER", "PROFESSIONAL")
THEMES = ("LISTENED_TO", "KEPT_INFORMED", "TIMELINESS", "RESPECT", "CONSISTENCY", "INVOLVED", "OUTCOME", "ACCESS")

Paths = dict[str, int]  # {"04.OFSTED4.count": 2}
Tree = dict[str, Any]  # {"04": {"OFSTED4": {"count": 2}}}


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority of the benchmark; `areas` are its service areas with their teams."""

    id: str
    region: str
    areas: Mapping[str, tuple[str, ...]]


def authorities() -> Iterator[Authority]:
    number = 0
    for region, many in REGIONS.items():
        for _ in range(many):
            number += 1
            id_ = f"{number + 300}"
            teams = [f"{id_}-team-{t:02}" for t in range(TEAMS)]
            yield Authority(id_, region, {f"{id_}-area-{a}": tuple(teams[a::AREAS]) for a in range(AREAS)})


def structure(reader: str, sees: Iterable[str]) -> Iterator[tuple[str, OrganisationPublished]]:
    """(stream, unit) for every unit, and for one person who may see everything in the regions `sees`."""
    for id_ in REGIONS:
        yield f"region-{id_}", RegionDescribedV1(region_id=id_, names=_called(id_), kind="REGION")
    for authority in authorities():
        member = (Membership(since=BEGAN, region_id=authority.region),)
        names = _called(f"Authority {authority.id}")
        described = AuthorityDescribedV1(authority_id=authority.id, names=names, regions=member)
        yield f"authority-{authority.id}", described
        for area, teams in authority.areas.items():
            of = ServiceAreaDescribedV1(service_area_id=area, authority_id=authority.id, names=_called(area))
            yield f"service_area-{area}", of
            for team in teams:
                lies = (Dated(since=BEGAN, value=area),)
                yield f"team-{team}", TeamDescribedV1(team_id=team, names=_called(team), service_areas=lies)
    held = (Holding(since=BEGAN, role="PERFORMANCE_ANALYST", scope="region", unit_id=region) for region in sees)
    yield f"person-{reader}", PersonDescribedV1(staff_ref=reader, holdings=tuple(held), links=())


def _called(name: str) -> tuple[Dated, ...]:
    return (Dated(since=BEGAN, value=name),)


def cells_of(model: str, years: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Every cell document of a read model, as one projector would have left them."""
    rng = Random(f"{SEED}|{model}")
    pool = [_AuthorityYear.made(model, rng) for _ in range(POOL)]
    for year in years:
        regions: dict[str, Paths] = {}
        for authority in authorities():
            found = rng.choice(pool)
            for (area, teams), (of_area, of_teams) in zip(authority.areas.items(), found.areas, strict=True):
                yield _document(Unit("service_area", area, authority.id), year, of_area)
                for team, months in zip(teams, of_teams, strict=True):
                    yield _document(Unit("team", team, area), year, months)
            yield _document(Unit("authority", authority.id, None), year, found.months)
            yield _document(Unit("authority_in_region", authority.id, authority.region), year, found.months)
            _add(regions.setdefault(authority.region, {}), found.paths)
        for region, paths in regions.items():
            yield _document(Unit("region", region, None), year, nested(paths))


@dataclass(frozen=True, slots=True)
class _AuthorityYear:
    """The totals of one authority in one year: `areas` are those of its areas, each with those of its teams."""

    paths: Paths
    months: Tree
    areas: list[tuple[Tree, list[Tree]]]

    @staticmethod
    def made(model: str, rng: Random) -> _AuthorityYear:
        whole: Paths = {}
        areas: list[tuple[Tree, list[Tree]]] = []
        for area in range(AREAS):
            teams = [_team_year(model, rng) for _ in range(TEAMS)[area::AREAS]]
            of_area: Paths = {}
            for paths in teams:
                _add(of_area, paths)
            _add(whole, of_area)
            areas.append((nested(of_area), [nested(paths) for paths in teams]))
        return _AuthorityYear(whole, nested(whole), areas)


def _document(unit: Unit, year: str, months: Tree) -> dict[str, Any]:
    return {
        "_id": cell_id(unit, year, "0"),
        "level": unit.level,
        "unit": unit.unit,
        "within": unit.within,
        "year": year,
        "m": months,
    }


def _add(total: Paths, part: Paths) -> None:
    for path, n in part.items():
        total[path] = total.get(path, 0) + n


def _team_year(model: str, rng: Random) -> Paths:
    """What a team's rows of one year contribute; what ends after the year's end has not ended."""
    read_model = next(one for one in READ_MODELS if one.name == model)
    paths: Paths = {}
    for _ in range(A_YEAR[model]):
        for cell in read_model.cells(_ROWS[model](rng)):
            _add(paths, {f"{cell[5:7]}.{cell[8:]}": 1})
    return paths


def _day(rng: Random, after: str = "2021-01-01") -> str | None:
    """A day of the year that is not before `after`, or None when it would lie in the next."""
    month = int(after[5:7]) + (rng.randrange(12) if after == "2021-01-01" else rng.choice((0, 0, 1, 1, 2)))
    if month > 12:
        return None
    return f"2021-{month:02}-{rng.randrange(1, calendar.monthrange(2021, month)[1] + 1):02}"


def _audit(rng: Random) -> Row:
    raw = rng.choices(GRADES, (1, 5, 3, 1))[0]
    moderated = rng.random() < 0.2
    return {
        "withdrawn": None,
        "date": _day(rng),
        "scale": "OFSTED4",
        "external": False,
        "place": {"team": "t", "service_area": "a"},
        "overall": rng.choice(GRADES) if moderated else raw,
        "raw": raw,
        "domains": {domain: rng.choices(GRADES, (1, 5, 3, 1))[0] for domain in DOMAINS},
        "audit_type": rng.choice(("QA_ROUTINE", "THEMATIC", "DIP_SAMPLE", "PEER")),
        "plan_type": rng.choice(PLANS),
        "independence": rng.choice(("LINKED", "INDEPENDENT", "PEER")),
        "source": "MODERATED" if moderated else "RAW",
        "auditor_role": rng.choice(("QA_OFFICER", "TEAM_MANAGER")),
        "days": min(int(rng.expovariate(1 / 12)), 60),
    }


def _expectation(rng: Random) -> Row:
    due = _day(rng) or ""
    return {
        "kind": expectations.KIND.name,
        "window_last": due,
        "auditor_role": rng.choice(("QA_OFFICER", "TEAM_MANAGER")),
        "exempted": "NO_OPEN_CASE" if rng.random() < 0.1 else None,
        "met_on": _day(rng, due) if rng.random() < 0.9 else None,
    }


def _alert(rng: Random) -> Row:
    on = _day(rng) or ""
    late, ended = rng.random() < 0.3, _day(rng, on)
    stage = rng.choice((1, 1, 1, 2, 2, 3))
    resolved = ended is not None and ended >= on and rng.random() < 0.95
    return {
        "kind": ALERT,
        "date": on,
        "alert_type": rng.choice(("DRIFT", "PRACTICE", "SAFEGUARDING")),
        "categories": rng.sample(CATEGORIES, rng.choice((1, 1, 2))),
        "plan_type": rng.choice(PLANS),
        "risk": rng.choice(("HIGH", "MEDIUM", "LOW")),
        "raised_at_stage": 1,
        "after_informal": rng.random() < 0.4,
        "answers": [{"on": on, "in_time": not late}],
        "escalations": [{"on": on, "to": n, "skipped": 0} for n in range(2, stage + 1)],
        "missed": [{"stage": 1, "on": on, "answered": True}] if late else [],
        "past_total": {},
        "resolutions": [{"on": ended, "stage": stage, "outcome": "RESOLVED", "elapsed": int(rng.gauss(12, 5))}]
        if resolved
        else [],
        "impacts": {"1": {"on": ended, "impact": rng.choice(("IMPROVED", "NO_CHANGE"))}} if resolved else {},
        "reopenings": [],
        "withdrawals": [],
    }


def _feedback(rng: Random) -> Row:
    return {
        "kind": FEEDBACK,
        "date": _day(rng),
        "channel": rng.choice(CHANNELS),
        "respondent": rng.choice(RESPONDENTS),
        "rating": rng.choice((1, 2, 3, 4, 5, None)),
        "anonymous": rng.random() < 0.2,
        "days": min(int(rng.expovariate(1 / 10)), 60) if rng.random() < 0.7 else None,
        "sentiment": rng.choice(("POSITIVE", "MIXED", "NEUTRAL", "NEGATIVE", None)),
        "themes": rng.sample(THEMES, rng.choice((1, 2, 2, 3))),
    }


_ROWS = {
    "audit_quality": _audit,
    "audit_cycle": _expectation,
    "practice_alerts": _alert,
    "feedback_themes": _feedback,
}

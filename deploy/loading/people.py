"""The demonstration's departments: six fictitious authorities, their teams, and staff references for every role.

Nobody here exists. A staff reference says which role it stands for, so that a demonstration can be followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from deploy.loading import units
from deploy.loading.posting import Command

# Their codes are no real authority's, and their names say what they are.
AUTHORITIES = {
    "901": "Barnet (demo)",
    "902": "Camden (demo)",
    "903": "Enfield (demo)",
    "904": "Hackney (demo)",
    "905": "Haringey (demo)",
    "906": "Islington (demo)",
}
REGION = "london-demo"
REGION_NAME = "London (demo)"
OPENED = units.ALLIANCES_BEGAN
# In the first authority one team moved and one link changed hands: so that yesterday's structure is not today's.
MOVED_ON = date(2026, 2, 16)
MOVED_TEAM, MOVED_TO = "damson", "intervention"
RELINKED_TEAM = "elm"


@dataclass(frozen=True, slots=True)
class Area:
    """A service area as every authority of the demonstration has it; teams by the last part of their ids."""

    id: str
    name: str
    teams: tuple[tuple[str, str], ...]
    plan_types: tuple[str, ...]
    open_children: int


AREAS = (
    Area(
        "mash",
        "MASH and Early Help 0-19",
        (
            ("mash", "MASH Front Door"),
            ("eh-north", "Early Help North"),
            ("eh-south", "Early Help South"),
            ("eh-west", "Early Help West"),
        ),
        ("EH",),
        900,
    ),
    Area(
        "duty",
        "Duty and Assessment",
        (("alder", "D&A Alder"), ("birch", "D&A Birch"), ("cedar", "D&A Cedar"), ("damson", "D&A Damson")),
        ("CIN", "CP"),
        550,
    ),
    Area(
        "intervention",
        "Intervention and Planning",
        (
            ("elm", "I&P Elm"),
            ("fern", "I&P Fern"),
            ("gorse", "I&P Gorse"),
            ("hazel", "I&P Hazel"),
            ("ivy", "I&P Ivy"),
            ("juniper", "I&P Juniper"),
        ),
        ("CIN", "CP", "PLO"),
        600,
    ),
    Area(
        "parenting",
        "Corporate Parenting",
        (
            ("larch", "Children in Care Larch"),
            ("maple", "Children in Care Maple"),
            ("oak", "Onwards Oak"),
            ("poplar", "Onwards Poplar"),
        ),
        ("CLA", "CL"),
        630,
    ),
    Area(
        "disabilities", "0-25 Disabilities", (("rowan", "0-25 Rowan"), ("sorrel", "0-25 Sorrel")), ("CIN", "CLA"), 280
    ),
    Area(
        "reach",
        "REACH and Youth",
        (("thistle", "Adolescent Risk Thistle"), ("violet", "Youth Justice Violet")),
        ("CIN", "CP", "YJ"),
        180,
    ),
    Area(
        "placements",
        "Placements and Fostering",
        (("willow", "Fostering Willow"), ("yew", "Connected Persons Yew")),
        ("PF",),
        150,
    ),
)
_PLANS_OF_TEAM = {"mash": ("CONTACT",), "larch": ("CLA",), "maple": ("CLA",), "oak": ("CL",), "poplar": ("CL",)}
FRONT_DOOR = "mash"

_LINKED = {
    "QA_OFFICER": ("qa", 6),
    "IRO": ("iro", 8),
    "CP_CHAIR": ("cpc", 6),
    "PRACTICE_DEVELOPMENT_WORKER": ("pdw", 4),
}
_AUTHORITY_WIDE = {
    "DCS": "dcs",
    "OPERATIONAL_DIRECTOR": "od",
    "HEAD_OF_SAFEGUARDING_QA": "hqa",
    "COMPLAINTS_MANAGER": "cm",
    "PERFORMANCE_ANALYST": "analyst",
    "LEAD_MEMBER": "lead",
    "CHIEF_EXECUTIVE": "chief",
    "BSCP_CHAIR": "bscp",
    "SYSTEM_ADMINISTRATOR": "admin",
}


@dataclass(frozen=True, slots=True)
class Team:
    """A team with the staff references of its manager, its social worker and those linked with it."""

    id: str
    slug: str
    name: str
    area: str
    authority: str
    plan_types: tuple[str, ...]
    open_children: int
    manager: str
    worker: str
    links: dict[str, str]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody to sign in as: a role, where it is held, and the name of that place."""

    role: str
    staff_ref: str
    authority: str
    unit: str


@cache
def teams(code: str) -> tuple[Team, ...]:
    """The 24 teams of an authority."""
    every = [(area, slug, name) for area in AREAS for slug, name in area.teams]
    return tuple(_team(code, at, area, slug, name) for at, (area, slug, name) in enumerate(every))


def _team(code: str, at: int, area: Area, slug: str, name: str) -> Team:
    return Team(
        id=f"{code}-{slug}",
        slug=slug,
        name=name,
        area=f"{code}-{area.id}",
        authority=code,
        plan_types=_PLANS_OF_TEAM.get(slug, area.plan_types),
        open_children=area.open_children // len(area.teams),
        manager=f"{code}-tm-{slug}",
        worker=f"{code}-sw-{slug}",
        links={link: f"{code}-{short}-{at % many + 1}" for link, (short, many) in _LINKED.items()},
    )


def wide(code: str, role: str) -> str:
    """The staff reference of the one who holds a role over the whole authority."""
    return f"{code}-{_AUTHORITY_WIDE[role]}"


def demo_people() -> list[DemoPerson]:
    """Well-known people of the first authority, one for each view of the same records."""
    code, name = next(iter(AUTHORITIES.items()))
    area, first = AREAS[2], next(team for team in teams(code) if team.slug == RELINKED_TEAM)
    over_all = [
        DemoPerson(role, wide(code, role), code, name)
        for role in (
            "DCS",
            "OPERATIONAL_DIRECTOR",
            "HEAD_OF_SAFEGUARDING_QA",
            "PERFORMANCE_ANALYST",
            "COMPLAINTS_MANAGER",
        )
    ]
    return [
        *over_all,
        DemoPerson("HEAD_OF_SERVICE", f"{code}-hos-{area.id}", code, area.name),
        DemoPerson("TEAM_MANAGER", first.manager, code, first.name),
        DemoPerson("QA_OFFICER", first.links["QA_OFFICER"], code, name),
        DemoPerson("IRO", first.links["IRO"], code, name),
        DemoPerson("CP_CHAIR", first.links["CP_CHAIR"], code, name),
        DemoPerson("SOCIAL_WORKER", first.worker, code, first.name),
    ]


# ---- what makes them -----------------------------------------------------------------------------------------------


def region_commands() -> list[Command]:
    return [units.region(REGION, REGION_NAME, since=OPENED), units.ncl()]


def structure(code: str) -> list[list[list[Command]]]:
    """Commands for one authority: the lists after one another, the stories of a list beside each other."""
    found = teams(code)
    areas = [units.service_area(f"{code}-{area.id}", code, area.name, OPENED) for area in AREAS]
    made = [units.team(team.id, team.area, team.name, OPENED) for team in found]
    return [
        [[units.authority(code, AUTHORITIES[code], OPENED)]],
        [
            [units.membership(code, REGION, OPENED), units.membership(code, units.NCL, OPENED)],
            *([one] for one in areas),
        ],
        [[one] for one in made],
        [*_moves(code), *_people(code, found)],
    ]


def _moves(code: str) -> Iterator[list[Command]]:
    if code == next(iter(AUTHORITIES)):
        yield [units.team_moved(f"{code}-{MOVED_TEAM}", f"{code}-{MOVED_TO}", MOVED_ON)]


def _people(code: str, found: Sequence[Team]) -> list[list[Command]]:
    """One story for each person: nobody's roles and links are told of at the same time."""
    stories: dict[str, list[Command]] = {}

    def tell(staff_ref: str, command: Command) -> None:
        stories.setdefault(staff_ref, []).append(command)

    for role in _AUTHORITY_WIDE:
        tell(wide(code, role), units.role(wide(code, role), role, "authority", code, OPENED))
    for area in AREAS:
        head = f"{code}-hos-{area.id}"
        tell(head, units.role(head, "HEAD_OF_SERVICE", "service_area", f"{code}-{area.id}", OPENED))
    for role, (short, many) in _LINKED.items():
        for ref in (f"{code}-{short}-{n + 1}" for n in range(many)):
            tell(ref, units.role(ref, role, "authority", code, OPENED))
    for team in found:
        tell(team.manager, units.role(team.manager, "TEAM_MANAGER", "team", team.id, OPENED))
        tell(team.worker, units.role(team.worker, "SOCIAL_WORKER", "team", team.id, OPENED))
        for command in _links(team):
            tell(command.path.split("/")[3], command)
    return list(stories.values())


def _links(team: Team) -> Iterator[Command]:
    for link, ref in team.links.items():
        if link == "QA_OFFICER" and team.authority == next(iter(AUTHORITIES)) and team.slug == RELINKED_TEAM:
            # Somebody else was linked before.
            yield units.link(f"{team.authority}-qa-1", team.id, link, OPENED, MOVED_ON)
            yield units.link(ref, team.id, link, MOVED_ON)
        else:
            yield units.link(ref, team.id, link, OPENED)

"""Six made-up authorities of one alliance, a seventh elsewhere, and what they release, told to reporting's own log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx2
from pymongo import AsyncMongoClient

from services.reporting.app import create_app
from services.reporting.disclosure.grades import GradeTable, ShownCell, good_or_better
from services.reporting.domain.disclosure_ledger.decisions import ReleaseFigures, release_figures
from services.reporting.domain.disclosure_ledger.state import DECIDER as LEDGERS
from services.reporting.domain.partner.decisions import AddPartner, add_partner
from services.reporting.domain.partner.state import DECIDER as PARTNERS
from services.reporting.domain.partner_release.events import (
    Cell,
    Figures,
    ImprovementEventPublished,
    ImprovementEventRetracted,
    Words,
)
from services.reporting.domain.partner_release.state import DECIDER as RELEASES
from services.reporting.engines import Borrowed
from services.reporting.settings import Settings
from shared.directory import Directory
from shared.event_store.handling import handle
from shared.event_store.in_memory import InMemoryEventStore
from shared.event_store.store import Actor
from shared.event_store.unattended import once, unattended
from shared.published.organisation import (
    AuthorityDescribedV1,
    Dated,
    Holding,
    Membership,
    PersonDescribedV1,
    RegionDescribedV1,
)
from tests import http

BEGAN = date(2020, 4, 1)
NOW = datetime(2026, 7, 20, 9, 0, tzinfo=UTC)
NORTH, SOUTH = "alliance-north", "alliance-south"
MEMBERS = ("901", "902", "903", "904", "905", "906")
ELSEWHERE = "910"
QUARTER = "2026-Q1"
ROLES = {
    "hqa": "HEAD_OF_SAFEGUARDING_QA",
    "analyst": "PERFORMANCE_ANALYST",
    "partner": "PARTNER_AUTHORITY",
    "manager": "TEAM_MANAGER",
    "member": "LEAD_MEMBER",
    "administrator": "SYSTEM_ADMINISTRATOR",
}
MAILBOX = "quality@thornbury-cross.gov.uk"


def a_directory() -> Directory:
    """People are called after their role and authority: "analyst-901"."""
    directory = Directory()
    for region in (NORTH, SOUTH):
        names = (Dated(since=BEGAN, value=region.replace("-", " ").capitalize()),)
        directory.learn(RegionDescribedV1(region_id=region, names=names, kind="ALLIANCE"))
    for la_code in (*MEMBERS, ELSEWHERE):
        joined = (Membership(since=BEGAN, region_id=NORTH if la_code in MEMBERS else SOUTH),)
        names = (Dated(since=BEGAN, value=f"Authority {la_code}"),)
        directory.learn(AuthorityDescribedV1(authority_id=la_code, names=names, regions=joined))
        for name, role in ROLES.items():
            held = Holding(since=BEGAN, role=role, scope="authority", unit_id=la_code)
            directory.learn(PersonDescribedV1(staff_ref=f"{name}-{la_code}", holdings=(held,), links=()))
    return directory


def displayed(graded: str, better: str) -> Figures:
    """What a release shows of so many grades, of which so many are good or better."""
    cells = (ShownCell(code="OUTSTANDING", display="0"), ShownCell(code="GOOD", display=better))
    rest = "c" if "c" in (graded, better) else str(int(graded) - int(better)) if graded.isdigit() else graded
    share = good_or_better((*cells, ShownCell(code="REQUIRES_IMPROVEMENT", display=rest)), graded)
    shown = (Cell(code=cell.code, display=cell.display) for cell in cells)
    numbers = {"numerator": share.numerator, "denominator": share.denominator, "percent": share.percent}
    return Figures(domain=None, cells=tuple(shown), interval=share.interval, **numbers)


@dataclass
class Installation:
    """One Golden Thread of the alliance: its application, on a log in memory and a real database.

    `loopback` is each `host:port` of this machine that it may reach.
    """

    client: AsyncMongoClient[Any]
    prefix: str
    directory: Directory = field(default_factory=a_directory)
    at: datetime = NOW
    told: int = 0
    loopback: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        said = {"mongo_prefix": self.prefix, "council": f"Council {self.prefix}", "webhook_loopback": self.loopback}
        self.settings = http.settings(Settings, **said)
        self.database = self.client[self.settings.database("reporting")]
        self.store = InMemoryEventStore(clock=self.clock)
        borrowed = Borrowed(self.client, self.directory, self.store)
        self.app = create_app(self.settings, borrowed, clock=self.clock)

    def clock(self) -> datetime:
        return self.at

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[httpx2.AsyncClient]:
        await self.prepare()
        async with http.client(self.app) as client:
            yield client
        await self.client.drop_database(self.database.name)

    async def prepare(self) -> None:
        await self.app.state.sharing.prepare()
        await self.app.state.alliance.prepare()

    async def round(self) -> None:
        """What is new in the log is numbered and shown, and what is new elsewhere read."""
        await self.app.state.sharing.numbering.round()
        await self.app.state.alliance.round()

    async def publish(self, la_code: str, kind: str = "LEARNING", quarter: str = QUARTER, **said: Any) -> str:
        """One improvement event of this kind; answers its id."""
        event_id = said.pop("event_id", None) or f"{la_code}-{kind.lower().replace('_', '-')}-{self.told}"
        figures, supersedes = said.pop("figures", None), said.pop("supersedes", None)
        month = said.pop("month", None)
        words = Words(**({"theme_code": "PLANNING", "summary": "Plans were reviewed sooner."} | said))
        event = ImprovementEventPublished(
            event_id=event_id,
            kind=kind,
            la_code=la_code,
            quarter=quarter,
            month=month,
            words=Words(evidence_level="AUDITED") if figures else words,
            figures=figures,
            supersedes=supersedes,
        )
        await self._tell(RELEASES, event_id, [event])
        return event_id

    async def show(self, la_code: str, graded: str, better: str, quarter: str = QUARTER, **more: Any) -> str:
        """Figures of the quarter, as they are displayed."""
        return await self.publish(la_code, "GRADES", quarter, figures=displayed(graded, better), **more)

    async def retract(self, la_code: str, event_id: str, quarter: str = QUARTER, reason: str = "WRONG") -> None:
        gone = ImprovementEventRetracted(
            event_id=event_id, la_code=la_code, quarter=quarter, reason=reason, retracted_by="hqa"
        )
        await self._tell(RELEASES, event_id, [gone])

    async def release(self, la_code: str, counts: dict[str, int], period: str = QUARTER) -> None:
        """True counts of the quarter, all in its first month, entered into the ledger."""
        months = {"2026-04": counts, "2026-05": dict.fromkeys(counts, 0), "2026-06": dict.fromkeys(counts, 0)}
        table = GradeTable(la_code, period, None, months)
        command = ReleaseFigures(f"{la_code}-{period}", la_code, period, (table,))
        asked = self._asked()
        stream = LEDGERS.stream("all")
        await handle(self.store, LEDGERS, stream, lambda ledger: release_figures(command, ledger, b"s" * 32), asked)

    async def add_partner(self, partner_id: str, la_code: str | None) -> None:
        command = AddPartner(f"Partner {partner_id}", la_code, ())
        stream = PARTNERS.stream(partner_id)
        await handle(self.store, PARTNERS, stream, lambda known: add_partner(command, known), self._asked())

    async def _tell(self, decider: Any, id_: str, events: list[Any]) -> None:
        await handle(self.store, decider, decider.stream(id_), lambda _state: events, self._asked())

    def _asked(self) -> Any:
        self.told += 1
        actor = Actor(staff_ref="hqa", role="HEAD_OF_SAFEGUARDING_QA")
        return unattended(once(self.prefix, str(self.told)), actor, "901", self.at, self.at.date())


def partner_bearer(partner: str, scopes: tuple[str, ...] = ("improvements:read",)) -> dict[str, str]:
    return {"Authorization": f"Bearer {http.issuer().mint(partner, scopes, partner=partner)}"}


async def view(talking: httpx2.AsyncClient, who: str = "analyst-901", region: str = NORTH, **asked: str) -> Any:
    """The regional view as this person gets it."""
    wanted = {"from": QUARTER, "to": QUARTER} | asked
    answer = await talking.get(f"/v1/regions/{region}/improvement", params=wanted, headers=http.bearer(who))
    assert answer.status_code == 200, answer.text
    return answer.json()


def cell(shown: Any, la_code: str, quarter: str = QUARTER) -> Any:
    (row,) = [one for one in shown["authorities"] if one["authority"]["id"] == la_code]
    (found,) = [one for one in row["quarters"] if one["quarter"] == quarter]
    return found

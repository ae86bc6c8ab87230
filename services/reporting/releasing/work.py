"""From what was asked about releases to what was kept: the ledger decides what may be shown, the release that it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.reporting.closing.work import Closing
from services.reporting.disclosure.grades import ReleasedTable
from services.reporting.domain import periods
from services.reporting.domain.disclosure_ledger.decisions import ReleaseFigures, release_figures
from services.reporting.domain.disclosure_ledger.events import DisclosureLedgerEvent, FiguresReleased
from services.reporting.domain.disclosure_ledger.state import DECIDER as LEDGERS
from services.reporting.domain.disclosure_ledger.state import LEDGER
from services.reporting.domain.partner_release import decisions
from services.reporting.domain.partner_release.decisions import FIGURES, ProposeRelease
from services.reporting.domain.partner_release.events import (
    Figures,
    ImprovementEventPublished,
    Kind,
    PartnerReleaseEvent,
    PartnerReleaseProposed,
    RejectionReason,
    RetractionReason,
    Words,
)
from services.reporting.domain.partner_release.state import DECIDER, PartnerRelease
from services.reporting.releasing.figures import figures_of, grade_tables, shown
from shared.calendar.clock import Clock, local_date
from shared.deciding.refusal import Refused
from shared.directory import Directory
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load, recorded
from shared.event_store.store import EventStore
from shared.event_store.unattended import once

Tables = Sequence[tuple[str, tuple[ReleasedTable, ...]]]


@dataclass(frozen=True, slots=True)
class Releasing:
    """`secret` decides among equal choices of what to hide. Who may ask is asked before.

    Methods raise Refused when a rule says no, Identifying when words may say who somebody is, and what the store
    raises.
    """

    store: EventStore
    directory: Directory
    closing: Closing
    secret: bytes
    clock: Clock

    @property
    def today(self) -> date:
        return local_date(self.clock())

    async def release(self, id_: str) -> Loaded[PartnerRelease]:
        return await load(self.store, DECIDER, DECIDER.stream(id_))

    async def propose(
        self, id_: str, kind: Kind, la_code: str, period: str, words: Words, asked: Asked
    ) -> Outcome[PartnerReleaseEvent]:
        by = asked.meta.actor.staff_ref
        figures = await self._preview(id_, la_code, period) if kind == FIGURES else ()
        command = ProposeRelease(kind, la_code, period, words, by, self._unit_names(), figures)
        return await self._ask(id_, lambda known: decisions.propose_release(command, known), asked)

    async def check(self, id_: str, asked: Asked) -> Outcome[PartnerReleaseEvent]:
        """What may be shown now."""
        proposal = (await self.release(id_)).state.proposal
        of_figures = proposal is not None and proposal.kind == FIGURES
        figures = await self._preview(id_, proposal.la_code, proposal.period) if proposal and of_figures else ()
        return await self._ask(id_, lambda known: decisions.check_again(figures, known), asked)

    async def approve(self, id_: str, asked: Asked) -> Outcome[PartnerReleaseEvent]:
        """Publish it. Words are looked through once more.

        Figures enter the ledger first: after a crash in between, asking again goes on from there.
        """
        by = asked.meta.actor.staff_ref
        release = (await self.release(id_)).state
        if release.status == "published":
            return await self._ask(id_, lambda known: decisions.approve_release(by, (), known), asked)
        proposal = decisions.check_may_approve(by, release)
        if proposal.kind == FIGURES:
            events = await self._enter(id_, release, proposal, asked)
        else:
            events = [decisions.words_event(id_, release)]
            decisions.check_says_nobody(events[0].words, self._unit_names())
        return await self._ask(id_, lambda known: decisions.approve_release(by, events, known), asked)

    async def reject(self, id_: str, reason: RejectionReason, asked: Asked) -> Outcome[PartnerReleaseEvent]:
        by = asked.meta.actor.staff_ref
        return await self._ask(id_, lambda known: decisions.reject_release(by, reason, known), asked)

    async def retract(
        self, id_: str, event_id: str, reason: RetractionReason, asked: Asked
    ) -> Outcome[PartnerReleaseEvent]:
        by = asked.meta.actor.staff_ref
        return await self._ask(id_, lambda known: decisions.retract_event(event_id, reason, by, known), asked)

    async def _ask(self, id_: str, decide: object, asked: Asked) -> Outcome[PartnerReleaseEvent]:
        return await handle(self.store, DECIDER, DECIDER.stream(id_), decide, asked)  # type: ignore[arg-type]

    # -- figures ----------------------------------------------------------------------------------------------------

    async def _command(self, id_: str, la_code: str, period: str) -> ReleaseFigures:
        span = periods.named(period)
        if (await self.closing.period(la_code, period)).state.closed is None:
            raise Refused("figures are shared when their period is closed", field="period")
        return ReleaseFigures(id_, la_code, period, await grade_tables(self.closing, la_code, span))

    async def _preview(self, id_: str, la_code: str, period: str) -> tuple[Figures, ...]:
        """What the ledger would show, without entering anything; of what it holds already, what it does show."""
        if held := dict(await self._tables_of(la_code, period)).get(id_):
            return shown(held)
        command = await self._command(id_, la_code, period)
        ledger = (await load(self.store, LEDGERS, LEDGERS.stream(LEDGER))).state
        decided = release_figures(command, ledger, self.secret)
        return tuple(one for event in decided if isinstance(event, FiguresReleased) for one in shown(event.tables))

    async def _enter(
        self, id_: str, release: PartnerRelease, proposal: PartnerReleaseProposed, asked: Asked
    ) -> list[ImprovementEventPublished]:
        """The improvement events of what the ledger decided, in its order."""
        before = await self._tables_of(proposal.la_code, proposal.period)
        if id_ not in dict(before):
            command = await self._command(id_, proposal.la_code, proposal.period)
            entry = Asked(once(asked.id, "ledger"), asked.request, asked.meta)
            await handle(
                self.store,
                LEDGERS,
                LEDGERS.stream(LEDGER),
                lambda ledger: _as_checked(release_figures(command, ledger, self.secret), release),
                entry,
            )
            before = await self._tables_of(proposal.la_code, proposal.period)
        return _numbered(release, proposal, id_, before)

    async def _tables_of(self, la_code: str, period: str) -> Tables:
        """Every release of this period, oldest first, with what was decided about its tables."""
        found = []
        for commit in await self.store.read(LEDGERS.stream(LEDGER)):
            for told in recorded(LEDGERS, commit):
                one = told.event
                if isinstance(one, FiguresReleased) and (one.authority, one.period) == (la_code, period):
                    found.append((one.release_id, one.tables))
        return found

    def _unit_names(self) -> frozenset[str]:
        """What teams and service areas are called, today and before."""
        teams = [name.value for team in self.directory.teams() for name in team.names]
        areas = [name.value for area in self.directory.service_areas() for name in area.names]
        return frozenset((*teams, *areas))


def _as_checked(decided: list[DisclosureLedgerEvent], release: PartnerRelease) -> list[DisclosureLedgerEvent]:
    """Only what the second person has seen is released."""
    shows = tuple(one for event in decided if isinstance(event, FiguresReleased) for one in shown(event.tables))
    if decided and shows != release.figures:
        raise Refused("what may be shown has changed since it was checked: check it again")
    return decided


def _numbered(
    release: PartnerRelease, proposal: PartnerReleaseProposed, id_: str, tables: Tables
) -> list[ImprovementEventPublished]:
    """An id says what it is about and how often that was told: the next one supersedes the one before."""
    told: Counter[str | None] = Counter()
    for release_id, some in tables:
        kept = [table for table in some if table.outcome != "FORMER_STANDS"]
        told.update(table.domain for table in kept)
        if release_id == id_:
            ids = {t.domain: f"{proposal.la_code}.{proposal.period}.{t.domain or 'OVERALL'}" for t in kept}
            return [
                decisions.figures_event(
                    release,
                    figures_of(table),
                    f"{ids[table.domain]}.{told[table.domain]}",
                    f"{ids[table.domain]}.{told[table.domain] - 1}" if told[table.domain] > 1 else None,
                )
                for table in kept
            ]
    return []

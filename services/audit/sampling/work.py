"""From what was asked about themes, samples and involvement to what was kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.audit.barring import involvement_stream
from services.audit.domain.audit.state import DECIDER as AUDIT
from services.audit.domain.audit_sample import decisions as samples
from services.audit.domain.audit_sample import state as audit_sample
from services.audit.domain.audit_sample.draw import canonical, draw, frame_size
from services.audit.domain.audit_sample.events import AuditSampleDrawn, AuditSampleEvent
from services.audit.domain.audit_sample.state import AuditSample
from services.audit.domain.involvement import decisions as involvements
from services.audit.domain.involvement import state as involvement
from services.audit.domain.involvement.events import InvolvementEvent
from services.audit.domain.involvement.state import Involvement
from services.audit.domain.programme import state as programme
from services.audit.domain.theme import decisions as themes
from services.audit.domain.theme import state as theme
from services.audit.domain.theme.events import Finding, ThemeAuditor, ThemedAuditCommissioned, ThemeEvent
from services.audit.domain.theme.state import Theme
from services.audit.sampling import requests as bodies
from services.audit.sampling.frame import frame_of, left_out, listed, sampled
from services.audit.sampling.listing import readable
from services.audit.sampling.reactions import audit_id, carry_out
from services.audit.work import ARRANGE, READ, Right, Work
from shared.deciding.refusal import NotFound, Refused
from shared.event_store.handling import Asked, Loaded, Outcome, handle, load
from shared.event_store.unattended import once
from shared.published.place import Place
from shared.web.principal import Principal

TITLE, RATIONALE, FINDING = "audit.theme_title", "audit.theme_rationale", "audit.theme_finding"


@dataclass(frozen=True, slots=True)
class FoundTheme:
    """A theme within the principal's reach."""

    theme: Theme
    commissioned: ThemedAuditCommissioned
    version: int


@dataclass(frozen=True, slots=True)
class FoundSample:
    """A sample within the principal's reach."""

    sample: AuditSample
    drawn: AuditSampleDrawn
    version: int


@dataclass(frozen=True, slots=True)
class Asking:
    """What a theme or a programme asks of a sample: where, for which type of audit, how many cases."""

    place: Place
    audit_type: str
    n: int


def new_seed() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Sampling:
    """Methods raise NotFound outside the principal's reach, Refused when a rule says no, and what the store raises.

    `seed` makes the seeds of draws: nobody who asks for a draw has a say in them.
    """

    work: Work
    seed: Callable[[], str] = new_seed

    async def commission(
        self, theme_id: str, body: bodies.CommissionThemeBody, asked: Asked, principal: Principal
    ) -> Outcome[ThemeEvent]:
        on = asked.meta.effective_date
        place = self._authority(body.la_code, on, principal)
        self._check_roles(body, on)
        command = themes.CommissionTheme(
            theme_id=theme_id,
            theme_code=body.theme_code,
            title=await self.work.keyring.seal(theme_id, body.title, field=TITLE),
            quarter=body.quarter,
            sample_size=body.sample_size,
            auditors=tuple(ThemeAuditor(staff_ref=one.staff_ref, role=one.role) for one in body.auditors),
            due_on=body.due_on,
            multi_agency=body.multi_agency,
            place=place,
            rationale=await self.work.seal(theme_id, body.rationale, RATIONALE),
        )
        asked = await self.work.attributed(asked, place, principal)
        return await self._theme(theme_id, asked, lambda known: themes.commission_theme(command, known))

    async def close(
        self, theme_id: str, body: bodies.CloseThemeBody, asked: Asked, principal: Principal
    ) -> Outcome[ThemeEvent]:
        commissioned = await self._commissioned(theme_id, principal)
        findings = [await self._finding(theme_id, one) for one in body.findings]
        command = themes.CloseTheme(asked.meta.effective_date, tuple(findings))
        asked = await self.work.attributed(asked, commissioned.place, principal)
        return await self._theme(theme_id, asked, lambda known: themes.close_theme(command, known))

    async def draw(
        self, sample_id: str, body: bodies.DrawSampleBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditSampleEvent]:
        on = asked.meta.effective_date
        if (await self._load_sample(sample_id)).version:  # sent again: the answer is what was drawn then
            return await self._sample(sample_id, asked, _locked)
        asking = await self._asking(sample_id, body, on, principal)
        template = await self.work.catalogue.version(body.template_id, body.template_version)
        command = await self._drawing(sample_id, body, asking, on)
        asked = await self.work.attributed(asked, asking.place, principal)
        if body.theme_id is not None:
            samples.draw_sample(command, AuditSample(), template)  # so that no theme takes what is refused
            taken = min(asking.n, frame_size(command.frame))
            await self._take(body.theme_id, themes.TakeSample(sample_id, taken), asked)
        return await self._sample(sample_id, asked, lambda sample: samples.draw_sample(command, sample, template))

    async def eliminate(
        self, sample_id: str, body: bodies.EliminateCaseBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditSampleEvent]:
        drawn = (await self.find_sample(sample_id, principal, ARRANGE)).drawn
        audit = await load(self.work.store, AUDIT, AUDIT.stream(audit_id(sample_id, body.case)))
        command = samples.EliminateCase(body.case, body.reason, audit.state.graded)
        asked = await self.work.attributed(asked, drawn.place, principal)
        outcome = await self._sample(sample_id, asked, lambda sample: samples.eliminate_case(command, sample))
        await carry_out(self.work, sample_id)
        return outcome

    async def plan(
        self, sample_id: str, body: bodies.PlanSampleAuditsBody, asked: Asked, principal: Principal
    ) -> Outcome[AuditSampleEvent]:
        drawn = (await self.find_sample(sample_id, principal, ARRANGE)).drawn
        if drawn.theme_id is not None:
            themes.open_theme((await self._load_theme(drawn.theme_id)).state)
        command = samples.PlanSampleAudits(body.period)
        asked = await self.work.attributed(asked, drawn.place, principal)
        outcome = await self._sample(sample_id, asked, lambda sample: samples.plan_sample_audits(command, sample))
        await carry_out(self.work, sample_id)
        return outcome

    async def record_involvement(
        self,
        told: bodies.RecordInvolvementBody | bodies.InvolvementRecordedElsewhere,
        asked: Asked,
        principal: Principal,
    ) -> Outcome[InvolvementEvent]:
        child, asked = await self._child(told, asked, principal)
        command = involvements.RecordInvolvement(child, told.staff_ref, told.role, told.since, told.until)
        return await self._involvement(child, asked, lambda known: involvements.record_involvement(command, known))

    async def retract_involvement(
        self,
        told: bodies.RetractInvolvementBody | bodies.InvolvementRetractedElsewhere,
        asked: Asked,
        principal: Principal,
    ) -> Outcome[InvolvementEvent]:
        child, asked = await self._child(told, asked, principal)
        command = involvements.RetractInvolvement(child, told.staff_ref, told.role, told.since)
        return await self._involvement(child, asked, lambda known: involvements.retract_involvement(command, known))

    async def find_theme(self, theme_id: str, principal: Principal) -> FoundTheme:
        """A theme is for everybody in its authority who may read audits there."""
        loaded = await self._load_theme(theme_id)
        commissioned = loaded.state.commissioned
        if commissioned is None or not self._at_home(principal, commissioned.place):
            raise NotFound
        return FoundTheme(loaded.state, commissioned, loaded.version)

    async def find_sample(self, sample_id: str, principal: Principal, rights: Sequence[Right] = READ) -> FoundSample:
        loaded = await self._load_sample(sample_id)
        drawn = loaded.state.drawn
        if drawn is None or not self._may(principal, rights, drawn.place):
            raise NotFound
        return FoundSample(loaded.state, drawn, loaded.version)

    async def _commissioned(self, theme_id: str, principal: Principal) -> ThemedAuditCommissioned:
        """A theme that the principal arranges."""
        commissioned = (await self._load_theme(theme_id)).state.commissioned
        if commissioned is None or not self._may(principal, ARRANGE, commissioned.place):
            raise NotFound
        return commissioned

    async def _asking(self, sample_id: str, body: bodies.DrawSampleBody, on: date, principal: Principal) -> Asking:
        if body.theme_id is not None and body.programme_id is None:
            return await self._asking_theme(body.theme_id, body.n, sample_id, principal)
        if body.programme_id is not None and body.theme_id is None:
            return await self._asking_programme(body.programme_id, body, on, principal)
        raise Refused("a sample is drawn for a theme or for a programme", field="theme_id")

    async def _asking_theme(self, theme_id: str, n: int | None, sample_id: str, principal: Principal) -> Asking:
        """`n` is what the theme has taken for this sample already, what was asked for, or all that is left."""
        known = (await self._load_theme(theme_id)).state
        if known.commissioned is None or not self._may(principal, ARRANGE, known.commissioned.place):
            raise Refused("there is no such theme", field="theme_id")
        commissioned = themes.open_theme(known)
        n = known.samples.get(sample_id) or n or commissioned.sample_size - known.drawn
        return Asking(commissioned.place, themes.audit_type(commissioned), n)

    async def _asking_programme(
        self, programme_id: str, body: bodies.DrawSampleBody, on: date, principal: Principal
    ) -> Asking:
        if body.la_code is None:
            raise Refused("a programme is one of an authority", field="la_code")
        loaded = await load(self.work.store, programme.DECIDER, programme.DECIDER.stream(body.la_code))
        row = next((one for one in loaded.state.on(on) if one.programme_id == programme_id), None)
        if row is None or not self._may(principal, ARRANGE, row.place):
            raise Refused("there is no such programme on that day", field="programme_id")
        return Asking(row.place, row.audit_type, body.n or row.expected_n)

    async def _drawing(
        self, sample_id: str, body: bodies.DrawSampleBody, asking: Asking, on: date
    ) -> samples.DrawSample:
        """The draw with a seed of its own, and with what is known of the cases that it takes."""
        cases = await listed(self.work, body.frame, asking.place, on)
        out, without = await left_out(self.work, cases, asking.place.authority, on)
        frame, seed = canonical(frame_of(cases, without)), self.seed()
        drawn = draw(frame, max(asking.n, 0), seed, body.strata_by)
        taken = (*drawn.chosen, *drawn.reserve)
        return samples.DrawSample(
            sample_id=sample_id,
            audit_type=asking.audit_type,
            place=asking.place,
            frame=frame,
            n=asking.n,
            seed=seed,
            strata_by=body.strata_by,
            cases={child: await sampled(self.work, sample_id, child, cases[child]) for child in taken},
            left_out=out,
            on=on,
            theme_id=body.theme_id,
            programme_id=body.programme_id,
        )

    async def _child(
        self,
        told: bodies.RetractInvolvementBody | bodies.InvolvementRetractedElsewhere,
        asked: Asked,
        principal: Principal,
    ) -> tuple[str, Asked]:
        """The child's pseudonym in the authority, when that is within reach."""
        on = asked.meta.effective_date
        place = self.work.place_within_reach(told.team_id, told.la_code, on, principal)
        child = await self.work.keyring.pseudonym(place.authority, told.child_ref)
        return child, await self.work.attributed(asked, place, principal)

    def _authority(self, la_code: str | None, on: date, principal: Principal) -> Place:
        place = self.work.directory.authority_place(la_code, on) if la_code is not None else None
        if place is None:
            raise Refused("there was no such authority on that day", field="la_code")
        if not self._may(principal, ARRANGE, place):
            raise NotFound
        return place

    def _may(self, principal: Principal, rights: Sequence[Right], place: Place) -> bool:
        return any(self.work.policy.decide(principal, resource, action, place) for resource, action in rights)

    def _at_home(self, principal: Principal, place: Place) -> bool:
        """Whether the principal may read audits of this authority, be it one team's only."""
        if principal.is_machine:
            return self._may(principal, READ, place)
        return place.authority in readable(principal, self.work.policy)

    def _check_roles(self, body: bodies.CommissionThemeBody, on: date) -> None:
        for one in body.auditors:
            if one.role not in {held.role for held in self.work.directory.roles(one.staff_ref, on)}:
                raise Refused("one of the auditors does not hold that role on that day", field="auditors")

    async def _finding(self, theme_id: str, told: bodies.FindingBody) -> Finding:
        words = await self.work.keyring.seal(theme_id, told.words, field=FINDING)
        return Finding(kind=told.kind, domain=told.domain, words=words)

    async def _load_theme(self, theme_id: str) -> Loaded[Theme]:
        return await load(self.work.store, theme.DECIDER, theme.DECIDER.stream(theme_id))

    async def _load_sample(self, sample_id: str) -> Loaded[AuditSample]:
        return await load(self.work.store, audit_sample.DECIDER, audit_sample.DECIDER.stream(sample_id))

    async def _take(self, theme_id: str, command: themes.TakeSample, asked: Asked) -> None:
        taking = replace(asked, id=once(asked.id, "theme"), if_version=None)
        await self._theme(theme_id, taking, lambda known: themes.take_sample(command, known))

    async def _theme(
        self, theme_id: str, asked: Asked, decide: Callable[[Theme], list[ThemeEvent]]
    ) -> Outcome[ThemeEvent]:
        return await handle(self.work.store, theme.DECIDER, theme.DECIDER.stream(theme_id), decide, asked)

    async def _sample(
        self, sample_id: str, asked: Asked, decide: Callable[[AuditSample], list[AuditSampleEvent]]
    ) -> Outcome[AuditSampleEvent]:
        stream = audit_sample.DECIDER.stream(sample_id)
        return await handle(self.work.store, audit_sample.DECIDER, stream, decide, asked)

    async def _involvement(
        self, child: str, asked: Asked, decide: Callable[[Involvement], list[InvolvementEvent]]
    ) -> Outcome[InvolvementEvent]:
        return await handle(self.work.store, involvement.DECIDER, involvement_stream(child), decide, asked)


def _locked(sample: AuditSample) -> list[AuditSampleEvent]:
    raise Refused("this sample was drawn before: it is locked")

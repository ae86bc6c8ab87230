"""From what was asked about pairs of audits to what was kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.audit.comparing import requests as bodies
from services.audit.comparing.reactions import tell_audits
from services.audit.domain.audit.events import Agreed
from services.audit.domain.pair import decisions
from services.audit.domain.pair.decisions import Side
from services.audit.domain.pair.events import AuditsPaired, PairEvent
from services.audit.domain.pair.state import DECIDER, Pair
from services.audit.work import ARRANGE, READ, Found, Right, Work
from shared.deciding.refusal import NotFound
from shared.event_store.handling import Asked, Outcome, handle, load
from shared.privacy.sealed_text import SealedText
from shared.published.place import Place
from shared.web.policy import MODERATION, Action
from shared.web.principal import Principal

DISCUSSION, WITHIN = "audit.pair_discussion", "audit.pair_discussion.within"
# A talk about a pair is for both auditors and for whoever moderates.
TALK: tuple[Right, ...] = ((MODERATION, Action.U), (MODERATION, Action.C), (MODERATION, Action.A))


@dataclass(frozen=True, slots=True)
class FoundPair:
    """A pair within the principal's reach, with both of its audits."""

    pair: Pair
    paired: AuditsPaired
    version: int
    a: Found
    b: Found

    @property
    def place(self) -> Place:
        return self.paired.place


@dataclass(frozen=True, slots=True)
class Comparing:
    """Methods raise NotFound outside the principal's reach, Refused when a rule says no, and what the store raises."""

    work: Work

    async def pair(
        self, pair_id: str, body: bodies.PairAuditsBody, asked: Asked, principal: Principal
    ) -> Outcome[PairEvent]:
        one, other = [await self.work.find(id_, principal, ARRANGE) for id_ in (body.audit_a, body.audit_b)]
        first, second = await self._side(one), await self._side(other)
        command = decisions.PairAudits(pair_id, body.kind)
        asked = await self.work.attributed(asked, one.place, principal)
        outcome = await self._kept(pair_id, asked, lambda pair: decisions.pair_audits(command, pair, first, second))
        await tell_audits(self.work, pair_id)
        return outcome

    async def compare(
        self, pair_id: str, body: bodies.CompareGradesBody, asked: Asked, principal: Principal
    ) -> Outcome[PairEvent]:
        await tell_audits(self.work, pair_id)
        found = await self.find(pair_id, principal, TALK)
        a, b = await self._side(found.a), await self._side(found.b)
        agreed = body.consensus
        command = decisions.CompareGrades(
            on=asked.meta.effective_date,
            agreed=Agreed(overall=agreed.overall, domains=agreed.domains) if agreed else None,
            discussion=await self._sealed(found, body.discussion) if body.discussion else None,
        )
        asked = await self.work.attributed(asked, found.place, principal)
        outcome = await self._kept(pair_id, asked, lambda pair: decisions.compare_grades(command, pair, a, b))
        await tell_audits(self.work, pair_id)
        return outcome

    async def give_up(
        self, pair_id: str, body: bodies.GiveUpPairBody, asked: Asked, principal: Principal
    ) -> Outcome[PairEvent]:
        found = await self.find(pair_id, principal, ARRANGE)
        command = decisions.GiveUpPair(body.reason)
        asked = await self.work.attributed(asked, found.place, principal)
        outcome = await self._kept(pair_id, asked, lambda pair: decisions.give_up_pair(command, pair))
        await tell_audits(self.work, pair_id)
        return outcome

    async def find(self, pair_id: str, principal: Principal, rights: tuple[Right, ...] = READ) -> FoundPair:
        """The pair, when the principal has one of these rights over both audits, or over the one that they audit."""
        loaded = await load(self.work.store, DECIDER, DECIDER.stream(pair_id))
        paired = loaded.state.paired
        if paired is None:
            raise NotFound
        a, b = [await self.work.known(audit_id) for audit_id in (paired.audit_a, paired.audit_b)]
        reached = [any(self.work.may(principal, *right, one) for right in rights) for one in (a, b)]
        auditing = [one.audit.auditor == principal.subject for one in (a, b)]
        if not all(reached) and not any(map(all, zip(reached, auditing, strict=True))):
            raise NotFound
        return FoundPair(loaded.state, paired, loaded.version, a, b)

    async def opened(self, found: FoundPair) -> str | None:
        """What was said; None when the key of one whom it is about was destroyed."""
        sealed = found.pair.compared.discussion if found.pair.compared else None
        if sealed is None:
            return None
        within = await self.work.keyring.open(sealed, field=WITHIN)
        if within is None:
            return None
        return await self.work.keyring.open(SealedText.model_validate_json(within), field=DISCUSSION)

    async def _sealed(self, found: FoundPair, words: str) -> SealedText:
        """Under the keys of both audits, so that losing either makes them unreadable."""
        sealed = await self.work.keyring.seal(found.a.subject, words, field=DISCUSSION)
        both = await self.work.keyring.seal(found.b.subject, sealed.model_dump_json(), field=WITHIN)
        return both.model_copy(update={"mark": sealed.mark})  # so that the same words are known again

    async def _side(self, found: Found) -> Side:
        planned = found.planned
        template = await self.work.catalogue.version(planned.template_id, planned.template_version)
        return Side(found.audit_id, found.audit, template)

    async def _kept(self, pair_id: str, asked: Asked, decide: Callable[[Pair], list[PairEvent]]) -> Outcome[PairEvent]:
        return await handle(self.work.store, DECIDER, DECIDER.stream(pair_id), decide, asked)

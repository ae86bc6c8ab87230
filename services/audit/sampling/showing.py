"""What a reader is shown of a theme and of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.audit.domain.audit_sample.decisions import repeats
from services.audit.sampling.reactions import audit_id
from services.audit.sampling.work import FINDING, RATIONALE, TITLE, FoundSample, FoundTheme
from services.audit.showing import EXPIRED
from services.audit.work import CASE_REF, CHILD_REF, Work
from shared.privacy.sealed_text import SealedText
from shared.web.access_log import AccessLog
from shared.web.policy import AUDIT, IDENTIFIERS, Action
from shared.web.principal import Principal

# How a draw was made and from what: all that it takes to make it again.
DRAW = {"sample_id", "algorithm", "seed", "strata_by", "n", "frame", "frame_n", "frame_hash", "strata"}
LEFT_OUT = {"audited_since", "audited_n", "under_audit_n"}
FOR = {"theme_id", "programme_id", "audit_type", "place", "template_id", "template_version", "drawn_on"}


@dataclass(frozen=True, slots=True)
class SampledWords:
    """Opens sealed words once the access is on record. Raises a 503 Problem when it cannot be recorded."""

    work: Work
    access_log: AccessLog

    async def of_theme(self, found: FoundTheme, principal: Principal) -> dict[str, str]:
        """The words about a theme, by where they stand: they are about no child, and somebody may have named one."""
        commissioned = found.commissioned
        sealed = {"title": (commissioned.title, TITLE), "rationale": (commissioned.rationale, RATIONALE)}
        findings = found.theme.closed.findings if found.theme.closed else ()
        sealed |= {f"findings/{i}": (one.words, FINDING) for i, one in enumerate(findings)}
        return await self._opened(commissioned.theme_id, sealed, principal, None)

    async def of_sample(
        self, found: FoundSample, principal: Principal, purpose: str | None
    ) -> dict[str, dict[str, Any]] | None:
        """Who the cases are, by pseudonym. None for whom that is not."""
        place, need = found.drawn.place, purpose is not None
        if not self.work.policy.decide(principal, IDENTIFIERS, Action.R, place, on_need=need):
            return None
        sealed: dict[str, tuple[SealedText | None, str]] = {}
        for case in found.sample.cases:
            sealed[f"{case.child}/child_ref"] = case.child_ref, CHILD_REF
            sealed[f"{case.child}/case_ref"] = case.case_ref, CASE_REF
        words = await self._opened(found.drawn.sample_id, sealed, principal, purpose)
        return {
            case.child: {
                "child_ref": words[f"{case.child}/child_ref"],
                "case_ref": words.get(f"{case.child}/case_ref"),
                **case.model_dump(include={"worker", "supervisor", "family_group"}),
            }
            for case in found.sample.cases
        }

    async def _opened(
        self, id_: str, sealed: Mapping[str, tuple[SealedText | None, str]], principal: Principal, purpose: str | None
    ) -> dict[str, str]:
        found = {where: (text, what) for where, (text, what) in sealed.items() if text is not None}
        if not found:
            return {}
        await self.access_log.record(principal, AUDIT, [id_], {what for _, what in found.values()}, purpose)
        words = {where: await self.work.keyring.open(text, field=what) for where, (text, what) in found.items()}
        return {where: EXPIRED if text is None else text for where, text in words.items()}


def theme_body(found: FoundTheme, words: Mapping[str, str]) -> dict[str, Any]:
    theme, commissioned = found.theme, found.commissioned
    findings = theme.closed.findings if theme.closed else ()
    return {
        "id": commissioned.theme_id,
        "version": found.version,
        **commissioned.model_dump(mode="json", exclude={"type", "theme_id", "title", "rationale"}),
        "samples": dict(theme.samples),
        "cases_drawn": theme.drawn,
        "cases_chosen": len(theme.added),
        "closed_on": theme.closed.closed_on if theme.closed else None,
        "findings": [{"kind": one.kind, "domain": one.domain} for one in findings],
        "words": dict(words),
    }


def sample_body(found: FoundSample, people: Mapping[str, Any] | None) -> dict[str, Any]:
    """The sample as it now stands, its cases by pseudonym; `people` says who they are."""
    sample, drawn = found.sample, found.drawn
    planned = sample.planned is not None
    return {
        "id": drawn.sample_id,
        "version": found.version,
        **drawn.model_dump(mode="json", include=FOR | LEFT_OUT | {"frame_n", "frame_hash", "n", "strata"}),
        "period": sample.planned.period if sample.planned else None,
        "cases": [
            {
                "case": case.child,
                "team": case.place.team,
                "plan_type": case.plan_type,
                "audit_id": audit_id(drawn.sample_id, case.child) if planned else None,
            }
            for case in sample.cases
        ],
        "eliminated": [
            {"case": left.child, "reason": left.reason, "replaced_by": left.replaced_by}
            for left in sample.eliminated.values()
        ],
        "people": people,
    }


def draw_body(found: FoundSample) -> dict[str, Any]:
    """Everything that it takes to make the draw again, and whether that led to the same sample just now."""
    drawn = found.drawn
    return {
        **drawn.model_dump(mode="json", include=DRAW),
        "chosen": [case.child for case in drawn.chosen],
        "reserve": [case.child for case in drawn.reserve],
        "repeats": repeats(drawn),
    }

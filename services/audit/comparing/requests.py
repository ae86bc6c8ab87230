"""What clients send about pairs of audits."""

from __future__ import annotations

from services.audit.requests import Code, ConsensusBody, Ref, Words
from shared.web.desk import CommandBody


class PairAuditsBody(CommandBody):
    """`kind` is PAIRED (one case, graded independently by two) or COMPARED (two cases); in either order."""

    kind: Code
    audit_a: Ref
    audit_b: Ref


class CompareGradesBody(CommandBody):
    """What was said, and the grades that both auditors agreed on, if they did: of a PAIRED pair only."""

    discussion: Words | None = None
    consensus: ConsensusBody | None = None


class GiveUpPairBody(CommandBody):
    reason: Code

"""The topic list, in one place."""

from __future__ import annotations

from dataclasses import dataclass

PARTITIONS = 8  # fixed for ever: growth is a new generation of the topics (docs/decisions)


@dataclass(frozen=True, slots=True)
class Topic:
    """`compacted` keeps the newest record of each key; otherwise records are kept for ever."""

    name: str
    compacted: bool = False
    partitions: int = PARTITIONS


ORGANISATION = Topic("qa.organisation", compacted=True)
AUDIT = Topic("qa.audit")
ESCALATION = Topic("qa.escalation")
FEEDBACK = Topic("qa.feedback")

ALL = (ORGANISATION, AUDIT, ESCALATION, FEEDBACK)

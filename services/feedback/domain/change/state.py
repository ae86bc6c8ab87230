"""A change of practice as it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from pydantic import TypeAdapter

from services.feedback.domain.change.events import (
    ChangeCheckedWithRespondents,
    ChangeDecided,
    ChangeEvent,
    ChangeMade,
    YouSaidWeDidDrafted,
    YouSaidWeDidPublished,
)
from shared.deciding.decider import Decider


@dataclass(frozen=True, slots=True)
class ChangeOfPractice:
    """Decided, made, told to those who spoke, checked with them: each at most once, in that order."""

    decided: ChangeDecided | None = None
    made_on: date | None = None
    draft: YouSaidWeDidDrafted | None = None
    told: YouSaidWeDidPublished | None = None
    checks: tuple[ChangeCheckedWithRespondents, ...] = ()


def evolve(change: ChangeOfPractice, event: ChangeEvent) -> ChangeOfPractice:
    match event:
        case ChangeDecided():
            return replace(change, decided=event)
        case ChangeMade():
            return replace(change, made_on=event.made_on)
        case YouSaidWeDidDrafted():
            return replace(change, draft=event)
        case YouSaidWeDidPublished():
            return replace(change, told=event)
        case ChangeCheckedWithRespondents():
            return replace(change, checks=(*change.checks, event))
        case _:
            assert_never(event)


DECIDER: Decider[ChangeOfPractice, ChangeEvent] = Decider(
    "change", ChangeOfPractice(), evolve, TypeAdapter(ChangeEvent)
)

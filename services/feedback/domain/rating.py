"""Ratings of different forms brought onto one scale, where that is honest."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from shared.deciding.events import Part
from shared.deciding.refusal import Refused


class Scale(StrEnum):
    """FFT is the single question of the friends and family test. ESQ is an item of the CAMHS experience of service
    questionnaire: its answers go together so much (halo) that a position from 1 to 5 would say more than is known.
    """

    FFT = "FFT"
    STARS5 = "STARS5"
    FACES3 = "FACES3"
    ESQ = "ESQ"


POSITIONS: Mapping[Scale, Mapping[str, int | None]] = {
    Scale.FFT: {"VERY_GOOD": 5, "GOOD": 4, "NEITHER": 3, "POOR": 2, "VERY_POOR": 1, "DONT_KNOW": None},
    Scale.STARS5: {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5},
    Scale.FACES3: {"HAPPY": 5, "NEITHER": 3, "SAD": 1},
    Scale.ESQ: {"CERTAINLY_TRUE": None, "PARTLY_TRUE": None, "NOT_TRUE": None, "DONT_KNOW": None},
}


class Rating(Part):
    """An answer as it was given, on the scale of its form."""

    scale: Scale
    value: str

    @property
    def position(self) -> int | None:
        """From 1 (worst) to 5 (best); None when the answer has no place on such a line."""
        return POSITIONS[self.scale].get(self.value)


def check(rating: Rating) -> None:
    if rating.value not in POSITIONS[rating.scale]:
        raise Refused("that is not an answer on this rating scale", field="rating/value")

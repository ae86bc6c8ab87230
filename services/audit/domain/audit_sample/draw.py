"""The draw: a pure function of a recorded frame and a recorded seed, so that anybody can repeat it.

The algorithm, `sha256-stratified-1`:

1. The frame's cases fall into strata (by team, by type of plan, by both, or all into one).
2. Of n cases each stratum gets its share, n * size / frame, rounded down; those still missing go to the strata with
   the largest remainders. Equal remainders go in the order of the SHA-256 of "seed:stratum".
3. Within its stratum a case's turn is the SHA-256 of "seed:pseudonym", as lower-case hexadecimal, smallest first.
   The first are chosen, the following stand in reserve, in that order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from services.audit.domain.audit_sample.events import FrameGroup, Stratum

ALGORITHM = "sha256-stratified-1"
FEWEST_IN_RESERVE = 3  # of each stratum that has a case in the sample, beside as many again as were chosen

Frame = tuple[FrameGroup, ...]


class StrataBy(StrEnum):
    NONE = "NONE"
    TEAM = "TEAM"
    PLAN_TYPE = "PLAN_TYPE"
    TEAM_AND_PLAN_TYPE = "TEAM_AND_PLAN_TYPE"


@dataclass(frozen=True, slots=True)
class Draw:
    """`chosen` and `reserve` are pseudonyms, stratum by stratum in the order of the draw."""

    strata: tuple[Stratum, ...]
    chosen: tuple[str, ...]
    reserve: tuple[str, ...]


def draw(frame: Frame, n: int, seed: str, by: str) -> Draw:
    """At most `n` cases of the frame: all of them when it has no more."""
    strata = _strata(frame, by)
    shares = share_out(n, {name: len(children) for name, children in strata.items()}, seed)
    chosen: list[str] = []
    reserve: list[str] = []
    for name, children in sorted(strata.items()):
        take = shares[name]
        turns = sorted(children, key=lambda child: _turn(seed, child))
        chosen += turns[:take]
        reserve += turns[take : take + max(take, FEWEST_IN_RESERVE)] if take else []
    drawn_from = (Stratum(name=name, frame_n=len(strata[name]), n=shares[name]) for name in sorted(strata))
    return Draw(tuple(drawn_from), tuple(chosen), tuple(reserve))


def share_out(n: int, sizes: Mapping[str, int], seed: str) -> dict[str, int]:
    """How many of `n` cases each stratum gives, in whole numbers by the largest remainders; never more than it has."""
    total = sum(sizes.values())
    if n >= total:
        return dict(sizes)
    shares = {name: n * size // total for name, size in sizes.items()}
    missing = n - sum(shares.values())
    by_remainder = sorted(sizes, key=lambda name: (-(n * sizes[name] % total), _turn(seed, name)))
    return {name: shares[name] + (name in by_remainder[:missing]) for name in sizes}


def canonical(groups: Iterable[FrameGroup]) -> Frame:
    """The frame in the one order in which it is recorded; groups of the same team and type of plan become one."""
    merged: dict[tuple[str, str], list[str]] = {}
    for group in groups:
        merged.setdefault((group.team, group.plan_type), []).extend(group.children)
    return tuple(
        FrameGroup(team=team, plan_type=plan_type, children=tuple(sorted(children)))
        for (team, plan_type), children in sorted(merged.items())
        if children
    )


def frame_hash(frame: Frame) -> str:
    """SHA-256 of one line "team,plan type,pseudonym" for each case, sorted."""
    lines = sorted(f"{group.team},{group.plan_type},{child}" for group in frame for child in group.children)
    return sha256("\n".join(lines).encode()).hexdigest()


def frame_size(frame: Frame) -> int:
    return sum(len(group.children) for group in frame)


def _strata(frame: Frame, by: str) -> dict[str, list[str]]:
    strata: dict[str, list[str]] = {}
    for group in frame:
        strata.setdefault(stratum_of(group.team, group.plan_type, by), []).extend(group.children)
    return strata


def stratum_of(team: str, plan_type: str, by: str) -> str:
    match by:
        case StrataBy.TEAM:
            return team
        case StrataBy.PLAN_TYPE:
            return plan_type
        case StrataBy.TEAM_AND_PLAN_TYPE:
            return f"{team}/{plan_type}"
        case _:
            return "ALL"


def _turn(seed: str, name: str) -> str:
    return sha256(f"{seed}:{name}".encode()).hexdigest()

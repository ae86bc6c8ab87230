"""Waiting until what was made in the organisation has reached those who ask where a record belongs."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from deploy.loading.posting import Poster, Unreachable

SECONDS = 60.0
# All services read the structure from the same topic; when one knows it whole, the others are moments away.
MOMENTS = 1.5


@dataclass(frozen=True, slots=True)
class Expected:
    """Authorities with the regions in which they must be known to be, and teams that must be known."""

    authorities: Mapping[str, Collection[str]]
    teams: Collection[str] = field(default=())


async def settle(poster: Poster, expected: Expected, seconds: float = SECONDS) -> None:
    """Return when the organisation's own directory knows it all. Raises Unreachable when that takes too long.

    A team that is not known yet makes a service refuse, which is noticed; an authority that is known without its
    region would only be put in the wrong place, so that is waited for.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not await _is_known(poster, expected):
        if loop.time() > deadline:
            raise Unreachable("the organisation's units do not come through: is the relay running?")
        await asyncio.sleep(0.2)
    await asyncio.sleep(MOMENTS)


async def _is_known(poster: Poster, expected: Expected) -> bool:
    listed = (await poster.get("organisation", "/v1/authorities"))["items"]
    regions = {one["authority_id"]: {member["region_id"] for member in one["regions"]} for one in listed}
    if any(
        code not in regions or not regions[code].issuperset(wanted) for code, wanted in expected.authorities.items()
    ):
        return False
    if not expected.teams:
        return True
    teams = {one["team_id"] for one in (await poster.get("organisation", "/v1/teams"))["items"]}
    return teams.issuperset(expected.teams)

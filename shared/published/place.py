"""Where something counts: a team, its service area, its authority, and the regions of that authority."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Place(BaseModel):
    """A team as it stood in the structure on one date (as-then).

    `team` and `service_area` are None for what concerns a whole authority, such as an inspection.
    `regions` are sorted ids: an authority is in one of England's nine and may be in alliances as well.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    team: str | None = None
    service_area: str | None = None
    authority: str
    regions: tuple[str, ...] = ()

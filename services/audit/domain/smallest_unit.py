"""The smallest unit that holds several teams: where something counts once that concerns all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.deciding.refusal import Refused
from shared.published.place import Place


def smallest_unit(places: Sequence[Place], field: str) -> Place:
    """A team, else a service area, else an authority; a place without a team is the whole authority.

    Refused, naming `field`, when they are of different authorities: nothing is joined across those.
    """
    authority = _only(place.authority for place in places)
    if authority is None:
        raise Refused("all of them are of one authority", field=field)
    teams = teams_of(places)
    if len(teams) == 1 and all(place.team for place in places):
        return teams[0]
    return Place(
        service_area=_only(place.service_area for place in places),
        authority=authority,
        regions=tuple(sorted({region for place in places for region in place.regions})),
    )


def teams_of(places: Iterable[Place]) -> tuple[Place, ...]:
    """The teams among these places, each once, by id."""
    found = {place.team: place for place in places if place.team is not None}
    return tuple(found[team] for team in sorted(found))


def _only(values: Iterable[str | None]) -> str | None:
    """The one value that all have, or None."""
    found = set(values)
    return found.pop() if len(found) == 1 else None

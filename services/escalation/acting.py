"""In which role somebody acts: of the roles they hold over the place in question, the one the step needs."""

from __future__ import annotations

from collections.abc import Collection

from services.escalation.domain.policy import REVIEWING_OFFICERS
from shared.deciding.refusal import Refused
from shared.published.place import Place
from shared.web.principal import Holds, Principal


def acting_role(principal: Principal, place: Place, wanted: Collection[str], named: str | None) -> str:
    """The role to decide by. Whether it may take the step is for the domain to say.

    A machine client must name whose step it tells of; a person may name one of their own roles. Raises Refused.
    """
    if principal.is_machine:
        if named is None:
            raise Refused("a machine client names the role of whoever took the step", field="by_role")
        return named
    held = sorted({one.role for one in principal.held if _covers(principal, one, place)})
    if named is not None and named not in held:
        raise Refused("this role is not held here", field="by_role")
    return named or next((role for role in held if role in wanted), held[0] if held else "NONE")


def _covers(principal: Principal, held: Holds, place: Place) -> bool:
    """A manager's role holds for the unit; a reviewing officer's children live all over the authority."""
    if held.role in REVIEWING_OFFICERS:
        return principal.home(held).authority == place.authority
    match held.scope:
        case "team":
            return held.unit_id == place.team
        case "service_area":
            return held.unit_id == place.service_area
        case "authority":
            return held.unit_id == place.authority
        case _:
            return held.unit_id in place.regions

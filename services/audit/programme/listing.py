"""Who has done theirs and who has not: expected audits within somebody's reach, the oldest window on top."""

from __future__ import annotations

from typing import Any

from services.audit.domain.expectation.state import DECIDER
from services.audit.register import Register
from shared.calendar.clock import Clock, local_date
from shared.web.keyset import Document, Keyset
from shared.web.policy import AUDIT, Action, Policy
from shared.web.principal import Principal

OLDEST_FIRST = Keyset("window_last")
HIDDEN = ("_id", "kind", "la_code")


class Expectations:
    """Reads the register."""

    def __init__(self, register: Register, policy: Policy, clock: Clock) -> None:
        self._register = register
        self._policy = policy
        self._clock = clock

    async def page(
        self, principal: Principal, asked: dict[str, str | None], after: str | None, limit: int
    ) -> dict[str, Any]:
        """At most `limit` expected audits, and `next`: the cursor of the following page, None after the last.

        `asked` names fields of the register that must have these values; those that are None are not asked for.
        """
        mine = {"auditor": principal.subject}
        reach = self._policy.mongo_filter(principal, AUDIT, Action.R, under="place.", allocated=mine)
        if reach is None:
            return {"items": [], "next": None}
        wanted = {"kind": DECIDER.category, **{name: value for name, value in asked.items() if value is not None}}
        shown, following = await OLDEST_FIRST.page(self._register.kept, {"$and": [wanted, reach]}, after, limit)
        today = local_date(self._clock()).isoformat()
        return {"items": [_item(one, today) for one in shown], "next": following}


def _item(document: Document, today: str) -> Document:
    """`late`: its audit came after the window, or is still to come and the window is over."""
    id_ = document["_id"].partition("-")[2]
    until = document["met_on"] or (today if document["standing"] == "OPEN" else "")
    shown = {name: value for name, value in document.items() if name not in HIDDEN}
    return {"id": id_, **shown, "late": until > document["window_last"]}

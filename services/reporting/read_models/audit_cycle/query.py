"""What of the audit cycle is a stock: how much is left open is what came less what went, from the beginning of time."""

from __future__ import annotations

from collections.abc import Mapping

from shared.projecting.reading import Stock

STOCKS: Mapping[str, Stock] = {
    "open_actions": Stock(("action.agreed", "action.reopened"), ("action.verified", "action.cancelled")),
    "overdue_actions": Stock(("action.fell_overdue",), ("action.overdue_ended",)),
    "open_re_audits": Stock(("re_audit.required",), ("re_audit.ended",)),
    "overdue_re_audits": Stock(("re_audit.fell_overdue",), ("re_audit.overdue_ended",)),
    "open_concerns": Stock(("safety.raised",), ("safety.cleared",)),
}

"""What the register keeps of themes and samples: enough to list them. Words about a theme are not among it."""

from __future__ import annotations

from typing import Any

from services.audit.domain.audit_sample.state import AuditSample
from services.audit.domain.theme.state import Theme


def theme_entry(theme: Theme) -> dict[str, Any] | None:
    commissioned = theme.commissioned
    if commissioned is None:
        return None
    return {
        "place": commissioned.place.model_dump(mode="json"),
        "theme_code": commissioned.theme_code,
        "quarter": commissioned.quarter,
        "due_on": commissioned.due_on.isoformat(),
        "multi_agency": commissioned.multi_agency,
        "sample_size": commissioned.sample_size,
        "drawn": theme.drawn,
        "chosen": len(theme.added),
        "open": theme.closed is None,
    }


def sample_entry(sample: AuditSample) -> dict[str, Any] | None:
    drawn = sample.drawn
    if drawn is None:
        return None
    return {
        "place": drawn.place.model_dump(mode="json"),
        "theme_id": drawn.theme_id,
        "programme_id": drawn.programme_id,
        "audit_type": drawn.audit_type,
        "on": drawn.drawn_on.isoformat(),
        "frame_n": drawn.frame_n,
        "n": len(sample.standing),
        "eliminated": len(sample.eliminated),
        "planned": sample.planned is not None,
    }

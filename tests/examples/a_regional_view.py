"""Six authorities of one alliance over two quarters: one hides, one is silent, one took something back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.reporting.alliance.regional import Gathered, RegionFigures, regional_view
from services.reporting.alliance.views import Inspection, RegionalView, ReleasedFigures
from services.reporting.domain import periods
from services.reporting.domain.periods import Span
from services.reporting.statistics.wilson import wilson
from services.reporting.views import Proportion, Unit
from shared.deciding.refusal import Refused

QUARTERS = ("2026-Q3", "2026-Q4")
NAMES = {
    "901": "Thornbury Cross",
    "902": "Marlow Heath",
    "903": "Upper Wickham and Dale",
    "904": "Eastmere",
    "905": "Harrow Vale",
    "906": "St Edmund's",
}
FIGURES = {"901": (42, 61), "902": (33, 60), "903": (48, 58), "904": None, "906": (14, 22)}


def _event(la_code: str, quarter: str, kind: str, number: int, **said: object) -> dict[str, object]:
    usual = {
        "event_id": f"{la_code}-{quarter}-{number}",
        "la_code": la_code,
        "quarter": quarter,
        "source": "thread-of-marlow" if la_code == "902" else "own",
        "superseded_by": None,
        "kind": kind,
        "evidence_level": "AUDITED",
    }
    return {**usual, **said}


def _figures(la_code: str, quarter: str) -> dict[str, object]:
    shown = FIGURES[la_code]
    if shown is None:
        measure = {"numerator_display": "c", "denominator_display": "c", "symbol": "c"}
    else:
        low, high = wilson(*shown) or (0.0, 1.0)
        measure = {
            "numerator_display": str(shown[0]),
            "denominator_display": str(shown[1]),
            "pct_display": f"{100 * shown[0] / shown[1]:.1f}",
            "interval": (f"{100 * low:.1f}", f"{100 * high:.1f}"),
        }
    return _event(la_code, quarter, "GRADES", 0, measure=measure)


EVENTS = [
    *(_figures(la_code, quarter) for la_code in FIGURES for quarter in QUARTERS),
    _event(
        "901",
        "2026-Q4",
        "REQUEST",
        1,
        theme_code="CHILD_VOICE",
        summary="We would like to see how others write down what children say about where they live.",
        contact_role_mailbox="quality@thornbury-cross.gov.uk",
    ),
    _event("902", "2026-Q4", "OFFER", 2, theme_code="CHILD_VOICE", summary="Our guide of one page, and an hour."),
    _event("903", "2026-Q3", "LEARNING", 3, theme_code="PLANNING", summary="Plans say by when, and who looks."),
    {"event_id": "906-1", "la_code": "906", "quarter": "2026-Q4", "source": "own", "retracted": "DISCLOSIVE"},
]
SUPPORT = {
    "support_id": "s1",
    "la_code": "901",
    "offers": [{"la_code": "902", "event_id": None}, {"la_code": "903", "event_id": None}],
    "accepted": "902",
    "held": [{"held_in": "2027-02", "theme_codes": ["CHILD_VOICE"]}],
    "impact": "TOO_EARLY",
    "source": "own",
    "event_id": "901-2026-Q4-1",
}


class ExampleRegionalViews:
    """Answers as `RegionalViews` does, for everybody and any region."""

    today = date(2027, 4, 20)

    def quarters(self, first: str | None, last: str | None) -> Sequence[Span]:
        if first and last and first > last:
            raise Refused("the last quarter must not lie before the first", field="to")
        return [periods.named(key) for key in QUARTERS]

    async def of(self, _reader: object, region: str, _first: str | None, _last: str | None) -> RegionalView:
        return regional_view(
            Gathered(
                unit=Unit(level="region", id=region, name="North Thames Alliance"),
                quarters=self.quarters(None, None),
                members=dict.fromkeys(QUARTERS, tuple(NAMES)),
                names={code: Unit(level="authority", id=code, name=name) for code, name in NAMES.items()},
                events=EVENTS,
                supports={("own", "901-2026-Q4-1"): SUPPORT},
                region={"2026-Q4": RegionFigures(ReleasedFigures(numerator="130", denominator="190"), 5)},
                own={
                    ("901", key): Proportion(part=42, whole=61, percent=68.9, low=56.4, high=79.1, display="68.9%")
                    for key in QUARTERS
                },
                inspections={"901": [Inspection(date="2025-06-12", outcome="GOOD")]},
            )
        )

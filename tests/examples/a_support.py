"""Authority 901 asks for help with its plans; 902 and 903 offer it, and 902's is accepted."""

from __future__ import annotations

from datetime import date

from services.reporting.domain.support.decisions import (
    AcceptSupport,
    HoldPeerChallenge,
    OfferSupport,
    Released,
    ReportImpact,
    RequestSupport,
)
from services.reporting.domain.support.events import (
    ImpactReported,
    PeerChallengeHeld,
    SupportAccepted,
    SupportOffered,
    SupportRequested,
)

ID = "support-1"
TODAY = date(2026, 7, 20)
ALLIANCE = frozenset({"901", "902", "903"})

released_request = Released("request-1", "901", "REQUEST", "PLANNING")
released_offer = Released("offer-1", "902", "OFFER", "PLANNING", answers="request-1")
released_account = Released("impact-1", "901", "IMPACT", "PLANNING")

request = RequestSupport(ID, "901", released_request)
offer = OfferSupport("902", ALLIANCE, "offer-1", released_offer)
offer_of_903 = OfferSupport("903", ALLIANCE)
accept = AcceptSupport("901", "902")
meet = HoldPeerChallenge("901", "2026-06", ("PLANNING", "VOICE"), TODAY)
report = ReportImpact("901", "IMPROVED", "impact-1", released_account)

requested = SupportRequested(support_id=ID, la_code="901", event_id="request-1", theme_code="PLANNING")
offered = SupportOffered(support_id=ID, offering_la_code="902", event_id="offer-1")
offered_by_903 = SupportOffered(support_id=ID, offering_la_code="903", event_id=None)
accepted = SupportAccepted(support_id=ID, offering_la_code="902")
held = PeerChallengeHeld(support_id=ID, held_in="2026-06", theme_codes=("PLANNING", "VOICE"))
improved = ImpactReported(support_id=ID, result="IMPROVED", event_id="impact-1")
too_early = ImpactReported(support_id=ID, result="TOO_EARLY", event_id=None)

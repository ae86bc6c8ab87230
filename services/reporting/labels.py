"""What people read for the codes of the domain. Codes that are not here are shown as words."""

from __future__ import annotations

from collections.abc import Mapping

from services.reporting.read_models.audit_quality.grades import PUBLIC_SCALE

EXTERNAL_SCALES = frozenset({PUBLIC_SCALE})
"""Scales of outside bodies: their judgements stand in a table of their own, never beside our audits."""

GRADES = ("OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE")
SENTIMENTS = ("POSITIVE", "MIXED", "NEUTRAL", "NEGATIVE")

_LABELS: Mapping[str, str] = {
    "OFSTED4": "Ofsted descriptors",
    "OFSTED4E": "Ofsted judgements",
    "CHILD_VOICE": "Voice and lived experience of the child",
    "ASSESSMENT": "Assessment and analysis",
    "PLANNING": "Plan quality",
    "INTERVENTION": "Direct work and visits",
    "REVIEW": "Reviews and conferences",
    "MULTI_AGENCY": "Partnership working",
    "IDENTITY_DIVERSITY": "Identity and diversity",
    "CHRONOLOGY_RECORDING": "Chronology and recording",
    "PERMANENCE_PATHWAY": "Permanence and pathway plans",
    "IMPACT_OUTCOMES": "Impact for the child",
    "STAT_VISIT_OVERDUE": "Statutory visit overdue",
    "IMPACT_OF_LEADERS": "Impact of leaders",
    "QA_OFFICER": "QA officer",
    "IRO": "Independent reviewing officer",
    "CP_CHAIR": "Child protection chair",
    "IRO_FORM": "IRO evaluation form",
    "CRO_FORM": "CRO evaluation form",
    "QA_ROUTINE": "QA officer routine",
    "TM_ROUTINE": "Team manager routine",
    "RE_AUDIT": "Re-audit",
    "REGULAR_MASH": "Regular: MASH",
    "REGULAR_CSE": "Regular: CSE",
    "REGULAR_MARAC": "Regular: MARAC",
    "REGULAR_CONTACTS": "Regular: contacts",
    "REGULAR_PRIVATE_FOSTERING": "Regular: private fostering",
    "REGULAR_CLA_IN_OUT": "Regular: children coming into and leaving care",
    "REFERRED_CAFCASS": "Referred to Cafcass",
    "HEAD_OF_SAFEGUARDING_QA": "Head of safeguarding and QA",
    "BSCP_CHAIR": "Safeguarding partnership chair",
    "LADO": "Designated officer (LADO)",
    "CAMHS": "CAMHS",
    "SEND": "SEND",
    "SCHOOL_SEND": "School and SEND",
    "HEALTH_CAMHS": "Health and CAMHS",
    "EH": "Early help",
    "CIN": "Child in need",
    "CP": "Child protection",
    "CLA": "Child looked after",
    "CL": "Care leaver",
    "PLO": "Public law outline",
    "YJ": "Youth justice",
    "PF": "Private fostering",
    "MASH": "MASH",
    "MARAC": "MARAC",
    "CSE": "CSE",
}
LEVELS: Mapping[str, str] = {
    "team": "Team",
    "service_area": "Service area",
    "authority": "Authority",
    "region": "Region",
}
PLURALS: Mapping[str, str] = {
    "team": "Teams",
    "service_area": "Service areas",
    "authority": "Authorities",
    "region": "Regions",
}
CHILDREN: Mapping[str, str] = {"service_area": "team", "authority": "service_area", "region": "authority"}
MODELS: Mapping[str, str] = {
    "audit_quality": "Audit quality",
    "audit_cycle": "Audit cycle",
    "practice_alerts": "Practice alerts",
    "feedback_themes": "Feedback",
}


# Codes that mean something else in one column than everywhere else.
_IN_COLUMN: Mapping[tuple[str, str], str] = {("audit_type", "MULTI_AGENCY"): "Multi-agency"}


def label(code: str, column: str = "") -> str:
    """The words for a code: `REQUIRES_IMPROVEMENT` gives "Requires improvement"; names with numbers stay."""
    if (column, code) in _IN_COLUMN:
        return _IN_COLUMN[column, code]
    if code not in _LABELS and any(letter.isdigit() for letter in code):
        return code
    return _LABELS.get(code) or code.replace("_", " ").replace("-", " ").strip().capitalize()

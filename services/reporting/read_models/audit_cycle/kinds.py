"""All kinds of rows."""

from services.reporting.read_models.audit_cycle import (
    actions,
    audits,
    caseloads,
    expectations,
    learning,
    meetings,
    pairs,
    re_audits,
    sampling,
)

KINDS = (
    expectations.KIND,
    audits.KIND,
    caseloads.KIND,
    sampling.THEMES,
    sampling.SAMPLES,
    pairs.KIND,
    actions.KIND,
    re_audits.KIND,
    meetings.KIND,
    learning.KIND,
)

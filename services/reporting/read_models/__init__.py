"""The read models of reporting, each one folder: row, cells, query."""

from services.reporting.read_models import audit_cycle, audit_quality, feedback_themes, practice_alerts

READ_MODELS = (
    audit_quality.READ_MODEL,
    audit_cycle.READ_MODEL,
    practice_alerts.READ_MODEL,
    feedback_themes.READ_MODEL,
)

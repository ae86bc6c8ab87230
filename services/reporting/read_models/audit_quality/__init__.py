"""How good practice was found to be: every audit with a final grade."""

from typing import get_args

from services.reporting.read_models.audit_quality.cells import cells
from services.reporting.read_models.audit_quality.row import learn
from shared.messaging.topics import AUDIT
from shared.projecting.read_model import ReadModel
from shared.published.audit import AuditPublished

READ_MODEL = ReadModel(
    name="audit_quality",
    topic=AUDIT,
    decoders={event.TYPE: event for event in get_args(AuditPublished)},
    learn=learn,
    cells=cells,
)

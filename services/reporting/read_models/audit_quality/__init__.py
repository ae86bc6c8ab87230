"""How good practice was found to be: every audit with a final grade."""

from services.reporting.read_models.audit_quality.cells import cells
from services.reporting.read_models.audit_quality.row import learn
from shared.messaging.topics import AUDIT
from shared.projecting.read_model import ReadModel
from shared.published.audit import AuditGradedV1, AuditWithdrawnV1

READ_MODEL = ReadModel(
    name="audit_quality",
    topic=AUDIT,
    decoders={event.TYPE: event for event in (AuditGradedV1, AuditWithdrawnV1)},
    learn=learn,
    cells=cells,
)

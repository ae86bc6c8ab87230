"""What surrounds grades: what was expected, compared, followed up and learned."""

from typing import get_args

from services.reporting.read_models.audit_cycle.cells import cells
from services.reporting.read_models.audit_cycle.row import learn
from shared.messaging.topics import AUDIT
from shared.projecting.read_model import ReadModel
from shared.published.audit import AuditPublished

READ_MODEL = ReadModel(
    name="audit_cycle",
    topic=AUDIT,
    decoders={event.TYPE: event for event in get_args(AuditPublished)},
    learn=learn,
    cells=cells,
)

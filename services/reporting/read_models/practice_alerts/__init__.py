"""What reviewing officers challenged, and how it was answered."""

from typing import get_args

from services.reporting.read_models.practice_alerts.cells import cells
from services.reporting.read_models.practice_alerts.row import learn
from shared.messaging.topics import ESCALATION
from shared.projecting.read_model import ReadModel
from shared.published.escalation import EscalationPublished

READ_MODEL = ReadModel(
    name="practice_alerts",
    topic=ESCALATION,
    decoders={event.TYPE: event for event in get_args(EscalationPublished)},
    learn=learn,
    cells=cells,
)

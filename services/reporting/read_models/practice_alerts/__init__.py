"""What reviewing officers challenged, and how it was answered."""

from services.reporting.read_models.practice_alerts.cells import cells
from services.reporting.read_models.practice_alerts.row import learn
from shared.messaging.topics import ESCALATION
from shared.projecting.read_model import ReadModel
from shared.published.escalation import (
    AlertAnsweredV1,
    AlertDeadlineMissedV1,
    AlertEscalatedV1,
    AlertRaisedV1,
    AlertReopenedV1,
    AlertResolvedV1,
    AlertWithdrawnV1,
)

READ_MODEL = ReadModel(
    name="practice_alerts",
    topic=ESCALATION,
    decoders={
        event.TYPE: event
        for event in (
            AlertRaisedV1,
            AlertAnsweredV1,
            AlertEscalatedV1,
            AlertDeadlineMissedV1,
            AlertResolvedV1,
            AlertReopenedV1,
            AlertWithdrawnV1,
        )
    },
    learn=learn,
    cells=cells,
)

"""What children, families and others said, and what changed because of it."""

from services.reporting.read_models.feedback_themes.cells import cells
from services.reporting.read_models.feedback_themes.row import learn
from shared.messaging.topics import FEEDBACK
from shared.projecting.read_model import ReadModel
from shared.published.feedback import ChangeMadeV1, FeedbackClassifiedV1, FeedbackReceivedV1, FeedbackRespondedV1

READ_MODEL = ReadModel(
    name="feedback_themes",
    topic=FEEDBACK,
    decoders={
        event.TYPE: event for event in (FeedbackReceivedV1, FeedbackClassifiedV1, FeedbackRespondedV1, ChangeMadeV1)
    },
    learn=learn,
    cells=cells,
)

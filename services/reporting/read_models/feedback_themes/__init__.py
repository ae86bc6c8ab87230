"""What children, families and others said, and what changed because of it."""

from typing import get_args

from services.reporting.read_models.feedback_themes.cells import cells
from services.reporting.read_models.feedback_themes.row import learn
from shared.messaging.topics import FEEDBACK
from shared.projecting.read_model import ReadModel
from shared.published.feedback import FeedbackPublished

READ_MODEL = ReadModel(
    name="feedback_themes",
    topic=FEEDBACK,
    decoders={event.TYPE: event for event in get_args(FeedbackPublished)},
    learn=learn,
    cells=cells,
)

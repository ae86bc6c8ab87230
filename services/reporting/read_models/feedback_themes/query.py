"""Summed feedback measures as who said what, and what came of it."""

from __future__ import annotations

from services.reporting.domain.policy import ReportingPolicy
from services.reporting.read_models.reading import Measures, proportion
from services.reporting.views import Feedback
from shared.projecting.reading import Tree

RATINGS = ("5", "4", "3", "2", "1")
RESULTS = ("BETTER", "SAME", "WORSE")
SENTIMENTS = ("POSITIVE", "MIXED", "NEUTRAL", "NEGATIVE")


def feedback(summed: Tree, policy: ReportingPolicy) -> Feedback:
    found = Measures(summed)
    received = found.number("received", "count")
    return Feedback(
        received=found.count("received", "count"),
        channels=found.counts("channel"),
        respondents=found.counts("respondent"),
        ratings=found.counts("rating", order=RATINGS),
        sentiments=found.counts("sentiment", order=SENTIMENTS),
        themes=found.counts("theme"),
        unclassified=found.count("unclassified", "count"),
        anonymous=found.count("anonymous", "count"),
        child_made=proportion(found.number("child_made", "count"), received, policy),
        child_made_channels=found.counts("child_made_channel"),
        responded=proportion(found.number("responded", "count"), received, policy),
        days_to_respond=found.median("days"),
        changes_decided=found.count("decided", "count"),
        changes_decided_themes=found.counts("decided_theme"),
        changes_made=found.count("made", "count"),
        changes_made_themes=found.counts("made_theme"),
        changes_told=found.count("told", "count"),
        changes_told_themes=found.counts("told_theme"),
        changes_checked=found.count("checked", "count"),
        changes_checked_results=found.counts("checked_result", order=RESULTS),
    )

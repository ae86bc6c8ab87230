"""The codes that commands about learning points are given in, and the shape of those that authorities choose."""

from __future__ import annotations

import re

SOURCES = frozenset({"AUDIT", "THEME", "FOUR_R", "ALERT", "FEEDBACK"})
AUDIENCES = frozenset(
    {
        "TEAM",
        "SERVICE_AREA",
        "WHOLE_SERVICE",
        "MANAGERS",
        "REVIEWING_OFFICERS",
        "PARTNERSHIP",
        "FOSTER_CARERS",
    }
)
CHANNELS = frozenset(
    {
        "TEAM_MEETING",
        "SUPERVISION",
        "BRIEFING",
        "TRAINING",
        "PRACTICE_WEEK",
        "NEWSLETTER",
        "GUIDANCE",
        "CONFERENCE",
    }
)
RESULTS = frozenset({"IMPROVED", "NO_CHANGE", "WORSENED", "TOO_EARLY"})
METHODS = frozenset(
    {
        "CASE_TRACKING",
        "RE_AUDIT",
        "THEMED_AUDIT",
        "DIP_SAMPLE",
        "OBSERVATION",
        "PERFORMANCE_DATA",
        "FEEDBACK",
    }
)

# Themes come from an authority's own priorities; a code says nothing about anybody.
THEME = re.compile(r"[A-Z][A-Z0-9_]{0,59}")

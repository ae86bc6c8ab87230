"""What the region's view is measured with has totals of every read model that reporting has."""

from __future__ import annotations

import pytest

from benchmarks.england import AREAS, TEAMS, authorities, cells_of
from services.reporting.read_models import READ_MODELS


@pytest.mark.parametrize("model", [model.name for model in READ_MODELS])
def test_every_team_and_area_of_england_has_totals(model):
    levels = [document["level"] for document in cells_of(model, ["2025"]) if document["m"]]
    many = len(list(authorities()))
    assert levels.count("team") == many * TEAMS
    assert levels.count("service_area") == many * AREAS
    assert levels.count("authority") == levels.count("authority_in_region") == many

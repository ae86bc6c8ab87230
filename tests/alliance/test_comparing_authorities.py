"""The median, the positions beside it and the highest and lowest 20 %, from what is displayed."""

from __future__ import annotations

import pytest

from services.reporting.alliance.comparing import alliance_median, flags, positions

SIX = {"901": "40.0", "902": "50.0", "903": "60.0", "904": "61.0", "905": "70.0", "906": "80.0"}


def test_the_median_has_one_decimal_place_and_of_nobody_there_is_none():
    assert alliance_median(SIX) == "60.5"
    assert alliance_median({"901": "33.3"}) == "33.3"
    assert alliance_median({}) is None


def test_positions_are_against_the_exact_median():
    assert positions(SIX) == {
        **dict.fromkeys(("901", "902", "903"), "BELOW"),
        **dict.fromkeys(("904", "905", "906"), "ABOVE"),
    }
    assert positions({"901": "50.0", "902": "60.0", "903": "70.0"})["902"] == "AT"


def test_of_six_authorities_one_is_at_either_end():
    assert flags(SIX) == {"901": "BOTTOM_20", "906": "TOP_20"}


def test_of_four_nobody_is_flagged():
    assert flags({name: SIX[name] for name in ("901", "902", "903", "904")}) == {}


def test_equals_are_flagged_together():
    assert flags({**SIX, "902": "40.0"}) == {"901": "BOTTOM_20", "902": "BOTTOM_20", "906": "TOP_20"}


@pytest.mark.parametrize("percents", [dict.fromkeys(SIX, "50.0"), {}])
def test_when_all_are_the_same_nobody_stands_out(percents):
    assert flags(percents) == {}


def test_ten_stands_above_nine():
    assert flags({"901": "9.0", "902": "10.0", "903": "50.0", "904": "50.0", "905": "100.0"}) == {
        "901": "BOTTOM_20",
        "905": "TOP_20",
    }

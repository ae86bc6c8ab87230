"""Charts are text that follows from the values alone, and say everything without colour."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.dashboard.charts import INKS, WIDTH, Bar, Point, dot_strip, line, stacked_bar

SVG = "{http://www.w3.org/2000/svg}"
GRADES = ["Outstanding", "Good", "Requires improvement", "Inadequate"]
BARS = [Bar("Apr 2026", (1, 4, 2, 0)), Bar("May 2026", (0, 0, 0, 0)), Bar("Jun 2026", (2, 3, 0, 1))]
POINTS = [Point("Apr", 75.0, 108, 66.1, 82.2), Point("May", None, 0), Point("Jun", 50.0, 4)]


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own text


def drawn() -> list[ET.Element]:
    charts = (
        stacked_bar("a", "Title", "Description", GRADES, BARS),
        dot_strip("b", "Title", "Description", GRADES, BARS),
        line("c", "Title", "Description", POINTS),
    )
    return [parsed(chart) for chart in charts]


@pytest.mark.parametrize("svg", drawn())
def test_every_chart_is_an_image_named_by_its_title_and_description(svg: ET.Element) -> None:
    assert svg.get("role") == "img"
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


@pytest.mark.parametrize("svg", drawn())
def test_no_chart_carries_style_or_script(svg: ET.Element) -> None:
    for element in svg.iter():
        assert "style" not in element.attrib
        assert element.tag not in (f"{SVG}style", f"{SVG}script")


def test_the_same_values_give_the_same_text() -> None:
    assert stacked_bar("a", "T", "D", GRADES, BARS) == stacked_bar("a", "T", "D", GRADES, BARS)


def test_every_colour_has_a_pattern_and_a_marker_of_its_own() -> None:
    assert len({ink.pattern for ink in INKS}) == len(INKS)
    assert len({ink.marker for ink in INKS}) == len(INKS)


def test_neighbouring_colours_differ_in_brightness_by_three_to_one_or_by_a_white_edge() -> None:
    for one, other in pairwise(INKS):
        assert contrast(one.colour, other.colour) >= 1.5
        assert contrast(one.colour, "#ffffff") >= 2.9


def test_numbers_stand_out_from_the_colour_behind_them() -> None:
    for ink in INKS:
        assert contrast(ink.colour, ink.on_it) >= 4.5


def test_a_bar_starts_at_nothing_and_is_as_long_as_its_total() -> None:
    svg = parsed(stacked_bar("a", "T", "D", GRADES, BARS))
    first = [r for r in svg.iter(f"{SVG}rect") if r.get("stroke") == "#ffffff" and r.get("y") == "60"]
    lengths = [float(r.get("width", 0)) for r in first]
    assert len(lengths) == 3
    assert sum(lengths) == pytest.approx(WIDTH - 76 - 46, abs=0.2)
    assert lengths[1] == pytest.approx(4 * lengths[0], abs=0.3)


def test_a_share_of_few_is_a_hollow_mark_and_nothing_is_drawn_for_none() -> None:
    marks = list(parsed(line("c", "T", "D", POINTS)).iter(f"{SVG}circle"))
    assert [mark.get("fill") for mark in marks] == ["#12436D", "#ffffff"]


def test_a_line_does_not_cross_a_period_without_a_value() -> None:
    assert len(list(parsed(line("c", "T", "D", POINTS)).iter(f"{SVG}path"))) == 2


def test_the_number_behind_each_point_is_printed_under_it() -> None:
    texts = [text.text for text in parsed(line("c", "T", "D", POINTS)).iter(f"{SVG}text")]
    assert {"108", "0", "4"} <= set(texts)


def test_a_strip_has_a_mark_for_each_thing_counted() -> None:
    svg = parsed(dot_strip("b", "T", "D", GRADES, BARS))
    marks = [e for e in svg.iter() if e.get("fill") in {ink.colour for ink in INKS}]
    assert len(marks) == sum(sum(bar.counts) for bar in BARS)


def test_words_in_a_chart_cannot_become_markup() -> None:
    svg = stacked_bar("a", "<script>", 'x" onload="y', ["<b>"], [Bar("<i>", (1,))])
    assert "<script>" not in svg
    assert "<b>" not in svg
    assert parsed(svg).find(f"{SVG}title").text == "<script>"  # type: ignore[union-attr]


@given(st.lists(st.tuples(*[st.integers(0, 500)] * 4), max_size=24))
def test_any_counts_make_a_chart_that_stays_inside_its_frame(counts: list[tuple[int, ...]]) -> None:
    bars = [Bar(f"{n}", one) for n, one in enumerate(counts)]
    for chart in (stacked_bar("a", "T", "D", GRADES, bars), dot_strip("b", "T", "D", GRADES, bars)):
        for rect in parsed(chart).iter(f"{SVG}rect"):
            assert float(rect.get("x", 0)) + float(rect.get("width", 0)) <= WIDTH + 0.1


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

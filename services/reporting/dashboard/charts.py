"""Charts as SVG text: bars, lines, intervals and dots, each readable without colour, script or style.

Every function is pure and gives the same text for the same values, so a chart can be kept, compared and cached.
Colours are the Government Analysis Function's, in its order, and every colour comes with a pattern or a marker of its
own. A chart is 420 units wide, which stays legible both in half a desktop page and on a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from markupsafe import Markup

WIDTH = 420
LABEL = 76
END = 46
ROW = 30
BAR = 22
THIN = 17
TEXT = "#0b0c0c"
QUIET = "#484949"
RULE = "#cecece"
FEW = 10
"""Below this many audits a share says little: its marker is hollow."""


@dataclass(frozen=True, slots=True)
class Ink:
    """How one category looks: its colour, the text colour legible on it, a pattern and a marker."""

    colour: str
    on_it: str
    pattern: str
    marker: str


INKS = (
    Ink("#12436D", "#ffffff", "plain", "circle"),
    Ink("#28A197", "#0b0c0c", "dots", "square"),
    Ink("#801650", "#ffffff", "slant", "triangle"),
    Ink("#F46A25", "#0b0c0c", "cross", "diamond"),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a stacked bar chart: a count for each category, in the categories' order."""

    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a line: a percentage of `n`, with its interval. `value` None leaves a gap."""

    label: str
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None


def stacked_bar(
    chart: str, title: str, description: str, categories: Sequence[str], bars: Sequence[Bar], *, left: float = LABEL
) -> Markup:
    """Counts by category, one bar a period; at most four categories. `chart` is an id unique on the page.

    `left` is the room for the bars' labels: more of it for names, which take two lines where they must.
    """
    key_height, key = _key(chart, categories)
    longest = max((sum(bar.counts) for bar in bars), default=0) or 1
    scale = (WIDTH - left - END) / longest
    names = [_lines(bar.label, left - 8, 14) for bar in bars]
    step = ROW if all(len(lines) == 1 for lines in names) else ROW + 10
    rows = [
        _bar(chart, bar, lines, left, key_height + step * index, scale)
        for index, (bar, lines) in enumerate(zip(bars, names, strict=True))
    ]
    height = key_height + step * len(bars) + 2
    axis = _line(left, key_height - 4, left, height - 2, TEXT, 1)
    return _svg(chart, title, description, height, [_patterns(chart, len(categories)), key, *rows, axis])


def grouped_bar(
    chart: str, title: str, description: str, categories: Sequence[str], bars: Sequence[Bar], *, left: float = LABEL
) -> Markup:
    """Counts that are no parts of one whole: for each label one thin bar a category, each from zero."""
    key_height, key = _key(chart, categories)
    longest = max((count for bar in bars for count in bar.counts), default=0) or 1
    scale = (WIDTH - left - END) / longest
    step = THIN * max(len(categories), 2) + 12
    groups = [_group(chart, bar, left, key_height + step * index, scale) for index, bar in enumerate(bars)]
    height = key_height + step * len(bars) + 2
    axis = _line(left, key_height - 4, left, height - 2, TEXT, 1)
    return _svg(chart, title, description, height, [_patterns(chart, len(categories)), key, *groups, axis])


def line(chart: str, title: str, description: str, points: Sequence[Point]) -> Markup:
    """Percentages over time, from 0 to 100, with intervals and the number each rests on; hollow when that is small."""
    top, bottom, left, right = 14.0, 186.0, 42.0, WIDTH - 16.0
    step = (right - left) / max(len(points) - 1, 1)
    places = [(left + step * index, point) for index, point in enumerate(points)]

    def y(value: float) -> float:
        return bottom - (bottom - top) * value / 100

    grid = [_grid(y(value), value, left, right) for value in (0, 25, 50, 75, 100)]
    strokes = [_whisker(x, y(p.low), y(p.high)) for x, p in places if p.low is not None and p.high is not None]
    marks = [_mark(x, y(p.value), p.n) for x, p in places if p.value is not None]
    paths = [_path([(x, y(p.value)) for x, p in run if p.value is not None]) for run in _runs(places)]
    feet = [_foot(x, bottom, point, step, index) for index, (x, point) in enumerate(places)]
    return _svg(chart, title, description, 236, [*grid, *strokes, *paths, *marks, *feet, _text(4, 230, "n", QUIET, 13)])


def intervals(
    chart: str, title: str, description: str, lanes: Sequence[tuple[Point, str]], middle: float | None
) -> Markup:
    """Percentages beside each other, one below the other, with intervals; `middle` is a dashed line through all.

    Beside each stands what there is to say of it, such as "75.0%, n 40"; without a value only that.
    """
    left, right, top, lane = 118.0, WIDTH - 92.0, 8.0, 34.0
    bottom = top + lane * len(lanes)

    def x(value: float) -> float:
        return left + (right - left) * value / 100

    grid = [_line(x(v), top, x(v), bottom, RULE, 1) for v in (0, 25, 50, 75, 100)]
    feet = [_text(x(v), bottom + 18, f"{v}%", QUIET, 12, "middle") for v in (0, 50, 100)]
    dashes = [] if middle is None else [_dashed(x(middle), top, bottom)]
    rows = [_interval(point, words, left, right, top + lane * (n + 0.5), x) for n, (point, words) in enumerate(lanes)]
    return _svg(chart, title, description, bottom + 26, [*grid, *dashes, *rows, *feet])


def dot_strip(chart: str, title: str, description: str, categories: Sequence[str], bars: Sequence[Bar]) -> Markup:
    """One mark for each thing counted: a lane for each category, a column for each period. For small numbers."""
    left, lane, top = 118.0, 44.0, 8.0
    width = (WIDTH - left - 4) / max(len(bars), 1)
    bottom = top + lane * len(categories)
    lanes = [_lane(name, top + lane * row, lane, left) for row, name in enumerate(categories)]
    marks = [
        _dots(INKS[row], bar.counts[row], left + width * column, top + lane * row, width, lane)
        for column, bar in enumerate(bars)
        for row in range(len(categories))
    ]
    every = 1 if width >= 32 else 2
    feet = [
        _column_foot(left + width * (column + 0.5), bottom + 16, bar.label, column)
        for column, bar in enumerate(bars)
        if column % every == 0
    ]
    return _svg(chart, title, description, bottom + 38, [*lanes, *marks, *feet])


def _svg(chart: str, title: str, description: str, height: float, parts: Iterable[str]) -> Markup:
    names = f"{chart}-title {chart}-desc"
    inside = _tag("title", title, id=f"{chart}-title") + _tag("desc", description, id=f"{chart}-desc") + "".join(parts)
    return Markup(  # noqa: S704 - every text and attribute in it went through _tag, which escapes
        f'<svg class="gt-chart" role="img" aria-labelledby="{escape(names)}" viewBox="0 0 {WIDTH} {_n(height)}" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif">{inside}</svg>'
    )


def _tag(name: str, text: str | None = None, **attributes: str | float) -> str:
    shown = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(_n(value))}"' for key, value in attributes.items())
    return f"<{name}{shown}/>" if text is None else f"<{name}{shown}>{escape(text)}</{name}>"


def _n(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".rstrip("0").rstrip(".")


def _text(x: float, y: float, words: str, fill: str = TEXT, size: float = 15, anchor: str = "start") -> str:
    return _tag("text", words, x=x, y=y, fill=fill, font_size=size, text_anchor=anchor)


def _line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float) -> str:
    return _tag("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width)


def _breadth(words: str, size: float) -> float:
    """About how wide text is: no font is at hand, and a system font may differ."""
    return len(words) * size * 0.56


def _key(chart: str, categories: Sequence[str]) -> tuple[float, str]:
    """The categories' names with their swatches, wrapped to the width; gives the height it took as well."""
    x, y, parts = 0.0, 4.0, []
    for index, name in enumerate(categories):
        need = 22 + _breadth(name, 14) + 12
        if x and x + need > WIDTH:
            x, y = 0.0, y + 24
        parts.append(_tag("rect", x=x, y=y, width=16, height=16, fill=_fill(chart, index)))
        parts.append(_text(x + 22, y + 13, name, size=14))
        x += need
    return y + 32, "".join(parts)


def _fill(chart: str, index: int) -> str:
    ink = INKS[index]
    return ink.colour if ink.pattern == "plain" else f"url(#{chart}-{ink.pattern})"


def _patterns(chart: str, count: int) -> str:
    return "<defs>" + "".join(_pattern(chart, ink) for ink in INKS[:count] if ink.pattern != "plain") + "</defs>"


def _pattern(chart: str, ink: Ink) -> str:
    drawn = {
        "dots": _tag("circle", cx=4, cy=4, r=1.1, fill="#ffffff"),
        "slant": _tag("path", d="M-2 2L2 -2M0 8L8 0M6 10L10 6", stroke="#ffffff", stroke_width=0.9),
        "cross": _tag("path", d="M0 0L8 8M8 0L0 8", stroke="#0b0c0c", stroke_width=0.6),
    }[ink.pattern]
    ground = _tag("rect", width=8, height=8, fill=ink.colour)
    return (
        f'<pattern id="{escape(chart)}-{ink.pattern}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f"{ground}{drawn}</pattern>"
    )


def _bar(chart: str, bar: Bar, lines: Sequence[str], left: float, top: float, scale: float) -> str:
    starts = accumulate(bar.counts, initial=0)
    pieces = [
        _piece(chart, index, left + start * scale, top, count * scale, count)
        for index, (start, count) in enumerate(zip(starts, bar.counts, strict=False))
        if count
    ]
    total = sum(bar.counts)
    name = _name(lines, left, top + 16)
    return name + "".join(pieces) + _text(left + total * scale + 7, top + 16, str(total), size=14)


def _group(chart: str, bar: Bar, left: float, top: float, scale: float) -> str:
    tops = [top + THIN * index for index in range(len(bar.counts))]
    blocks = [
        _tag("rect", x=left, y=y, width=count * scale, height=THIN - 3, fill=_fill(chart, index))
        + _text(left + count * scale + 7, y + 12, str(count), size=13)
        for index, (y, count) in enumerate(zip(tops, bar.counts, strict=True))
    ]
    middle = top + (THIN * len(bar.counts) - 3) / 2 + 5
    return _name(_lines(bar.label, left - 8, 14), left, middle) + "".join(blocks)


def _name(lines: Sequence[str], left: float, base: float) -> str:
    """A label beside a bar, on one line or around the line `base`."""
    first = base - 8 * (len(lines) - 1)
    return "".join(_text(left - 8, first + 16 * row, words, size=14, anchor="end") for row, words in enumerate(lines))


def _lines(words: str, width: float, size: float) -> list[str]:
    """The words on one line, or on two that are about as long as each other; what is longer still is cut short."""
    if _breadth(words, size) <= width:
        return [words]
    parts = words.split(" ")
    halves = [(" ".join(parts[:n]), " ".join(parts[n:])) for n in range(1, len(parts))]
    lines = min(halves, key=lambda half: max(map(len, half)), default=(words,))
    most = int(width / (size * 0.56))
    return [line if len(line) <= most else f"{line[: most - 1].rstrip()}…" for line in lines]


def _piece(chart: str, index: int, x: float, top: float, width: float, count: int) -> str:
    """A segment, a white edge between it and its neighbours, and its count on a plain plate where there is room."""
    block = _tag(
        "rect", x=x, y=top, width=width, height=BAR, fill=_fill(chart, index), stroke="#ffffff", stroke_width=1.5
    )
    plate = _breadth(str(count), 14) + 6
    if width < plate + 2:
        return block
    ink, middle = INKS[index], x + width / 2
    ground = _tag("rect", x=middle - plate / 2, y=top + 3, width=plate, height=16, fill=ink.colour)
    return block + ground + _text(middle, top + 16, str(count), ink.on_it, 14, "middle")


def _grid(y: float, value: int, left: float, right: float) -> str:
    stroke = QUIET if value == 0 else RULE
    return _line(left, y, right, y, stroke, 1) + _text(left - 8, y + 4, f"{value}%", QUIET, 12, "end")


def _whisker(x: float, low: float, high: float) -> str:
    ends = _line(x - 4, low, x + 4, low, QUIET, 1) + _line(x - 4, high, x + 4, high, QUIET, 1)
    return _line(x, low, x, high, QUIET, 1) + ends


def _mark(x: float, y: float, n: int) -> str:
    fill = "#ffffff" if n < FEW else INKS[0].colour
    return _tag("circle", cx=x, cy=y, r=5, fill=fill, stroke=INKS[0].colour, stroke_width=2)


def _runs(places: Sequence[tuple[float, Point]]) -> Iterator[list[tuple[float, Point]]]:
    """Unbroken stretches: a line never crosses a period with nothing to show."""
    run: list[tuple[float, Point]] = []
    for place in places:
        if place[1].value is not None:
            run.append(place)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _path(places: Sequence[tuple[float, float]]) -> str:
    steps = "L".join(f"{_n(x)} {_n(y)}" for x, y in places)
    return _tag("path", d=f"M{steps}", fill="none", stroke=INKS[0].colour, stroke_width=2.5)


def _foot(x: float, bottom: float, point: Point, step: float, index: int) -> str:
    """Under a point: its period and the number it rests on. Long labels drop every second one to stay apart."""
    skip = index % 2 and _breadth(point.label, 12) > step
    label = "" if skip else _text(x, bottom + 20, point.label, TEXT, 12, "middle")
    return label + _text(x, bottom + 44, str(point.n), QUIET, 12, "middle")


def _dashed(x: float, top: float, bottom: float) -> str:
    return _tag("line", x1=x, y1=top, x2=x, y2=bottom, stroke=INKS[2].colour, stroke_width=2, stroke_dasharray="6 4")


def _interval(point: Point, words: str, left: float, right: float, y: float, x: Callable[[float], float]) -> str:
    name = _name(_lines(point.label, left - 10, 14), left - 2, y + 5)
    said = name + _text(right + 8, y + 5, words, QUIET, 12)
    if point.value is None:
        return said
    reach = ""
    if point.low is not None and point.high is not None:
        low, high = x(point.low), x(point.high)
        ends = _line(low, y - 4, low, y + 4, QUIET, 1) + _line(high, y - 4, high, y + 4, QUIET, 1)
        reach = _line(low, y, high, y, QUIET, 1) + ends
    return said + reach + _mark(x(point.value), y, point.n)


def _lane(name: str, top: float, lane: float, left: float) -> str:
    edge = _line(0, top + lane, WIDTH, top + lane, RULE, 1)
    words = name.split(" ", 1) if _breadth(name, 14) > left - 6 else [name]
    middle = top + lane / 2 + 5 - 8 * (len(words) - 1)
    return edge + "".join(_text(0, middle + 17 * row, word, size=14) for row, word in enumerate(words))


def _dots(ink: Ink, count: int, left: float, top: float, width: float, lane: float) -> str:
    """`count` marks in a small grid inside one column of one lane; above what fits, a number beside one mark."""
    across = max(int((width - 2) // 11), 1)
    down = int((lane - 6) // 11)
    if count > across * down:
        return _marker(ink, left + 7, top + lane / 2) + _text(left + 14, top + lane / 2 + 4, str(count), size=12)
    first = left + (width - 11 * (min(count, across) - 1)) / 2
    return "".join(
        _marker(ink, first + 11 * (index % across), top + lane - 9 - 11 * (index // across)) for index in range(count)
    )


def _marker(ink: Ink, x: float, y: float) -> str:
    if ink.marker == "circle":
        return _tag("circle", cx=x, cy=y, r=4.5, fill=ink.colour)
    if ink.marker == "square":
        return _tag("rect", x=x - 4, y=y - 4, width=8, height=8, fill=ink.colour)
    corners = {
        "triangle": f"{_n(x)},{_n(y - 5)} {_n(x + 5)},{_n(y + 4)} {_n(x - 5)},{_n(y + 4)}",
        "diamond": f"{_n(x)},{_n(y - 5.5)} {_n(x + 5.5)},{_n(y)} {_n(x)},{_n(y + 5.5)} {_n(x - 5.5)},{_n(y)}",
    }
    return _tag("polygon", points=corners[ink.marker], fill=ink.colour)


def _column_foot(x: float, y: float, label: str, index: int) -> str:
    """A month under its column; the year only where it begins, so that twelve fit."""
    month, _, year = label.partition(" ")
    below = _text(x, y + 16, year, QUIET, 12, "middle") if year and (index == 0 or month in ("Jan", "Feb")) else ""
    return _text(x, y, month, TEXT, 13, "middle") + below

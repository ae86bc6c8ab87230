"""Was anything lost, counted twice or shown out of order? Judges a recorded history, whatever it was that made it.

After the checks of Jepsen's `tests/kafka.clj` (aborted reads, divergence at a position, lost writes, skips,
inversions): its send is our post, its poll our view of a total, and a position names the version order directly.

A history is any number of mappings, in any order:

    {"kind": "post", "op", "invoked", "completed", "outcome": "acknowledged"|"refused"|"unknown",
     "position": "feedback.3.17"|None, "row": id|None,
     "effect": {"team", "area", "authority", "region", "month", "measure"}}
    {"kind": "view", "invoked", "completed", "level", "unit", "month", "measure", "count", "rows": [ids]|None,
     "after": "feedback.3.17"|None, "final": True when everything had settled before it}

Times are seconds on one clock; what shares a moment is taken to have overlapped. Every effect adds one; the load
never takes anything away. An `op` may be posted again: its attempts together are one post, as certain as the most
certain of them.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

LEVELS = ("team", "area", "authority", "region")  # each adds up to the next
EXAMPLES = 20  # that a verdict holds at most
_CERTAINTY = ("refused", "unknown", "acknowledged")


class Cell(NamedTuple):
    """One total."""

    level: str
    unit: str
    month: str
    measure: str


class Position(NamedTuple):
    log: str  # "feedback.3"
    seq: int

    @staticmethod
    def parse(text: str | None) -> Position | None:
        if text is None:
            return None
        log, _, seq = text.rpartition(".")
        return Position(log, int(seq))


@dataclass(frozen=True, slots=True)
class Post:
    op: str
    invoked: float
    completed: float  # infinite when no answer came
    outcome: str
    position: Position | None
    effect: Mapping[str, str]
    row: str | None

    def cells(self) -> Iterator[Cell]:
        for level in LEVELS:
            yield Cell(level, self.effect[level], self.effect["month"], self.effect["measure"])


@dataclass(frozen=True, slots=True)
class View:
    cell: Cell
    invoked: float
    completed: float
    count: int
    rows: tuple[str, ...] | None
    after: Position | None
    final: bool


class Fault(NamedTuple):
    """`name` is the field of the verdict that it counts in, `effects` by how many."""

    name: str
    effects: int
    words: str
    cell: Cell | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a history proves. `lost` and `duplicated` count effects, the other faults how often it happened.

    lost: acknowledged, and not in the totals when all had settled. duplicated: counted without a post of its own (a
    post twice, one that was refused, none at all). skipped: a view lacks what it was asked to be after, or what an
    earlier view was. non_monotonic: a view shows less than one before it. inconsistent: two posts at one position or
    in one row, one post at two, positions against the order of time. wrong_totals: children do not add up to their
    parent, or rows to their count. unseen: acknowledged, but no final view was taken that could show it.
    """

    acknowledged: int
    unknown: int
    lost: int
    duplicated: int
    skipped: int
    non_monotonic: int
    inconsistent: int
    wrong_totals: int
    unseen: int
    examples: tuple[str, ...]

    @property
    def faults(self) -> dict[str, int]:
        """Those that were found, by name; empty when the history is right."""
        return {name: n for name in FAULTS if (n := getattr(self, name))}

    @property
    def right(self) -> bool:
        """Nothing is wrong, and there was something to judge."""
        return not self.faults and self.acknowledged > 0


FAULTS = ("lost", "duplicated", "skipped", "non_monotonic", "inconsistent", "wrong_totals", "unseen")


def check(history: Iterable[Mapping[str, Any]]) -> Verdict:
    """Judge a whole history. Raises KeyError or ValueError when it is not written as the module says."""
    attempts, views = _parsed(history)
    posts = _posts(attempts)
    book = _Book(posts, views)
    faults = [*_inconsistent(attempts, posts), *_unseen(book)]
    for cell, page in book.pages.items():
        faults += _judged(book, cell, page)
    faults += _wrong_totals(book)
    outcomes = Counter(post.outcome for post in posts)
    return Verdict(
        acknowledged=outcomes["acknowledged"],
        unknown=outcomes["unknown"],
        **{name: _total(name, faults) for name in FAULTS},
        examples=tuple(f"{fault.name}: {fault.words}" for fault in faults[:EXAMPLES]),
    )


def _parsed(history: Iterable[Mapping[str, Any]]) -> tuple[list[Post], list[View]]:
    attempts: list[Post] = []
    views: list[View] = []
    for told in history:
        if told["kind"] == "post":
            attempts.append(_post(told))
        elif told["kind"] == "view":
            views.append(_view(told))
        else:
            raise ValueError(f"neither a post nor a view: {told['kind']!r}")
    return attempts, views


def _post(told: Mapping[str, Any]) -> Post:
    if told["outcome"] not in _CERTAINTY:
        raise ValueError(f"no outcome of a post: {told['outcome']!r}")
    completed = math.inf if told["completed"] is None else told["completed"]
    position = Position.parse(told["position"])
    return Post(told["op"], told["invoked"], completed, told["outcome"], position, told["effect"], told["row"])


def _view(told: Mapping[str, Any]) -> View:
    if told["level"] not in LEVELS:
        raise ValueError(f"no level: {told['level']!r}")
    return View(
        cell=Cell(told["level"], told["unit"], told["month"], told["measure"]),
        invoked=told["invoked"],
        completed=told["completed"],
        count=told["count"],
        rows=None if told["rows"] is None else tuple(told["rows"]),
        after=Position.parse(told["after"]),
        final=told.get("final", False),
    )


def _posts(attempts: Iterable[Post]) -> list[Post]:
    """The attempts of each op as one: begun with the first of them, over with the first that was acknowledged."""
    tried: defaultdict[str, list[Post]] = defaultdict(list)
    for attempt in attempts:
        tried[attempt.op].append(attempt)
    return [_one(each) for each in tried.values()]


def _one(attempts: Sequence[Post]) -> Post:
    best = max(attempts, key=lambda post: (_CERTAINTY.index(post.outcome), -post.completed))
    return Post(
        best.op,
        min(post.invoked for post in attempts),
        best.completed,
        best.outcome,
        next((post.position for post in attempts if post.position), None),
        best.effect,
        next((post.row for post in attempts if post.row), None),
    )


class _Rising:
    """The greatest value that was told before a moment."""

    def __init__(self, told: Iterable[tuple[float, int]]) -> None:
        in_order = sorted(told)
        self._times = [time for time, _ in in_order]
        self._greatest = list(accumulate((value for _, value in in_order), max))

    def before(self, moment: float) -> int | None:
        at = bisect_left(self._times, moment)
        return self._greatest[at - 1] if at else None


@dataclass(slots=True)
class _Page:
    """One cell's posts and views. Posts that were refused are not in it; `nameless` are those of no known row."""

    posts: list[Post] = field(default_factory=list)
    nameless: list[Post] = field(default_factory=list)
    views: list[View] = field(default_factory=list)


class _Book:
    """The history by cell, and how far each log had been counted by which moment.

    That a view was `after` a position holds for its whole measure: totals of all cells move together with it.
    """

    def __init__(self, posts: Iterable[Post], views: Iterable[View]) -> None:
        self.posts = {post.op: post for post in posts}
        self.owner = {post.row: post for post in self.posts.values() if post.row}
        self.pages: defaultdict[Cell, _Page] = defaultdict(_Page)
        marks: defaultdict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
        for post in self.posts.values():
            if post.outcome != "refused":
                self._write(post)
        for view in views:
            self.pages[view.cell].views.append(view)
            if view.after:
                marks[view.cell.measure, view.after.log].append((view.completed, view.after.seq))
        self._marks = {key: _Rising(told) for key, told in marks.items()}

    def _write(self, post: Post) -> None:
        for cell in post.cells():
            self.pages[cell].posts.append(post)
            if post.row is None:
                self.pages[cell].nameless.append(post)

    def counted(self, view: View, log: str) -> int:
        """Up to where the log must be in the view: as it asked, or as an earlier view did. -1: nothing is known."""
        asked = view.after.seq if view.after and view.after.log == log else -1
        earlier = self._marks.get((view.cell.measure, log))
        before = earlier.before(view.invoked) if earlier else None
        return asked if before is None else max(asked, before)


class _Sure:
    """The acknowledged posts of one cell: which of them a view must hold."""

    def __init__(self, posts: Iterable[Post]) -> None:
        self.all = [post for post in posts if post.outcome == "acknowledged"]
        self._logs: defaultdict[str, list[Post]] = defaultdict(list)
        for post in self.all:
            if post.position:
                self._logs[post.position.log].append(post)
        for told in self._logs.values():
            told.sort(key=_seq)

    def within(self, book: _Book, view: View) -> list[Post]:
        if view.final:
            return self.all
        found: list[Post] = []
        for log, told in self._logs.items():
            found += told[: bisect_right(told, book.counted(view, log), key=_seq)]
        return found


def _judged(book: _Book, cell: Cell, page: _Page) -> Iterator[Fault]:
    sure = _Sure(page.posts)
    begun = sorted(post.invoked for post in page.posts)
    counts = _Rising((view.completed, view.count) for view in page.views)
    shown = _first_shown(page.views)
    for view in page.views:
        must = sure.within(book, view)
        yield from _too_little(view, must)
        yield from _too_much(book, view, bisect_right(begun, view.completed))
        yield from _went_back(view, counts, shown)
        if view.final and view.rows is not None and len(view.rows) != view.count:
            yield Fault("wrong_totals", 1, f"{_name(cell)}: {view.count} counted, {len(view.rows)} rows", cell)


def _first_shown(views: Iterable[View]) -> dict[str, float]:
    """When the first view that lists a row was over."""
    shown: dict[str, float] = {}
    for view in views:
        for row in view.rows or ():
            shown[row] = min(view.completed, shown.get(row, math.inf))
    return shown


def _too_little(view: View, must: Sequence[Post]) -> Iterator[Fault]:
    gone: list[str] = []
    if view.rows is not None:
        listed = set(view.rows)
        gone = [post.op for post in must if post.row and post.row not in listed]
    missing = max(len(gone), len(must) - view.count)
    if missing <= 0:
        return
    words = f"{_name(view.cell)} shows {view.count} of {len(must)} at {view.completed:g}, lacking {gone[:3] or '?'}"
    yield Fault("lost", missing, words, view.cell) if view.final else Fault("skipped", 1, words, view.cell)


def _too_much(book: _Book, view: View, possible: int) -> Iterator[Fault]:
    strange = max(view.count - possible, _strange_rows(book, view))
    if strange > 0:
        words = f"{_name(view.cell)} shows {view.count}, {strange} more than was posted by {view.completed:g}"
        yield Fault("duplicated", strange, words, view.cell)


def _strange_rows(book: _Book, view: View) -> int:
    """Rows listed again, of posts that do not belong here, or of no post at all.

    A post whose answer was lost has a row that nobody knows: so many unheard-of rows are in order.
    """
    if view.rows is None:
        return 0
    listed = set(view.rows)
    owners = [book.owner.get(row) for row in listed]
    foreign = sum(owner is not None and not _may_be_in(owner, view) for owner in owners)
    nameless = sum(post.invoked <= view.completed for post in book.pages[view.cell].nameless)
    return len(view.rows) - len(listed) + foreign + max(0, owners.count(None) - nameless)


def _may_be_in(post: Post, view: View) -> bool:
    level, unit, month, measure = view.cell
    there = (post.effect[level], post.effect["month"], post.effect["measure"]) == (unit, month, measure)
    return there and post.outcome != "refused" and post.invoked <= view.completed


def _went_back(view: View, counts: _Rising, shown: Mapping[str, float]) -> Iterator[Fault]:
    before = counts.before(view.invoked) or 0
    gone: set[str] = set()
    if view.rows is not None:
        gone = {row for row, since in shown.items() if since < view.invoked}.difference(view.rows)
    if view.count < before or gone:
        words = (
            f"{_name(view.cell)} shows {view.count} at {view.completed:g} after {before}, without {sorted(gone)[:3]}"
        )
        yield Fault("non_monotonic", 1, words, view.cell)


def _inconsistent(attempts: Sequence[Post], posts: Sequence[Post]) -> Iterator[Fault]:
    told = {(post.op, post.position) for post in attempts if post.position}
    yield from _twice("position", ((at, op) for op, at in told))
    yield from _twice("post at positions", told)
    yield from _twice("row", {(post.row, post.op) for post in attempts if post.row})
    yield from _twice("post in rows", {(post.op, post.row) for post in attempts if post.row})
    yield from _against_time(posts)


def _twice(what: str, pairs: Iterable[tuple[Any, Any]]) -> Iterator[Fault]:
    held: defaultdict[Any, set[Any]] = defaultdict(set)
    for key, value in pairs:
        held[key].add(value)
    for key, values in held.items():
        if len(values) > 1:
            yield Fault("inconsistent", 1, f"{what} {key!r}: {sorted(values)}")


def _against_time(posts: Iterable[Post]) -> Iterator[Fault]:
    """A post that was answered before another began comes before it in their log."""
    logs: defaultdict[str, list[Post]] = defaultdict(list)
    for post in posts:
        if post.position and post.outcome == "acknowledged":
            logs[post.position.log].append(post)
    for log, told in logs.items():
        answered = _Rising((post.completed, _seq(post)) for post in told)
        for post in told:
            before = answered.before(post.invoked)
            if before is not None and before > _seq(post):
                yield Fault("inconsistent", 1, f"{post.op} is at {log}.{_seq(post)}, begun after {before} was answered")


def _seq(post: Post) -> int:
    return post.position.seq if post.position else -1


def _unseen(book: _Book) -> Iterator[Fault]:
    final = {cell for cell, page in book.pages.items() if any(view.final for view in page.views)}
    for post in book.posts.values():
        if post.outcome == "acknowledged" and final.isdisjoint(post.cells()):
            yield Fault("unseen", 1, f"{post.op} is in no final view")


def _wrong_totals(book: _Book) -> Iterator[Fault]:
    """Final views of parents against the sum of their children's, where all children were viewed."""
    final = {view.cell: view.count for page in book.pages.values() for view in page.views if view.final}
    children: defaultdict[Cell, set[Cell]] = defaultdict(set)
    for post in book.posts.values():
        cells = tuple(post.cells())
        for child, parent in pairwise(cells):
            children[parent].add(child)
    for parent, parts_of in children.items():
        if parent in final and parts_of <= final.keys():
            parts = sum(final[cell] for cell in parts_of)
            if parts != final[parent]:
                yield Fault("wrong_totals", 1, f"{_name(parent)} shows {final[parent]}, its parts {parts}", parent)


def _total(name: str, faults: Iterable[Fault]) -> int:
    """How often a fault happened; of effects, how many: each once, though it is missing at every level."""
    mine = [fault for fault in faults if fault.name == name]
    if name not in ("lost", "duplicated"):
        return sum(fault.effects for fault in mine)
    worst: dict[Cell, int] = {}
    for fault in mine:
        if fault.cell:
            worst[fault.cell] = max(fault.effects, worst.get(fault.cell, 0))
    levels: Counter[str] = Counter()
    for cell, effects in worst.items():
        levels[cell.level] += effects
    return max(levels.values(), default=0)


def _name(cell: Cell) -> str:
    return f"{cell.level} {cell.unit} {cell.month} {cell.measure}"

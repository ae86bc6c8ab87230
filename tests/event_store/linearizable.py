"""Could these calls have happened one after the other, each at some moment between its call and its return?

The question of Wing and Gong (1993) for one object: a log with expected versions. In general it takes a search. Here
each answer names the state it was given in: an append that was kept after version 4 is the step out of 4, a refusal
that says "it stands at 7" and a read of seven events happened at 7. So the order of all states is known, and the calls
are linearizable if and only if none had to happen in an earlier state than one that was over before it began.
`by_trying` is the search itself, for small histories: the tests hold the two against each other.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

KEPT, MOVED_ON, READ, UNKNOWN = "kept", "moved on", "read", "unknown"


@dataclass(frozen=True, slots=True)
class Call:
    """One call on one stream.

    `kind` is what came of it; UNKNOWN is an append whose caller went away. `after` is the version that an append was
    to follow, `n` its number of events, `version` where the stream stood according to the answer: after the append,
    when it was refused, when it was read. `ids` is what a read saw.
    """

    kind: str
    called: float
    returned: float
    id: str = ""
    after: int = 0
    n: int = 1
    version: int = 0
    ids: tuple[str, ...] = ()


def violations(calls: Sequence[Call]) -> list[str]:
    """Why the calls on one stream are not linearizable; nothing when they are. One read after all else is needed."""
    log = max((call.ids for call in calls if call.kind == READ), key=len, default=())
    happened = [_settled(call) for call in calls if call.kind != UNKNOWN or call.id in log]
    return [*_not_in(log, happened), *_not_one_log(log, happened), *_out_of_order(happened)]


def _settled(call: Call) -> Call:
    """An append that turned out to be kept may have taken effect at any time after its call."""
    return replace(call, kind=KEPT, version=call.after + call.n, returned=math.inf) if call.kind == UNKNOWN else call


def _not_in(log: Sequence[str], calls: Iterable[Call]) -> list[str]:
    kept = {call.id for call in calls if call.kind == KEPT}
    wrong = [f"{id_} was acknowledged and is not in the log" for id_ in sorted(kept - set(log))]
    wrong += [f"{id_} is in the log and nobody can have put it there" for id_ in sorted(set(log) - kept)]
    return wrong + [f"{id_} is in the log {n} times" for id_, n in Counter(log).items() if n > 1]


def _not_one_log(log: Sequence[str], calls: Sequence[Call]) -> list[str]:
    """Appends follow upon each other without a gap, in the order in which reads see them; reads see beginnings."""
    sizes = {call.id: call.n for call in calls if call.kind == KEPT}
    ends, version = {0: 0}, 0
    for i, id_ in enumerate(log, start=1):
        version += sizes.get(id_, 1)
        ends[version] = i
    wrong: list[str] = []
    for call in calls:
        if call.kind == READ and (call.version not in ends or call.ids != tuple(log[: ends[call.version]])):
            wrong.append(f"a read at {call.version} saw {call.ids}, which is no beginning of the log")
        elif call.kind == KEPT:
            wrong += _misplaced(log, ends, call)
        elif call.kind == MOVED_ON and (call.version not in ends or call.version == call.after):
            wrong.append(f"{call.id} after {call.after} was refused at {call.version}, where the stream never was so")
    return wrong


def _misplaced(log: Sequence[str], ends: dict[int, int], call: Call) -> list[str]:
    there = ends.get(call.after, -1)
    if call.version == call.after + call.n and 0 <= there < len(log) and log[there] == call.id:
        return []
    return [f"{call.id} was kept after {call.after} as {call.version}, which is not its place in the log"]


def _out_of_order(calls: Iterable[Call]) -> list[str]:
    wrong: list[str] = []
    latest, latest_here, state = -math.inf, -math.inf, -1
    for rank, call in sorted(((_rank(call), call) for call in calls), key=lambda one: one[0]):
        if rank > state:
            latest, state = max(latest, latest_here), rank
        if call.returned < latest:
            wrong.append(f"{call.kind} {call.id} at {call.version} was over before an earlier state could begin")
        latest_here = max(latest_here, call.called)
    return wrong


def _rank(call: Call) -> int:
    """Steps between states and stays in them, alternating: into version 5 is 10, in version 5 is 11."""
    return 2 * call.version + (call.kind != KEPT)


def by_trying(calls: Sequence[Call]) -> bool:
    """Whether any order will do, by trying them all: next may be whatever began before all that is left was over."""
    log = max((call.ids for call in calls if call.kind == READ), key=len, default=())
    return _tried([_settled(call) for call in calls if call.kind != UNKNOWN or call.id in log], (), 0)


def _tried(left: Sequence[Call], log: tuple[str, ...], version: int) -> bool:
    if not left:
        return True
    first_over = min(call.returned for call in left)
    for i, call in enumerate(left):
        if call.called > first_over or not _ALLOWED[call.kind](call, log, version):
            continue
        kept = call.kind == KEPT
        after = ((*log, call.id), version + call.n) if kept else (log, version)
        if _tried([*left[:i], *left[i + 1 :]], *after):
            return True
    return False


_ALLOWED: dict[str, Callable[[Call, tuple[str, ...], int], bool]] = {
    KEPT: lambda call, log, version: call.after == version and call.version == version + call.n and call.id not in log,
    MOVED_ON: lambda call, log, version: call.after != version == call.version,
    READ: lambda call, log, version: call.ids == log and call.version == version,
}

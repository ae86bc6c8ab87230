"""R3: the 4R meetings."""

from __future__ import annotations

from collections.abc import Iterable

from tests.year.facts import Action, Facts, Meeting
from tests.year.recount.ground import Row, Span, Table, Unit, Where, places


def r3(facts: Facts, span: Span, unit: Unit) -> dict[str, Table]:
    mine = [m for m in facts.meetings if any(map(unit.holds, m.teams))]
    seen = [m for m in mine if any(map(span.holds, (m.planned, m.held, m.cancelled)))]
    done = {action.id for action in facts.actions if _is_done(action, span)}
    return {
        "footer": {"footer": _counts(mine, span)},
        "meetings": {
            f"{m.id}|{team}": {"unit": team, **_meeting(m, done)}
            for m in seen
            for area, team in m.teams
            if unit.holds((area, team))
        },
    }


def r3_by_unit(facts: Facts, span: Span, unit: Unit) -> Table:
    """Each meeting in the smallest unit that then held all of its teams."""
    where = {m.id: _smallest(m) for m in facts.meetings}
    found = unit.lines({*where.values(), *places(facts.expected)})
    return {key: _counts([m for m in facts.meetings if inside(where[m.id])], span) for key, _, inside in found}


def _smallest(meeting: Meeting) -> Where:
    areas, teams = {area for area, _ in meeting.teams}, {team for _, team in meeting.teams}
    area = areas.pop() if len(areas) == 1 else None
    return area, teams.pop() if area and len(teams) == 1 else None


def _counts(meetings: Iterable[Meeting], span: Span) -> Row:
    each = list(meetings)
    return {
        "scheduled": sum(span.holds(m.planned) for m in each),
        "held": sum(span.holds(m.held) for m in each),
        "cancelled": sum(span.holds(m.cancelled) for m in each),
    }


def _meeting(one: Meeting, done: set[str]) -> Row:
    return {
        "date": str(one.held or one.planned),
        "state": "HELD" if one.held else "CANCELLED" if one.cancelled else "SCHEDULED",
        "linked_audits": len(one.audits),
        "linked_alerts": 0,
        "roles": " ".join(sorted(one.roles)) or None,
        "decisions": one.decisions,
        "actions": len(one.actions),
        "actions_done": len(done.intersection(one.actions)),
        "next": str(one.next) if one.next else None,
    }


def _is_done(action: Action, span: Span) -> bool:
    """Completed by the end of the span, and not found wanting since."""
    said = [step for day, step in action.steps if span.is_over(day) and step in ("completed", "verified", "failed")]
    return bool(said) and said[-1] != "failed"

"""Loading a file of published inspection outcomes into a running installation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.loading import ofsted, units
from deploy.loading.ofsted import Outcome, Parsed, Reject
from deploy.loading.posting import Event, Poster, Refusal, Sent, Step, Unreachable
from deploy.loading.settling import Expected, settle

# What the audit service says of an event's data, in the words of the file.
_COLUMNS = {
    "la_code": "la_code",
    "effective_date": "publication_date",
    "overall": ofsted.OVERALL,
    "domains": "; ".join(ofsted.DOMAINS),
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a file: inspections kept now, known before, and the rows that could not be loaded."""

    loaded: int
    already_there: int
    rejects: Sequence[Reject]

    def as_json(self) -> dict[str, Any]:
        return {"loaded": self.loaded, "already_there": self.already_there, "rejected": len(self.rejects)}


def steps_in(parsed: Parsed) -> int:
    """How many things will be sent, for a progress bar."""
    return sum(map(len, ofsted.structure(parsed.authorities))) + len(parsed.outcomes)


async def load(parsed: Parsed, poster: Poster) -> Loaded:
    """Regions and authorities first, then the inspections. Raises Unreachable, or NotAllowed for a whole refusal."""
    expected: dict[str, set[str]] = {code: set() for code in parsed.authorities}
    for commands in ofsted.structure(parsed.authorities):
        refused = _left_as_is(await poster.stories([[one] for one in commands]))
        for code, region in units.memberships_in(one for one in commands if one not in refused):
            expected[code].add(region)
    await settle(poster, Expected(expected))
    sent = await poster.stories([[outcome.event()] for outcome in parsed.outcomes], at_once=2)
    by_ref = {outcome.ref: outcome for outcome in parsed.outcomes}
    late = [_reject(by_ref[one.step.id], one) for one in sent.refused if isinstance(one.step, Event)]
    return Loaded(sent.new, sent.known, sorted([*parsed.rejects, *late], key=lambda reject: reject.line))


def rejects_path(file: Path) -> Path:
    """Where the rejects of a file go when nobody says otherwise. A mended file of rejects has rejects of its own."""
    name = file.name.removesuffix(".csv")
    return Path("build") / (f"{name}.again.csv" if name.endswith(".rejects") else f"{name}.rejects.csv")


def write_rejects(rejects: Sequence[Reject], path: Path) -> None:
    """The rejects as a file that can be mended and loaded again: only a header when there are none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ofsted.rejects_csv(rejects), encoding="utf-8", newline="")


class NotAllowed(Exception):
    """The service refuses what the file needs, whatever stands in it."""


def _left_as_is(sent: Sent) -> list[Step]:
    """A unit that exists otherwise, such as under another name, is left so: the organisation knows better."""
    for refusal in sent.refused:
        if refusal.status not in (409, 422):
            raise NotAllowed(str(refusal))
    return [refusal.step for refusal in sent.refused]


def _reject(outcome: Outcome, refusal: Refusal) -> Reject:
    if refusal.status in (401, 403, 404):
        raise NotAllowed(str(refusal))
    if refusal.status >= 500:
        raise Unreachable(str(refusal))
    column = _COLUMNS.get(refusal.pointer.removeprefix("#/data/").partition("/")[0], "")
    reason = refusal.rule
    if refusal.status == 409:
        column, reason = ofsted.OVERALL, "this inspection was loaded before with other grades: regrade that audit"
    return Reject(outcome.line, column, f"{column} {reason}".strip(), outcome.cells)

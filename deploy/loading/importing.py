"""Loading a file into a running installation: published inspection outcomes, or audits of past years."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from deploy.loading import ofsted, past_audits, units
from deploy.loading.ofsted import Outcome, Parsed
from deploy.loading.past_audits import PastAudit, Templates
from deploy.loading.posting import Event, Poster, Refusal, Sent, Step, Unreachable
from deploy.loading.settling import Expected, settle
from deploy.loading.table import Table, read_table, write_table
from services.audit.domain.template.version import TemplateVersion
from shared.web.problems import KINDS

SENT_DIFFERENTLY = KINDS["already-sent-differently"][1]
# What the audit service says of an event's data, in the words of the file.
_COLUMNS = {
    "la_code": "la_code",
    "effective_date": "publication_date",
    "overall": ofsted.OVERALL,
    "domains": "; ".join(ofsted.DOMAINS),
}


class Reject(Protocol):
    """A row that was not loaded: on which line or row, and why, without what stands there."""

    @property
    def line(self) -> int: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a file: audits kept now, known before, and the rows that could not be loaded."""

    loaded: int
    already_there: int
    rejects: Sequence[Any]

    def as_json(self) -> dict[str, Any]:
        return {"loaded": self.loaded, "already_there": self.already_there, "rejected": len(self.rejects)}


class Import(Protocol):
    """A file that was read. `load` sends it; `write_rejects` writes a file that can be mended and loaded again."""

    @property
    def steps(self) -> int: ...
    async def load(self, poster: Poster) -> Loaded: ...
    def write_rejects(self, rejects: Sequence[Any], path: Path) -> None: ...


@dataclass(frozen=True, slots=True)
class Inspections:
    """Published inspection outcomes. Raises BadFile when the file is no such table."""

    parsed: Parsed

    @staticmethod
    def of(file: Path) -> Inspections:
        return Inspections(ofsted.parse(file.read_bytes()))

    @property
    def steps(self) -> int:
        return steps_in(self.parsed)

    async def load(self, poster: Poster) -> Loaded:
        return await load(self.parsed, poster)

    def write_rejects(self, rejects: Sequence[Any], path: Path) -> None:
        write_rejects(rejects, path)


@dataclass(frozen=True, slots=True)
class PastAudits:
    """Audits of past years. Raises BadFile when the file holds no table; what is in it is checked when it is loaded."""

    table: Table

    @staticmethod
    def of(file: Path) -> PastAudits:
        return PastAudits(read_table(file, past_audits.SHEET))

    @property
    def steps(self) -> int:
        return len(self.table.rows)

    async def load(self, poster: Poster) -> Loaded:
        """Raises BadFile for the header, Unreachable, or NotAllowed for a whole refusal."""
        read = past_audits.read_audits(self.table, await _templates(poster))
        poster.skip(self.steps - len(read.audits))
        by_id = {(one.event.source, one.event.id): one for one in read.audits}
        sent = await poster.stories([[one.event] for one in read.audits], at_once=2)
        late = [
            _past_reject(by_id[one.step.source, one.step.id], one)
            for one in sent.refused
            if isinstance(one.step, Event)
        ]
        return Loaded(sent.new, sent.known, sorted([*read.rejects, *late], key=lambda reject: reject.line))

    def write_rejects(self, rejects: Sequence[Any], path: Path) -> None:
        names = [name for name in self.table.header if name != past_audits.REMARK]
        rows = [[*names, past_audits.REMARK], *(_remarked(self.table.header, reject) for reject in rejects)]
        write_table(self.table.form, past_audits.SHEET, rows, path)


FILES: Mapping[str, Callable[[Path], Import]] = {"ofsted": Inspections.of, "audits": PastAudits.of}


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
    form = ".xlsx" if file.suffix.lower() in (".xlsx", ".xlsm") else ".csv"
    name = file.stem if file.suffix.lower() in (".csv", ".xlsx", ".xlsm") else file.name
    return Path("build") / (f"{name}.again{form}" if name.endswith(".rejects") else f"{name}.rejects{form}")


def write_rejects(rejects: Sequence[ofsted.Reject], path: Path) -> None:
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


def _reject(outcome: Outcome, refusal: Refusal) -> ofsted.Reject:
    if refusal.status in (401, 403, 404):
        raise NotAllowed(str(refusal))
    if refusal.status >= 500:
        raise Unreachable(str(refusal))
    column = _COLUMNS.get(refusal.pointer.removeprefix("#/data/").partition("/")[0], "")
    reason = refusal.rule
    if refusal.status == 409:
        column, reason = ofsted.OVERALL, "this inspection was loaded before with other grades: regrade that audit"
    return ofsted.Reject(outcome.line, column, f"{column} {reason}".strip(), outcome.cells)


async def _templates(poster: Poster) -> Templates:
    """The installation's own, as its audit service tells them."""
    told = (await poster.get("audit", "/v1/templates"))["templates"]
    retired = [(one["template_id"], one["version"]) for one in told if one["retired"]]
    plain = ({name: value for name, value in one.items() if name != "retired"} for one in told)
    return Templates([TemplateVersion.model_validate(one) for one in plain], retired)


def _past_reject(audit: PastAudit, refusal: Refusal) -> past_audits.Reject:
    if refusal.status in (401, 403):
        raise NotAllowed(f"the audit service refuses: {refusal.status} {refusal.rule}")
    if refusal.status >= 500:
        raise Unreachable(f"the audit service fails: {refusal.status}")
    column = refusal.pointer.removeprefix("#/").removeprefix("data/").partition("/")[0]
    told = (past_audits.OF_FIELD.get(column, column), refusal.rule)
    if refusal.status == 404:
        told = ("la_code", "is not an authority that you may load audits for")
    elif refusal.rule == SENT_DIFFERENTLY:
        told = ("reference", "was loaded before with other content: regrade that audit instead")
    return past_audits.Reject(audit.row, (told,))


def _remarked(header: Sequence[str], reject: past_audits.Reject) -> list[str]:
    cells = [cell.text for name, cell in zip(header, reject.row.cells, strict=True) if name != past_audits.REMARK]
    return [*cells, f"row {reject.line}: {reject.reason}"]

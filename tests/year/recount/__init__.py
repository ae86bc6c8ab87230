"""The reports once more, in plain Python from what people noted down: from the formulas alone, knowing no service.

Each function answers `{table: {row key: {column: value}}}` of one unit's report over whole months. Facts are given as
they are to be attributed: with the service areas of their time, or with those of today.
"""

from collections.abc import Callable, Mapping

from tests.year.facts import Facts
from tests.year.recount.agreement import r5
from tests.year.recount.cadence import r13
from tests.year.recount.ground import Span, Table, Unit
from tests.year.recount.meetings import r3
from tests.year.recount.monthly import r1
from tests.year.recount.re_audits import r2

RECOUNTS: Mapping[str, Callable[[Facts, Span, Unit], dict[str, Table]]] = {
    "R1": r1,
    "R2": r2,
    "R3": r3,
    "R5": r5,
    "R13": r13,
}

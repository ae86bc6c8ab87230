"""Any releases in any order keep the promises."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.domain.disclosure_ledger.decisions import (
    ReleaseFigures,
    ReleaseRegionalFigures,
    release_figures,
    release_regional_figures,
)
from services.reporting.domain.disclosure_ledger.state import DECIDER
from services.reporting.domain.periods import named
from tests.disclosure.figures import SECRET, table
from tests.disclosure.partners import History
from tests.specification import asked_in_turn
from tests.tiers import by_tier, seeded

ids = st.integers(1, 30).map("release-{}".format)
authorities = st.sampled_from(["901", "902"])
periods = st.sampled_from(["2026-04", "2026-05", "2026-06", "2026-Q1"])
month = st.tuples(*[st.sampled_from([0, 1, 2, 4, 6, 8, 10, 14, 20])] * 4)


@st.composite
def a_release(draw):
    authority, period = draw(authorities), draw(periods)
    told = table(period, *(draw(month) for _ in named(period).months), authority=authority)
    command = ReleaseFigures(draw(ids), authority, period, (told,))
    return lambda ledger: release_figures(command, ledger, SECRET)


@st.composite
def a_region(draw):
    command = ReleaseRegionalFigures(draw(ids), "london", draw(periods), ("901", "902"))
    return lambda ledger: release_regional_figures(command, ledger, SECRET)


@seeded
@settings(max_examples=by_tier(20, 400), deadline=None)
@given(st.lists(st.one_of(a_release(), a_release(), a_region()), max_size=9))
def test_any_order_of_releases_keeps_the_promises(asked):
    history = asked_in_turn(DECIDER, asked)
    assert len({event.release_id for event in history}) == len(history)
    assert set(History().read(history).verdicts()) <= {"uncertain"}

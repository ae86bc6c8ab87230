"""A sample is drawn by chance from a recorded frame, so that anybody can repeat it, and is locked from then on."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.audit_sample import decisions
from services.audit.domain.audit_sample.decisions import (
    ELIMINATION_REASONS,
    EliminateCase,
    PlanSampleAudits,
    draw_sample,
    eliminate_case,
    plan_sample_audits,
    repeats,
)
from services.audit.domain.audit_sample.draw import StrataBy, canonical, draw, frame_hash, share_out
from services.audit.domain.audit_sample.events import (
    AuditCaseEliminated,
    AuditSampleDrawn,
    FrameGroup,
    SampleAuditsPlanned,
)
from services.audit.domain.audit_sample.state import DECIDER, AuditSample
from services.audit.domain.template.defaults import FRONT_DOOR, OFSTED_ILACS
from shared.published.audit_cycle import AuditCaseEliminatedV1, AuditSampleDrawnV1
from tests.audit.telling import told
from tests.examples.a_sample import AUTHORITY, CASES, FRAME, TEAMS, draw_four, eliminate, plan_audits
from tests.examples.a_template import SHORT
from tests.specification import asked_in_turn, specification

sample = specification(DECIDER)
(drawn,) = draw_sample(draw_four, AuditSample(), SHORT)
assert isinstance(drawn, AuditSampleDrawn)
CHOSEN = ("child-05", "child-01", "child-07", "child-09")
left = AuditCaseEliminated(sample_id="sample-1", child="child-09", reason="CASE_CLOSED", replaced_by="child-10")
planned = SampleAuditsPlanned(sample_id="sample-1", period="2026-04")

names = st.text("abcdef", min_size=1, max_size=6)
frames = st.lists(
    st.builds(
        lambda team, plan, children: FrameGroup(team=team, plan_type=plan, children=tuple(children)),
        names,
        st.sampled_from(["CIN", "CP"]),
        st.lists(st.text("0123456789", min_size=3, max_size=8), max_size=20),
    ),
    max_size=6,
).map(lambda groups: canonical(unlike(groups)))
ways = st.sampled_from([way.value for way in StrataBy])
seeds = st.text(min_size=1, max_size=40)


def unlike(groups: list[FrameGroup]) -> list[FrameGroup]:
    """Each child once, in the first group that names it."""
    seen: set[str] = set()
    kept = []
    for group in groups:
        fresh = tuple(dict.fromkeys(child for child in group.children if child not in seen))
        seen.update(fresh)
        kept.append(group.model_copy(update={"children": fresh}))
    return kept


def test_four_cases_of_ten_in_three_teams():
    after = sample.given([]).when(draw_sample, draw_four, SHORT).then([drawn])
    assert tuple(case.child for case in after.cases) == CHOSEN
    assert [(stratum.name, stratum.frame_n, stratum.n) for stratum in drawn.strata] == [
        ("team-alder", 5, 2),
        ("team-birch", 3, 1),
        ("team-cedar", 2, 1),
    ]
    assert (drawn.frame_n, drawn.n, drawn.audited_n, drawn.under_audit_n) == (10, 4, 2, 0)


def test_anybody_can_repeat_the_draw_from_what_is_recorded():
    """With nothing but the stored event and SHA-256, in other words than the service's own."""
    kept = json.loads(drawn.model_dump_json())
    strata: dict[str, list[str]] = {}
    lines = []
    for group in kept["frame"]:
        strata.setdefault(group["team"], []).extend(group["children"])
        lines += [f"{group['team']},{group['plan_type']},{child}" for child in group["children"]]
    assert sha256("\n".join(sorted(lines)).encode()).hexdigest() == kept["frame_hash"]

    def turn(name: str) -> str:
        return sha256(f"{kept['seed']}:{name}".encode()).hexdigest()

    quota = {name: Fraction(kept["n"] * len(cases), kept["frame_n"]) for name, cases in strata.items()}
    share = {name: int(exact) for name, exact in quota.items()}
    neediest = sorted(strata, key=lambda name: (share[name] - quota[name], turn(name)))
    for name in neediest[: kept["n"] - sum(share.values())]:
        share[name] += 1
    again = [child for name in sorted(strata) for child in sorted(strata[name], key=turn)[: share[name]]]
    assert again == [case["child"] for case in kept["chosen"]]
    assert repeats(drawn)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": "another"},
        {"chosen": tuple(reversed(drawn.chosen))},
        {"reserve": drawn.reserve[1:]},
        {"frame": FRAME[1:]},
        {"frame_hash": "0" * 64},
        {"algorithm": "by-hand"},
        {"n": 3},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_sample_that_does_not_follow_from_its_frame_and_seed_is_found_out(change):
    assert not repeats(drawn.model_copy(update=change))


@given(frames, st.integers(1, 60), seeds, ways)
def test_a_draw_takes_what_was_asked_for_from_the_frame_and_each_case_once(frame, n, seed, by):
    made = draw(frame, n, seed, by)
    cases = [child for group in frame for child in group.children]
    taken = [*made.chosen, *made.reserve]
    assert len(made.chosen) == min(n, len(cases)) == sum(stratum.n for stratum in made.strata)
    assert len(set(taken)) == len(taken)
    assert set(taken) <= set(cases)
    assert all(stratum.n <= stratum.frame_n for stratum in made.strata)


@given(frames, st.integers(1, 60), seeds, ways, st.randoms())
def test_the_order_in_which_the_frame_was_sent_changes_nothing(frame, n, seed, by, chance):
    groups = [FrameGroup(team=g.team, plan_type=g.plan_type, children=(child,)) for g in frame for child in g.children]
    chance.shuffle(groups)
    again = canonical(groups)
    assert (again, frame_hash(again)) == (frame, frame_hash(frame))
    assert draw(again, n, seed, by) == draw(frame, n, seed, by)


@given(st.dictionaries(names, st.integers(0, 400), min_size=1), st.integers(1, 500), seeds)
def test_no_stratum_is_further_than_one_case_from_its_share(sizes, n, seed):
    shares, total = share_out(n, sizes, seed), sum(sizes.values())
    assert sum(shares.values()) == min(n, total)
    if total > n:
        assert all(abs(shares[name] - Fraction(n * size, total)) < 1 for name, size in sizes.items())


def test_every_case_is_drawn_as_often_as_any_other():
    """Two in ten, two thousand times: 400 each, give or take what chance does."""
    times: Counter[str] = Counter()
    for n in range(2_000):
        times.update(draw(canonical(FRAME), 2, f"seed-{n}", "NONE").chosen)
    assert len(times) == len(CASES)
    assert 320 < min(times.values()) <= max(times.values()) < 480  # four and a half standard deviations


def test_all_grades_identical_or_team_with_0_audits():
    """Edge case 17, in the draw: a team without a case gives none, and nothing is divided by nothing."""
    assert share_out(3, {"empty": 0, "full": 5}, "seed") == {"empty": 0, "full": 3}
    assert share_out(3, {"empty": 0}, "seed") == {"empty": 0}
    empty = replace(draw_four, frame=(FrameGroup(team="team-alder", plan_type="CIN", children=()),))
    sample.given([]).when(draw_sample, empty, SHORT).then_refused("no case is left", field="frame")


def test_a_frame_with_fewer_cases_than_asked_for_is_taken_whole():
    after = sample.given([]).when(draw_sample, replace(draw_four, n=50), SHORT).then_some(AuditSampleDrawn)
    assert after.drawn is not None
    assert (after.drawn.n, set(after.standing), after.drawn.reserve) == (10, set(CASES), ())


def test_a_sample_is_locked_once_it_is_drawn():
    history = sample.given([drawn])
    history.when(draw_sample, replace(draw_four, seed="another"), SHORT).then_refused("locked")
    history.when(draw_sample, replace(draw_four, n=5), SHORT).then_refused("locked")
    asked = {name for name in vars(decisions) if name.endswith(("_sample", "_case", "_audits"))}
    assert asked == {"draw_sample", "eliminate_case", "plan_sample_audits"}, "no decision adds a case"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"audit_type": "SOMETHING"}, "audit_type"),
        ({"audit_type": "EXTERNAL"}, "audit_type"),
        ({"audit_type": "RE_AUDIT"}, "audit_type"),
        ({"theme_id": None}, "theme_id"),
        ({"programme_id": "mash"}, "theme_id"),
        ({"strata_by": "NAME"}, "strata_by"),
        ({"n": 0}, "n"),
        ({"frame": (*FRAME, FRAME[0])}, "frame"),
        ({"frame": (FRAME[0].model_copy(update={"plan_type": "EH"}),)}, "frame"),
    ],
)
def test_what_cannot_be_drawn(change, field):
    sample.given([]).when(draw_sample, replace(draw_four, **change), SHORT).then_refused("", field=field)


def test_a_sample_is_drawn_under_the_template_of_its_audits():
    sample.given([]).when(draw_sample, draw_four, OFSTED_ILACS).then_refused("type of audit", field="audit_type")
    at_the_door = replace(draw_four, theme_id=None, programme_id="mash", audit_type="REGULAR_MASH")
    after = sample.given([]).when(draw_sample, at_the_door, FRONT_DOOR).then_some(AuditSampleDrawn)
    assert after.drawn is not None
    assert (after.drawn.template_id, after.drawn.theme_id, after.drawn.programme_id) == ("front-door", None, "mash")


def test_a_case_that_leaves_is_replaced_by_the_next_of_the_draw_in_its_stratum():
    after = sample.given([drawn]).when(eliminate_case, eliminate).then([left])
    assert after.standing == ("child-05", "child-01", "child-07", "child-10")


def test_a_stratum_without_reserve_makes_the_sample_smaller():
    command = EliminateCase("child-10", "MOVED_LA")
    after = sample.given([drawn, left]).when(eliminate_case, command).then_some(AuditCaseEliminated)
    assert after.standing == ("child-05", "child-01", "child-07")
    assert after.eliminated["child-10"].replaced_by is None


def test_a_case_leaves_once_and_for_one_reason():
    command = EliminateCase("child-09", "DIED")
    sample.given([drawn, left]).when(eliminate_case, command).then_refused("for another reason")
    sample.given([drawn, left]).when(eliminate_case, eliminate).then_nothing()


@pytest.mark.parametrize("child", ["child-04", "child-99"], ids=["in reserve", "unknown"])
def test_only_a_case_of_the_sample_leaves_it(child):
    sample.given([drawn]).when(eliminate_case, EliminateCase(child, "DIED")).then_refused("not in", field="case")


def test_a_case_leaves_for_a_known_reason_and_never_for_its_grade():
    command = replace(eliminate, reason="INADEQUATE")
    sample.given([drawn]).when(eliminate_case, command).then_refused("not one of those", field="reason")
    for reason in ELIMINATION_REASONS:
        graded = EliminateCase("child-09", reason, graded=True)
        sample.given([drawn]).when(eliminate_case, graded).then_refused("whatever was found")


def test_the_audits_of_a_sample_are_planned_once():
    sample.given([drawn]).when(plan_sample_audits, plan_audits).then([planned])
    sample.given([drawn, planned]).when(plan_sample_audits, PlanSampleAudits("2026-05")).then_refused(
        "", field="period"
    )


def test_nothing_comes_of_a_sample_that_nobody_drew():
    sample.given([]).when(eliminate_case, eliminate).then_refused("no such sample")
    sample.given([]).when(plan_sample_audits, plan_audits).then_refused("no such sample")


def test_the_world_hears_how_a_sample_was_drawn_and_of_no_case():
    assert told(DECIDER, drawn) == AuditSampleDrawnV1(
        sample_id="sample-1",
        theme_id="theme-7",
        place=AUTHORITY,
        frame_n=10,
        n=4,
        algorithm="sha256-stratified-1",
        frame_hash=drawn.frame_hash,
    )
    assert told(DECIDER, left) == AuditCaseEliminatedV1(sample_id="sample-1", reason="CASE_CLOSED", replaced=True)
    assert told(DECIDER, planned) is None


commands = st.one_of(
    st.builds(
        lambda n, seed, by: lambda state: draw_sample(replace(draw_four, n=n, seed=seed, strata_by=by), state, SHORT),
        st.integers(0, 12),
        st.sampled_from(["a", "b"]),
        ways,
    ),
    st.builds(
        lambda child, reason, graded: lambda state: eliminate_case(EliminateCase(child, reason, graded), state),
        st.sampled_from([child for children in TEAMS.values() for child in children]),
        st.sampled_from([*sorted(ELIMINATION_REASONS), "SOMETHING"]),
        st.sampled_from([False, False, True]),
    ),
    st.sampled_from([None, "2026-04"]).map(lambda period: lambda s: plan_sample_audits(PlanSampleAudits(period), s)),
)


@given(st.lists(commands, max_size=30))
def test_whatever_is_asked_of_a_sample_nothing_happens_twice_and_every_case_comes_from_the_draw(asked):
    history = asked_in_turn(DECIDER, asked)
    state = DECIDER.fold(history)
    if state.drawn is not None:
        assert repeats(state.drawn)
        assert len(state.cases) == len(set(state.standing)) <= state.drawn.n
        assert not set(state.standing) & set(state.eliminated)

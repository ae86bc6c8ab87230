"""R5: how far two who graded one case agree, and what moderation changed."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from statistics import mean
from typing import Any

from tests.year.facts import GRADES, RANK, Audit, Facts, Pair
from tests.year.recount.ground import NORMAL, Row, Span, Table, Unit, at, of_enough, places

LEAST_PAIRS = 20
QUALITIES = ("THOROUGH", "ADEQUATE", "INSUFFICIENT")
RANKS = sorted(RANK.values())


def r5(facts: Facts, span: Span, unit: Unit) -> dict[str, Table]:
    pairs = [pair for pair in facts.pairs if span.holds(pair.compared)]
    audits = [audit for audit in facts.counting() if span.holds(audit.on)]
    roles = sorted({audit.role for audit in facts.audits.values()})
    names = ("agreement", "moderation", "agreement_by_unit", "moderation_by_unit")
    tables: dict[str, Table] = {name: {} for name in names}
    mine = [one for one in audits if unit.holds(at(one))]
    both = [one for one in pairs if unit.holds(at(one))]
    for role in (None, *roles):
        key = f"{unit.key}|OFSTED4|{role}" if role else f"{unit.key}|OFSTED4"
        of_role = [one for one in both if role in (None, facts.audits[one.a].role)]
        tables["agreement"][key] = _agreement(of_role, facts)
        tables["moderation"][key] = _moderation([one for one in mine if role in (None, one.role)])
    for key, _, inside in unit.lines(places(audits, pairs)):
        tables["agreement_by_unit"][f"{key}|OFSTED4"] = _agreement([p for p in pairs if inside(at(p))], facts)
        tables["moderation_by_unit"][f"{key}|OFSTED4"] = _moderation([a for a in audits if inside(at(a))])
    return {**tables, **_confusions(both, mine, facts)}


def _agreement(pairs: list[Pair], facts: Facts) -> Row:
    ranks = [(RANK[facts.audits[p.a].raw], RANK[facts.audits[p.b].raw]) for p in pairs]
    n = len(ranks)
    kappa, low, high = _kappa(ranks)
    return {
        "pairs": n,
        "exact_percent": of_enough(sum(a == b for a, b in ranks), n),
        "within_one_percent": of_enough(sum(abs(a - b) <= 1 for a, b in ranks), n),
        "difference": round(mean(a - b for a, b in ranks), 4) if ranks else "z",
        "kappa": kappa,
        "kappa_low": low,
        "kappa_high": high,
    }


def _kappa(pairs: list[tuple[int, int]]) -> tuple[Any, Any, Any]:
    """One less the observed over the expected squared distance, of at least twenty pairs, with its interval."""
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    if not pairs:
        return "z", None, None
    if len(set(first)) == 1 or len(set(second)) == 1:
        return "not calculable", None, None
    if len(pairs) < LEAST_PAIRS:
        return None, None, None
    observed = mean((a - b) ** 2 for a, b in pairs)
    by_chance = mean((a - b) ** 2 for a in first for b in second)
    kappa = 1 - observed / by_chance
    reach = NORMAL * sqrt(_variance(pairs))
    return round(kappa, 4), round(max(-1, kappa - reach), 4), round(min(1, kappa + reach), 4)


def _variance(pairs: list[tuple[int, int]]) -> float:
    """Of weighted kappa in a large sample, as Fleiss, Cohen and Everitt gave it in 1969, over the table of grades."""
    n = len(pairs)
    share = {(a, b): pairs.count((a, b)) / n for a in RANKS for b in RANKS}
    weight = {(a, b): 1 - (a - b) ** 2 / (len(RANKS) - 1) ** 2 for a in RANKS for b in RANKS}
    row = {a: sum(share[a, b] for b in RANKS) for a in RANKS}
    column = {b: sum(share[a, b] for a in RANKS) for b in RANKS}
    of_row = {a: sum(weight[a, b] * column[b] for b in RANKS) for a in RANKS}
    of_column = {b: sum(weight[a, b] * row[a] for a in RANKS) for b in RANKS}
    p_o = sum(share[cell] * weight[cell] for cell in share)
    p_e = sum(row[a] * column[b] * weight[a, b] for a in RANKS for b in RANKS)
    spread = sum(
        share[a, b] * (weight[a, b] * (1 - p_e) - (of_row[a] + of_column[b]) * (1 - p_o)) ** 2 for a, b in share
    )
    return (spread - (p_o * p_e - 2 * p_e + p_o) ** 2) / (n * (1 - p_e) ** 4)


def _moderation(audits: list[Audit]) -> Row:
    moderated = [a for a in audits if a.moderated is not None]
    gaps = [RANK[a.raw] - RANK[str(a.moderated)] for a in moderated]
    qualities = Counter(a.quality for a in moderated)
    own = sum(a.role == "TEAM_MANAGER" for a in audits)
    return {
        "audits": len(audits),
        "own_team": own,
        "own_team_percent": of_enough(own, len(audits)),
        "moderated": len(moderated),
        "unchanged_percent": of_enough(gaps.count(0), len(gaps)),
        "raised": sum(gap < 0 for gap in gaps),
        "lowered": sum(gap > 0 for gap in gaps),
        "drift": round(mean(gaps), 4) if gaps else "z",
        **{quality.lower(): qualities[quality] for quality in QUALITIES},
    }


def _confusions(pairs: list[Pair], audits: list[Audit], facts: Facts) -> dict[str, Table]:
    """Which grade met which, for all auditors together and for each role."""
    both = [(facts.audits[pair.a].role, facts.audits[pair.a].raw, facts.audits[pair.b].raw) for pair in pairs]
    twice = [(audit.role, audit.raw, audit.moderated) for audit in audits if audit.moderated]
    return {"pairs_OFSTED4": _confusion(both), "moderated_OFSTED4": _confusion(twice)}


def _confusion(graded: list[tuple[str, str, str]]) -> Table:
    counted = Counter([*graded, *(("ALL", first, second) for _, first, second in graded)])
    return {
        f"{role}|{first}": {second: counted[role, first, second] for second in GRADES}
        for role in ("ALL", *sorted({role for role, _, _ in graded}))
        for first in GRADES
    }

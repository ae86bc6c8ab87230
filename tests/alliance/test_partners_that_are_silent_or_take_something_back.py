"""Edge cases 25 and 11 of the field: silence and retraction, and a child known to two authorities."""

from __future__ import annotations

import orjson

from shared.privacy.sealing import new_key, pseudonym
from tests import http
from tests.alliance.an_alliance import MEMBERS, NORTH, QUARTER, Installation, cell, partner_bearer, view


async def test_partner_authority_silent_a_whole_quarter_or_retracts_an_event(here: Installation, talking):
    """Edge case 25: `x`, the region's n says 5 of 6, and of what was retracted a tombstone is shown."""
    for la_code in MEMBERS[:5]:
        await here.show(la_code, "50", "30")
    shown = await view(talking)
    silent = cell(shown, "906")
    assert silent["silent"]
    assert silent["figures"] == {"numerator": "x", "denominator": "x", "percent": None, "interval": None}
    (quarter,) = shown["quarters"]
    assert (quarter["with_figures"], quarter["members"], quarter["silent"]) == (5, 6, 1)
    table = (await talking.get(_csv("by-quarter"), headers=http.bearer("member-901"))).text
    assert "5 of 6 authorities" in table

    words = await here.publish("902", "LEARNING", summary="Words that should not have left.")
    figures = await here.show("905", "60", "30", supersedes="none-such")
    before = await view(talking)
    assert "Words that should not have left." in orjson.dumps(before).decode()
    await here.retract("902", words, reason="DISCLOSIVE")
    await here.retract("905", figures)
    after = await view(talking)
    assert "Words that should not have left." not in orjson.dumps(after).decode()
    tombs = {one["event_id"]: one for one in after["events"] if one["retracted"]}
    assert {id_: one["retracted"] for id_, one in tombs.items()} == {words: "DISCLOSIVE", figures: "WRONG"}
    assert all(one["summary"] is None and one["theme_code"] is None for one in tombs.values())
    assert cell(after, "902")["retracted"] == 1
    page = (await talking.get(_page(), headers={**http.bearer("member-901"), "Accept": "text/html"})).text
    assert "Retracted: disclosive" in page
    assert "Words that should not have left." not in page


async def test_a_retraction_that_comes_before_what_it_retracts_holds_too(here: Installation, talking):
    """Edge case 25: whichever is heard first."""
    await here.retract("902", "later-1")
    await here.publish("902", event_id="later-1")
    shown = await view(talking)
    assert [one["retracted"] for one in shown["events"]] == ["WRONG"]


async def test_child_known_to_two_authorities_or_moved_between_two_in_the_alliance(here: Installation, talking):
    """Edge case 11: two pseudonyms, no join; nothing that partners see reveals the match."""
    child = "NCL-4711"
    first, second = pseudonym(new_key(), child), pseudonym(new_key(), child)
    assert first != second
    for la_code in ("901", "902"):
        await here.show(la_code, "17", "11")
        await here.publish(la_code, "LEARNING", theme_code="TRANSFER", summary="Children who move are told sooner.")
    await here.add_partner("north-one", "903")
    seen = await talking.get(
        f"/v1/regions/{NORTH}/improvement", params={"from": QUARTER, "to": QUARTER}, headers=partner_bearer("north-one")
    )
    told = orjson.dumps(await here.app.state.sharing.numbering.current.own()).decode() + seen.text
    assert not any(word in told for word in (child, first, second, "child_ref", "pseudonym", "audit_id", "team"))
    rows = {row["authority"]["id"]: row for row in seen.json()["authorities"]}
    assert [rows[one]["quarters"][0]["figures"]["denominator"] for one in ("901", "902")] == ["17", "17"]
    assert not (set(rows["901"]) | set(rows["901"]["quarters"][0])) & {"child", "children", "shared", "both"}


def _page() -> str:
    return f"/regions/{NORTH}/improvement?from={QUARTER}&to={QUARTER}"


def _csv(name: str) -> str:
    return f"/regions/{NORTH}/improvement/tables/{name}.csv?from={QUARTER}&to={QUARTER}"

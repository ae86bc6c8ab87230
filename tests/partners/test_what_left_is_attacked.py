"""What left through the doors is parsed back and attacked: no hidden count is found, and none bounded too tightly."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.disclosure.attacker import Attacker, verdict
from tests.partners.alliance import AUTHORITIES, GRADES, MONTHS, QUARTER, alliance

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

Part = tuple[str, str, str, str]


def cells(said: dict[str, Any]) -> list[tuple[list[Part], str]]:
    """Which audits each display of an event counts: of one month, or of a quarter's three."""
    months = [said["month"]] if said["month"] else list(MONTHS)
    domain = said["domain_code"] or "OVERALL"
    shown = {one["code"]: one["display"] for one in said["measure"]["distribution"]}
    shown["TOTAL"] = said["measure"]["denominator_display"]
    return [
        ([(said["la_code"], month, domain, grade) for month in months for grade in _grades(code)], display)
        for code, display in shown.items()
    ]


def _grades(code: str) -> tuple[str, ...]:
    return GRADES if code == "TOTAL" else (code,)


@pytest.mark.parametrize(("seed", "least"), [(1, 8), (2, 30)])
async def test_whoever_has_everything_that_left_finds_no_hidden_count(
    mongo_client, mongo_database, kafka_url, topic_prefix, seed: int, least: int
):
    async with alliance(mongo_client, mongo_database.name, kafka_url, topic_prefix, seed=seed, least=least) as six:
        await six.right("machine", "/v1/partners", {"partner_id": "hackney", "name": "Hackney"})
        id_ = await six.subscribed("hackney", "FEED")
        for period in (*MONTHS, QUARTER):
            for la_code in AUTHORITIES:
                await six.released(la_code, period)
        await six.round()
        page = (await six.get("partner", f"/v1/subscriptions/{id_}/events?limit=500", partner="hackney")).json()
        told = [event["data"] for event in page["items"] if event["data"].get("measure")]
        assert len(told) == len(AUTHORITIES) * 4 * 3

        attacker = Attacker()
        hidden: list[list[Part]] = []
        for said in told:
            for parts, display in cells(said):
                if display.isdigit():
                    attacker.hears(parts, int(display), int(display))
                    assert int(display) == sum(six.counts[part] for part in parts)
                elif display == "c":
                    attacker.hears(parts, 1)
                    hidden.append(parts)
        found = Counter(verdict(*attacker.range_of(parts)) for parts in hidden)
        assert hidden
        assert set(found) == {"uncertain"}, found

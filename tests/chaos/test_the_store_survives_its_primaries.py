"""The event store on three mongods, whose primary dies or freezes under load (`python -m chaos.store` does more)."""

from __future__ import annotations

import pytest

from chaos import store
from tests.tiers import SEED, by_tier


@pytest.mark.chaos
@pytest.mark.connected
@pytest.mark.timeout(by_tier(300, 7_200, 30_000))
async def test_nothing_acknowledged_is_lost_or_doubled_when_primaries_die() -> None:
    result = await store.run(faults=by_tier(4, 300, 1_000), seed=SEED)
    print(result)
    assert result.wrong == []
    assert (result.lost, result.duplicated) == (0, 0)
    assert result.stored == result.acknowledged > 0
    assert sum(result.faults.values()) == by_tier(4, 300, 1_000)

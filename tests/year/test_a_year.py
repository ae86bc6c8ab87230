import time
from datetime import date

import pytest

from tests.year.story import Story
from tests.year.town import town

pytestmark = [pytest.mark.connected, pytest.mark.timeout(900)]


async def test_smoke(mongo_url, kafka_url, topic_prefix):
    t0 = time.time()
    async with town(mongo_url, kafka_url, topic_prefix) as t:
        await t.make()
        s = Story(t, 1)
        await s.arrange()
        print("made", time.time() - t0)
        await s.live(date(2025, 4, 30))
        print("lived", time.time() - t0, len(s.facts.audits))
        await t.level()
        print("level", time.time() - t0)
        print(len(str(await t.get("901-hqa", "reporting", "/v1/authorities/901/reports"))))

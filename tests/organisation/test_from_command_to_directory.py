"""A command over HTTP reaches every directory: a real MongoDB, the relay, a real Kafka, the feed."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from functools import partial

from services.organisation.app import create_app
from services.organisation.publishing import tellings
from services.organisation.settings import Settings
from shared.foundations import Foundations
from shared.messaging.relay import Relay
from shared.messaging.topics import ORGANISATION, apply_topics
from tests import http
from tests.organisation.test_organisation_over_http import Talk

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


async def test_a_merged_team_is_heard_of_by_the_directory(kafka_url, mongo_url, mongo_client, topic_prefix):
    await apply_topics(kafka_url, topic_prefix, only=(ORGANISATION,))
    settings = http.settings(
        Settings,
        kafka_url=kafka_url,
        mongo_url=mongo_url,
        mongo_prefix=topic_prefix.strip("."),
        topic_prefix=topic_prefix,
    )
    on = Foundations("organisation", settings, lambda: NOW)
    cursors = mongo_client[settings.database("organisation")]["cursors"]
    topic = f"{topic_prefix}{ORGANISATION.name}"
    relay = Relay(on.store, cursors, kafka_url, topic, "organisation", partial(tellings, on.store))
    try:
        async with http.client(create_app(settings, on, lambda: NOW), "client", authorities=("*",)) as client:
            talk = Talk(client, on)
            await talk.create("authorities", id="901", name="Thornbury Cross")
            await talk.create("service-areas", id="901-duty", authority_id="901", name="Duty")
            for name in ("elm", "fern"):
                await talk.create("teams", id=f"901-{name}", service_area_id="901-duty", name=name)
            merged = await talk.change("teams/901-fern/merger", 1, into="901-elm", effective_date="2026-05-01")
            assert merged.status_code == 200
            await relay.catch_up()
            async with asyncio.timeout(20):
                # the units come over several partitions, in any order between them
                while not (before := on.directory.place("901-fern", date(2026, 4, 30))) or on.directory.place(
                    "901-fern", date(2026, 5, 1)
                ):
                    await asyncio.sleep(0.01)
            assert before.service_area == "901-duty"
            assert (await client.get("/readyz")).status_code == 200
    finally:
        for service in ("organisation", "keys"):
            await mongo_client.drop_database(settings.database(service))

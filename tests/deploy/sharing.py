"""What is kept of sharing: a webhook and a partner topic that were told something, and a source that was read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from deploy.beside_the_logs import CHANGING, SECRETS
from deploy.looking import Plant
from services.reporting.alliance.following import AllianceLog
from services.reporting.alliance.sources import Sources
from services.reporting.alliance.supports import Supports
from services.reporting.alliance.tokens import SourceTokens
from services.reporting.domain.improvement_source.decisions import AdmitSource, admit_source
from services.reporting.domain.improvement_source.state import DECIDER as SOURCES
from services.reporting.domain.partner import decisions
from services.reporting.domain.partner.state import DECIDER as PARTNERS
from services.reporting.publishing import DECIDERS, tell
from services.reporting.sharing.current import ImprovementEvents
from services.reporting.sharing.numbering import TYPES, Numbering
from services.reporting.sharing.partner_topics import CURSORS
from services.reporting.sharing.webhooks.deliveries import Attempt, Deliveries
from services.reporting.sharing.webhooks.keys import SigningKeys
from services.reporting.sharing.webhooks.schedule import Outcome
from shared.event_store.handling import handle
from shared.event_store.store import Actor
from shared.event_store.unattended import once, unattended
from shared.privacy.sealing import read_master_key
from shared.published.improvement import ImprovementEventPublishedV1, SupportRequestedV1
from shared.settings import DEMO_MASTER_KEY

NOW = datetime(2026, 7, 3, 9, 0, tzinfo=UTC)
HOOK, TOPIC, SOURCE = "hook-1", "topic-1", "thread-of-902"
ACTOR = Actor(staff_ref="hqa", role="HEAD_OF_SAFEGUARDING_QA")
DERIVED = ("partners", "subscriptions")


async def share(plant: Plant) -> None:
    """A partner with a webhook and a topic, each told three events, of which the webhook took one; a source, read."""
    await plant.store("reporting").prepare()
    log, numbering = alliance_log(plant), numbering_of(plant)
    await numbering.prepare()
    await log_what_was_decided(plant)
    await numbering.round()
    await tell_partners(plant, numbering)
    await log.catch_up()
    await read_another(plant)


def numbering_of(plant: Plant) -> Numbering:
    return Numbering(plant.store("reporting"), plant.reporting, DECIDERS, tell, "/goldenthread:reporting")


def alliance_log(plant: Plant) -> AllianceLog:
    database = plant.reporting
    events, supports = ImprovementEvents(database), Supports(database)
    return AllianceLog(plant.store("reporting"), database, tell, Sources(database), supports, events)


async def log_what_was_decided(plant: Plant) -> None:
    hook = decisions.RequestSubscription(HOOK, "HTTP", tuple(sorted(TYPES)), TYPES, (), "https://hooks.elm.example/")
    topic = decisions.RequestSubscription(TOPIC, "KAFKA", tuple(sorted(TYPES)), TYPES, (), None)
    key = await SigningKeys(plant.reporting, SecretStr(DEMO_MASTER_KEY)).make("key-1", "ed25519", NOW)
    token_id = await tokens(plant).keep(SOURCE, "the token of 902")
    for name, decide in (
        ("add", lambda it: decisions.add_partner(decisions.AddPartner("Elm", None, ("elm.example",)), it)),
        ("hook", lambda it: decisions.request_subscription(hook, it)),
        ("topic", lambda it: decisions.request_subscription(topic, it)),
        ("key", lambda it: decisions.change_subscription_key(HOOK, key.id, it)),
        ("active", lambda it: decisions.activate_subscription(HOOK, hook.sink, it)),
    ):
        await decided(plant, PARTNERS, PARTNERS.stream("elm"), name, decide)
    command = AdmitSource(SOURCE, "https://thread.gov.uk", "s-1", frozenset({"902"}), token_id, frozenset({"902"}))
    await decided(plant, SOURCES, SOURCES.stream(SOURCE), "admit", lambda it: admit_source(command, it))


async def decided(plant: Plant, decider: Any, stream: str, name: str, decide: Any) -> None:
    asked = unattended(once("drill", stream, name), ACTOR, "901", NOW, date(2026, 7, 3))
    await handle(plant.store("reporting"), decider, stream, decide, asked)


async def tell_partners(plant: Plant, numbering: Numbering) -> None:
    for subscription in (HOOK, TOPIC):
        for n in range(3):
            await numbering.events.append(subscription, {"id": f"event-{n}", "type": sorted(TYPES)[0]}, NOW)
    deliveries = Deliveries(plant.reporting)
    await deliveries.prepare()
    await deliveries.consented(HOOK, 60)
    await deliveries.take_up(await numbering.events.after(HOOK, 0, 10), NOW)
    await took(plant, 1)
    await plant.reporting[CURSORS].insert_one({"_id": TOPIC, "number": 2, "partner": "elm"})


async def took(plant: Plant, number: int) -> None:
    """The webhook took this one."""
    deliveries = Deliveries(plant.reporting)
    claimed = await deliveries.claim(HOOK, number, "lease", NOW + timedelta(minutes=1))
    assert claimed is not None
    await deliveries.settle(claimed, Attempt(NOW, Outcome.DELIVERED, 204), None)


async def read_another(plant: Plant) -> None:
    """Two events of the source, a request and what was refused."""
    sources, events = Sources(plant.reporting), ImprovementEvents(plant.reporting)
    await sources.prepare()
    (source,) = await sources.all()
    for event_id in ("theirs-1", "theirs-2"):
        await events.learn(theirs(event_id), SOURCE)
    asked = SupportRequestedV1(support_id="s-1", la_code="902", event_id="theirs-1", theme_code="VOICE")
    await Supports(plant.reporting).learn(asked, SOURCE)
    await sources.park(source, 3, "it is no CloudEvent")
    await sources.move(source, 4, NOW)


def theirs(event_id: str) -> ImprovementEventPublishedV1:
    said = {"event_id": event_id, "la_code": "902", "quarter": "2026-Q1", "kind": "LEARNING", "theme_code": "VOICE"}
    return ImprovementEventPublishedV1.model_validate({**said, "summary": "Children were asked."})


def tokens(plant: Plant) -> SourceTokens:
    return SourceTokens(plant.reporting, read_master_key(DEMO_MASTER_KEY))


async def shared_state(plant: Plant, *more: str) -> dict[str, list[dict[str, Any]]]:
    """Every document that nothing can make again, by collection."""
    names = (*CHANGING, *SECRETS, *more)
    return {name: await plant.reporting[name].find(sort=[("_id", 1)]).to_list() for name in names}

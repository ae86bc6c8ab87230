"""No event is forgotten: neither by the service it happens in, nor by the read model that it is told to."""

from __future__ import annotations

from typing import get_args

import pytest

from deploy import catalogue
from services.reporting.read_models import READ_MODELS
from shared.messaging import topics
from shared.published.improvement import SubscriptionActivatedV1, SubscriptionTestedV1
from tests.architecture.source import ROOT, source

TOPIC_OF = {
    "organisation": topics.ORGANISATION,
    "audit": topics.AUDIT,
    "escalation": topics.ESCALATION,
    "feedback": topics.FEEDBACK,
}


@pytest.mark.parametrize("service", ["audit", "escalation", "feedback", "reporting"])
def test_a_service_says_of_each_of_its_events_whether_it_is_told(service: str):
    publishing = source(f"services/{service}/publishing.py")
    for decider in catalogue.INNER[service].values():
        for event in catalogue.members(decider):
            assert event.__name__ in publishing.names()
    assert "assert_never" in publishing.names()


def test_the_organisation_tells_every_kind_of_unit_whole():
    from services.organisation.publishing import describe

    told = {type(describe(name, decider.initial)) for name, decider in catalogue.INNER["organisation"].items()}
    assert told == set(get_args(catalogue.PUBLISHED["organisation"]))


@pytest.mark.parametrize("service", TOPIC_OF)
def test_a_published_type_is_read_by_every_read_model_of_its_topic(service: str):
    told = {model.TYPE: model for model in get_args(catalogue.PUBLISHED[service])}
    reading = [model for model in READ_MODELS if model.topic == TOPIC_OF[service]]
    assert bool(reading) == (service != "organisation"), "the organisation is read by the directory"
    for model in reading:
        assert dict(model.decoders) == told


def test_every_published_type_is_told_by_somebody():
    of_subscriptions = {  # no event of the log: a subscription's own beginning, and what its partner asks for
        SubscriptionActivatedV1: "services/reporting/sharing/numbering.py",
        SubscriptionTestedV1: "services/reporting/sharing/work.py",
    }
    for service, union in catalogue.PUBLISHED.items():
        for model in get_args(union):
            told_by = of_subscriptions.get(model, f"services/{service}/publishing.py")
            assert model.__name__ in source(told_by).names()


def test_the_topics_are_those_that_are_read():
    assert {topic.name for topic in TOPIC_OF.values()} == {topic.name for topic in topics.ALL}


def test_the_catalogue_of_events_is_fresh():
    assert (ROOT / "docs" / "events.md").read_text() == catalogue.catalogue()

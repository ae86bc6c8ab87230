"""The partners' AsyncAPI 3.1 document: what an authority receives on its own topic, and how it proves who it is."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, get_args

from deploy.contracts.schemas import schema_of
from shared.published.envelope import Published
from shared.published.improvement import PartnerPublished

BINDING = "0.5.0"
TOPIC = "qa.improvement.{partner}"
_ATTRIBUTES: Mapping[str, tuple[str, str]] = {
    "specversion": ("1.0", "the version of CloudEvents"),
    "id": ("3f0c9a…", "the event's own id, the same however often and through whichever door it comes"),
    "source": ("urn:goldenthread:reporting", "who says it; with the id unique for ever"),
    "type": ("goldenthread.improvement_event_published.v1", "the contract of the data, major version last"),
    "subject": ("partner_release-…", "the release that it belongs to"),
    "time": ("2026-07-10T09:00:00.000Z", "when it was released"),
    "dataschema": ("/schemas/improvement_event_published/1.0", "where the contract's JSON Schema is served"),
    "subscriptionseq": ("00000000000000000042", "its number in this subscription, from 1 and without gaps"),
    "dataclassification": ("internal", "public or internal; refuse what says anything else"),
}


def document() -> dict[str, Any]:
    """For partners: they receive. Which of these types they get is what their subscription asks for."""
    names = {_name(model): model for model in get_args(PartnerPublished)}
    return {
        "asyncapi": "3.1.0",
        "id": "urn:goldenthread:improvement",
        "info": {
            "title": "Golden Thread: improvement events for partner authorities",
            "version": version("goldenthread"),
            "description": "Released and disclosure-controlled facts of one authority or coarser: never a child, a "
            "worker or a team. At least once, in order of the subscription's numbers; 41 and then 43 means that 42 is "
            "missing and can be asked for.",
            "license": {"name": "MIT"},
            "tags": [{"name": "quality assurance"}, {"name": "children's social care"}],
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {"partners": _server()},
        "channels": {"improvement": _channel(names)},
        "operations": {"receiveImprovement": _operation(names)},
        "components": {
            "messages": {name: _message(model) for name, model in names.items()},
            "schemas": {name: _inline(schema_of(model)) for name, model in names.items()},
            "securitySchemes": {"scram": {"type": "scramSha512", "description": "user `partner-<id>`"}},
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{broker}",
        "protocol": "kafka-secure",
        "description": "the authority that runs this installation tells its address",
        "variables": {"broker": {"description": "host and port of the partners' listener"}},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
        "bindings": {"kafka": {"bindingVersion": BINDING}},
    }


def _channel(names: Mapping[str, type[Published]]) -> dict[str, Any]:
    return {
        "address": TOPIC,
        "title": "Improvement events of one partner",
        "parameters": {"partner": {"description": "the partner's id, as given when it was added"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "servers": [{"$ref": "#/servers/partners"}],
        "bindings": {
            "kafka": {
                "partitions": 1,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1},
                "bindingVersion": BINDING,
            }
        },
    }


def _operation(names: Mapping[str, type[Published]]) -> dict[str, Any]:
    return {
        "action": "receive",
        "title": "Receive what the alliance learned",
        "channel": {"$ref": "#/channels/improvement"},
        "messages": [{"$ref": f"#/channels/improvement/messages/{name}"} for name in names],
        "bindings": {
            "kafka": {
                "groupId": {"type": "string", "pattern": "^partner-[a-z0-9-]+\\..+$"},
                "bindingVersion": BINDING,
            }
        },
    }


def _message(model: type[Published]) -> dict[str, Any]:
    return {
        "name": model.TYPE,
        "title": _name(model),
        "summary": " ".join((model.__doc__ or "").split("\n\n")[0].split()),
        "contentType": "application/cloudevents+json",
        "payload": _event(model),
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": BINDING}},
    }


def _event(model: type[Published]) -> dict[str, Any]:
    """The structured CloudEvent around the data."""
    attributes = {name: {"type": "string", "description": text} for name, (_, text) in _ATTRIBUTES.items()}
    attributes["type"] |= {"const": model.TYPE}
    data = {"$ref": f"#/components/schemas/{_name(model)}"}
    return {"type": "object", "required": [*attributes, "data"], "properties": {**attributes, "data": data}}


def _name(model: type[Published]) -> str:
    return model.__name__


def _inline(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Within AsyncAPI a schema is part of the document: it names no draft, and its definitions stand in their place."""
    definitions = schema.get("$defs", {})

    def opened(part: Any) -> Any:
        if isinstance(part, Mapping):
            if "$ref" in part:
                return opened(definitions[str(part["$ref"]).rpartition("/")[2]])
            return {name: opened(value) for name, value in part.items() if name not in ("$defs", "$schema")}
        return [opened(one) for one in part] if isinstance(part, list | tuple) else part

    made: dict[str, Any] = opened(schema)
    return made

"""The JSON Schemas of published contracts: made from the models, compared with every revision that is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from deploy.catalogue import PUBLISHED
from deploy.contracts.compatibility import breaks
from shared.published import kept_schemas
from shared.published.envelope import Published
from shared.published.improvement import PartnerPublished

DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Incompatible(Exception):
    """A contract can no longer be read by somebody who reads an earlier revision of it, or the other way round."""


def published() -> list[type[Published]]:
    """Every contract, those that partners read among them."""
    return [model for union in PUBLISHED.values() for model in get_args(union)]


def schema_of(model: type[Published]) -> dict[str, Any]:
    """The contract as its readers should read it: fields that they do not know are allowed, and ignored."""
    made = model.model_json_schema(mode="serialization")
    return {"$schema": DRAFT, "title": model.TYPE, **{k: v for k, v in _open(made).items() if k != "title"}}


def stale() -> Iterator[str]:
    """What is not kept yet, by type. Raises Incompatible when a contract may not be changed as it was."""
    for model in published():
        kept = [json.loads(path.read_text()) for path in kept_schemas.revisions(model.TYPE)]
        new = schema_of(model)
        for old in kept:
            if found := breaks(old, new, shared=model in get_args(PartnerPublished)):
                raise Incompatible("\n".join([f"{model.TYPE} needs a new major:", *found]))
        if not kept or kept[-1] != new:
            yield model.TYPE


def keep() -> None:
    """Write the next revision of every contract that changed."""
    changed = set(stale())
    for model in published():
        if model.TYPE in changed:
            name, major = kept_schemas.name_of(model.TYPE)
            path = kept_schemas.FOLDER / name / f"{major}.{len(kept_schemas.revisions(model.TYPE))}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text_of(schema_of(model)))


def text_of(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _open(schema: Any) -> Any:
    """Without `additionalProperties: false` (writers' strictness) and pydantic's titles, which repeat the names."""
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if not (key == "additionalProperties" and value is False)}
        return {key: _named(value) if key == "properties" else _open(value) for key, value in kept.items()}
    if isinstance(schema, list):
        return [_open(one) for one in schema]
    return schema


def _named(properties: Mapping[str, Any]) -> dict[str, Any]:
    opened = {name: _open(schema) for name, schema in properties.items()}
    return {name: {k: v for k, v in schema.items() if k != "title"} for name, schema in opened.items()}

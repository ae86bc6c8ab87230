"""The contracts as documents: what is kept, what is made of it, and that events are what the documents say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import jsonschema_rs
import pytest
from jsonschema_rs import Draft202012Validator

from deploy.contracts import schemas
from deploy.contracts.asyncapi import document
from shared.published import kept_schemas
from shared.published.envelope import Published
from shared.published.improvement import ImprovementEventPublishedV1, Measure, PartnerPublished, Shown

ASYNCAPI = Path(__file__).with_name("asyncapi-3.1.0.schema.json")
EVENT = ImprovementEventPublishedV1(
    event_id="e1",
    la_code="901",
    quarter="2026-Q1",
    kind="GRADES",
    measure=Measure(
        code="OVERALL",
        numerator_display="64",
        denominator_display="97",
        pct_display="66.0",
        interval=("56.1", "74.7"),
        distribution=(Shown(code="GOOD", display="47"), Shown(code="INADEQUATE", display="c")),
    ),
)


@pytest.mark.parametrize("model", schemas.published(), ids=lambda model: model.TYPE)
def test_every_published_contract_is_kept_as_a_schema(model: type[Published]):
    kept = json.loads(kept_schemas.revisions(model.TYPE)[-1].read_text())
    jsonschema_rs.meta.validate(kept)
    assert kept == schemas.schema_of(model)


def test_an_event_is_what_its_schema_says_and_a_reader_ignores_what_it_does_not_know():
    validator = Draft202012Validator(schemas.schema_of(ImprovementEventPublishedV1))
    said = EVENT.model_dump(mode="json")
    assert validator.is_valid(said)
    assert validator.is_valid({**said, "added_later": 1})
    assert not validator.is_valid({**said, "quarter": "the spring"})
    assert not validator.is_valid({name: value for name, value in said.items() if name != "la_code"})


def test_a_contract_that_changed_is_stale_and_one_that_breaks_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(kept_schemas, "FOLDER", tmp_path)
    schemas.keep()
    assert list(schemas.stale()) == []
    first = kept_schemas.revisions(ImprovementEventPublishedV1.TYPE)[0]
    kept = json.loads(first.read_text())

    first.write_text(json.dumps({**kept, "properties": kept["properties"] | {"region": {"type": "string"}}}))
    assert list(schemas.stale()) == [ImprovementEventPublishedV1.TYPE]
    schemas.keep()
    assert [path.name for path in kept_schemas.revisions(ImprovementEventPublishedV1.TYPE)] == ["1.0.json", "1.1.json"]

    first.write_text(json.dumps({**kept, "properties": kept["properties"] | {"la_code": {"type": "integer"}}}))
    with pytest.raises(schemas.Incompatible, match="#/la_code"):
        list(schemas.stale())


def test_the_partners_document_is_valid_asyncapi():
    made = json.loads(json.dumps(document()))
    validator = jsonschema_rs.validator_for(json.loads(ASYNCAPI.read_text()))
    assert [f"{error.instance_path}: {error.message[:200]}" for error in validator.iter_errors(made)] == []
    assert set(made["channels"]["improvement"]["messages"]) == {model.__name__ for model in get_args(PartnerPublished)}


def test_a_document_that_is_wrong_is_found_out():
    broken = json.loads(json.dumps(document()))
    broken["operations"]["receiveImprovement"]["action"] = "swallow"
    assert not jsonschema_rs.validator_for(json.loads(ASYNCAPI.read_text())).is_valid(broken)

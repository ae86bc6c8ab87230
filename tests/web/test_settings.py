"""What a production service refuses to start with."""

from __future__ import annotations

import base64
import os

import pytest
from pydantic import ValidationError

from shared.settings import DEMO_ISSUER, DEMO_MASTER_KEY, ServiceSettings

RIGHT = {
    "environment": "production",
    "issuer": "https://login.authority.example",
    "jwks_url": "https://login.authority.example/keys",
    "master_key": base64.b64encode(os.urandom(32)).decode(),
}


def test_a_complete_production_installation_starts():
    assert ServiceSettings(**RIGHT).in_production


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": DEMO_ISSUER},
        {"jwks_url": None},
        {"jwks_url": None, "jwks_file": "/keys.json"},
        {"jwks_file": "/keys.json"},
        {"jwks_url": "http://login.authority.example/keys"},
        {"master_key": DEMO_MASTER_KEY},
    ],
)
def test_nothing_of_the_demo_starts_in_production(wrong):
    with pytest.raises(ValidationError):
        ServiceSettings(**{**RIGHT, **wrong})


def test_production_is_the_default(monkeypatch):
    monkeypatch.delenv("GOLDENTHREAD_ENVIRONMENT", raising=False)
    with pytest.raises(ValidationError):
        ServiceSettings()


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("GOLDENTHREAD_ENVIRONMENT", "demo")
    monkeypatch.setenv("GOLDENTHREAD_MONGO_PREFIX", "elsewhere")
    assert ServiceSettings().database("audit") == "elsewhere_audit"


def test_the_master_key_is_never_shown():
    assert RIGHT["master_key"] not in repr(ServiceSettings(**RIGHT))

"""What a service is told from outside: environment variables that begin with GOLDENTHREAD_."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_ISSUER = "https://issuer.goldenthread.invalid"
DEMO_MASTER_KEY = "Z29sZGVuLXRocmVhZC1kZW1vLW1hc3Rlci1rZXktMDE="  # 32 bytes, base64: for tests and the demo only

Algorithm = Literal["EdDSA", "ES256", "RS256", "PS256"]


class ServiceSettings(BaseSettings):
    """Everything that differs between one installation and another; a service's own settings inherit from it.

    `master_key` is 32 bytes in base64. Tokens are checked against the keys at `jwks_url`, or in `jwks_file` (demo and
    tests). `source`, with the service's name behind it, is the CloudEvents source of what is published. `public_url` is
    the address that browsers see; without it the Host header says what the own origin is.
    Raises ValidationError when a production service is given anything that belongs to the demo.
    """

    model_config = SettingsConfigDict(env_prefix="GOLDENTHREAD_", extra="ignore", frozen=True)

    environment: Literal["production", "demo", "test"] = "production"
    mongo_url: str = "mongodb://localhost:27017"
    mongo_prefix: str = "goldenthread"
    kafka_url: str = "localhost:9092"
    topic_prefix: str = ""
    source: str = "urn:goldenthread"
    issuer: str = DEMO_ISSUER
    audience: str = "goldenthread"
    jwks_url: str | None = None
    jwks_file: Path | None = None
    algorithms: tuple[Algorithm, ...] = ("EdDSA", "ES256", "RS256", "PS256")
    master_key: SecretStr = SecretStr(DEMO_MASTER_KEY)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str | None = None
    request_seconds: float = Field(default=10.0, gt=0)
    requests_at_once: int = Field(default=1_000, ge=1)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def in_production(self) -> bool:
        return self.environment == "production"

    def database(self, service: str) -> str:
        """The name of the service's own database."""
        return f"{self.mongo_prefix}_{service}"

    @model_validator(mode="after")
    def _one_source_of_keys(self) -> Self:
        if self.jwks_url is not None and self.jwks_file is not None:
            raise ValueError("keys come from jwks_url or from jwks_file, not from both")
        return self

    @model_validator(mode="after")
    def _nothing_of_the_demo_in_production(self) -> Self:
        if not self.in_production:
            return self
        if self.issuer == DEMO_ISSUER:
            raise ValueError("production refuses the demo's token issuer: set GOLDENTHREAD_ISSUER")
        if self.jwks_url is None or not self.jwks_url.startswith("https://"):
            raise ValueError("production takes its token keys over https only: set GOLDENTHREAD_JWKS_URL")
        if self.jwks_file is not None:
            raise ValueError("production refuses a key file, which the demo's issuer writes")
        if self.master_key.get_secret_value() == DEMO_MASTER_KEY:
            raise ValueError("production refuses the demo's master key: set GOLDENTHREAD_MASTER_KEY")
        return self

"""A token issuer for the demo and the tests: one key pair in a folder. Production refuses whatever it signs."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.settings import DEMO_ISSUER, ServiceSettings

AUDIENCE = "goldenthread"


class RefusedInProduction(Exception):
    """The local issuer signs anything for anybody; a production installation has an issuer of its own."""


@dataclass(frozen=True, slots=True)
class LocalIssuer:
    """Signs access tokens (RFC 9068, EdDSA). `jwks_file` is what services read its public key from."""

    key: Ed25519PrivateKey
    kid: str
    jwks_file: Path

    @staticmethod
    def at(folder: Path, settings: ServiceSettings | None = None) -> LocalIssuer:
        """The issuer whose key pair is in this folder; made there if there is none. Raises RefusedInProduction."""
        environment = settings.environment if settings else os.environ.get("GOLDENTHREAD_ENVIRONMENT")
        if environment == "production":
            raise RefusedInProduction
        folder.mkdir(parents=True, exist_ok=True)
        key = _kept_key(folder / "issuer.pem")
        public = jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
        kid = f"local-{public['x'][:8]}"
        jwks_file = folder / "jwks.json"
        jwks_file.write_bytes(orjson.dumps({"keys": [{**public, "kid": kid, "use": "sig", "alg": "EdDSA"}]}))
        return LocalIssuer(key, kid, jwks_file)

    def mint(
        self,
        sub: str,
        scopes: Iterable[str],
        authorities: Iterable[str] = (),
        minutes: float = 15,
        partner: str | None = None,
    ) -> str:
        """An access token. `authorities` (la_codes, "*" for all) make it a machine client's, `partner` a partner's."""
        return self.sign({**claims(sub, scopes, authorities, minutes), **({"partner": partner} if partner else {})})

    def sign(self, payload: dict[str, Any], **header: Any) -> str:
        return jwt.encode(payload, self.key, algorithm="EdDSA", headers={"typ": "at+jwt", "kid": self.kid, **header})


def claims(sub: str, scopes: Iterable[str], authorities: Iterable[str] = (), minutes: float = 15) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": DEMO_ISSUER,
        "aud": AUDIENCE,
        "sub": sub,
        "client_id": "local",
        "iat": now,
        "exp": now + round(minutes * 60),
        "jti": str(uuid.uuid4()),
        "scope": " ".join(scopes),
        **({"authorities": sorted(authorities)} if authorities else {}),
    }


def _kept_key(path: Path) -> Ed25519PrivateKey:
    if path.exists():
        kept = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(kept, Ed25519PrivateKey):
            return kept
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
    return key

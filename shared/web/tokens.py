"""Access tokens (RFC 9068, checked as RFC 8725 asks): whose they are, or a refusal without a reason for the sender."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx2
import jwt
import orjson

from shared.settings import ServiceSettings
from shared.web.problems import Problem

LONGEST = 8192
LEEWAY_SECONDS = 30
KEYS_FRESH_SECONDS = 300.0
REFETCH_SECONDS = 30.0
REMEMBERED = 4096
PARTNER = re.compile(r"[a-z][a-z0-9-]{0,39}")
TYPES = ("at+jwt", "application/at+jwt")
_KEY_TYPES = ("OKP", "EC", "RSA")


class NoKeys(Exception):
    """The issuer's keys could not be read; why is in the cause."""


class KeySource(Protocol):
    """Where the issuer's public keys come from. Raises NoKeys."""

    async def read(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class KeyFile:
    path: Path

    async def read(self) -> Mapping[str, Any]:
        try:
            return _key_set(await asyncio.to_thread(self.path.read_bytes))
        except OSError as failed:
            raise NoKeys from failed


@dataclass(frozen=True, slots=True)
class KeyAddress:
    url: str

    async def read(self) -> Mapping[str, Any]:
        try:
            async with httpx2.AsyncClient(timeout=3.0, follow_redirects=False, trust_env=False) as client:
                found = await client.get(self.url)
                found.raise_for_status()
        except httpx2.HTTPError as failed:
            raise NoKeys from failed
        return _key_set(found.content)


def _key_set(raw: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as failed:
        raise NoKeys from failed
    if not isinstance(found, dict):
        raise NoKeys
    return found


class Keys:
    """The issuer's public keys by `kid`: kept five minutes, read again at most every 30 s for a kid not seen yet."""

    def __init__(self, source: KeySource, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at: float | None = None
        self._tried_at: float | None = None
        self._reading = asyncio.Lock()

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """The key, or None when the issuer has none of that name. Raises NoKeys while none were ever read."""
        if kid not in self._keys or self._older(self._read_at, KEYS_FRESH_SECONDS):
            await self._refresh(kid)
        return self._keys.get(kid)

    async def _refresh(self, kid: str) -> None:
        async with self._reading:
            if kid in self._keys and not self._older(self._read_at, KEYS_FRESH_SECONDS):
                return
            if self._older(self._tried_at, REFETCH_SECONDS):
                self._tried_at = self._clock()
                await self._read()
            if self._read_at is None:
                raise NoKeys

    async def _read(self) -> None:
        try:
            self._keys = _usable(await self._source.read())
        except NoKeys:
            return  # with older keys known, an issuer that is away for a while does not shut everybody out
        self._read_at = self._clock()

    def _older(self, moment: float | None, seconds: float) -> bool:
        return moment is None or self._clock() - moment >= seconds


def _usable(key_set: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    """The signing keys with a name. Symmetric keys have no place in a public key set and are left out."""
    found: dict[str, jwt.PyJWK] = {}
    for raw in key_set.get("keys", ()):
        wanted = isinstance(raw, dict) and raw.get("kty") in _KEY_TYPES and raw.get("use", "sig") == "sig"
        if wanted and isinstance(raw.get("kid"), str):
            try:
                found[raw["kid"]] = jwt.PyJWK.from_dict(raw)
            except jwt.PyJWTError:
                continue  # a key of a kind that we cannot use: tokens signed with it find no key
    return found


@dataclass(frozen=True, slots=True)
class Claims:
    """What a checked token says."""

    subject: str
    scopes: frozenset[str]
    authorities: frozenset[str]
    expires: int
    partner: str | None = None


class InvalidToken(Exception):
    """The token proves nothing."""


class Tokens:
    """Checks tokens against one issuer, audience and list of algorithms; remembers those it has checked."""

    def __init__(self, settings: ServiceSettings, keys: Keys, clock: Callable[[], float] = time.time) -> None:
        self._issuer = settings.issuer
        self._audience = settings.audience
        self._algorithms: tuple[str, ...] = settings.algorithms
        self._keys = keys
        self._clock = clock
        self._checked: OrderedDict[bytes, tuple[Claims, float]] = OrderedDict()

    async def check(self, token: str) -> Claims:
        """The token's claims. Raises InvalidToken, or NoKeys when the issuer's keys cannot be had."""
        if len(token) > LONGEST or not token.isascii():
            raise InvalidToken
        digest = hashlib.sha256(token.encode()).digest()
        known = self._checked.get(digest)
        now = self._clock()
        if known and now < known[0].expires + LEEWAY_SECONDS and now < known[1]:
            return known[0]
        claims = await self._verified(token)
        if now >= claims.expires + LEEWAY_SECONDS:
            raise InvalidToken
        self._checked[digest] = (claims, now + KEYS_FRESH_SECONDS)
        if len(self._checked) > REMEMBERED:
            self._checked.popitem(last=False)
        return claims

    async def _verified(self, token: str) -> Claims:
        algorithm, kid = self._header(token)
        key = await self._keys.find(kid)
        if key is None or not _fits(key, algorithm):
            raise InvalidToken
        try:
            return _claims(self._decoded(token, key.key, algorithm))
        except (jwt.PyJWTError, TypeError, ValueError) as failed:
            raise InvalidToken from failed

    def _header(self, token: str) -> tuple[str, str]:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError) as failed:
            raise InvalidToken from failed
        algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ")
        if algorithm not in self._algorithms or not isinstance(kid, str):
            raise InvalidToken
        if not isinstance(kind, str) or kind.lower() not in TYPES or "crit" in header:
            raise InvalidToken
        return str(algorithm), kid

    def _decoded(self, token: str, key: Any, algorithm: str) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=self._audience,
            issuer=self._issuer,
            leeway=LEEWAY_SECONDS,
            options={
                "require": ["exp", "iat", "iss", "aud", "sub"],
                "strict_aud": True,
                "enforce_minimum_key_length": True,
            },
        )


def _fits(key: jwt.PyJWK, algorithm: str) -> bool:
    """The key is of the algorithm's kind, whatever the token says; an RSA key that names no algorithm serves both."""
    if key.key_type == "RSA" and key._jwk_data.get("alg") is None:
        return algorithm in ("RS256", "PS256")
    return key.algorithm_name == algorithm


def _claims(payload: Mapping[str, Any]) -> Claims:
    subject, scope, authorities = payload["sub"], payload.get("scope", ""), payload.get("authorities", [])
    if not isinstance(subject, str) or not 0 < len(subject) <= 200 or "\x00" in subject:
        raise ValueError("sub")
    if not isinstance(scope, str) or not isinstance(authorities, list):
        raise ValueError("scope or authorities")
    if not all(isinstance(code, str) and code for code in authorities):
        raise ValueError("authorities")
    partner = payload.get("partner")
    if partner is not None and (not isinstance(partner, str) or not PARTNER.fullmatch(partner) or authorities):
        raise ValueError("partner")
    return Claims(subject, frozenset(scope.split()), frozenset(authorities), int(payload["exp"]), partner)


def tokens_for(settings: ServiceSettings) -> Tokens:
    """The checker that the settings ask for; without a source of keys no token is ever accepted."""
    if settings.jwks_url is not None:
        return Tokens(settings, Keys(KeyAddress(settings.jwks_url)))
    if settings.jwks_file is not None:
        return Tokens(settings, Keys(KeyFile(settings.jwks_file)))
    return Tokens(settings, Keys(_Nothing()))


class _Nothing:
    async def read(self) -> Mapping[str, Any]:
        return {"keys": []}


def unavailable() -> Problem:
    return Problem("unavailable", "Tokens cannot be checked at the moment.", headers={"Retry-After": "5"})

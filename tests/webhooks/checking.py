"""What a receiver does with a delivery by Standard Webhooks 1.0.0: is it genuine, of now, and new?"""

from __future__ import annotations

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.reporting.sharing.webhooks.signing import ID, SEED_BYTES, SIGNATURE, TIMESTAMP, Secret

TOLERANCE = timedelta(minutes=5)
REMEMBERED = timedelta(hours=24)


class NotGenuine(Exception):
    """The delivery was not signed with this key, not for now, or not like this. Why is for the receiver's log."""


class CheckingKey(Protocol):
    """What a receiver checks with."""

    def made(self, signature: str, content: bytes) -> bool: ...


@dataclass(frozen=True)
class SharedSecret:
    secret: Secret

    def made(self, signature: str, content: bytes) -> bool:
        return hmac.compare_digest(self.secret.sign(content).encode(), signature.encode())


@dataclass(frozen=True)
class PublicHalf:
    raw: bytes

    def made(self, signature: str, content: bytes) -> bool:
        version, _, given = signature.partition(",")
        if version != "v1a":
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(b64decode(given, validate=True), content)
        except (InvalidSignature, NotBase64):
            return False
        return True


def checking_key(text: str) -> CheckingKey:
    """The receiver's key from its text: `whsec_` or `whpk_`. Raises ValueError without it."""
    kind, _, encoded = text.partition("_")
    raw = b64decode(encoded, validate=True)
    if kind == "whsec":
        return SharedSecret(Secret(raw))
    if kind != "whpk" or len(raw) != SEED_BYTES:
        raise ValueError("a receiver's key begins with whsec_ or whpk_")
    return PublicHalf(raw)


def verified(keys: Sequence[CheckingKey], headers: Mapping[str, str], body: bytes, moment: datetime) -> str:
    """The id of a genuine delivery that came at `moment`. `body` are the bytes as they came. Raises NotGenuine."""
    given = {name.lower(): value for name, value in headers.items()}
    id_, timestamp, signatures = (given.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not id_ or not signatures or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise NotGenuine("a header is missing or malformed")
    if abs(moment.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise NotGenuine("signed too long ago, or in the future")
    content = b".".join((id_.encode(), timestamp.encode(), body))
    # Every pair is looked at, so that the time it takes does not tell which one matched.
    matches = [key.made(signature, content) for key in keys for signature in signatures.split()[:10]]
    if not any(matches):
        raise NotGenuine("no signature is of this key")
    return id_


class Seen:
    """The ids a receiver dealt with: what comes again is answered with 2xx and not dealt with again."""

    def __init__(self, remembered: timedelta = REMEMBERED) -> None:
        self._remembered = remembered
        self._ids: OrderedDict[str, datetime] = OrderedDict()

    def first_time(self, id_: str, moment: datetime) -> bool:
        """Whether it is new; from now on it is not."""
        while self._ids and moment - next(iter(self._ids.values())) > self._remembered:
            self._ids.popitem(last=False)
        if id_ in self._ids:
            return False
        self._ids[id_] = moment
        return True

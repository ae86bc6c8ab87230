"""Standard Webhooks 1.0.0: how a delivery is signed, and how a receiver knows that it is genuine.

`v1` is HMAC-SHA256 with a secret that both sides hold (`whsec_`). `v1a` is Ed25519: we sign with our own key (`whsk_`)
and the receiver holds only its public half (`whpk_`), so that nothing it loses lets anybody sign in our name.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = timedelta(minutes=5)
REMEMBERED = timedelta(hours=24)
OVERLAP = timedelta(hours=24)  # how long a former key goes on signing beside the new one
SEED_BYTES = 32

Algorithm = Literal["ed25519", "hmac"]


class NotGenuine(Exception):
    """The delivery was not signed with this key, not for now, or not like this. Why is for the receiver's log."""


class SigningKey(Protocol):
    """What signs. `text` is the key as it is kept, `shown` what the receiver is given to check with."""

    @property
    def text(self) -> str: ...

    @property
    def shown(self) -> str: ...

    def sign(self, content: bytes) -> str: ...


class CheckingKey(Protocol):
    """What a receiver checks with."""

    def made(self, signature: str, content: bytes) -> bool: ...


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A shared secret of 24 to 64 bytes: signs, and checks."""

    raw: bytes

    def __post_init__(self) -> None:
        if not 24 <= len(self.raw) <= 64:
            raise ValueError("a webhook secret has 24 to 64 bytes")

    @property
    def text(self) -> str:
        return f"whsec_{_text(self.raw)}"

    @property
    def shown(self) -> str:
        return self.text

    def sign(self, content: bytes) -> str:
        return f"v1,{_text(hmac.digest(self.raw, content, 'sha256'))}"

    def made(self, signature: str, content: bytes) -> bool:
        return hmac.compare_digest(self.sign(content).encode(), signature.encode())


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """Our half of an Ed25519 pair."""

    seed: bytes

    @property
    def text(self) -> str:
        return f"whsk_{_text(self.seed + self.public.raw)}"

    @property
    def shown(self) -> str:
        return self.public.text

    @property
    def public(self) -> PublicKey:
        return PublicKey(self._key.public_key().public_bytes_raw())

    def sign(self, content: bytes) -> str:
        return f"v1a,{_text(self._key.sign(content))}"

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The receiver's half of an Ed25519 pair."""

    raw: bytes

    @property
    def text(self) -> str:
        return f"whpk_{_text(self.raw)}"

    def made(self, signature: str, content: bytes) -> bool:
        version, _, given = signature.partition(",")
        if version != "v1a":
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(b64decode(given, validate=True), content)
        except (InvalidSignature, NotBase64):
            return False
        return True


def new_key(algorithm: Algorithm) -> SigningKey:
    raw = os.urandom(SEED_BYTES)
    return PrivateKey(raw) if algorithm == "ed25519" else Secret(raw)


def signing_key(text: str) -> SigningKey:
    """The key from its text: `whsec_`, or `whsk_` with or without the public half. Raises ValueError without it."""
    kind, raw = _read(text)
    if kind == "whsec":
        return Secret(raw)
    if kind != "whsk" or len(raw) not in (SEED_BYTES, 2 * SEED_BYTES):
        raise ValueError("a signing key begins with whsec_ or whsk_")
    key = PrivateKey(raw[:SEED_BYTES])
    if raw[SEED_BYTES:] not in (b"", key.public.raw):
        raise ValueError("the halves of this key do not belong together")
    return key


def checking_key(text: str) -> CheckingKey:
    """The receiver's key from its text: `whsec_` or `whpk_`. Raises ValueError without it."""
    kind, raw = _read(text)
    if kind == "whsec":
        return Secret(raw)
    if kind != "whpk" or len(raw) != SEED_BYTES:
        raise ValueError("a receiver's key begins with whsec_ or whpk_")
    return PublicKey(raw)


def signed(keys: Sequence[SigningKey], id_: str, moment: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one attempt at `moment`, with a signature of each key: two while one replaces the other.

    Raises ValueError for an id that could be mistaken for another: the signed content is joined with full stops.
    """
    if not id_ or "." in id_ or not id_.isascii() or not id_.isprintable() or " " in id_:
        raise ValueError("a webhook id is printable, without spaces and full stops")
    timestamp = str(int(moment.timestamp()))
    content = _content(id_, timestamp, body)
    return {ID: id_, TIMESTAMP: timestamp, SIGNATURE: " ".join(key.sign(content) for key in keys)}


def verified(keys: Sequence[CheckingKey], headers: Mapping[str, str], body: bytes, moment: datetime) -> str:
    """The id of a genuine delivery that came at `moment`. `body` are the bytes as they came. Raises NotGenuine."""
    given = {name.lower(): value for name, value in headers.items()}
    id_, timestamp, signatures = (given.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not id_ or not signatures or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise NotGenuine("a header is missing or malformed")
    if abs(moment.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise NotGenuine("signed too long ago, or in the future")
    content = _content(id_, timestamp, body)
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


def _content(id_: str, timestamp: str, body: bytes) -> bytes:
    return b".".join((id_.encode(), timestamp.encode(), body))


def _read(text: str) -> tuple[str, bytes]:
    kind, _, encoded = text.partition("_")
    try:
        return kind, b64decode(encoded, validate=True)
    except (NotBase64, ValueError):
        raise ValueError("a key is base64 behind its prefix") from None


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()

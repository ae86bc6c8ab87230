"""Standard Webhooks 1.0.0: how a delivery is signed.

`v1` is HMAC-SHA256 with a secret that both sides hold (`whsec_`). `v1a` is Ed25519: we sign with our own key (`whsk_`)
and the receiver holds only its public half (`whpk_`), so that nothing it loses lets anybody sign in our name.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
OVERLAP = timedelta(hours=24)  # how long a former key goes on signing beside the new one
SEED_BYTES = 32

Algorithm = Literal["ed25519", "hmac"]


class SigningKey(Protocol):
    """What signs. `text` is the key as it is kept, `shown` what the receiver is given to check with."""

    @property
    def text(self) -> str: ...

    @property
    def shown(self) -> str: ...

    def sign(self, content: bytes) -> str: ...


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


def signed(keys: Sequence[SigningKey], id_: str, moment: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one attempt at `moment`, with a signature of each key: two while one replaces the other.

    Raises ValueError for an id that could be mistaken for another: the signed content is joined with full stops.
    """
    if not id_ or "." in id_ or not id_.isascii() or not id_.isprintable() or " " in id_:
        raise ValueError("a webhook id is printable, without spaces and full stops")
    timestamp = str(int(moment.timestamp()))
    content = b".".join((id_.encode(), timestamp.encode(), body))
    return {ID: id_, TIMESTAMP: timestamp, SIGNATURE: " ".join(key.sign(content) for key in keys)}


def _read(text: str) -> tuple[str, bytes]:
    kind, _, encoded = text.partition("_")
    try:
        return kind, b64decode(encoded, validate=True)
    except (NotBase64, ValueError):
        raise ValueError("a key is base64 behind its prefix") from None


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()

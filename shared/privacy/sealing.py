"""The arithmetic of sealing: bytes in, bytes out, no store. Only `keys` calls it."""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.privacy.sealed_text import SealedText

KEY_BYTES = 32
NONCE_BYTES = 12


class SealBroken(Exception):
    """The sealed text was altered, or is being opened as something it was not sealed as."""


class WrongMasterKey(Exception):
    """The master key does not open what another master key (or another row) wrapped."""


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def read_master_key(text: str) -> bytes:
    """The master key from its setting: 32 bytes in base64. Raises ValueError, without the value, when it is not."""
    try:
        key = b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except NotBase64:
        raise ValueError("the master key must be base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"the master key must be {KEY_BYTES} bytes in base64")
    return key


@dataclass(frozen=True, slots=True, repr=False)
class SubjectKey:
    """A subject's key, taken apart so that encrypting and comparing never share one."""

    name: str
    seals: bytes
    marks: bytes

    @classmethod
    def of(cls, name: str, key: bytes) -> SubjectKey:
        return cls(name, _derived(key, "seal"), _derived(key, "mark"))

    def seal(self, text: str, field: str) -> SealedText:
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.seals).encrypt(nonce, text.encode(), _bound_to(field, self.name))
        mark = hmac.digest(self.marks, text.encode(), "sha256").hex()
        return SealedText(key=self.name, nonce=_text(nonce), text=_text(sealed), mark=mark)

    def open(self, sealed: SealedText, field: str) -> str:
        try:
            nonce, text = b64decode(sealed.nonce, validate=True), b64decode(sealed.text, validate=True)
            return AESGCM(self.seals).decrypt(nonce, text, _bound_to(field, sealed.key)).decode()
        except (InvalidTag, ValueError):
            raise SealBroken(f"the sealed {field} cannot be opened: it was altered or moved") from None


def wrap(master: bytes, key: bytes, kind: str, name: str) -> bytes:
    """The key, encrypted for keeping in the row of that kind and name and in no other."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(master).encrypt(nonce, key, _bound_to(kind, name))


def unwrap(master: bytes, wrapped: bytes, kind: str, name: str) -> bytes:
    try:
        return AESGCM(master).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _bound_to(kind, name))
    except InvalidTag:
        raise WrongMasterKey(f"the master key does not open one of the {kind} keys: is it the right one?") from None


def under(whole: bytes, part: bytes) -> bytes:
    """The key that takes both to make: a part's own, under that of the whole (b"" for what is no part of anything)."""
    return hmac.digest(whole, part, "sha256") if whole else part


def pseudonym(key: bytes, child_ref: str) -> str:
    return hmac.digest(key, child_ref.encode(), "sha256").hex()[:24]


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode(), "sha256")


def _bound_to(what: str, name: str) -> bytes:
    return f"{len(what)}:{what}:{name}".encode()  # the length keeps ("ab", "c") apart from ("a", "bc")


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()

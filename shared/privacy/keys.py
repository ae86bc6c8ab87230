"""The keyring: a key for each child or complainant, and one for each authority's pseudonyms.

It lives in a database of its own, apart from every log: destroying a subject's key there makes what was sealed under
it unreadable everywhere, while counts stay as they were. Whether that is erasure in law is for the authority's data
protection officer to say; a legal hold refuses it.

A subject may be a part of another, named `<whole>/<part>`: one record about a child, so that it can be destroyed on
its own when it turns out to be about somebody else. Opening what belongs to a part takes both keys: a whole that is
destroyed takes its parts along, and a part leaves the whole as it is.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr
from pymongo.asynchronous.database import AsyncDatabase

from shared.calendar.clock import Clock, now
from shared.deciding.refusal import Refused
from shared.privacy import sealing
from shared.privacy.sealed_text import SealedText
from shared.privacy.sealing import SealBroken, SubjectKey, WrongMasterKey, new_key, read_master_key
from shared.privacy.shelves import InMemoryShelf, Kind, MongoShelf, Shelf

__all__ = [
    "InMemoryKeyring",
    "KeyDestroyed",
    "KeyMissing",
    "Keyring",
    "SealBroken",
    "UnderLegalHold",
    "WrongMasterKey",
    "read_master_key",
]

CACHED_SECONDS = 10.0  # how long another process may go on reading after a destruction
CACHED_KEYS = 2048


class KeyDestroyed(Refused):
    """Nothing can be sealed for this subject any more."""

    def __init__(self) -> None:
        super().__init__("the records of this person have been destroyed, so nothing more can be kept about them")


class UnderLegalHold(Refused):
    """A legal hold beats expiry and erasure."""

    def __init__(self) -> None:
        super().__init__("a legal hold keeps these records from being destroyed")


class KeyMissing(Exception):
    """There is sealed text but neither its key nor a tombstone: the key database lost something. Restore it."""


class Keyring:
    """Seals, opens and destroys.

    `database` is the keyring's own. `master_key` is 32 bytes in base64: it wraps every key and is never kept there.
    Engine errors (pymongo's) pass through; a wrong master key raises WrongMasterKey at the first key it cannot open.
    """

    def __init__(
        self,
        database: AsyncDatabase[dict[str, Any]],
        master_key: SecretStr,
        *,
        clock: Clock = now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._begin(MongoShelf(database), master_key, clock, ticks)

    def _begin(self, shelf: Shelf, master_key: SecretStr, clock: Clock, ticks: Callable[[], float]) -> None:
        self._shelf = shelf
        self._master = read_master_key(master_key.get_secret_value())
        self._clock = clock
        self._recent = _Recent(CACHED_KEYS, CACHED_SECONDS, ticks)

    async def prepare(self) -> None:
        """Raises WrongMasterKey, before anything is sealed, when another master key was used here first."""
        await self._made("authority", "the master key's own")

    async def pseudonym(self, la_code: str, child_ref: str) -> str:
        """The child's pseudonym in this authority, 24 hex characters.

        The same child has unlinkable pseudonyms in two authorities. Spaces around the reference do not count.
        """
        return sealing.pseudonym(await self._made("authority", la_code), child_ref.strip())

    async def seal(self, subject: str, text: str, *, field: str) -> SealedText:
        """The text under the subject's key, made on first use. Raises KeyDestroyed when the key is destroyed.

        `field` says what the text is (`feedback.text`); it can only be opened as that.
        """
        return SubjectKey.of(subject, await self._made_whole(subject)).seal(text, field)

    async def open(self, sealed: SealedText, *, field: str) -> str | None:
        """The text, or None when its key is destroyed (shown as "expired"). Raises SealBroken, KeyMissing."""
        key = await self._found_whole(sealed.key)
        return None if key is None else SubjectKey.of(sealed.key, key).open(sealed, field)

    async def destroy(self, subject: str) -> None:
        """Destroy the subject's key for ever; again changes nothing. Raises UnderLegalHold.

        A hold on the whole holds its parts. Other processes may still read what they have cached for CACHED_SECONDS.
        """
        for whole in _wholes(subject):
            held = await self._shelf.find("subject", whole)
            if held is not None and held.holds:
                raise UnderLegalHold
        if not await self._shelf.destroy(subject, self._clock()):
            raise UnderLegalHold
        self._recent.drop(("subject", subject))

    async def legal_hold(self, subject: str, reason: str) -> None:
        """Refuse destruction until this reason, and every other, is lifted. Raises KeyDestroyed."""
        await self._made("subject", subject)  # what is held before anything was written is held too
        if not await self._shelf.hold(subject, reason):
            raise KeyDestroyed

    async def lift_hold(self, subject: str, reason: str) -> None:
        await self._shelf.lift(subject, reason)

    async def _made_whole(self, subject: str) -> bytes:
        """The subject's key, and with it those of all that it is a part of."""
        key = b""
        for name in (*_wholes(subject), subject):
            key = sealing.under(key, await self._made("subject", name))
        return key

    async def _found_whole(self, subject: str) -> bytes | None:
        key = b""
        for name in (*_wholes(subject), subject):
            found = await self._found("subject", name)
            if found is None:
                return None
            key = sealing.under(key, found)
        return key

    async def _made(self, kind: Kind, name: str) -> bytes:
        cached = self._recent.get((kind, name))
        if cached is not None:
            return cached
        row = await self._shelf.find(kind, name)
        if row is None:
            key = new_key()
            wrapped = sealing.wrap(self._master, key, kind, name)
            row = await self._shelf.keep(kind, name, wrapped)
            if row.wrapped == wrapped:
                return self._remembered(kind, name, key)
        if row.wrapped is None:
            raise KeyDestroyed
        return self._remembered(kind, name, self._unwrapped(kind, name, row.wrapped))

    async def _found(self, kind: Kind, name: str) -> bytes | None:
        cached = self._recent.get((kind, name))
        if cached is not None:
            return cached
        row = await self._shelf.find(kind, name)
        if row is None:
            raise KeyMissing(f"a {kind} key is missing from the key database")
        if row.wrapped is None:
            return None
        return self._remembered(kind, name, self._unwrapped(kind, name, row.wrapped))

    def _unwrapped(self, kind: Kind, name: str, wrapped: bytes) -> bytes:
        return sealing.unwrap(self._master, wrapped, kind, name)

    def _remembered(self, kind: Kind, name: str, key: bytes) -> bytes:
        self._recent.put((kind, name), key)
        return key


def _wholes(subject: str) -> list[str]:
    """What this subject is a part of, the outermost first: `a` and `a/b` for `a/b/c`."""
    parts = subject.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


class InMemoryKeyring(Keyring):
    """The same keyring on a shelf in memory, for tests."""

    def __init__(self, *, clock: Clock = now, ticks: Callable[[], float] = time.monotonic) -> None:
        self._begin(InMemoryShelf(), SecretStr("bWFzdGVyIGtleSBmb3IgdGVzdHMsIDMyIGJ5dGVzISE="), clock, ticks)


class _Recent:
    """The keys used last, each for a short while. A key is never remembered beyond its time, used or not."""

    def __init__(self, most: int, seconds: float, ticks: Callable[[], float]) -> None:
        self._most = most
        self._seconds = seconds
        self._ticks = ticks
        self._kept: OrderedDict[tuple[Kind, str], tuple[float, bytes]] = OrderedDict()

    def get(self, name: tuple[Kind, str]) -> bytes | None:
        until, key = self._kept.get(name, (0.0, b""))
        if self._ticks() >= until:
            self._kept.pop(name, None)
            return None
        self._kept.move_to_end(name)
        return key

    def put(self, name: tuple[Kind, str], key: bytes) -> None:
        self._kept[name] = (self._ticks() + self._seconds, key)
        self._kept.move_to_end(name)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def drop(self, name: tuple[Kind, str]) -> None:
        self._kept.pop(name, None)

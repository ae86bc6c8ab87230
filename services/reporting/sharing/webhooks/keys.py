"""The keys that deliveries are signed with: kept sealed under the master key, outside the log that names them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.write_concern import WriteConcern

from services.reporting.sharing.webhooks.signing import OVERLAP, Algorithm, SigningKey, new_key, signing_key
from shared.privacy.sealing import read_master_key, unwrap, wrap

WEBHOOK_KEYS = "webhook_keys"
KIND = "webhook"
MOST_AT_ONCE = 3  # who changes the key more often in a day cuts the overlap of the oldest short


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    id: str
    algorithm: Algorithm
    made_at: datetime
    key: SigningKey


class SigningKeys:
    """Each key has the id by which the subscription's log names it, oldest first. Raises WrongMasterKey."""

    def __init__(self, database: AsyncDatabase[Any], master_key: SecretStr) -> None:
        self._kept = database.get_collection(WEBHOOK_KEYS, write_concern=WriteConcern("majority", j=True))
        self._master = read_master_key(master_key.get_secret_value())

    async def make(self, key_id: str, algorithm: Algorithm, moment: datetime) -> Kept:
        """The key of this id, made unless it is there: the same one again when it is asked for again."""
        sealed = wrap(self._master, new_key(algorithm).text.encode(), KIND, key_id)
        new = {"algorithm": algorithm, "made_at": moment, "sealed": sealed}
        await self._kept.update_one({"_id": key_id}, {"$setOnInsert": new}, upsert=True)
        found = await self._kept.find_one({"_id": key_id})
        if found is None:
            raise LookupError("a key that was just kept is not there")
        return self._opened(found)

    async def named(self, key_ids: Sequence[str]) -> Sequence[Kept]:
        """In the order of their names."""
        found = {one["_id"]: one for one in await self._kept.find({"_id": {"$in": list(key_ids)}}).to_list()}
        return [self._opened(found[key_id]) for key_id in key_ids]

    async def signing(self, key_ids: Sequence[str], moment: datetime) -> Sequence[SigningKey]:
        """Those that sign at this moment, the newest first: a former one until a day after it was replaced."""
        return [one.key for one in in_use(await self.named(key_ids[-MOST_AT_ONCE:]), moment)]

    def _opened(self, kept: Mapping[str, Any]) -> Kept:
        text = unwrap(self._master, bytes(kept["sealed"]), KIND, kept["_id"]).decode()
        return Kept(kept["_id"], kept["algorithm"], kept["made_at"], signing_key(text))


def in_use(kept: Sequence[Kept], moment: datetime) -> list[Kept]:
    """The newest, and before it each whose successor was made less than a day ago."""
    replaced = itertools.pairwise(kept)
    former = [one for one, successor in replaced if moment < successor.made_at + OVERLAP]
    return [*kept[-1:], *reversed(former)]

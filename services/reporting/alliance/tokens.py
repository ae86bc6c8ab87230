"""The tokens with which other sources are read: sealed, never in the log, never answered."""

from __future__ import annotations

import hmac
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from shared.privacy.sealing import unwrap, wrap

COLLECTION = "improvement_source_tokens"
KIND = "improvement_source"


class SourceTokens:
    """Kept by source and `token_id`, which says of two tokens whether they are the same and nothing else."""

    def __init__(self, database: AsyncDatabase[Any], master: bytes) -> None:
        self._kept = database[COLLECTION]
        self._master = master

    def id_of(self, token: str) -> str:
        return hmac.digest(self._master, f"{KIND}|{token}".encode(), "sha256").hex()[:24]

    async def keep(self, source_id: str, token: str) -> str:
        """Answers the token's id. Keeping it twice changes nothing that matters."""
        token_id = self.id_of(token)
        sealed = wrap(self._master, token.encode(), KIND, f"{source_id}|{token_id}")
        kept = {"source": source_id, "sealed": sealed}
        await self._kept.update_one({"_id": f"{source_id}|{token_id}"}, {"$set": kept}, upsert=True)
        return token_id

    async def read(self, source_id: str, token_id: str) -> str | None:
        found = await self._kept.find_one({"_id": f"{source_id}|{token_id}"})
        return unwrap(self._master, found["sealed"], KIND, f"{source_id}|{token_id}").decode() if found else None

    async def forget(self, source_id: str, but: str | None = None) -> None:
        """All tokens of the source, but perhaps for the one in use."""
        await self._kept.delete_many({"source": source_id, "_id": {"$ne": f"{source_id}|{but}"}})

"""Long lists page by page: a cursor is the key of the last thing shown, and the next page begins behind it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.collection import AsyncCollection

from shared.web.problems import Problem

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a list: by the text in `field` (such as an ISO date), and by `_id` where it is the same.

    What a reader may see is part of each page's query, so a cursor from elsewhere shows nothing more.
    """

    field: str
    newest_first: bool = False

    async def page(
        self,
        kept: AsyncCollection[Any],
        query: Mapping[str, Any],
        after: str | None,
        limit: int,
        projection: Sequence[str] | None = None,
    ) -> tuple[list[Document], str | None]:
        """At most `limit` documents, and the cursor of the following page, None after the last.

        Raises a 400 Problem for a cursor that none of these lists made.
        """
        direction = DESCENDING if self.newest_first else ASCENDING
        behind = self._behind(after)
        found: list[Document] = await (
            kept.find({"$and": [query, behind]}, projection=projection)
            .sort([(self.field, direction), ("_id", direction)])
            .limit(limit + 1)
            .to_list()
        )
        shown = found[:limit]
        return shown, self._cursor(shown[-1]) if len(found) > limit else None

    def _cursor(self, document: Document) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([document[self.field], document["_id"]])).decode().rstrip("=")

    def _behind(self, cursor: str | None) -> Document:
        if cursor is None:
            return {}
        try:
            key, id_ = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        except (ValueError, TypeError) as failed:  # not base64, not JSON, or not a pair
            raise Problem("invalid-cursor") from failed
        if not isinstance(key, str) or not isinstance(id_, str):
            raise Problem("invalid-cursor")
        beyond = "$lt" if self.newest_first else "$gt"
        return {"$or": [{self.field: {beyond: key}}, {self.field: key, "_id": {beyond: id_}}]}

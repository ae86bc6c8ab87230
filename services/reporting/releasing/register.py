"""Releases as they can be listed: what the log says of each, newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from pymongo import DESCENDING
from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.domain.partner_release.state import DECIDER, PartnerRelease
from shared.event_store.following import Follower, keep_newest
from shared.event_store.handling import load
from shared.event_store.store import Commit, EventStore

RELEASES = "partner_releases"
LISTED = 200


class ReleaseRegister:
    """Follows the log of reporting. Learning a commit twice changes nothing."""

    def __init__(self, store: EventStore, database: AsyncDatabase[Any]) -> None:
        self._store = store
        self._releases = database[RELEASES]
        self._follower = Follower(store, database["cursors"], "partner_releases", self._learn_all)

    async def prepare(self) -> None:
        await self._releases.create_index([("la_code", 1), ("first", DESCENDING)])

    async def listed(self, la_codes: Collection[str], status: str | None = None) -> Sequence[dict[str, Any]]:
        """Of these authorities, with everything that the log had when it was asked."""
        await self._follower.catch_up()
        query = {"la_code": {"$in": sorted(la_codes)}, **({"status": status} if status else {})}
        found = self._releases.find(query, sort=[("first", DESCENDING), ("_id", DESCENDING)]).limit(LISTED)
        return [{"id": one["_id"], **one["said"]} async for one in found]

    async def _learn_all(self, commits: Sequence[Commit]) -> None:
        for commit in commits:
            category, _, id_ = commit.stream.partition("-")
            if category == DECIDER.category:
                loaded = await load(self._store, DECIDER, commit.stream)
                await self._keep(id_, loaded.state, loaded.version, commit)

    async def _keep(self, id_: str, release: PartnerRelease, version: int, commit: Commit) -> None:
        said = release_body(release)
        kept = {"la_code": said["la_code"], "status": said["status"], "said": said}
        await keep_newest(self._releases, id_, version, kept, {"first": commit.recorded_at})


def release_body(release: PartnerRelease) -> dict[str, Any]:
    """Everything about a release that may be seen by who proposes and approves."""
    proposal = release.proposal
    words = proposal.words.model_dump(mode="json", exclude_none=True) if proposal else {}
    return {
        "status": release.status,
        "kind": proposal.kind if proposal else None,
        "la_code": proposal.la_code if proposal else "",
        "period": proposal.period if proposal else None,
        "proposed_by": proposal.proposed_by if proposal else None,
        "approved_by": release.approved_by,
        **words,
        "figures": [one.model_dump(mode="json") for one in release.figures],
        "events": [
            {"event_id": id_, "domain_code": one.words.domain_code, "retracted": id_ in release.retracted}
            for id_, one in release.published.items()
        ],
    }

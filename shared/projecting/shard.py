"""The totals that one slot owns: increments where little changes, whole documents where much does.

A document of which many numbers change is far cheaper to write whole than number by number, but whoever writes it
whole must know all of it. A slot has one owner at a time (the fence is in the projection's transaction), so the owner
keeps such documents in memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from bson import encode
from bson.raw_bson import RawBSONDocument

from shared.projecting.state import Statement
from shared.projecting.totals import ByUnit, Changes, cell_id, head_of, increment

FEW = 24  # numbers: about where increments begin to cost the server more than the whole document
HELD = 2_000  # documents kept: one has some hundred numbers, so about 100 MiB at the most


class Shard:
    """Turns changes into writes. Documents named by `missing` must be given to `hold` before `writes` is asked."""

    def __init__(self, slot: str) -> None:
        self.slot = slot
        self._held: OrderedDict[str, _Document] = OrderedDict()

    def missing(self, changes: ByUnit) -> list[str]:
        """The ids of documents that will be written whole and are not in memory."""
        ids = (cell_id(unit, year, self.slot) for (unit, year), paths in changes.items() if len(paths) > FEW)
        return [id_ for id_ in ids if id_ not in self._held]

    def hold(self, ids: Iterable[str], found: Iterable[Mapping[str, Any]]) -> None:
        """Keep what the engine holds of these documents; those not found do not exist."""
        documents = {document["_id"]: document for document in found}
        for id_ in ids:
            self._held[id_] = _Document(documents.get(id_, {}).get("m", {}))

    def writes(self, changes: ByUnit) -> list[Statement]:
        """The writes that apply these changes, encoded as of now: later changes do not show in them."""
        writes: list[Statement] = []
        for (unit, year), paths in changes.items():
            head = head_of(unit, year, self.slot)
            held = self._held.get(head["_id"])
            if held is not None:
                held.add(paths)
            if len(paths) <= FEW or held is None:
                writes.append(increment(unit, year, self.slot, paths))
            else:
                self._held.move_to_end(head["_id"])
                whole = RawBSONDocument(encode({**head, "m": held.months}))
                writes.append({"q": {"_id": head["_id"]}, "u": whole, "upsert": True})
        self._forget(len(changes))
        return writes

    def clear(self) -> None:
        self._held.clear()

    def _forget(self, in_use: int) -> None:
        while len(self._held) > HELD + in_use:
            self._held.popitem(last=False)


class _Document:
    """The numbers of one document, nested as they are stored, and the way to each group of them."""

    __slots__ = ("_groups", "months")

    def __init__(self, months: Mapping[str, Any]) -> None:
        self.months: dict[str, Any] = dict(months)
        self._groups: dict[str, dict[str, int]] = {}

    def add(self, paths: Changes) -> None:
        groups = self._groups
        for path, by in paths.items():
            above, _, name = path.rpartition(".")
            group = groups.get(above)
            if group is None:
                group = groups[above] = self._group(above)
            group[name] = group.get(name, 0) + by

    def _group(self, path: str) -> dict[str, int]:
        inner = self.months
        for name in path.split("."):
            inner = inner.setdefault(name, {})
        return inner

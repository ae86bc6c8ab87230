"""Who is asking, and which units and teams they have to do with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Holds(Protocol):
    """A role held over a unit; `scope` is team, service_area, authority or region (see `shared.directory.Held`)."""

    @property
    def role(self) -> str: ...
    @property
    def scope(self) -> str: ...
    @property
    def unit_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Home:
    """Where a unit lies: its authority (None for a region) and that authority's regions."""

    authority: str | None
    regions: frozenset[str] = frozenset()


NOWHERE = Home(None)


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a machine client.

    A machine client's token says for which `authorities` it acts (la_codes, "*" for all); a person's says nothing of
    the kind: their reach is what the directory knows of them today. `homes` places each unit in `held`. A partner's
    token names the `partner` and reaches what was released to it, and nothing else.
    """

    subject: str
    scopes: frozenset[str] = frozenset()
    authorities: frozenset[str] = frozenset()
    held: tuple[Holds, ...] = ()
    linked_teams: frozenset[str] = frozenset()
    homes: Mapping[tuple[str, str], Home] = field(default_factory=dict)
    partner: str | None = None

    @property
    def is_machine(self) -> bool:
        return bool(self.authorities)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(held.role for held in self.held)

    def home(self, held: Holds) -> Home:
        return self.homes.get((held.scope, held.unit_id), NOWHERE)

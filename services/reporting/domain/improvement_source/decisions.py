"""Admitting another authority's Golden Thread as a source, and removing it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from services.reporting.domain.improvement_source.events import (
    ImprovementSourceAdmitted,
    ImprovementSourceEvent,
    ImprovementSourceRemoved,
)
from services.reporting.domain.improvement_source.state import ImprovementSource
from shared.deciding.refusal import NotFound, Refused


@dataclass(frozen=True, slots=True)
class AdmitSource:
    """`known` are the authorities of the directory; `taken` those for which another source speaks."""

    source_id: str
    address: str
    subscription_id: str
    la_codes: frozenset[str]
    token_id: str
    known: frozenset[str]
    taken: frozenset[str] = frozenset()


def admit_source(command: AdmitSource, source: ImprovementSource) -> list[ImprovementSourceEvent]:
    """Admitted again with anything changed, it is read from its beginning again."""
    _check_address(command)
    if not command.la_codes:
        raise Refused("a source speaks for at least one authority", field="la_codes")
    if not command.la_codes <= command.known:
        raise Refused("a source speaks for authorities that are known here", field="la_codes")
    if command.la_codes & command.taken:
        raise Refused("another source speaks for one of these already", field="la_codes")
    admitted = ImprovementSourceAdmitted(
        source_id=command.source_id,
        address=command.address.rstrip("/"),
        subscription_id=command.subscription_id,
        la_codes=tuple(sorted(command.la_codes)),
        token_id=command.token_id,
    )
    return [] if source.stands == admitted else [admitted]


def remove_source(source: ImprovementSource) -> list[ImprovementSourceEvent]:
    if source.admitted is None:
        raise NotFound
    return [] if source.removed else [ImprovementSourceRemoved(source_id=source.admitted.source_id)]


def _check_address(command: AdmitSource) -> None:
    """A base address and nothing more: no name or password in it, no question. Where it may lead is asked before."""
    try:
        parts = urlsplit(command.address)
    except ValueError:
        raise Refused("this must be the base address of a Golden Thread", field="address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("this must be an https address", field="address")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise Refused("this must be the base address of a Golden Thread", field="address")

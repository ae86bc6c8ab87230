"""Filters of the CloudEvents Subscriptions API: which events a subscription wants, by their attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.deciding.refusal import Refused

DEEPEST = 5
MOST = 100
"""Filters in all that one subscription has: each of them is asked of every event."""
_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "exact": lambda value, wanted: value == wanted,
    "prefix": lambda value, wanted: value.startswith(wanted),
    "suffix": lambda value, wanted: value.endswith(wanted),
}


def check_filters(filters: Sequence[Mapping[str, Any]]) -> None:
    """Raises Refused for what is no filter: a dialect that is not known here is refused, never passed over."""
    _check(filters, 1)
    if _count(filters) > MOST:
        raise Refused(f"a subscription has at most {MOST} filters", field="filters")


def _check(filters: Sequence[Mapping[str, Any]], depth: int) -> None:
    if depth > DEEPEST:
        raise Refused(f"filters are at most {DEEPEST} deep", field="filters")
    for one in filters:
        if not isinstance(one, Mapping) or len(one) != 1:
            raise Refused("a filter has one dialect", field="filters")
        ((dialect, what),) = one.items()
        if dialect in _TEXTS:
            if not isinstance(what, Mapping) or not what or not all(isinstance(v, str) and v for v in what.values()):
                raise Refused("this dialect takes texts by attribute", field="filters")
        elif dialect in ("all", "any"):
            if not isinstance(what, Sequence) or isinstance(what, str) or not what:
                raise Refused("this dialect takes a list of filters", field="filters")
            _check(what, depth + 1)
        elif dialect == "not":
            _check([what], depth + 1)
        else:
            raise Refused("this dialect is not supported", field="filters")


def _count(filters: Sequence[Mapping[str, Any]]) -> int:
    inner = [what for one in filters for dialect, what in one.items() if dialect in ("all", "any", "not")]
    return len(filters) + sum(_count(what if isinstance(what, list | tuple) else [what]) for what in inner)


def wants(filters: Sequence[Mapping[str, Any]], attributes: Mapping[str, Any]) -> bool:
    """All of them must hold. An attribute that is not there matches nothing."""
    return all(_holds(one, attributes) for one in filters)


def _holds(filter_: Mapping[str, Any], attributes: Mapping[str, Any]) -> bool:
    ((dialect, what),) = filter_.items()
    match dialect:
        case "all":
            return wants(what, attributes)
        case "any":
            return any(_holds(one, attributes) for one in what)
        case "not":
            return not _holds(what, attributes)
        case _:
            matches = _TEXTS[dialect]
            return all(name in attributes and matches(str(attributes[name]), text) for name, text in what.items())

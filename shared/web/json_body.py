"""JSON as it comes from strangers: read once, and refused when any later reader could be surprised by it."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from shared.web.problems import Problem, error

DEEPEST = 20
_LARGEST = 2**53  # beyond it a number is not the same number for every reader (RFC 7493)


class _Surprise(ValueError):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def read(raw: bytes) -> Any:
    """The value. Raises Problem 400 for what is not JSON, 422 for JSON that is refused."""
    if b"\\u0000" in raw or b"\x00" in raw:
        raise _problem("nul", "must not contain the character U+0000")
    try:
        value = (_CAREFUL if _ODD.search(raw) else _QUICK).decode(raw.decode("utf-8"))
    except _Surprise as found:
        raise _problem(found.code, found.detail) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise Problem("bad-request", "The body is not valid JSON in UTF-8.") from None
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _deeper_than(value, DEEPEST):
        raise _too_deep()
    if b"\\ud" in raw or b"\\uD" in raw:
        _refuse_half_characters(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = _unique(pairs)
    for key in found:
        if key[:1] == "$":
            raise _Surprise("operator_key", "must not have a key that begins with a dollar sign")
    return found


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > _LARGEST:
        raise _Surprise("number_range", "must not have a number beyond 2^53")
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _Surprise("number_range", "must not have a number beyond 2^53")
    return value


def _constant(_: str) -> Any:
    raise ValueError("NaN and Infinity are not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Surprise("duplicate_key", "must not have the same key twice")
    return found


# Only text that shows one of these signs needs every key and number looked at; the rest is read twice as fast.
_ODD = re.compile(rb"\d{16}|\d[eE]|\$|\\u0024")
_QUICK = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)
_CAREFUL = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_real, parse_constant=_constant)


_CONTAINERS = frozenset((dict, list))  # what the decoder makes of objects and lists


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels + 1):
        layer = [inner for outer in layer for inner in _inside(outer) if type(inner) in _CONTAINERS]
        if not layer:
            return False
    return True


def _inside(value: Any) -> Any:
    if type(value) is dict:
        return value.values()
    return value if type(value) is list else ()


def _refuse_half_characters(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise _problem("half_character", "must not contain half of a surrogate pair") from None


def _too_deep() -> Problem:
    return _problem("too_deep", f"must not be nested more than {DEEPEST} levels deep")


def _problem(code: str, detail: str) -> Problem:
    return Problem("invalid", errors=[error("#", code, detail)])

"""Opaque cursors: the key of the last item, signed for the one list that it continues."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from shared.web.problems import Problem

_TAG = 16


class Cursors:
    """Seals and opens cursors with a key that only this service knows."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"reporting cursors", "sha256")

    def seal(self, last: str, place: str) -> str:
        """A cursor behind `last` in the list named by `place` (who asked, and for what)."""
        return base64.urlsafe_b64encode(self._tag(last, place) + last.encode()).decode().rstrip("=")

    def open(self, cursor: str, place: str) -> str:
        """The last item's key; a 400 Problem for a cursor of another list, or one that we never made."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            last = raw[_TAG:].decode()
        except (ValueError, binascii.Error) as failed:
            raise Problem("invalid-cursor") from failed
        if not hmac.compare_digest(raw[:_TAG], self._tag(last, place)):
            raise Problem("invalid-cursor")
        return last

    def _tag(self, last: str, place: str) -> bytes:
        return hmac.digest(self._key, hashlib.sha256(place.encode()).digest() + last.encode(), "sha256")[:_TAG]

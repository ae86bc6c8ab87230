"""What in a text could lead to a person: looked for before anything is shown outside.

It finds patterns, not names; that is why somebody must approve the text as well. It would rather refuse too much:
any full date counts as a date of birth, because nobody can tell the two apart by their shape.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_GAP = r"[\s.\-/,]{0,3}"

PATTERNS: Mapping[str, re.Pattern[str]] = {
    "an e-mail address": re.compile(r"[^\s@]\s?(?:@|\(at\)|\[at\])\s?[^\s@]{1,250}\.[a-z]{2}", re.I),
    "an NHS number": re.compile(r"(?<!\d)\d{3}[\s\-.]?\d{3}[\s\-.]?\d{4}(?!\d)"),
    "a telephone number": re.compile(r"(?<!\d)(?:\+44|0044|0)(?:[\s\-.()]{0,3}\d){9,10}(?!\d)"),
    "a postcode": re.compile(r"\b(?:GIR\s*0AA|[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2})\b", re.I),
    "a full date": re.compile(
        rf"(?<!\d)(?:\d{{1,2}}[./\-\s]\d{{1,2}}[./\-\s](?:\d{{4}}|\d{{2}})|\d{{4}}[./\-]\d{{1,2}}[./\-]\d{{1,2}})(?!\d)"
        rf"|\b{_DAY}(?:\s+of)?{_GAP}{_MONTH}{_GAP}(?:\d{{4}}|\d{{2}})\b"
        rf"|\b{_MONTH}{_GAP}{_DAY}{_GAP}\d{{4}}\b",
        re.I,
    ),
}


def identifying(text: str) -> str | None:
    """The first kind of identifying detail found in the text, in words for a person, or None."""
    plain = _plain(text)
    return next((kind for kind, pattern in PATTERNS.items() if pattern.search(plain)), None)


def _plain(text: str) -> str:
    """One spelling for all: full-width digits become digits; invisible characters and odd hyphens go."""
    folded = unicodedata.normalize("NFKC", text)
    visible = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    return re.sub(r"[\u2010-\u2015\u2212]", "-", visible)

"""Text as a reader sees it, whatever it is written with: full-width digits, hidden characters, look-alikes."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# Letters of other scripts that look like Latin ones.
_FROM = "аеорсхуікмтвнјѕԁһАЕОРСХУІКМТВНЈЅԌԚԜαονριτυκχΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɑɡℓ"
_TO = "aeopcxyikmtbhjsdhAEOPCXYIKMTBHJSGQWaovpitukxABEZHIKMNOPTYXiagl"
_LOOKS_LIKE = dict(zip(_FROM, _TO, strict=True))
_QUOTES = dict(zip("\u2019\u2018\u02bc`\u00b4\u201c\u201d", "'''''\"\"", strict=True))
_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is plain; `places[i]` is where its character i stands in what was written, and the last is the end."""

    text: str
    places: tuple[int, ...]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where this stretch of `text` stands in what was written."""
        return self.places[start], self.places[end - 1] + 1 if end > start else self.places[start]


def fold(written: str) -> Folded:
    """Compatibility forms resolved, accents and invisible characters left out, every space and dash a plain one."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(written):
        plain = _plain(character)
        characters.append(plain)
        places.extend([place] * len(plain))
    return Folded("".join(characters), (*places, len(written)))


def _plain(character: str) -> str:
    if character == "\n":
        return character
    return "".join(_one(part) for part in unicodedata.normalize("NFKD", _QUOTES.get(character, character)))


def _one(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me", "Cs", "Co", "Cn"):
        return ""
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category[0] == "Z" or category == "Cc":
        return " "
    if category == "Pd" or character == _MINUS:
        return "-"
    return _LOOKS_LIKE.get(character, character)

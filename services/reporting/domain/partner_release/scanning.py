"""Looking through words that are to leave: whatever may say who somebody is, is found and its place marked.

It would rather stop an ordinary sentence than let a name pass: a capitalised word within a sentence counts as a name
unless it is one of the words of this field, and common given names count however they are written. People read what
they release besides; this is for what people overlook.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from services.reporting.domain.partner_release.folding import fold
from services.reporting.domain.partner_release.identifiers import Place, identifiers
from services.reporting.domain.partner_release.vocabulary import (
    ABBREVIATIONS,
    ALSO_WORDS,
    GIVEN_NAMES,
    ORDINARY,
    PRACTICE,
    SPEAKING,
    TITLES,
    words,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found where: characters `start` up to `end` of the text as it was sent."""

    field: str
    kind: str
    start: int
    end: int


_TITLE = re.compile(rf"\b(?:(?i:{'|'.join(TITLES)})\b\.? +[^\W\d_][\w'-]*|(?:Miss|PC|DC|DS|Judge|Cllr) +[A-Z][\w'-]*)")
_INITIALS = re.compile(r"\b(?:[A-Z]\.? ?){1,3}(?<=[. ])[A-Z][a-z]+\b")
_CALLED = re.compile(r"\b(?:child|baby|sibling|mother|father|parent|young person|boy|girl|mr|family) [A-Z]\b(?!')")
_WORD = re.compile(r"(?<!\d)[^\W\d_]+(?:'[^\W\d_]+)*(?!\d)")
_SENTENCE_ENDS = ".!?\n\u2022"
_SHORT = words("dr mr mrs ms prof st e g i eg ie etc vs no approx rev jr sr")
_UNIT = r"(?:team|service|area|unit|hub|office|pod)s?"
_LONGEST_ABBREVIATION = 3


def scan(text: str, field: str, unit_names: Iterable[str] = frozenset()) -> list[Finding]:
    """Every place that may say who somebody is, in order, none of them twice."""
    folded = fold(text)
    plain = folded.text
    found = {*identifiers(plain), *_foreign(plain), *_titles(plain), *_units(plain, unit_names), *_names(plain)}
    return [Finding(field, kind, *folded.place(start, end)) for start, end, kind in _apart(found)]


def _apart(found: Iterable[Place]) -> list[Place]:
    """Places that overlap are one; it is of the kind that says most of what was found where it begins."""
    apart: list[Place] = []
    for start, end, kind in sorted(found, key=lambda one: (one[0], one[2] in _VAGUE, -one[1], one[2])):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]), apart[-1][2])
        else:
            apart.append((start, end, kind))
    return apart


_VAGUE = frozenset({"NUMBER", "CASE_NUMBER", "SPACED"})
"""Kinds that say less than another that was found at the same place."""


def _foreign(text: str) -> Iterator[Place]:
    """Letters that are not Latin: nobody here can say what they spell."""
    for found in re.finditer(r"[^\W\d_]+", text):
        if not found[0].isascii() and any(ord(letter) > _LAST_LATIN for letter in found[0]):
            yield *found.span(), "NAME"


_LAST_LATIN = 0x24F


def _titles(text: str) -> Iterator[Place]:
    for pattern in (_TITLE, _INITIALS, _CALLED):
        for found in pattern.finditer(text):
            if pattern is not _INITIALS or not _known(found[0].split()[-1].lower()):
                yield *found.span(), "NAME"


def _units(text: str, unit_names: Iterable[str]) -> Iterator[Place]:
    """Names of teams and service areas. One that is made of ordinary words counts beside a word such as team."""
    for name in unit_names:
        for pattern in _unit_patterns(name):
            for found in pattern.finditer(text):
                yield *found.span(), "TEAM"


@cache
def _unit_patterns(name: str) -> tuple[re.Pattern[str], ...]:
    parts = re.findall(r"\w+", fold(name).text)
    if not parts:
        return ()
    spelled = r"\W+".join(map(re.escape, parts))
    if all(_is_ordinary(part.lower()) for part in parts):
        return (re.compile(rf"\b{spelled}\W+{_UNIT}\b|\b{_UNIT}\W+{spelled}\b", re.IGNORECASE),)
    return (re.compile(rf"\b{spelled}\b", re.IGNORECASE), *_own_part(parts))


def _own_part(name: list[str]) -> Iterator[re.Pattern[str]]:
    """Of "I&P Elm" people say "Elm": the words that are no ordinary ones, wherever they stand."""
    for word in name:
        if len(word) > 2 and not _is_ordinary(word.lower()):
            yield re.compile(rf"\b{re.escape(word)}\b")


def _is_ordinary(word: str) -> bool:
    return _known(word) or len(word) < 2 or word in _CONNECTING


_CONNECTING = words("and of the for in to with team service services unit area hub")


def _names(text: str) -> Iterator[Place]:
    for found in _WORD.finditer(text):
        word = found[0]
        if _is_name(word, _bare(word), text, found.start(), found.end()):
            yield *found.span(), "NAME"


def _is_name(word: str, bare: str, text: str, start: int, end: int) -> bool:
    if bare in GIVEN_NAMES:
        return True
    if not word[0].isupper():
        return False
    begins = _begins(text, start)
    if bare in ALSO_WORDS:
        return not begins or "'" in word or bool(_LIKE_A_PERSON.match(text[end:]))
    if _CAPITALS.fullmatch(word):
        return len(bare) > _LONGEST_ABBREVIATION and bare not in ABBREVIATIONS and not _known(bare)
    return not begins and word != "I" and not _known(bare)


_LIKE_A_PERSON = re.compile(rf" (?:[A-Z][a-z]|(?:{'|'.join(SPEAKING)})\b)")


def _known(bare: str) -> bool:
    """Whether it is one of our words, which a capital letter makes no name."""
    return bare in ORDINARY or bare in PRACTICE


def _bare(word: str) -> str:
    """Without capitals and a possessive ending."""
    return re.sub("'s?$", "", word).casefold() if not _PLURAL.fullmatch(word) else word[:-1].casefold()


_CAPITALS = re.compile(r"[A-Z]{2,}(?:'?s)?")
_PLURAL = re.compile(r"[A-Z]{2,}s")


def _begins(text: str, start: int) -> bool:
    """Does a sentence, a line or a list begin here? An abbreviation such as "e.g." ends none."""
    before = text[:start].rstrip(" *-'")
    if not before:
        return True
    if before[-1] != ".":
        return before[-1] in _SENTENCE_ENDS
    last = re.search(r"[^\W\d_]+$", before[:-1])
    return last is None or last[0].lower() not in _SHORT

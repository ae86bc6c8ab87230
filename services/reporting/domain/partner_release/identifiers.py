"""Numbers, dates, references and addresses in a text that may identify somebody. Works on folded text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

Place = tuple[int, int, str]
"""Where it begins and ends, and what kind of thing it looks like."""

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth"
    r"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth"
    r"|twenty[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirty[ -]first)"
)
_DAY = rf"(?:\d{{1,2}}(?: ?(?:st|nd|rd|th))?|{_ORDINAL})"
_YEAR = r"(?:\d{4}|'?\d{2})"
_SEP = r" ?[-./\\] ?"
_DATES = (
    rf"(?<![\d.]){_DAY} ?(?:of )?[-./, ]{{0,2}}{_MONTH}\b\.?[-./, ]{{0,3}}{_YEAR}(?!\d)",
    rf"\b{_MONTH}\b\.?[-./, ]{{1,3}}(?:the )?{_DAY},?[-./ ]{{1,2}}(?:of )?\d{{4}}(?!\d)",
    rf"(?<![\d.])\d{{1,2}}{_SEP}\d{{1,2}}{_SEP}(?:\d{{4}}|\d{{2}})(?![\d%])",
    rf"(?<!\d)\d{{4}}{_SEP}\d{{1,2}}{_SEP}\d{{1,2}}(?!\d)",
    r"(?<!\d)\d{1,2} \d{1,2} (?:19|20)\d{2}(?!\d)",
)
_DAY_AND_MONTH = (
    rf"\b(?:on|by|from|since|until|before|after|dated) (?:the )?{_DAY} ?(?:of )?{_MONTH}\b(?! (?:be|have|not|need))",
    rf"(?<![\d.]){_DAY} ?(?:of )?(?!(?-i:may)\b){_MONTH}\b",
    rf"\b(?!may\b){_MONTH} (?:the )?\d{{1,2}}(?:st|nd|rd|th)\b",
)
_STREET = (
    r"\b\d{1,4}[a-z]?,? (?:[a-z'-]+ ){1,3}(?:road|street|avenue|lane|close|drive|court|gardens|crescent|terrace)\b"
)
_PUPIL = r"\b[a-z] ?\d(?:[ -]?\d){10}[ -]?[\da-z]\b"
_WHEN = rf"(?:\d|\b{_MONTH}\b)"
_AGE = (
    r"(?:\baged? (?:of )?\d{1,2}\b|\b\d{1,2}[- ](?:years?|months?|weeks?|yrs?)[- ]olds?\b"
    r"|\b\d{1,2} ?(?:yo|y/o)\b)"
)
_DATED = rf"(?:\b{_MONTH}\b(?! (?:be|have|not|need|also))|\b(?:19|20)\d\d\b)"
_BIRTHS = (
    rf"\bborn\b(?: \w+){{0,3}}? ?{_WHEN}",
    rf"(?:\bd\.? ?o\.? ?b\b\.?|\bdate of birth\b|\bbirthday\b)[^.!?\n]{{0,20}}?{_WHEN}",
    rf"{_AGE}[^.!?\n]{{0,60}}?{_DATED}",
    rf"{_DATED}[^.!?\n]{{0,60}}?{_AGE}",
    r"\b(?:an?|the|one|this|that|her|his|their|our) (?:\w+ )?\d{1,2}[- ](?:years?|months?|weeks?)[- ]old\b",
)
_DIGIT_WORD = r"(?:zero|nought|oh|one|two|three|four|five|six|seven|eight|nine|double|treble)"
_AREAS = (
    "AB|AL|B|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|E|EC|EH|EN|EX|FK"
    "|FY|G|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|M|ME|MK|ML|N|NE|NG|NN|NP|NR|NW"
    "|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|W|WA|WC|WD"
    "|WF|WN|WR|WS|WV|YO|ZE|BX|GIR"
)
_OF_PEOPLE = r"(?:case|ref|reference|file|record|id|episode|client|person|child|family|upn|uln|nhs|lcs|mosaic|ehm|crn)"
_EMAILS = (
    r"[^\s@<>()]+ ?@ ?[^\s@<>()]+",
    r"\b\w[\w.]* ?[\[(]at[\])] ?\w+",
    r"\bat \w+ dot (?:com|co|org|net|gov|uk)\b",
)
_ADDRESSES = (r"\bhttps?:[^\s]*", r"\bwww\.[^\s]+", r"\b[a-z0-9-]+\.(?:com|org|net|uk|gov)\b[^\s]*")
_INWARD = r"\d[abd-hjlnp-uw-z]{2}"
_POSTCODES = (
    rf"\b(?:{_AREAS}) ?\d[\da-z]?[ -]{{0,2}}{_INWARD}\b(?<!\d(?:st|nd|rd|th))",
    rf"\b(?:{_AREAS})\d[\da-z]? ?\d(?:st|nd|rd|th)\b",
)
_SPELT = rf"\b{_DIGIT_WORD}(?:[ ,-]{{1,2}}{_DIGIT_WORD}){{4,}}\b"
_CASE = rf"\b{_OF_PEOPLE}s?(?:[ :#.-]{{0,3}}(?:no|number|id|ref))?\.?[ :#.-]{{0,3}}(?!(?:19|20)\d\d\b)\d{{3,}}\b"
# Behind these words a number is one of a person, also when it looks like a year.
_NUMBERED = (
    rf"\b{_OF_PEOPLE}s?[ :#.-]{{0,3}}(?:no|number|id|ref)\.?[ :#.-]{{0,3}}\d{{3,}}\b"  # which may look like a year
)
_SPACED = r"(?<![\w'])(?:[a-z0-9][ .\-_*]{1,2}){3,}[a-z0-9](?![\w'])"
_BY_KIND: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("DATE", (*_DATES, *_DAY_AND_MONTH)),
    ("ADDRESS", (_STREET,)),
    ("PUPIL_NUMBER", (_PUPIL,)),
    ("DATE_OF_BIRTH", _BIRTHS),
    ("EMAIL", _EMAILS),
    ("WEB_ADDRESS", _ADDRESSES),
    ("POSTCODE", _POSTCODES),
    ("NUMBER", (_SPELT,)),
    ("CASE_NUMBER", (_CASE, _NUMBERED)),
    ("SPACED", (_SPACED,)),
)
_PATTERNS = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, patterns in _BY_KIND for pattern in patterns]
_GROUPS = re.compile(r"\+?\(?\d+(?:\)?[ ,.\-/_()]{1,3}\d+|\)?\d+)*")
_THOUSANDS = re.compile(r"\d{1,3},\d{3}")
_YEARS = re.compile(r"(?:19|20)\d{2}")
_YEAR_SPAN = re.compile(r"(?:19|20)\d{2} ?[-/] ?(?:\d{2}|(?:19|20)\d{2})")
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-/_#.][A-Za-z0-9]+)*")
_HARMLESS = re.compile(
    r"(?:\d{1,3}(?:st|nd|rd|th|k|m|bn|pc|hrs?|mins?)|(?:19|20)\d{2}s|(?:19|20)\d{2}[-/]?q[1-4]"
    r"|q[1-4][-/ ]?(?:19|20)\d{2}"
    r"|(?:mid|pre|post|early|late|since|in)-(?:19|20)\d{2}s?|covid-?\d{2})",
    re.IGNORECASE,
)


def identifiers(text: str) -> Iterator[Place]:
    """Everything but names. What is found more than once under several kinds is told under each."""
    for kind, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            yield *found.span(), kind
    yield from _numbers(text)
    yield from _references(text)


def is_nhs_number(digits: str) -> bool:
    """Ten digits of which the last checks the others (modulus 11)."""
    if len(digits) != 10:
        return False
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check != 10 and check % 11 == int(digits[9])


def _numbers(text: str) -> Iterator[Place]:
    """Groups of digits that are longer than a count or a year is, with or without something between them."""
    for run in _GROUPS.finditer(text):
        if _YEAR_SPAN.fullmatch(run[0]):
            continue
        groups = [(found.start() + run.start(), found[0]) for found in re.finditer(r"\d+", run[0])]
        digits = "".join(group for _, group in groups)
        if is_nhs_number(digits):
            yield *run.span(), "NHS_NUMBER"
        yield from _chained(text, groups)
        for start, group in groups:
            if len(group) >= 5 or (len(group) == 4 and not _YEARS.fullmatch(group)):
                yield start, start + len(group), "NUMBER"


def _chained(text: str, groups: list[tuple[int, str]]) -> Iterator[Place]:
    """Groups that belong together, as in 943 476 5919 or 020 7946 0958: seven digits or more that are no years."""
    chain: list[tuple[int, str]] = groups[:1]
    for (start, group), after in pairwise(groups):
        between = text[start + len(group) : after[0]]
        if ", " in between or _YEARS.fullmatch(after[1]):
            yield from _long(text, chain)
            chain = []
        chain.append(after)
    yield from _long(text, chain)


def _long(text: str, chain: list[tuple[int, str]]) -> Iterator[Place]:
    digits = "".join(group for _, group in chain)
    if len(digits) < 7:
        return
    start, end = chain[0][0], chain[-1][0] + len(chain[-1][1])
    if _THOUSANDS.fullmatch(text[start:end]):
        return
    before = text[max(0, start - 2) : start]
    is_phone = digits.startswith("0") or "+" in before
    yield start, end, "TELEPHONE" if is_phone and len(digits) >= 10 else "NUMBER"


def _references(text: str) -> Iterator[Place]:
    """Letters and digits in one word, as systems name cases and pupils: three digits and more."""
    for found in _TOKEN.finditer(text):
        token = found[0]
        if _HARMLESS.fullmatch(token) or not re.search(r"[A-Za-z]", token):
            continue
        if any(_is_reference(part) for part in re.split(r"[-/_#.]", token)) or _is_joined(token):
            yield *found.span(), "CASE_NUMBER"


def _is_reference(part: str) -> bool:
    if _HARMLESS.fullmatch(part):
        return False
    digits = sum(one.isdigit() for one in part)
    return digits >= 3 and digits < len(part)


def _is_joined(token: str) -> bool:
    """As in LCS-123, case/4711 or LCS/1900, which is no year; not as in 100-day."""
    parts = re.split(r"[-/_#.]", token)
    numbered = any(part.isdigit() and len(part) >= 3 for part in parts)
    lettered = any(part.isalpha() and (part.isupper() or re.fullmatch(_OF_PEOPLE, part.lower())) for part in parts)
    return numbered and lettered

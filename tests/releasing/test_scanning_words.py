"""What may say who somebody is, is found wherever it stands; sentences about practice pass."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.reporting.domain.partner_release.folding import fold
from services.reporting.domain.partner_release.identifiers import is_nhs_number
from services.reporting.domain.partner_release.mailbox import is_role_mailbox
from services.reporting.domain.partner_release.scanning import scan
from services.reporting.domain.partner_release.vocabulary import ALSO_WORDS, GIVEN_NAMES
from tests.examples.practice_sentences import SENTENCES

UNITS = frozenset({"I&P Elm", "Planning", "Duty and Assessment", "Children in Care"})


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_about_practice_passes(sentence: str):
    assert scan(sentence, "summary", UNITS) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Amara was seen", "NAME"),
        ("we spoke with kayleigh", "NAME"),
        ("Grace said so", "NAME"),
        ("with the Okonjo family", "NAME"),
        ("e.g. Smith", "NAME"),
        ("visits by mr smith", "NAME"),
        ("with Dr. Brown", "NAME"),
        ("then Miss Trunchbull came", "NAME"),
        ("Child K was seen", "NAME"),
        ("J. Brown came", "NAME"),
        ("SMITH was seen", "NAME"),
        ("the \u041e\u043a\u043enjo family", "NAME"),
        ("the team of \u738b\u82b3", "NAME"),
        ("in the i&p elm team", "TEAM"),
        ("in the Planning team", "TEAM"),
        ("a child born on 3 May", "DATE_OF_BIRTH"),
        ("DOB 03/05/2014", "DATE_OF_BIRTH"),
        ("aged 7 in March 2024", "DATE_OF_BIRTH"),
        ("a 7-year-old", "DATE_OF_BIRTH"),
        ("the twelfth of May 2014", "DATE"),
        ("May 12, 2014", "DATE"),
        ("2014-05-12", "DATE"),
        ("12.5.14", "DATE"),
        ("on 5 May", "DATE"),
        ("943 476 5919", "NHS_NUMBER"),
        ("9434765918", "NUMBER"),
        ("nine four three four seven six five", "NUMBER"),
        ("pupil A123456789012", "PUPIL_NUMBER"),
        ("learner 1234567890", "NUMBER"),
        ("N1 9GU", "POSTCODE"),
        ("sw1a1aa", "POSTCODE"),
        ("case 4711", "CASE_NUMBER"),
        ("LCS-10233", "CASE_NUMBER"),
        ("b.rown@letters.example", "EMAIL"),
        ("020 7946 0958", "TELEPHONE"),
        ("+44 7700 900123", "TELEPHONE"),
        ("at 14 High Street", "ADDRESS"),
        ("see www.letters.example", "WEB_ADDRESS"),
        ("S m y t h", "SPACED"),
    ],
)
def test_each_kind_is_found(text: str, kind: str):
    assert kind in {one.kind for one in scan(text, "summary", UNITS)}


def test_the_place_is_that_of_what_was_sent_and_the_words_are_not_repeated():
    hidden = "\uff19\uff14\uff13\u00a0476\u20115919"
    text = f"Plans were better for one\u200b child, {hidden}, than before."
    (found,) = scan(text, "summary")
    assert text[found.start : found.end] == hidden
    assert (found.field, found.kind) == ("summary", "NHS_NUMBER")
    assert "476" not in repr(found)


def _with_check(nine: str) -> str:
    return next((nine + str(digit) for digit in range(10) if is_nhs_number(nine + str(digit))), "")


def _spellings(*of: Callable[[str], str]) -> Callable[[str], st.SearchStrategy[str]]:
    return lambda text: st.sampled_from([one(text) for one in of])


nhs_numbers = st.integers(0, 10**9 - 1).map(lambda n: _with_check(f"{n:09}")).filter(bool)
letters = st.sampled_from("ABCDEFGHJKLMNPRSTUVWXYZ")
inward = st.sampled_from("ABDEFGHJLNPQRSTUWXYZ")
areas = st.sampled_from(["N", "E", "SW", "EN", "HA", "B", "LS", "M"])
numbers = st.integers(1, 29).map(str)
postcodes = st.tuples(areas, numbers, st.sampled_from(["", " "]), st.sampled_from("0123456789"), inward, inward)
pupils = st.tuples(letters, st.integers(10**11, 10**12 - 1).map(str)).map("".join)
dates = st.dates().filter(lambda day: day.year > 1900)
FORMS = ("{0:%d}/{0:%m}/{0.year}", "{0:%d}-{0:%m}-{0:%y}", "{0}", "{0.day} {0:%B} {0.year}", "{0:%b} {0.day}, {0.year}")
phones = st.integers(10**9, 10**10 - 1).map(lambda n: f"0{n}")
cases = st.integers(1000, 10**7).map(lambda n: f"case no. {n}" if n % 2 else f"LCS/{n}")
surnames = st.sampled_from(["Okonjo", "Brzezicki", "Featherstonehaugh", "O'Malley", "Trunchbull"])
planted = st.one_of(
    nhs_numbers.flatmap(_spellings(str, lambda n: f"{n[:3]} {n[3:6]} {n[6:]}")),
    postcodes.map("".join),
    pupils,
    st.tuples(dates, st.sampled_from(FORMS)).map(lambda one: one[1].format(one[0])),
    phones.flatmap(_spellings(str, lambda n: f"{n[:3]} {n[3:7]} {n[7:]}", lambda n: f"+44 {n[1:5]} {n[5:]}")),
    st.sampled_from(["j.b@letters.example", "x@901.gov.uk", "a.b-c@letters.example"]),
    cases,
    st.sampled_from(sorted(GIVEN_NAMES)).flatmap(_spellings(str, str.title, str.upper)),
    surnames,
    st.tuples(st.sampled_from(["Mr ", "mrs ", "Ms. ", "Dr "]), surnames).map("".join),
    st.sampled_from(["I&P Elm", "i&p elm", "I & P ELM", "I&P  Elm"]),
)


def in_full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in text)


def with_hard_spaces(text: str) -> str:
    return text.replace(" ", "\u00a0").replace("-", "\u2011")


def with_nothing_between(text: str) -> str:
    return "\u200b".join(text)


def with_marks(text: str) -> str:
    return "".join(f"{c}\u0301" if c in "aeiouAEIOU" else c for c in text)


def put_together(text: str) -> str:
    return unicodedata.normalize("NFC", with_marks(text))


disguises = st.sampled_from([str, str, in_full_width, with_hard_spaces, with_nothing_between, with_marks, put_together])
joins = st.sampled_from([(" and then ", " was there"), (" after ", " too"), (": see ", " for more"), (" (", ") too")])


@settings(max_examples=400, deadline=None)
@example("The plan is better.", (" after ", " too"), "LCS/1900", str, "It was seen.")
@example("The plan is better.", (" after ", " too"), "case no. 1901", str, "It was seen.")
@given(st.sampled_from(SENTENCES), joins, planted, disguises, st.sampled_from(SENTENCES))
def test_whatever_is_planted_is_found(
    before: str, join: tuple[str, str], what: str, disguise: Callable[[str], str], after: str
):
    written = disguise(what)
    begins = before.rstrip('."?') + join[0]
    text = f"{begins}{written}{join[1]}. {after}"
    found = scan(text, "summary", UNITS)
    covered = {place for one in found for place in range(one.start, one.end)}
    assert covered & set(range(len(begins), len(begins) + len(written)))
    assert all(one.start < len(text) - len(after) for one in found), "what follows is not marked"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=120))
def test_any_text_can_be_read_and_places_lie_in_it(text: str):
    folded = fold(text)
    assert len(folded.places) == len(folded.text) + 1
    last = 0
    for one in scan(text, "summary", UNITS):
        assert last <= one.start < one.end <= len(text)
        last = one.end


def test_no_word_is_both_a_name_and_a_word():
    assert not GIVEN_NAMES & ALSO_WORDS


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("quality.assurance@thornbury-cross.gov.uk", True),
        ("qa@901.gov.uk", True),
        ("childrens-services-audit@london.thornbury-cross.gov.uk", True),
        ("amara.okonjo@thornbury-cross.gov.uk", False),
        ("okonjo@thornbury-cross.gov.uk", False),
        ("quality.okonjo@thornbury-cross.gov.uk", False),
        ("quality@letters.example", False),
        ("quality@gov.uk", False),
        ("quality@gov.uk.letters.example", False),
        ("Quality@thornbury-cross.gov.uk", False),
        ("quality@thornbury-cross.gov.uk, amara@letters.example", False),
        ("qu\u0430lity@thornbury-cross.gov.uk", False),
    ],
)
def test_a_mailbox_is_that_of_a_role_at_an_authority(address: str, good: bool):
    assert is_role_mailbox(address) == good

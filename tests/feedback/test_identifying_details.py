import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.identifying import identifying


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to sam@example.org", "e-mail"),
        ("write to sam (at) example.org", "e-mail"),
        ("sam@example.co.uk", "e-mail"),
        ("ring 020 7946 0123", "telephone"),
        ("ring 07700 900123", "telephone"),
        ("ring 07700-900-123.", "telephone"),
        ("ring +44 7700 900123", "telephone"),
        ("ring (020) 7946 0123", "telephone"),
        ("NHS 943 476 5919", "NHS"),
        ("NHS 9434765919.", "NHS"),
        ("NHS 943-476-5919", "NHS"),
        ("near N3 2PX", "postcode"),
        ("near n32px", "postcode"),
        ("near EC1A 1BB", "postcode"),
        ("near W1A 0AX!", "postcode"),
        ("born 14/03/2012", "date"),
        ("born 14.3.12", "date"),
        ("born 2012-03-14", "date"),
        ("born on 14th March 2012", "date"),
        ("born on the 14 of Mar 2012", "date"),
        ("born March 14, 2012", "date"),
        ("born 14 03 2012", "date"),
        ("born １４/０３/２０１２", "date"),  # noqa: RUF001
        ("ring 07700\u2011900\u2011123", "telephone"),
        ("ring 07\u200b700 900123", "telephone"),
        ("ring 07700\u00a0900123", "telephone"),
    ],
)
def test_what_could_lead_to_a_person_is_found(text: str, kind: str):
    assert kind in (identifying(text) or "nothing")


@pytest.mark.parametrize(
    "text",
    [
        "Nobody tells us when a worker changes.",
        "Every young person now gets a letter two weeks before, since September 2026.",
        "12 of 40 young people asked for it; 9 in 10 agree.",
        "Meetings begin at 4.30 and last 45 minutes at most.",
        "From 2025 to 2026 visits rose from 110 to 140.",
        "Open Monday to Friday, 9 to 5.",
        "We doubled the budget to £25,000.",
    ],
)
def test_ordinary_words_pass(text: str):
    assert identifying(text) is None


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str):
    assert identifying(text) is None or identifying(text)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("piece", ["a@", "0 ", "12 ", "A1", "14th of ", "@", "[at] ", "1/"])
def test_a_long_text_is_looked_through_quickly(piece: str):
    identifying(piece * (20_000 // len(piece)))

"""The rule, as a table."""

from __future__ import annotations

import pytest

from services.audit.domain.audit.overall_grade import suggested
from services.audit.domain.template.defaults import OFSTED_ILACS, PRACTICE

O, G, R, I = "OUTSTANDING", "GOOD", "REQUIRES_IMPROVEMENT", "INADEQUATE"  # noqa: E741 - as reports print them
ANY = ("CHILD_VOICE", "PLANNING", "REVIEW", "SUPERVISION", "MULTI_AGENCY")


def of(*grades: str) -> dict[str, str]:
    return dict(zip(ANY, grades, strict=False))


@pytest.mark.parametrize(
    ("grades", "suggestion"),
    [
        (of(G), G),
        (of(O, G, G), G),
        (of(O, O, G), O),
        (of(G, R), R),  # the median 2.5 rounds down
        (of(O, I), R),
        (of(O, G), G),
        (of(I, I, O), I),
        (of(G, "NOT_APPLICABLE", "NOT_EVIDENCED"), G),
        (of("NOT_APPLICABLE", "UNGRADED"), None),
        ({}, None),
    ],
)
def test_the_median_of_what_was_graded_is_suggested_rounded_down(grades, suggestion):
    assert suggested(PRACTICE, grades, safety_concern=False) == suggestion


@pytest.mark.parametrize("domain", ["ASSESSMENT", "INTERVENTION", "MANAGEMENT_OVERSIGHT"])
def test_an_inadequate_key_domain_caps_the_grade(domain):
    grades = of(O, O, O, O) | {domain: I}
    assert suggested(PRACTICE, grades, safety_concern=False) == R
    assert suggested(PRACTICE, grades, safety_concern=True) == I


def test_a_cap_never_lifts_a_lower_median():
    grades = of(I, I, G) | {"ASSESSMENT": I}
    assert suggested(PRACTICE, grades, safety_concern=False) == I


def test_an_inadequate_domain_of_another_kind_does_not_cap():
    assert suggested(PRACTICE, of(I, G, G, G), safety_concern=True) == G


def test_a_safety_concern_alone_does_not_cap():
    assert suggested(PRACTICE, of(G, G, G), safety_concern=True) == G


def test_the_framework_of_inspections_suggests_nothing():
    assert suggested(OFSTED_ILACS, {"HELP_AND_PROTECTION": G}, safety_concern=False) is None

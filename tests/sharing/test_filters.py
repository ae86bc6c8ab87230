"""Which events a subscription wants, in the words of the CloudEvents Subscriptions API."""

from __future__ import annotations

import pytest

from services.reporting.domain.partner.filters import check_filters, wants
from shared.deciding.refusal import Refused

EVENT = {"type": "goldenthread.improvement_event_published.v1", "source": "urn:x", "la_code": "901", "kind": "GRADES"}


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ([], True),
        ([{"exact": {"la_code": "901"}}], True),
        ([{"exact": {"la_code": "901", "kind": "OFFER"}}], False),
        ([{"exact": {"unknown": "901"}}], False),
        ([{"prefix": {"type": "goldenthread.improvement"}}], True),
        ([{"prefix": {"type": "GOLDENTHREAD"}}], False),
        ([{"suffix": {"type": ".v1"}}], True),
        ([{"not": {"exact": {"la_code": "901"}}}], False),
        ([{"not": {"exact": {"unknown": "x"}}}], True),
        ([{"any": [{"exact": {"kind": "OFFER"}}, {"exact": {"kind": "GRADES"}}]}], True),
        ([{"all": [{"exact": {"kind": "OFFER"}}, {"exact": {"la_code": "901"}}]}], False),
        ([{"exact": {"la_code": "901"}}, {"exact": {"kind": "OFFER"}}], False),
        ([{"not": {"any": [{"exact": {"la_code": "902"}}, {"suffix": {"kind": "ER"}}]}}], True),
    ],
)
def test_all_filters_must_hold(filters, wanted):
    check_filters(filters)
    assert wants(filters, EVENT) is wanted


@pytest.mark.parametrize(
    "filters",
    [
        [{"sql": "la_code = '901'"}],
        [{"exact": {"la_code": "901"}, "prefix": {"kind": "G"}}],
        [{}],
        [{"exact": {}}],
        [{"exact": {"la_code": 901}}],
        [{"exact": {"la_code": ""}}],
        [{"exact": "la_code"}],
        [{"any": []}],
        [{"all": {"exact": {"a": "b"}}}],
        [{"all": "abc"}],
        [{"any": [{"regex": {"a": "b"}}]}],
        [{"not": [{"exact": {"a": "b"}}]}],
        [{"not": {"not": {"not": {"not": {"not": {"exact": {"a": "b"}}}}}}}],
        [{"any": [{"exact": {"kind": str(n)}} for n in range(200)]}],
    ],
)
def test_what_is_no_filter_or_not_supported_is_refused_and_never_passed_over(filters):
    with pytest.raises(Refused) as refused:
        check_filters(filters)
    assert refused.value.field == "filters"

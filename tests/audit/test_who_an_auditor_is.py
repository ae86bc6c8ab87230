"""From the directory's word on somebody to how far they stand from a case."""

from __future__ import annotations

from datetime import date

import pytest

from services.audit.domain.audit.independence import independence
from services.audit.people import acting_role, auditor
from shared.deciding.refusal import Refused
from shared.directory import Directory
from tests.audit.service import learn, person

ON = date(2026, 4, 20)


@pytest.fixture
def directory() -> Directory:
    known = Directory()
    learn(known)
    for somebody in (
        person("hos-1", "HEAD_OF_SERVICE", "service_area", "duty"),
        person("hos-2", "HEAD_OF_SERVICE", "service_area", "far"),
        person("lead-1", "IMPROVEMENT_PARTNER", "authority", "902"),
        person("regional-1", "QA_OFFICER", "region", "E12000007"),
        person("gone-1", "TEAM_MANAGER", "team", "closed-team"),
    ):
        known.learn(somebody)
    return known


@pytest.mark.parametrize(
    ("staff_ref", "expected"),
    [
        ("tm-1", "OWN_TEAM"),
        ("hos-1", "OWN_TEAM"),
        ("qa-1", "LINKED"),
        ("head-1", "INDEPENDENT"),
        ("far-1", "EXTERNAL"),
        ("hos-2", "EXTERNAL"),
        ("lead-1", "EXTERNAL"),
        ("regional-1", "EXTERNAL"),
        ("gone-1", "EXTERNAL"),
    ],
)
def test_how_far_from_a_case_of_alder_somebody_stands(directory, staff_ref, expected):
    place = directory.place("alder", ON)
    assert independence(auditor(directory, staff_ref, place, ON), place) == expected


def test_a_manager_of_another_team_of_the_authority_is_a_peer(directory):
    place = directory.place("birch", ON)
    assert independence(auditor(directory, "tm-1", place, ON), place) == "PEER_TEAM"


def test_somebody_without_a_role_on_that_day_is_no_auditor(directory):
    with pytest.raises(Refused, match="no role"):
        auditor(directory, "qa-1", directory.place("alder", ON), date(2019, 1, 1))


def test_of_several_roles_the_auditing_one_is_acted_in():
    assert acting_role(["SOCIAL_WORKER", "QA_OFFICER"]) == "QA_OFFICER"
    assert acting_role(["LEAD_MEMBER", "DCS"]) == "DCS"
    assert acting_role([]) == "NONE"

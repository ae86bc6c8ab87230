"""What one version of an audit template says: its scale, its domains, and how an overall grade is suggested."""

from __future__ import annotations

from shared.deciding.events import Part

NOT_APPLICABLE = "NOT_APPLICABLE"  # the domain does not apply to this child's plan
NOT_EVIDENCED = "NOT_EVIDENCED"  # it should apply and nothing is on file: a finding about recording
UNGRADED = "UNGRADED"  # narrative only


class Grade(Part):
    """A grade and its order in its scale: more is better."""

    code: str
    rank: int


class Scale(Part):
    """A grading scale. Two scales with different ids are never added together, even when their codes are alike."""

    id: str
    grades: tuple[Grade, ...]
    non_grades: tuple[str, ...]

    def ranks(self) -> dict[str, int]:
        return {grade.code: grade.rank for grade in self.grades}

    def knows(self, code: str) -> bool:
        return code in self.non_grades or code in self.ranks()


class Domain(Part):
    """A domain of practice and the plan types it applies to; a required one is graded before submission."""

    code: str
    plan_types: tuple[str, ...]
    required: bool = True


class OverallRule(Part):
    """How the overall grade is suggested: the median, under a cap when one of these domains has the `trigger` grade.

    The cap is lower (`cap_when_unsafe`) while an immediate safety concern is open.
    """

    capping_domains: tuple[str, ...]
    trigger: str
    cap: str
    cap_when_unsafe: str


class TemplateVersion(Part):
    """One version of a template: it never changes once it is published.

    `external` marks the framework of an outside body. Without a `rule` the template suggests no overall grade.
    """

    template_id: str
    version: int
    title: str
    scale: Scale
    domains: tuple[Domain, ...]
    plan_types: tuple[str, ...]
    rule: OverallRule | None = None
    external: bool = False

    def domain(self, code: str) -> Domain | None:
        return next((domain for domain in self.domains if domain.code == code), None)

    def required(self, plan_type: str) -> frozenset[str]:
        """The domains that an audit of this plan type may not leave open."""
        return frozenset(d.code for d in self.domains if d.required and plan_type in d.plan_types)

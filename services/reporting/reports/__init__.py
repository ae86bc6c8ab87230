"""The reports of the strategy, each a pure function from sums and rows to tables."""

from services.reporting.reports.grades_by_unit import GRADES_BY_UNIT
from services.reporting.reports.report import Registry
from services.reporting.reports.team_view import TEAM_VIEW

REPORTS: Registry = {report.code: report for report in (GRADES_BY_UNIT, TEAM_VIEW)}
"""Every report by its code, in the order in which they are listed."""
